"""Reads that depend on an output's phase: how many there may be, and the plainest form of them."""

from typing import TYPE_CHECKING

from archcalc.errors import Fault
from archcalc.facts import Phased, Reach, Window

if TYPE_CHECKING:
    from collections.abc import Sequence

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
