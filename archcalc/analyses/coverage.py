"""Coverage: the input positions that one unit really reads, with how often each is read."""

from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING, TypeVar

from archcalc.analyses.hops import not_listed
from archcalc.analyses.transfer import Transfer, backward
from archcalc.errors import Fault

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from archcalc.analyses.transfer import Axis, Output, Reading, Units
    from archcalc.facts import AxisRead, Neighbours, Phased, Reads, Window
    from archcalc.tracing import Trace

V = TypeVar("V")
Counts = dict[int, int]
"""Position -> how often it is read; where there are None: every position is."""

MAX_SPAN = 1_000_000
"""Positions whose reads are counted one by one."""
MAX_READS = 5_000_000
"""Single reads followed at one layer: units wanted of it times taps."""


@dataclass(frozen=True, slots=True)
class Coverage:
    """Reads per position of the span, from its first position on; 0: inside the span but never read."""

    start: int
    counts: tuple[int, ...]

    @property
    def span(self) -> int:
        """Positions from the first to the last one read."""
        return len(self.counts)

    @property
    def read(self) -> int:
        """Positions that are read at all."""
        return sum(count > 0 for count in self.counts)

    @property
    def full(self) -> bool:
        """Whether no position of the span is left out."""
        return self.read == self.span


def coverage(
    trace: "Trace", layer: str, axis: int, unit: int = 0, output: str | None = None
) -> "dict[Axis, Coverage | None]":
    """What a unit of a layer reads along one of the layer's axes, per input and axis; None: all of it.

    ``output`` names one of the layer's outputs; left out: the first.

    Walks back from the layer to the inputs and adds up the paths that lead to each unit on the way.
    Positions count padding too, so they may be negative.

    Raises:
        SpecError: the field is too wide to count its positions one by one.
    """
    start = (layer, output or trace.output_names(layer)[0], axis)
    found = read_along(trace, start, {unit: 1}, _counted, _added)
    return {at: None if counts is None else _dense(counts) for at, counts in found.items()}


def read_along(
    trace: "Trace",
    start: "Units",
    value: V,
    through: "Callable[[V | None, AxisRead, int], V | None]",
    join: "Callable[[V, V], V]",
) -> "dict[Axis, V | None]":
    """What units of one axis read along each axis of the inputs; None: everything.

    Args:
        trace: the network.
        start: the axis whose units they are.
        value: the units.
        through: what units read of an axis, from how they read it and how long it is.
        join: what two readers read together.
    """

    def spread(
        wanted: dict[int, V | None], before: dict[int, V | None] | None, reading: "Reading"
    ) -> dict[int, V | None]:
        found = {} if before is None else before
        for units, at in (
            (units, at) for axis, units in wanted.items() for at in _beside(axis, reading.reads)
        ):
            here = found.get(at)
            if here is not None or at not in found:
                new = through(units, reading.reads[at], reading.lengths[at])
                found[at] = new if here is None or new is None else join(here, new)
        return found

    layer, output, axis = start
    wanted: dict[Output, dict[int, V | None]] = {(layer, output): {axis: value}}
    walk = backward(trace, wanted, spread)
    inputs = ((name, found) for (name, _), found in walk if name in trace.inputs)
    return {(name, at): read for name, found in inputs for at, read in found.items()}


def _beside(axis: int, reads: "Reads") -> "Iterator[int]":
    """The axes of an input that run along with one of the output; where none does, those that end."""
    to = axis if any(read.to == axis for read in reads) else None
    return (at for at, read in enumerate(reads) if read.to == to)


def _counted(counts: Counts | None, read: "AxisRead", length: int) -> Counts | None:
    found = None if read.statistic else _READ.through(counts, read)
    if found is not None and read.border == "absent":
        return {position: count for position, count in found.items() if 0 <= position < length}
    return found


def _added(here: Counts, more: Counts) -> Counts:
    for position, count in more.items():
        here[position] = here.get(position, 0) + count
    return here


def _windows_read(counts: Counts | None, reach: "Window | Phased") -> Counts | None:
    shift, phases = reach.shift, reach.phases
    if counts is None:
        return _windows_read({0: 1}, reach) if shift == 0 and len(phases) == 1 else None
    ends = [end for window in phases if window for end in (window[0], window[-1])]
    if counts and ends:
        turns = max(counts) // len(phases) - min(counts) // len(phases)
        check_span(turns * shift + max(ends) - min(ends) + 1)
        check_reads(len(counts) * max(map(len, phases)))
    found: Counts = {}
    for unit, count in counts.items():
        turn, phase = divmod(unit, len(phases))
        for offset in phases[phase]:
            position = turn * shift + offset
            found[position] = found.get(position, 0) + count
    return found


def _past_read(counts: Counts | None) -> Counts | None:
    """Every position up to each unit, once for that unit."""
    if counts is None:
        return None
    check_span(max(counts, default=0) + 1)
    places = range(max(counts, default=-1), -1, -1)
    return dict(zip(places, accumulate(counts.get(place, 0) for place in places), strict=True))


def _neighbours_read(counts: Counts | None, reach: "Neighbours") -> None:
    del reach
    if counts is not None:
        raise not_listed()


_READ: Transfer[Counts | None, Counts | None] = Transfer(
    windows=_windows_read,
    ended=lambda _, reach: _windows_read({0: 1}, reach),
    whole=lambda *_: None,
    past=_past_read,
    neighbours=_neighbours_read,
)


def check_span(span: int) -> None:
    """Refuse a span whose positions cannot be counted one by one."""
    if span > MAX_SPAN:
        raise Fault(f"coverage follows at most {MAX_SPAN:,} positions, here the span is {span:,}")


def check_reads(reads: int) -> None:
    """Refuse more single reads than can be followed one by one."""
    if reads > MAX_READS:
        raise Fault(f"coverage follows at most {MAX_READS:,} reads of a layer, here there are {reads:,}")


def _dense(counts: Counts) -> Coverage:
    if not counts:
        return Coverage(0, ())
    start = min(counts)
    return Coverage(start, tuple(counts.get(position, 0) for position in range(start, max(counts) + 1)))
