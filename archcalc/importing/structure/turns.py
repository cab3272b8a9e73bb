"""Values of the turns of a repeat as an expression of the turn ``i``."""

from fractions import Fraction
from itertools import pairwise
from math import gcd, isclose
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from collections.abc import Sequence

LARGEST = 4096
"""Denominator of a share that grows from turn to turn."""
CLOSE = 1e-9


def by_turn(values: "Sequence[object]") -> str | None:
    """An expression whose value in turn i is ``values[i]``, without the ``=``; None: no short one is known.

    Args:
        values: as literals of expressions, at least two, not all the same.
    """
    first, rest = values[0], values[1:]
    if isinstance(first, bool) and all(each is not first for each in rest):
        return "i == 0" if first else "i != 0"
    if all(each == rest[0] for each in rest):
        return f"{literal(first)} if i == 0 else {literal(rest[0])}"
    if all(each == values[index % 2] for index, each in enumerate(values)):
        return _alternating(first, rest[0])
    steps = _growing(values) or _multiplying(values)
    if steps is None and all(each == first for each in values[:-1]):
        return f"{literal(first)} if i < {len(values) - 1} else {literal(values[-1])}"
    return steps


def _alternating(even: object, odd: object) -> str:
    if isinstance(even, bool) or isinstance(odd, bool):
        return "i % 2 == 0" if even else "i % 2 == 1"
    if even == 0:
        return "i % 2" if odd == 1 else f"{literal(odd)} * (i % 2)"
    return f"{literal(even)} if i % 2 == 0 else {literal(odd)}"


def _growing(values: "Sequence[object]") -> str | None:
    """Numbers that grow by the same from turn to turn."""
    if not all(isinstance(each, int | float) and not isinstance(each, bool) for each in values):
        return None
    numbers = cast("Sequence[float]", values)
    begin, end = (Fraction(each).limit_denominator(LARGEST) for each in (numbers[0], numbers[-1]))
    step = (end - begin) / (len(numbers) - 1)
    shares = [begin + index * step for index in range(len(numbers))]
    pairs = zip(numbers, shares, strict=True)
    if not all(isclose(each, float(share), rel_tol=CLOSE) for each, share in pairs):
        return None
    below = Fraction(begin.denominator * step.denominator, gcd(begin.denominator, step.denominator))
    start, slope = begin * below, step * below
    grown = "i" if slope == 1 else f"{slope} * i"
    if start:
        grown = f"{start} + {grown}" if slope > 0 else f"{start} - {'' if slope == -1 else f'{-slope} * '}i"
    if below == 1:
        return grown
    return f"({grown}) / {below}" if start else f"{grown} / {below}"


def _multiplying(values: "Sequence[object]") -> str | None:
    """Whole numbers each of which is so many times the one before."""
    if not all(isinstance(each, int) and not isinstance(each, bool) and each > 0 for each in values):
        return None
    numbers = cast("Sequence[int]", values)
    times = numbers[1] // numbers[0]
    if times < 2 or any(second != first * times for first, second in pairwise(numbers)):  # noqa: PLR2004  it grows
        return None
    return f"{times} ** i" if numbers[0] == 1 else f"{numbers[0]} * {times} ** i"


def literal(value: object) -> str:
    """A value as it stands in an expression."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None:
        return "null"
    if isinstance(value, str):
        return f'"{value}"'
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(literal, cast('Sequence[object]', value)))}]"
    return repr(value)
