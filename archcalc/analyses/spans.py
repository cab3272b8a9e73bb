"""Intervals of input positions that the units of one axis read, as an exact periodic function."""

from dataclasses import dataclass
from fractions import Fraction
from math import gcd, lcm
from typing import TYPE_CHECKING

from archcalc.facts import Window
from archcalc.formulas.windows import field_jump, field_size, field_start

if TYPE_CHECKING:
    from collections.abc import Sequence

    from archcalc.facts import Phased

Span = tuple[int, int]
"""First and last position."""


@dataclass(frozen=True, slots=True)
class Spans:
    """Unit ``q P + r`` reads from ``ends[r][0] + q shift`` to ``ends[r][1] + q shift``; P phases."""

    shift: int
    ends: tuple[Span, ...]

    def at(self, unit: int) -> Span:
        """First and last input position that ``unit`` reads, padding included."""
        turn, phase = divmod(unit, len(self.ends))
        first, last = self.ends[phase]
        return first + turn * self.shift, last + turn * self.shift

    @property
    def stride(self) -> Fraction:
        """Input positions between two neighbouring units, on average."""
        return Fraction(self.shift, len(self.ends))

    @property
    def sizes(self) -> tuple[int, ...]:
        """Positions from the first to the last one read, per phase."""
        return tuple(last - first + 1 for first, last in self.ends)


MAX_PHASES = 65_536
"""Different intervals that are followed along one axis."""
POINT = Spans(1, ((0, 0),))
"""Every unit reads itself."""


def through(spans: Spans, reach: "Window | Phased") -> Spans | None:
    """What the units behind one more window read, when those before it read ``spans``.

    None when there would be more than ``MAX_PHASES`` phases.
    """
    if isinstance(reach, Window) and len(spans.ends) == 1:
        return _through_window(spans, reach)
    period = len(spans.ends)
    turns = period // gcd(reach.shift, period)
    if turns * len(reach.phases) > MAX_PHASES:
        return None
    ends = [
        # Spans grow from period to period, so the outermost period at each side of the window has the hull.
        _hull([spans.at(turn * reach.shift + at) for at in (*window[:period], *window[-period:])])
        for turn in range(turns)
        for window in reach.phases
    ]
    return Spans(turns * reach.shift * spans.shift // len(spans.ends), tuple(ends))


def _through_window(spans: Spans, window: Window) -> Spans:
    ((first, last),) = spans.ends
    size = field_size(last - first + 1, spans.shift, window.kernel, window.dilation)
    start = field_start(first, spans.shift, window.padding)
    return Spans(field_jump(spans.shift, window.stride), ((start, start + size - 1),))


def merged(parts: "Sequence[Spans]") -> Spans | None:
    """The hull of what several branches read, by aligned position; None when their strides differ."""
    first, *others = parts
    if not others:
        return first
    if any(part.stride != first.stride for part in others):
        return None
    phases = lcm(*(len(part.ends) for part in parts))
    ends = tuple(_hull([part.at(unit) for part in parts]) for unit in range(phases))
    return Spans(phases * first.shift // len(first.ends), ends)


def _hull(spans: "Sequence[Span]") -> Span:
    return min(first for first, _ in spans), max(last for _, last in spans)
