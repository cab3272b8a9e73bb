"""Which positions of every output are read by anything behind it, axis by axis."""

from typing import TYPE_CHECKING

from archcalc.analyses.pieces import only_unit
from archcalc.analyses.positions import EMPTY, READ, Asked, Positions, inside
from archcalc.analyses.transfer import backward
from archcalc.errors import Fault
from archcalc.facts import IDENTITY, Window, unread
from archcalc.formulas.windows import effective_kernel, positions_spanned
from archcalc.records import dataclass
from archcalc.tuples import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from archcalc.analyses.transfer import Output, Units
    from archcalc.facts import AxisRead, Facts, Reads, Shape, Tensor
    from archcalc.tracing import Port, Trace, TracedLayer

_At = dict[int, Positions | None]
"""Axis of an output -> positions of it that are read; None: every one."""


@dataclass(frozen=True, slots=True)
class Unread:
    """What no reader of an axis reads.

    Args:
        length: positions of the axis.
        last: the last position that is read; -1: none is.
        read: positions that are read.
    """

    length: int
    last: int
    read: int

    @property
    def tail(self) -> int:
        """Positions behind the last one that is read."""
        return self.length - 1 - self.last

    @property
    def holes(self) -> int:
        """Unread positions before the last one that is read."""
        return self.last + 1 - self.read


class Demand:
    """Walks the network once from its outputs back.

    A layer that looks at each position by itself (an activation, a sum, a slice) asks for what is asked of
    it; every other layer counts as a reader of all that its windows cover.
    """

    def __init__(self, trace: "Trace") -> None:
        self._trace = trace
        nothing: dict[Output, _At] = {
            (layer.name, output): {} for layer in trace.layers for output in layer.facts.outputs
        }
        everything: dict[Output, _At] = {
            (port.layer, port.output): dict.fromkeys(range(len(port.tensor.shape))) for port in trace.outputs
        }
        self._wanted = dict(backward(trace, nothing | everything, _joined_reads))

    def of(self, port: "Port", axis: int) -> Unread:
        """What is not read of an axis, by any reader."""
        length = port.tensor.shape[axis]
        found = self._wanted.get((port.layer, port.output), {}).get(axis, EMPTY)
        if found is None:
            return Unread(length, length - 1, length)
        return Unread(length, found.stop - 1, len(found))

    def roots(self, port: "Port", axis: int) -> "list[tuple[Port, int]]":
        """What made an axis, past all layers that look at each position by itself and cost no MACs."""
        found: list[tuple[Port, int]] = []
        seen: set[Units] = set()
        waiting = [(port, axis)]
        while waiting:
            here = waiting.pop()
            key = (here[0].layer, here[0].output, here[1])
            if key not in seen:
                seen.add(key)
                layer = self._trace.source(here[0])
                before = list(_pointwise(layer, *here)) if layer else []
                waiting += before
                found += [] if before else [here]
        return found


def _joined_reads(
    wanted: _At, before: _At | None, reads: "Reads", shape: "Shape", lengths: "Shape"
) -> _At | None:
    """What is read of an input so far, and by one more reader."""
    if unread(reads):
        return before
    only = only_unit(reads)
    beside = wanted.get(only[0]) if only else None
    if only and beside is not None and only[1] not in beside:
        return before
    added: list[Positions | None] = []
    for read, length in zip(reads, lengths, strict=True):
        units = EMPTY if read.to is None else wanted.get(read.to, EMPTY)
        added.append(_read(read, units, 1 if read.to is None else shape[read.to], length))
    if any(new is not None and not new.mask for new in added):  # nothing along one axis is nothing at all
        return before
    found = {} if before is None else before
    for axis, new in enumerate(added):
        here = found.get(axis, EMPTY)
        found[axis] = None if new is None or here is None else here | new
    return found


def _read(read: "AxisRead", wanted: Positions | None, units: int, length: int) -> Positions | None:
    """What a layer reads of an axis; None: all of it, or it cannot be said."""
    window = read.window
    single = window is not None and window.kernel == window.stride == 1
    all_asked = wanted is None and units == length if single else window and _covers(window, units, length)
    if all_asked or read.statistic or read.sampled:
        return None
    try:
        found = READ.through(Asked(wanted if single else None, units, length), read)
        found = found and inside(found, length, read.border)
    except Fault:  # longer than what is followed position by position
        return None
    return None if found is not None and len(found) == length else found


def _covers(window: Window, units: int, length: int) -> bool:
    """Whether windows of stride 1 leave nothing out."""
    last = units - 1 - window.padding + (window.kernel - 1) * window.dilation
    return window.stride == 1 and units >= window.dilation and window.padding >= 0 and last >= length - 1


def _pointwise(layer: "TracedLayer", port: "Port", axis: int) -> "Iterator[tuple[Port, int]]":
    """The inputs whose positions a layer hands on one by one along an axis of its output."""
    for source, reads in zip(layer.inputs, layer.facts.reads_of(port.output), strict=True):
        if unread(reads) or layer.facts.macs != 0:
            continue
        for source_axis, read in enumerate(reads):
            same = source.tensor.shape[source_axis] == port.tensor.shape[axis]
            if read.to == axis and read.reach == IDENTITY and same and not read.statistic:
                yield source, source_axis


class Slide(NamedTuple):
    """A window that a layer moves in steps of more than one position.

    Args:
        position: of the layer's input.
        axis: of that input.
        window: kernel, stride, padding and dilation.
        length: positions of the axis.
        units: how often the window is put.
    """

    position: int
    axis: int
    window: Window
    length: int
    units: int

    @property
    def skips(self) -> bool:
        """Whether the stride is larger than the kernel."""
        return self.window.kernel < self.window.stride

    @property
    def tail(self) -> int:
        """Positions of the axis behind the last one that it reads."""
        window = self.window
        span = effective_kernel(window.kernel, window.dilation)
        spanned = positions_spanned(self.units, window.stride, span)
        return max(0, self.length - (spanned - window.padding))


def slides(facts: "Facts", inputs: "Iterable[Tensor]") -> "Iterator[Slide]":
    """The strided windows of a layer on these inputs."""
    shape = next(iter(facts.outputs.values())).shape
    for index, (tensor, reads) in enumerate(zip(inputs, facts.reads, strict=True)):
        for axis, read in enumerate(reads):
            if read.window and read.window.stride > 1 and read.to is not None:
                yield Slide(index, axis, read.window, tensor.shape[axis], shape[read.to])
