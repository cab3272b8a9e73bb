"""Intervals of input positions that the units of one axis read, as an exact periodic function."""

from fractions import Fraction
from functools import cached_property
from itertools import pairwise
from math import gcd, lcm
from typing import TYPE_CHECKING

from archcalc.effort import spend
from archcalc.errors import Fault
from archcalc.facts import Window
from archcalc.formulas.windows import field_jump, field_size, field_start
from archcalc.records import dataclass

if TYPE_CHECKING:
    from collections.abc import Sequence

    from archcalc.facts import Phased

Span = tuple[int | None, int]
"""First and last position; a first one of None: everything before the last, however long the axis."""


@dataclass(frozen=True)  # without slots, for what is kept: a network of many layers asks for it many times
class Spans:
    """Unit ``q P + r`` reads from ``ends[r][0] + q shift`` to ``ends[r][1] + q shift``; P phases.

    A phase without ends reads nothing (between the taps of a transposed convolution whose stride is larger
    than its kernel). A shift of 0 stands for units that all read the same.
    """

    shift: int
    ends: tuple[Span | None, ...]

    def at(self, unit: int) -> Span | None:
        """First and last input position that ``unit`` reads, padding included; None: it reads nothing."""
        turn, phase = divmod(unit, len(self.ends))
        span = self.ends[phase]
        return _moved(span, turn * self.shift) if turn else span

    @property
    def stride(self) -> Fraction:
        """Input positions between two neighbouring units, on average."""
        return Fraction(self.shift, len(self.ends))

    @cached_property
    def sizes(self) -> tuple[int, ...]:
        """Positions from the first to the last one read, per phase; 0 where the past is unbounded."""
        spend(len(self.ends))
        return tuple(0 if span is None or span[0] is None else span[1] - span[0] + 1 for span in self.ends)

    @cached_property
    def unbounded(self) -> bool:
        """Whether units read everything before them."""
        return any(span is not None and span[0] is None for span in self.ends)

    @cached_property
    def centre(self) -> Fraction | None:
        """Centre c of the intervals: that of unit i is ``c + i stride``, averaged over phases."""
        found = [
            (phase, span[0] + span[1])
            for phase, span in enumerate(self.ends)
            if span is not None and span[0] is not None
        ]
        if not found:
            return None
        phases, ends = sum(phase for phase, _ in found), sum(both for _, both in found)
        return (Fraction(ends, 2) - phases * self.stride) / len(found)


MOST = 2**63 - 1
"""Positions of the longest axis that there is."""
MAX_PHASES = 16_384
"""Different intervals that are followed along one axis."""
EACH = 2
"""Steps in the time of which an interval is looked at where there are many."""
POINT = Spans(1, ((0, 0),))
"""Every unit reads itself."""


def through(spans: Spans, reach: "Window | Phased") -> Spans | None:
    """What the units behind one more window read, when those before it read ``spans``.

    None when there would be more than ``MAX_PHASES`` phases.
    """
    only = spans.ends[0]
    if isinstance(reach, Window) and len(spans.ends) == 1 and only is not None and only[0] is not None:
        return _through_window(spans.shift, only[0], only[1], reach)
    period = len(spans.ends)
    turns = period // gcd(reach.shift, period)
    if turns * len(reach.phases) > MAX_PHASES:
        return None
    # Spans grow from period to period, so the outermost period at each side of the window has the hull.
    windows = [
        window if len(window) <= 2 * period else (*window[:period], *window[-period:])
        for window in reach.phases
    ]
    spend(turns * sum(EACH * (len(window) + 1) for window in windows))
    ends = (
        _hull([spans.at(turn * reach.shift + at) for at in window])
        for turn in range(turns)
        for window in windows
    )
    found = tuple(ends)
    widest = max((span[1] - span[0] + 1 for span in found if span and span[0] is not None), default=0)
    return reduced(_followed(turns * reach.shift * spans.shift // period, widest), found)


def _through_window(shift: int, first: int, last: int, window: Window) -> Spans:
    size = field_size(last - first + 1, shift, window.kernel, window.dilation)
    start = field_start(first, shift, window.padding)
    return Spans(_followed(field_jump(shift, window.stride), size), ((start, start + size - 1),))


def _followed(shift: int, size: int) -> int:
    """The shift, where it and the field are no larger than any axis: else they would grow without end.

    Raises:
        Fault: they are.
    """
    if shift > MOST or size > MOST:
        what = f"a field of {size.bit_length()}" if size > MOST else f"steps of {shift.bit_length()}"
        hint = f"no axis has more than {MOST:,} positions: make strides and kernels smaller, or the repeats"
        raise Fault(
            f"what its units read is followed up to 63 binary digits, here there are {what}", hint=hint
        )
    return shift


def reduced(shift: int, ends: "tuple[Span | None, ...]") -> Spans:
    """The spans with the fewest phases that say the same."""
    phases = len(ends)
    spend(phases)
    for period in range(1, phases // 2 + 1):
        if phases % period == 0 and shift * period % phases == 0:
            spend(phases)
            step = shift * period // phases
            if all(_moved(ends[phase], step) == ends[phase + period] for phase in range(phases - period)):
                return Spans(step, ends[:period])
    return Spans(shift, ends)


def hull_of(spans: Spans, units: int) -> Span | None:
    """What the units 0 .. ``units - 1`` read together."""
    period = min(len(spans.ends), units)
    spend(period)
    return _hull([spans.at(unit) for unit in (*range(period), *range(units - period, units))])


def merged(parts: "Sequence[Spans]") -> Spans | None:
    """The hull of what several branches read, by aligned position; None when their strides differ."""
    first, *others = parts
    if all(part == first for part in others):
        return first
    if any(left.stride != right.stride for left, right in pairwise(parts)):
        return None
    phases = lcm(*(len(part.ends) for part in parts))
    if phases > MAX_PHASES:
        return None
    spend(phases * len(parts))
    ends = tuple(_hull([part.at(unit) for part in parts]) for unit in range(phases))
    return reduced(phases * first.shift // len(first.ends), ends)


def through_past(spans: Spans) -> Spans:
    """What units read that depend on all units before them: everything up to the last position of these."""
    period = len(spans.ends)
    spend(period * period)
    ends = (_hull([spans.at(unit - before) for before in range(period)]) for unit in range(period))
    return reduced(spans.shift, tuple(span and (None, span[1]) for span in ends))


def _moved(span: Span | None, step: int) -> Span | None:
    return span and (None if span[0] is None else span[0] + step, span[1] + step)


def _hull(spans: "Sequence[Span | None]") -> Span | None:
    read = [span for span in spans if span is not None]
    if not read:
        return None
    firsts = [first for first, _ in read if first is not None]
    return min(firsts) if len(firsts) == len(read) else None, max(last for _, last in read)
