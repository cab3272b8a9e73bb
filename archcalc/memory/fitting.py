"""The inverse question: the largest batch, or the longest input, of which the bytes stay within a limit."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

MOST = 2**40
"""Beyond any count that is asked for."""


@dataclass(frozen=True, slots=True)
class Fitting:
    """The largest count that fits, its bytes, and those of one more.

    Args:
        count: how many; 0: not even one.
        bytes: with so many; with one, where that does not fit.
        next_bytes: with one more.
    """

    count: int
    bytes: int
    next_bytes: int


def largest_fitting(bytes_of: "Callable[[int], int]", limit: int) -> Fitting:
    """The largest count of which the bytes, which grow with it, are at most ``limit``."""
    low, high = 0, 1
    while high < MOST and bytes_of(high) <= limit:
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if bytes_of(middle) <= limit else (low, middle)
    return Fitting(low, bytes_of(low or 1), bytes_of(low + 1))
