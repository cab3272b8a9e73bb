"""Coverage: the input positions that one unit really reads, with how often each is read."""

from collections import Counter
from functools import reduce
from itertools import accumulate, chain, repeat
from operator import add, sub
from typing import TYPE_CHECKING

from archcalc.analyses.hops import unfollowed, unlisted
from archcalc.analyses.pieces import joins
from archcalc.analyses.positions import WORD, positions_between
from archcalc.analyses.regions import block_read
from archcalc.analyses.transfer import Transfer, backward
from archcalc.effort import one_by_one, spend, with_a_budget
from archcalc.errors import Fault, nearest
from archcalc.facts import IDENTITY
from archcalc.formulas.windows import effective_kernel
from archcalc.records import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from archcalc.analyses.pieces import Whereabouts
    from archcalc.analyses.transfer import Axis, Output
    from archcalc.facts import AxisRead, Phased, Reads, Shape, Window
    from archcalc.tracing import Trace

_Counts = dict[int, int]
"""Position -> how often it is read."""
_At = dict[int, _Counts | None]
"""Axis of an output -> what is read of it; None: everything."""
_Wanted = dict["Whereabouts | None", _At]
"""Units of an output, where some are told apart -> what is read of it at them."""

MAX_SPAN = 500_000
"""Positions whose reads are counted one by one: each takes two hundred bytes."""
MAX_READS = 5_000_000
"""Single reads followed at one layer: units wanted of it times taps."""
READS = 4
"""Single reads that are counted in the time of one step."""
COMPARED = 16
"""Counts of which the largest is found in the time of one."""
ALONG = 6
"""What units that stand side by side take for a position, however many taps read it, in single reads."""
FEW = 8
"""Taps of a window that are counted one by one there; more are counted as sums that run along."""
SPARSE = 4
"""Positions for each unit of a layer, of which fewer are counted side by side."""
BITS = 128
"""Binary digits of a count, of which more take longer to add up."""
MAX_COUNT = 10**100
"""Ways by which one position is read: each layer whose branches join again multiplies them."""


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


@with_a_budget
def coverage(
    trace: "Trace", layer: str, axis: int, unit: int = 0, output: str | None = None, *, local: bool = False
) -> "dict[Axis, Coverage | None]":
    """What a unit of a layer reads along one of the layer's axes, per input and axis; None: all of it.

    ``output`` names one of the layer's outputs; left out: the first. ``local``: through windows alone; what
    is read of a whole axis, as for a mean over it, tells of no place and is left out.

    Walks back from the layer to the inputs and adds up the paths that lead to each unit on the way.
    Positions count padding too, so they may be negative.

    Raises:
        Fault: there is no such layer, output or axis.
        SpecError: the field is too wide to count its positions one by one.
    """
    _check_place(trace, layer, output, axis)
    one_by_one(trace, "the way back to the inputs")
    transfer = _LOCAL if local else _READ
    told = joins(trace)

    def spread(
        wanted: _Wanted, before: _Wanted | None, reads: "Reads", shape: "Shape", lengths: "Shape"
    ) -> _Wanted | None:
        found = {} if before is None else before
        for where, counted in wanted.items():
            there = _where_read(where, counted, reads, shape, lengths) if told else None
            if there is not None or not told:
                _spread(counted, found.setdefault(there, {}), reads, lengths)
        return found or None

    def _spread(counted: _At, found: _At, reads: "Reads", lengths: "Shape") -> None:
        running = [read.to for read in reads]
        for out_axis, counts in counted.items():
            to, units = (out_axis, counts) if out_axis in running else (None, {0: 1})
            for at, read in enumerate(reads):
                here = found.get(at, {}) if read.to == to else None
                if here is not None:
                    new = None if read.statistic and not local else transfer.through(units, read)
                    own = new.copy() if new is units and new is not None else new  # it is added to
                    found[at] = None if own is None else _added(here, own, read, lengths[at])

    start = layer, output or trace.output_names(layer)[0]
    wanted: dict[Output, _Wanted] = {start: {None: {axis: {unit: 1}}}}
    found = {name: _together(at) for (name, _), at in backward(trace, wanted, spread) if name in trace.inputs}
    return {
        (name, of_input): None if counts is None else _dense(counts)
        for name, at in found.items()
        for of_input, counts in at.items()
    }


def _check_place(trace: "Trace", layer: str, output: str | None, axis: int) -> None:
    given = trace.inputs.get(layer)
    outputs = trace.layer(layer).facts.outputs if given is None else {"output": given}
    if output is not None and output not in outputs:
        raise Fault(f"{layer!r} has no output {output!r}", hint=nearest(output, outputs))
    shape = (next(iter(outputs.values())) if output is None else outputs[output]).shape
    if not 0 <= axis < len(shape):
        raise Fault(f"{layer!r} has no axis {axis}: its output is {list(shape)}")


def _where_read(
    where: "Whereabouts | None", counted: _At, reads: "Reads", shape: "Shape", lengths: "Shape"
) -> "Whereabouts | None":
    """The places of an input that are read, along the axes whose positions are not counted; None: none."""
    block = (None,) * len(shape) if where is None else where
    read_of = block_read(block, reads, shape, lengths, clipped=False)
    if read_of is None or any(found is not None and not found.mask for found in read_of):
        return None
    return tuple(
        None if free or found is None or len(found) >= length else found
        for found, free, length in zip(
            read_of, (read.statistic or read.to in counted for read in reads), lengths, strict=True
        )
    )


def _together(wanted: _Wanted) -> _At:
    """Reads of all places together."""
    found: _At = {}
    for counted in wanted.values():
        for axis, counts in counted.items():
            here = found.setdefault(axis, counts)
            if here is not counts:
                found[axis] = (
                    None if here is None or counts is None else dict(Counter(here) + Counter(counts))
                )
    return found


def _added(here: _Counts, new: _Counts, read: "AxisRead", length: int) -> _Counts:
    spend(len(new) // READS + len(here) // COMPARED)
    if read.border == "absent":
        new = {position: count for position, count in new.items() if 0 <= position < length}
    if not here:
        return new
    before = here.get
    for position, count in new.items():
        here[position] = before(position, 0) + count
    if (most := max(here.values(), default=0)) > MAX_COUNT:
        fact = f"a position is read by 2**{most.bit_length() - 1} ways or more, at most 10**100 are counted"
        raise Fault(fact, hint="repeat fewer of the layers whose branches join again")
    return here


def _windows_read(counts: _Counts | None, reach: "Window | Phased") -> _Counts | None:
    if counts is not None and reach == IDENTITY:
        return counts
    shift, phases = reach.shift, reach.phases
    if counts is None:  # all units, which read the same or everything together
        return _windows_read({0: 1}, reach) if shift == 0 and len(phases) == 1 else None
    if counts and any(phases):
        first, last = min(counts), max(counts)
        span = positions_between(last // len(phases) - first // len(phases), reach)
        check_span(span)
        reads = len(counts) * max(map(len, phases))
        if reads > MAX_READS:
            raise Fault(f"coverage follows at most {MAX_READS:,} reads of a layer, here there are {reads:,}")
        beside = len(phases) == 1 and shift and last - first < SPARSE * len(counts)
        price = 1 + max(counts.values()).bit_length() // BITS  # ways multiply from layer to layer
        along = span * ALONG if beside else reads
        spend(price * min(reads, along) // READS)
        if beside:
            return side_by_side(counts, (first, last), shift, phases[0])
    found: _Counts = {}
    for unit, count in counts.items():
        turn, phase = divmod(unit, len(phases))
        for offset in phases[phase]:
            position = turn * shift + offset
            found[position] = found.get(position, 0) + count
    return found


def side_by_side(counts: _Counts, ends: tuple[int, int], shift: int, window: range) -> _Counts:
    """What units that stand side by side, from one end to the other, read by one window.

    All of them by one tap of it at a time; by many taps as the difference of what is read up to a position
    and up to the window before it, of the positions that one unit reads apart.
    """
    (first, last), low = ends, min(window[0], window[-1])
    units = list(map(counts.get, range(first, last + 1), repeat(0)))
    steps, taps, gap = (last - first) * shift, len(window), abs(window.step)
    whole = effective_kernel(taps, gap)
    found = [0] * (steps + whole)
    if taps <= FEW and shift == 1:
        moved: list[Iterable[int]] = [
            chain(repeat(0, at), units, repeat(0, whole - 1 - at)) for at in range(0, whole, gap)
        ]
        found = list(reduce(_sums, moved))
    elif taps <= FEW:
        for offset in window:
            places = slice(offset - low, offset - low + steps + 1, shift)
            found[places] = map(add, found[places], units)
    else:
        spread = [0] * (steps + 1)
        spread[::shift] = units
        for begin in range(min(gap, len(found))):
            sums = list(accumulate((*spread[begin::gap], *repeat(0, taps - 1))))
            found[begin::gap] = map(sub, sums, chain(repeat(0, taps), sums))
    counted = enumerate(found, first * shift + low)
    return dict(counted) if all(found) else {position: count for position, count in counted if count}


def _sums(one: "Iterable[int]", other: "Iterable[int]") -> "Iterable[int]":
    return map(add, one, other)


def _past_read(counts: _Counts | None) -> _Counts | None:
    """Every position up to each unit, once for that unit."""
    if counts is None:
        return None
    check_span(max(counts, default=0) + 1)
    spend(2 * max(counts, default=0))  # each takes a hundred bytes, too
    places = range(max(counts, default=-1), -1, -1)
    return dict(zip(places, accumulate(counts.get(place, 0) for place in places), strict=True))


_READ: Transfer[_Counts | None, _Counts | None] = Transfer(
    windows=_windows_read,
    whole=lambda _: None,
    past=_past_read,
    neighbours=lambda counts, _: unlisted(counts),
    unsaid=unfollowed,
)
_LOCAL: Transfer[_Counts | None, _Counts | None] = Transfer(
    windows=_windows_read,
    whole=lambda _: {},
    past=lambda _: {},
    neighbours=lambda _, __: {},
    unsaid=lambda _: {},
)


def check_span(span: int) -> None:
    """Refuse a span whose positions cannot be counted one by one."""
    if span > MAX_SPAN:
        raise Fault(f"coverage follows at most {MAX_SPAN:,} positions, here the span is {span:,}")


def steps_of_rates(rates: "Sequence[int]", kernels: "Sequence[int]", *, counted: bool = True) -> int:
    """Steps of a budget that ``check_rates`` takes: positions behind each layer, and the length of counts."""
    spans = accumulate(((kernel - 1) * rate for kernel, rate in zip(kernels, rates, strict=True)), initial=1)
    if not counted:
        return sum(spans) // WORD
    bits = accumulate((kernel.bit_length() for kernel in kernels), initial=0)
    return sum(span * (1 + own // BITS) for span, own in zip(spans, bits, strict=True)) // READS


def _dense(counts: _Counts) -> Coverage:
    if not counts:
        return Coverage(0, ())
    start = min(counts)
    spend(max(counts) - start)
    return Coverage(start, tuple(map(counts.get, range(start, max(counts) + 1), repeat(0))))
