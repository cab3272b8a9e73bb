"""All that is compared of a network, each analysis run once."""

from typing import TYPE_CHECKING

from archcalc.effort import one_by_one
from archcalc.footprint.storages import Setting
from archcalc.matching.layers import is_imported
from archcalc.quantities.measuring import Measuring
from archcalc.records import dataclass
from archcalc.tuples import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

    from archcalc.analyses.fields import Field
    from archcalc.analyses.parameters import ParamsReport
    from archcalc.tracing import Trace, TracedLayer


class LayerNumbers(NamedTuple):
    """What a layer adds to the sums of its network.

    Args:
        params: elements of its own weights.
        trainable_params: of those that are not frozen.
        buffers: elements of its own buffers.
        macs: multiply-accumulates of a sample; None: not known.
        activations: bytes of its outputs for a sample.
    """

    params: int = 0
    trainable_params: int = 0
    buffers: int = 0
    macs: int | None = 0
    activations: int = 0


@dataclass(frozen=True, slots=True)
class Side:
    """A network with its numbers.

    Args:
        trace: the network.
        numbers: of its layers, by name.
        measuring: its analyses, each done when it is first asked for.
        values: of variables that were given in place of those of the spec.
    """

    trace: "Trace"
    numbers: "Mapping[str, LayerNumbers]"
    measuring: Measuring
    values: "Mapping[str, object]"

    def fields(self, layer: str) -> "tuple[Field, ...]":
        """What a unit of a layer's first output reads, by input."""
        return self.measuring.fields.layers.get(layer, ())

    @property
    def imported(self) -> bool:
        """Whether it was read from a torch module, which has no variables, and no names for functions."""
        return is_imported(self.trace)


def side_of(trace: "Trace", values: "Mapping[str, object] | None" = None) -> Side:
    """A network to compare; ``values`` are those that were given for variables."""
    one_by_one(trace, "a comparison")
    measuring = Measuring(trace)
    numbers = {layer.name: _numbers(layer, measuring.params) for layer in trace.layers}
    return Side(trace, numbers, measuring, values or {})


def _numbers(layer: "TracedLayer", counted: "ParamsReport") -> LayerNumbers:
    own = counted.layers[layer.name]
    made = sum(map(Setting().bytes, layer.facts.outputs.values()))
    return LayerNumbers(own.params, own.trainable, own.buffers, layer.facts.macs, made)
