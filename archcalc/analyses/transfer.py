"""What a value becomes behind a read, and the walk back that carries such values.

What is read is told by intervals, counts or sets; what a read makes of them is all in which these differ.
"""

from typing import TYPE_CHECKING, Generic, TypeVar

from archcalc.effort import spend
from archcalc.errors import Fault, Problem, SpecError
from archcalc.facts import Neighbours, Past, Phased, Unsaid, Whole, Window
from archcalc.records import dataclass

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from archcalc.facts import AxisRead, Reads, Shape
    from archcalc.tracing import Trace

Output = tuple[str, str]
"""A layer or input, and one of its outputs."""
Axis = tuple[str, int]
"""A layer or input, and an axis of its first output."""
Units = tuple[str, str, int]
"""A layer or input, one of its outputs, and an axis of it."""
PASSED = 4
"""Layers of which nothing is wanted that are passed in the time of a step."""
FOLLOWED = 90
"""Steps in the time of which a value is carried over one input of a layer, whatever it holds."""
V = TypeVar("V")
W = TypeVar("W")


@dataclass(frozen=True, slots=True)
class Transfer(Generic[V, W]):
    """What a value of an axis becomes behind a layer, for each way to read the axis.

    Args:
        windows: windows slide along it.
        whole: every unit reads every position.
        past: every unit reads all positions up to its own.
        neighbours: every node reads those around it.
        unsaid: what units read is not known.
    """

    windows: "Callable[[V, Window | Phased], W]"
    whole: "Callable[[V], W]"
    past: "Callable[[V], W]"
    neighbours: "Callable[[V, Neighbours], W]"
    unsaid: "Callable[[V], W]"

    def through(self, value: V, read: "AxisRead") -> W:
        """The value behind a read: the one place where reaches are told apart."""
        reach = read.reach
        if not isinstance(reach, Window):  # as most reads of positions are
            if isinstance(reach, Whole):
                return self.whole(value)
            if isinstance(reach, Past):
                return self.past(value)
            if isinstance(reach, Neighbours):
                return self.neighbours(value, reach)
            if isinstance(reach, Unsaid):
                return self.unsaid(value)
        # Where an axis ends, every unit reads the window of position 0.
        return self.windows(value, Phased(0, reach.phases[:1]) if read.to is None else reach)


def links(trace: "Trace") -> "Iterator[tuple[Units, Units | None, AxisRead]]":
    """Every read of an axis, in execution order: of which units, by which (None: none run along), and how."""
    for layer in trace.layers:
        for output in layer.facts.outputs:
            for port, reads in zip(layer.inputs, layer.facts.reads_of(output), strict=True):
                for axis, read in enumerate(reads):
                    reader = None if read.to is None else (layer.name, output, read.to)
                    yield (port.layer, port.output, axis), reader, read


def backward(
    trace: "Trace", wanted: dict[Output, V], spread: "Callable[[V, V | None, Reads, Shape, Shape], V | None]"
) -> "Iterator[tuple[Output, V]]":
    """Every output with what is wanted of it by all that read it, from the last layer to the inputs.

    ``wanted`` is used up. ``spread`` has what is wanted of an input, from what is wanted of the output and
    what was wanted of this input before (None: nothing), the reads, and the shapes of the two.

    Raises:
        SpecError: ``spread`` found a fault.
    """
    spend(len(trace.layers) // PASSED)  # what is wanted may begin anywhere
    waiting = {name for name, _ in wanted} - trace.inputs.keys()
    for layer in reversed(trace.layers):
        if layer.name not in waiting:
            if not waiting:
                break
            continue
        waiting.remove(layer.name)
        for output, tensor in layer.facts.outputs.items():
            value = wanted.pop((layer.name, output), None)
            if value is None:
                continue
            yield (layer.name, output), value
            for port, reads in zip(layer.inputs, layer.facts.reads_of(output), strict=True):
                spend(FOLLOWED)
                source = port.layer, port.output
                try:
                    found = spread(value, wanted.get(source), reads, tensor.shape, port.tensor.shape)
                except Fault as fault:
                    raise SpecError([Problem(layer.place, layer.subject, fault.fact, fault.hint)]) from None
                if found is not None:
                    wanted[source] = found
                    if port.layer not in trace.inputs:
                        waiting.add(port.layer)
    yield from wanted.items()
