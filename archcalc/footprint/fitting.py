"""The inverse question: the largest batch, or the longest input, of which the bytes stay within a limit."""

from functools import cache
from typing import TYPE_CHECKING

from archcalc.errors import Fault
from archcalc.quantities.numbers import number_of
from archcalc.records import dataclass

if TYPE_CHECKING:
    from collections.abc import Callable

    BytesOf = Callable[[int], int | None]
    """Bytes by a count; None: the network refuses so many."""

MOST = 2**40
"""Beyond any count that is asked for."""
LONGEST = 2**31 - 1
NEAR = 64
"""Sizes behind the one that fits among which the next one that is not refused is looked for."""


@dataclass(frozen=True, slots=True)
class Fitting:
    """The largest count that fits, its bytes, and those of the next one.

    Args:
        count: how many; 0: not even one.
        bytes: with so many; with one, where that does not fit; None: one is refused.
        next_count: the next larger count: one more, or the next that is not refused.
        next_bytes: with the next one; None: it is refused.
    """

    count: int
    bytes: int | None
    next_count: int
    next_bytes: int | None


def limit_of(written: object) -> int:
    """The bytes of a limit as people write it: ``24GiB``.

    Raises:
        Fault: it is none.
    """
    text = str(written).strip()
    # A B alone is a byte here, and not a thousand millions as of parameters.
    text = text.removesuffix("B") if text[:-1].strip().isdigit() else text
    found = None if isinstance(written, bool) else number_of(text)
    if found is None:
        raise Fault(f"needs bytes such as 24GiB, 800MB or 65536, got {written!r}")
    return int(found)


def largest_fitting(bytes_of: "Callable[[int], int]", limit: int) -> Fitting:
    """The largest count of which the bytes, which grow with it, are at most ``limit``.

    A peak is the largest of some sums, each of which grows by the same for each one more: along a line
    through two counts there are few questions to the answer. Every third one halves what is left.
    """
    asked = cache(bytes_of)
    low, high = 0, MOST
    wanted, before, questions = 1, 0, 0
    while high - low > 1:
        if asked(wanted) <= limit:
            low = wanted
        else:
            high = wanted
        questions += 1
        along = None if questions % 3 == 0 else _along(before, wanted, asked, limit)
        before, wanted = wanted, min(max(along or (low + high) // 2, low + 1), high - 1)
    return Fitting(low, asked(low or 1), low + 1, asked(low + 1))


def _along(one: int, other: int, asked: "Callable[[int], int]", limit: int) -> int | None:
    """Where a line through two counts meets the limit; of the first one alone: the next count."""
    if one == 0:
        return other + 1
    grown = asked(other) - asked(one)
    return other + (limit - asked(other)) * (other - one) // grown if grown else None


def longest_fitting(bytes_of: "BytesOf", limit: int, start: int) -> Fitting:
    """The largest size of which the bytes are at most ``limit``, where every question is a trace.

    Sizes that the network refuses (beyond a table of positions, no multiple of a patch) do not fit; the
    answer fits, and of all that follow up to the next one that is not refused none does.

    Args:
        bytes_of: bytes by the size.
        limit: the most.
        start: a size that the network takes.
    """
    known: dict[int, int | None] = {}

    def asked(size: int) -> int | None:
        if size not in known:
            known[size] = bytes_of(size)
        return known[size]

    def fits(size: int) -> bool:
        found = asked(size)
        return found is not None and found <= limit

    low, high = 0, max(1, start)
    while high < LONGEST and fits(high):
        low, high = high, min(2 * high, LONGEST)
    guessing = True
    while high - low > 1:
        middle = _guess(low, asked(low) if low else None, high, asked(high), limit) if guessing else None
        middle = middle or (low + high) // 2
        low, high = (middle, high) if fits(middle) else (low, middle)
        guessing = not guessing or high - low > NEAR
    while True:
        further = next((size for size in range(low + 1, low + NEAR) if asked(size) is not None), None)
        if further is None or not fits(further):
            break
        low = further
    return Fitting(low, asked(low or 1), further or low + 1, asked(further or low + 1))


def _guess(low: int, few: int | None, high: int, many: int | None, limit: int) -> int | None:
    """Where a line through both ends meets the limit; None: an end is not known."""
    if few is None or many is None or many <= few:
        return None
    found = low + (high - low) * (limit - few) // (many - few)
    return min(max(found, low + 1), high - 1)
