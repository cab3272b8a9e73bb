"""Reads that depend on an output's phase: how many there may be, and the plainest form of them."""

from typing import TYPE_CHECKING

from archcalc.errors import Fault
from archcalc.facts import IDENTITY, NOTHING, WHOLE, AxisRead, Phased, Reach, Window

if TYPE_CHECKING:
    from collections.abc import Container, Sequence

    from archcalc.facts import Border

MAX_WINDOWS = 65_536
"""Different windows of one layer; their number is bounded because each is written down."""


def check_windows(different: int, what: str, key: str) -> None:
    """Refuse more different windows than can be written down; ``what`` needs them (plural)."""
    if different > MAX_WINDOWS:
        raise Fault(f"{what} need {different:,} different windows, the most is {MAX_WINDOWS:,}", key=key)


def phased(shift: int, windows: "Sequence[range]") -> Reach:
    """Output ``q P + r`` of P windows reads ``q shift + windows[r]``; one gapless window is a ``Window``."""
    first = windows[0]
    if len(windows) == 1 and shift > 0 and len(first) > 0:
        return Window(len(first), shift, -first.start, first.step)
    return Phased(shift, tuple(windows))


def repeated(factor: int, key: str) -> Reach:
    """``factor`` neighbouring outputs read the same single input: output o reads floor(o / factor)."""
    check_windows(factor, f"{factor} outputs an input", key)
    return phased(1, (range(1),) * factor)


def read_at(axis: int, places: range, times: int = 1) -> AxisRead:
    """Units of an output axis read one position each, in this order, which comes ``times`` times.

    Where there are more than can be written down, some position of the axis.
    """
    if len(places) > MAX_WINDOWS:
        return AxisRead(axis, WHOLE, sampled=True)
    if times == 1 and places == range(len(places)):
        return AxisRead(axis, IDENTITY)
    return AxisRead(axis, Phased(0, tuple(range(place, place + 1) for place in places)))


def read_where(axis: int, n: int, kept: "Container[int]", border: "Border" = "padding") -> AxisRead:
    """Of ``n`` units of an output axis those in ``kept`` read their own position, and the others nothing.

    Where they are too many to be written down, some of them.
    """
    n = int(n)
    if n > MAX_WINDOWS:
        return AxisRead(axis, IDENTITY, border, sampled=True)
    windows = tuple(range(at, at + (at in kept)) for at in range(n))
    return AxisRead(axis, Phased(n, windows) if any(windows) else NOTHING, border)
