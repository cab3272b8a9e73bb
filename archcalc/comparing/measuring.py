"""All that is compared of a network, each analysis run once."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from archcalc.analyses.summary import summary
from archcalc.matching.layers import is_imported
from archcalc.memory.budget import inference_memory
from archcalc.memory.storages import Setting

if TYPE_CHECKING:
    from collections.abc import Mapping

    from archcalc.analyses.fields import Field
    from archcalc.analyses.summary import Summary
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
class Measured:
    """A network with its numbers.

    Args:
        trace: the network.
        numbers: of its layers, by name.
        summary: parameters, MACs and receptive fields.
        memory: bytes at the peak of a run of one sample without gradients.
        values: of variables that were given in place of those of the spec.
    """

    trace: "Trace"
    numbers: "Mapping[str, LayerNumbers]"
    summary: "Summary"
    memory: int
    values: "Mapping[str, object]"

    def fields(self, layer: str) -> "tuple[Field, ...]":
        """What a unit of a layer's first output reads, by input."""
        return self.summary.fields.layers.get(layer, ())

    @property
    def imported(self) -> bool:
        """Whether it was read from a torch module, whose functions have no names, and which has no variables."""
        return is_imported(self.trace)


def measured(trace: "Trace", values: "Mapping[str, object] | None" = None) -> Measured:
    """Measure a network; ``values`` are those that were given for variables."""
    found = summary(trace)
    memory = inference_memory(trace, Setting()).peak.bytes
    numbers = {layer.name: _numbers(layer, found) for layer in trace.layers}
    return Measured(trace, numbers, found, memory, values or {})


def _numbers(layer: "TracedLayer", found: "Summary") -> LayerNumbers:
    own = found.params.layers[layer.name]
    made = sum(map(Setting().bytes, layer.facts.outputs.values()))
    return LayerNumbers(own.params, own.trainable, own.buffers, layer.facts.macs, made)
