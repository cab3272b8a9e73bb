"""Values that are tried: ``1..4096``, ``32..4096:32``, ``32..512*2``, or each on its own."""

from typing import TYPE_CHECKING, cast

from archcalc.errors import Fault
from archcalc.sweeping.ranges import values_tried

if TYPE_CHECKING:
    from collections.abc import Sequence

MOST = 4096
"""The largest value that is tried where nobody says which."""


def span_of(written: str | None, first: int = 1) -> "Sequence[int]":
    """The values of a range, its ends among them, rising.

    Args:
        written: as a person has it; None: from ``first`` to 4,096.
        first: the smallest value where nobody says which.

    Raises:
        Fault: there are none, or something is no whole number.
    """
    if written is None:
        return range(first, MOST + 1)
    found = values_tried(
        int(part) if part.isdecimal() else part for part in map(str.strip, written.split(","))
    )
    wrong = next((each for each in found if type(each) is not int), None)
    if wrong is not None or not found:
        raise Fault(f"needs whole numbers such as 1..4096 or 32..4096:32, got {written!r}")
    return sorted(cast("tuple[int, ...]", found))
