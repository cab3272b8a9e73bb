"""What a value becomes behind a read, and the two walks that carry values through a network.

An analysis of what units read is a set of values with a transfer function on them: intervals, counts, sets.
Forward, units hold what they read of the network's inputs; backward, axes hold which of their units are read.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, NamedTuple, TypeVar

from archcalc.errors import Fault, Problem, SpecError
from archcalc.facts import Neighbours, Past, Whole, unread

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from archcalc.facts import AxisRead, Phased, Reads, Shape, Tensor, Window
    from archcalc.tracing import Trace, TracedLayer

Axis = tuple[str, int]
"""Name of a layer or an input, and one of its axes."""
Output = tuple[str, str]
"""Name of a layer or an input, and one of its outputs."""
Units = tuple[str, str, int]
"""A layer or input, one of its outputs, and an axis of it."""

V = TypeVar("V")
W = TypeVar("W")


@dataclass(frozen=True, slots=True)
class Transfer(Generic[V, W]):
    """What a value of one axis becomes behind a layer, for each way to read the axis.

    Args:
        windows: windows slide along it.
        ended: no output axis runs along any more: every unit reads the window of position 0.
        whole: every unit reads every position.
        past: every unit reads all positions up to its own.
        neighbours: every node reads those around it.
    """

    windows: "Callable[[V, Window | Phased], W]"
    ended: "Callable[[V, Window | Phased], W]"
    whole: "Callable[[V, Whole], W]"
    past: "Callable[[V], W]"
    neighbours: "Callable[[V, Neighbours], W]"

    def through(self, value: V, read: "AxisRead") -> W:
        """The value behind a read: the one place where reaches are told apart."""
        reach = read.reach
        if isinstance(reach, Whole):
            return self.whole(value, reach)
        if isinstance(reach, Past):
            return self.past(value)
        if isinstance(reach, Neighbours):
            return self.neighbours(value, reach)
        return self.ended(value, reach) if read.to is None else self.windows(value, reach)


def forward(
    trace: "Trace",
    started: "Mapping[Output, Mapping[Axis, V]]",
    step: "Callable[[Mapping[Axis, V], Reads, Tensor], Iterable[tuple[Axis, V]]]",
    join: "Callable[[TracedLayer, Axis, Mapping[int, V]], V]",
) -> "dict[Output, Mapping[Axis, V]]":
    """Output -> axis of what the walk began with -> what the units of the output hold of it.

    Args:
        trace: the network.
        started: what the first units hold; a layer among them is not asked what it reads.
        step: the values behind one input of a layer, from those of its units, its reads, and its shape.
        join: the value of a layer at which several inputs (by their index) have one of the same axis.
    """
    found = dict(started)
    known = {name for name, _ in started}
    for layer in trace.layers:
        for output in layer.facts.outputs if layer.name not in known else ():
            arriving: dict[Axis, dict[int, V]] = {}
            for index, (port, reads) in enumerate(
                zip(layer.inputs, layer.facts.reads_of(output), strict=True)
            ):
                held = found.get((port.layer, port.output))
                for axis, value in step(held, reads, port.tensor) if held and not unread(reads) else ():
                    arriving.setdefault(axis, {})[index] = value
            found[layer.name, output] = {
                axis: join(layer, axis, parts) if len(parts) > 1 else next(iter(parts.values()))
                for axis, parts in arriving.items()
            }
    return found


class Reading(NamedTuple):
    """How one output of a layer reads one of its inputs.

    Args:
        reads: how, per axis of the input.
        units: shape of the output.
        lengths: shape of the input.
    """

    reads: "Reads"
    units: "Shape"
    lengths: "Shape"


def backward(
    trace: "Trace", wanted: dict[Output, V], spread: "Callable[[V, V | None, Reading], V | None]"
) -> "Iterator[tuple[Output, V]]":
    """Every output with what is wanted of it by all that reads it, from the last layer to the inputs.

    Args:
        trace: the network.
        wanted: what is wanted to begin with. It is used up.
        spread: what is wanted of an input, from what is wanted of the output and, if anything is, of this
            input so far; None: nothing.

    Raises:
        SpecError: ``spread`` finds a fault; it is told at the layer's place.
    """
    for layer in reversed(trace.layers):
        for output, tensor in layer.facts.outputs.items():
            value = wanted.pop((layer.name, output), None)
            if value is None:
                continue
            yield (layer.name, output), value
            for port, reads in zip(layer.inputs, layer.facts.reads_of(output), strict=True):
                source = port.layer, port.output
                try:
                    found = spread(value, wanted.get(source), Reading(reads, tensor.shape, port.tensor.shape))
                except Fault as fault:
                    raise SpecError([Problem(layer.place, layer.subject, fault.fact, fault.hint)]) from None
                if found is not None:
                    wanted[source] = found
    yield from wanted.items()
