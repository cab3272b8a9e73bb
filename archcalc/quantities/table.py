"""The quantities of a network, one line each: what budgets, comparisons and searches may name."""

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Literal, TypeAlias

from archcalc.errors import Fault, nearest
from archcalc.quantities.numbers import number_of
from archcalc.records import dataclass

if TYPE_CHECKING:
    from fractions import Fraction

    from archcalc.analyses.fields import AxisField
    from archcalc.facts import Shape
    from archcalc.quantities.measuring import Measuring
    from archcalc.tracing import Trace

Measurement: TypeAlias = "int | Shape | None"
"""A whole number, or a shape without the batch; None where the network has none, or nobody can say."""
Analysis = Literal["trace", "fields", "memory", "training_memory"]
"""Where a quantity comes from; ``trace``: the sums over layers, which cost next to nothing."""


@dataclass(frozen=True, slots=True)
class Quantity:
    """What may be asked of a network.

    Args:
        name: as it is written.
        unit: what its number counts; empty for a shape.
        what: its definition, a sentence.
        of: its value.
        better: whether people want less of it or more; None where neither.
        analysis: where it comes from.
        unsaid: layers that do not state their part, so that the number is a lower bound.
        is_shape: it is a shape and no number.
    """

    name: str
    unit: str
    what: str
    of: "Callable[[Measuring], Measurement]"
    better: Literal["less", "more"] | None = "less"
    analysis: Analysis = "trace"
    unsaid: "Callable[[Measuring], tuple[str, ...]]" = lambda _: ()
    is_shape: bool = False

    @property
    def title(self) -> str:
        """Its name as a table heads it: ``Trainable params``, ``MACs``."""
        words = self.name.replace("_", " ")
        return self.unit if words in ("macs", "flops") else words[0].upper() + words[1:]

    def wanted(self, written: object) -> "Fraction | Shape":
        """A wanted value as people write it: ``1M``, ``24MiB``, of a shape ``64,7,7``.

        Raises:
            Fault: it is none.
        """
        if self.is_shape:
            from archcalc.arriving import shape_of

            return shape_of(str(written))
        found = None if isinstance(written, bool) else number_of(str(written))
        if found is None:
            raise Fault(f"{self.name} needs a number such as 12M, 1.9G or 64KiB, got {written!r}")
        return found


def _axes_of_outputs(network: "Measuring") -> "Iterator[AxisField]":
    """What the outputs read along each axis of each input."""
    for port in network.trace.outputs:
        for field in network.fields.outputs.get((port.layer, port.output), ()):
            yield from field.axes


def _is_whole(axis: "AxisField") -> bool:
    """Whether an axis is read as a whole, or all of its past."""
    return axis.whole or (axis.spans is not None and axis.spans.unbounded)


def reads_positions(network: "Measuring") -> bool:
    """Whether the outputs of a network read an input that has positions."""
    return any(True for _ in _axes_of_outputs(network))


def _receptive_field(network: "Measuring") -> int | None:
    """The largest along any axis of any input; what reads all there is reads the length of the axis."""
    sizes = [axis.length if _is_whole(axis) else axis.size for axis in _axes_of_outputs(network)]
    return None if None in sizes else max(filter(None, sizes), default=None)


def _local_field(network: "Measuring") -> int | None:
    """The receptive field, or where an axis is read as a whole, the largest of the layers that do not."""
    if not reads_whole(network):
        return _receptive_field(network)
    every = (axis for fields in network.fields.layers.values() for field in fields for axis in field.axes)
    return max((axis.size for axis in every if axis.size and not _is_whole(axis)), default=None)


def reads_whole(network: "Measuring") -> bool:
    """Whether the outputs of a network read an axis of an input as a whole, or all of its past."""
    return any(map(_is_whole, _axes_of_outputs(network)))


def _depth(network: "Measuring") -> int:
    """The most layers with multiply-accumulates on one way through the network."""
    found: dict[str, int] = {}
    for layer in network.trace.layers:
        before = max((found.get(port.layer, 0) for port in layer.inputs), default=0)
        found[layer.name] = before + (layer.facts.macs is not None and layer.facts.macs > 0)
    return max((found.get(port.layer, 0) for port in network.trace.outputs), default=0)


def _activations(network: "Measuring") -> int:
    from archcalc.footprint.storages import Setting

    made = (tensor for layer in network.trace.layers for tensor in layer.facts.outputs.values())
    return sum(map(Setting().bytes, made))


def _largest(network: "Measuring") -> int:
    return max((layer.params for layer in network.params.layers.values()), default=0)


ALL = (
    Quantity(
        "params", "parameters", "Elements of all weights; tied ones count once.", lambda n: n.params.params
    ),
    Quantity(
        "trainable_params",
        "trainable parameters",
        "Elements of the weights that are trained.",
        lambda n: n.params.trainable,
    ),
    Quantity(
        "non_trainable_params",
        "frozen parameters",
        "Elements of frozen weights.",
        lambda n: n.params.non_trainable,
    ),
    Quantity(
        "embedding_params",
        "parameters of tables",
        "Elements of the tables that are looked up.",
        lambda n: n.params.embedding,
    ),
    Quantity(
        "non_embedding_params",
        "parameters outside of tables",
        "Elements without the tables that are looked up and the head that scores their rows.",
        lambda n: n.params.non_embedding,
    ),
    Quantity(
        "active_params",
        "parameters in use",
        "Elements that one position goes through; fewer than all in mixtures of experts.",
        lambda n: n.params.active,
    ),
    Quantity("buffers", "numbers", "Elements of all buffers.", lambda n: n.params.buffers),
    Quantity(
        "macs",
        "MACs",
        "Multiply-accumulates of one sample.",
        lambda n: n.macs.macs,
        unsaid=lambda n: n.macs.unknown,
    ),
    Quantity("flops", "FLOPs", "Twice the MACs.", lambda n: n.macs.flops, unsaid=lambda n: n.macs.unknown),
    Quantity(
        "activations",
        "bytes",
        "Bytes of the outputs of all layers, of one sample.",
        _activations,
    ),
    Quantity(
        "memory",
        "bytes",
        "Bytes of a run of one sample without gradients: weights, buffers and the peak of the activations.",
        lambda n: n.memory.peak.bytes,
        analysis="memory",
    ),
    Quantity(
        "training_memory",
        "bytes",
        "Bytes of a training step of one sample with AdamW and the loss of the spec, at its peak.",
        lambda n: n.training_memory.peak.bytes,
        analysis="training_memory",
        unsaid=lambda n: tuple(each.layer for each in n.training_memory.unknown),
    ),
    Quantity(
        "receptive_field",
        "positions",
        "Positions of an input that a unit of the output reads, along the axis along which it reads most; an"
        " axis that is read as a whole counts with its length.",
        _receptive_field,
        better="more",
        analysis="fields",
    ),
    Quantity(
        "local_field",
        "positions",
        "Positions of an input that a unit reads before an axis is read as a whole (by a pool, by attention);"
        " where none is, the receptive field.",
        _local_field,
        better="more",
        analysis="fields",
    ),
    Quantity(
        "depth",
        "layers",
        "Layers with multiply-accumulates on the longest way from an input to an output.",
        _depth,
        better=None,
    ),
    Quantity(
        "layers", "layers", "Layers, those without weights too.", lambda n: len(n.trace.layers), better=None
    ),
    Quantity("largest_layer", "parameters", "Parameters of the layer that has most.", _largest),
    Quantity(
        "output_shape",
        "",
        "Shape of the first output, without the batch.",
        lambda n: n.trace.outputs[0].tensor.shape if n.trace.outputs else None,
        better=None,
        is_shape=True,
    ),
)
QUANTITIES: Mapping[str, Quantity] = {quantity.name: quantity for quantity in ALL}


def quantity(name: str) -> Quantity:
    """The quantity of a name.

    Raises:
        Fault: there is none.
    """
    if name not in QUANTITIES:
        raise Fault(f"no quantity {name!r}", hint=nearest(name, QUANTITIES))
    return QUANTITIES[name]


def measured(trace: "Trace", names: "Mapping[str, Quantity] | None" = None) -> dict[str, Measurement]:
    """The value of every quantity of a network, or of some, by its name."""
    from archcalc.quantities.measuring import Measuring

    network = Measuring(trace)
    return {name: each.of(network) for name, each in (names or QUANTITIES).items()}
