"""Values to be tried, as people write them: numbers and words, and ranges of numbers."""

import re
from fractions import Fraction
from math import ceil, floor
from typing import TYPE_CHECKING, cast

from archcalc.errors import Fault
from archcalc.quantities.numbers import number_of
from archcalc.wording import shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from archcalc.expressions import Value

MAX_VALUES = 1_000_000
"""Of one variable."""
SIGNED = r"(-?\s*\d[\w.]*?)"
RANGE = re.compile(rf"\s*{SIGNED}\s*\.\.\s*{SIGNED}\s*(?:([:*])\s*{SIGNED}\s*)?")


def values_tried(values: "Iterable[object]") -> "tuple[Value, ...]":
    """Every value once, in order, with ranges written out; 1, 1.0 and true are three values.

    Raises:
        Fault: a range has no end, or there are too many values.
    """
    given = list(values)
    if len(given) == 1:  # a range alone has every number once
        return tuple(_expanded(given[0]))
    found: dict[tuple[type, str], Value] = {}
    for value in given:
        for each in _expanded(value):
            found.setdefault((type(each), repr(each)), each)
            if len(found) > MAX_VALUES:
                raise Fault(f"more than {MAX_VALUES:,} values")
    return tuple(found.values())


def is_range(text: object) -> bool:
    """Whether a text is a range."""
    return isinstance(text, str) and RANGE.fullmatch(text) is not None


def _expanded(value: object) -> "Iterator[Value]":
    match = RANGE.fullmatch(value) if isinstance(value, str) else None
    if match is not None:
        yield from _range(match[0].strip(), *(None if part is None else part for part in match.groups()))
    elif isinstance(value, range):
        yield from value
    else:
        yield cast("Value", value)


def _range(text: str, *parts: str | None) -> "Iterator[Value]":
    """The numbers of a range from the first on, the last one where a step meets it."""
    low, high = (_number(text, part or "") for part in parts[:2])
    step = Fraction(1) if parts[3] is None else _number(text, parts[3])
    growing = parts[2] == "*"
    if growing and (step <= 1 or low <= 0):
        raise Fault(f"{text!r} never ends: what is multiplied starts above 0, with a factor above 1")
    if not growing and (step == 0 or (high - low) * step < 0):
        raise Fault(f"{text!r} leads from {low} away from {high}", hint="write the smaller number first")
    if not growing and (high - low) / step >= MAX_VALUES:
        raise Fault(f"more than {MAX_VALUES:,} values in {text!r}")
    if not growing and low.denominator == step.denominator == 1:
        yield from range(int(low), floor(high) + 1 if step > 0 else ceil(high) - 1, int(step))
        return
    number = low
    while number <= high if step > 0 else number >= high:
        yield int(number) if number.denominator == 1 else float(number)
        number = number * step if growing else number + step


def _number(text: str, part: str) -> Fraction:
    digits = part.replace(" ", "")
    found = number_of(digits.removeprefix("-"))
    if found is None:
        raise Fault(f"{shown(part)} in {text!r} is no number", hint="ranges are 32..256:8 and 32..512*2")
    return -found if digits.startswith("-") else found
