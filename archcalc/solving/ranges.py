"""Values that are tried, as people write them: ``1..4096``, ``32..4096:32``."""

import re

from archcalc.errors import Fault
from archcalc.quantities.numbers import number_of

MOST = 4096
"""The largest value that is tried where nobody says which."""
LARGEST_VALUE = 10**12
SPAN = re.compile(r"\s*(\w[\w.]*?)\s*(?:\.\.|-)\s*(\w[\w.]*?)\s*(?::\s*(\w+)\s*)?")


def range_of(written: str | None, first: int = 1) -> range:
    """The values of a range, its ends among them.

    Args:
        written: as a person has it; None: from ``first`` to 4,096.
        first: the smallest value where nobody says which.

    Raises:
        Fault: it is none, or empty.
    """
    if written is None:
        return range(first, MOST + 1)
    match = SPAN.fullmatch(written)
    numbers = (
        [None if part is None else number_of(part) for part in match.groups(default="1")] if match else []
    )
    if not numbers or any(number is None or number.denominator > 1 for number in numbers):
        raise Fault(f"needs FIRST..LAST such as 1..4096 or 32..4096:32, got {written!r}")
    low, high, step = (int(number or 0) for number in numbers)
    if step < 1 or high > LARGEST_VALUE:
        fact = (
            f"a step is at least 1, got {step}"
            if step < 1
            else f"values are at most {LARGEST_VALUE:,}, got {high:,}"
        )
        raise Fault(fact)
    if low > high:
        raise Fault(
            f"{written!r} has no values: {low:,} is more than {high:,}", hint="write the smaller number first"
        )
    return range(low, high + 1, step)
