"""Values of expressions, and what each operation asks of them."""

import math
from fractions import Fraction
from typing import TypeAlias

from archcalc.errors import Fault
from archcalc.expressions.exact import Exact, Irrational, Quotient, Rational, limited
from archcalc.wording import shown

Value: TypeAlias = "int | float | Exact | bool | str | list[Value] | None"
"""Exact ones stand in variables and arguments of blocks; a layer reads a ``plain_value``, without them."""
Number: TypeAlias = "int | float | Fraction | Irrational"

Real: TypeAlias = "int | float | Fraction"

MAX_INTEGER = 2**63 - 1
MAX_ENTRIES = 256
"""Of a list, those of the lists in it included."""


class Unknown(Exception):  # noqa: N818  not an error of the expression
    """A name whose value is not known because an earlier layer failed."""


def bounded(value: Value) -> Value:
    """The value, when it has at most ``MAX_ENTRIES``: lists may share lists, so that they grow as powers."""
    waiting: list[Value] = [value]
    for entry in waiting:
        if isinstance(entry, list):
            waiting += entry[: MAX_ENTRIES + 1]
            if len(waiting) > MAX_ENTRIES + 1:
                raise Fault(f"a list has more than {MAX_ENTRIES} entries", hint="make it shorter")
    return value


def finite(value: Number) -> Number:
    """The number, when it is finite and fits in 64 bits."""
    if isinstance(value, Fraction):
        value = limited(value)
    if isinstance(value, int) and abs(value) > MAX_INTEGER:
        raise Fault(f"a number is too large: beyond {MAX_INTEGER:,}")
    if isinstance(value, float) and not math.isfinite(value):
        raise Fault("a number is too large or not a number")
    return value


def plain_value(value: Value) -> Value:
    """The value as a layer takes it: a float for a fraction, an int for a float that is whole."""
    if isinstance(value, list):
        return [plain_value(item) for item in value]
    value = looked_at(value)
    if isinstance(value, Fraction | Irrational):
        return rounded(value)
    if isinstance(value, float) and value.is_integer() and abs(value) <= MAX_INTEGER:
        return int(value)
    return value


def looked_at(value: Value) -> "Value":
    """The value; of a quotient the whole number or the fraction that it is."""
    return value.settled() if isinstance(value, Quotient) else value


def rounded(value: Number) -> float:
    """The float nearest to a number.

    Raises:
        Fault: it is beyond all floats, or a whole number between two.
    """
    if isinstance(value, Irrational):
        return value.value
    if isinstance(value, int) and int(float(value)) != value:
        fact = f"{value} is not among the floats: beyond 2 ** 53 they leave numbers out"
        raise Fault(fact, hint="write the number beside it without a decimal point, or as a quotient")
    try:
        return float(value)
    except OverflowError:
        raise Fault("a number is too large or not a number") from None


def number(value: Value, where: str) -> Number:
    """The value, when it is a number; ``where`` is the operation that asks."""
    value = looked_at(value)
    if isinstance(value, bool) or not isinstance(value, int | float | Fraction | Irrational):
        raise Fault(f"'{where}' needs numbers, got {shown(value)}")
    return value


def alike(numbers: list[Number]) -> list[Number]:
    """The numbers; beside one that is not whole, which asks no size, whole ones at their values.

    Beside a float, fractions are floats.
    """
    if all(isinstance(each, int) for each in numbers):
        return numbers
    plain = [int(each) if isinstance(each, int) else each for each in numbers]
    if not any(isinstance(each, float) for each in plain):
        return plain
    floats = [rounded(each) for each in plain]  # whole ones that are none are refused
    return [each if isinstance(each, int) else found for each, found in zip(plain, floats, strict=True)]


def comparable(numbers: list[Number]) -> "list[Real]":
    """Numbers in the same order: for an irrational one a fraction between it and all others, or its float."""
    known = alike(numbers)
    rational = [each for each in known if isinstance(each, int | Fraction)]
    if rational and len(known) - len(rational) == 1:
        return [_beside(each, rational) if isinstance(each, Irrational) else each for each in known]
    return [each.value if isinstance(each, Irrational) else each for each in known]


def _beside(irrational: Irrational, others: "list[Rational]") -> "Rational":
    """A fraction that is above and below the same numbers as an irrational one."""
    below = [each for each in others if irrational.above(each)]
    above = [each for each in others if each not in below]
    if below and above:
        return Fraction(max(below) + min(above)) / 2
    return max(below) + 1 if below else min(above) - 1


def equal(left: Value, right: Value) -> bool:
    """Whether two values are equal; what remembers is asked, and not what it is compared with."""
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(equal, left, right))
    left, right = looked_at(left), looked_at(right)
    if isinstance(left, Irrational) and isinstance(right, Irrational):
        return left.value == right.value
    for one, other in ((left, right), (right, left)):
        if isinstance(one, Fraction | Irrational) and isinstance(other, float):
            return rounded(one) == other
    if isinstance(right, int) and not isinstance(right, bool):
        return right == left
    return left == right


def truth(value: Value, word: str) -> bool:
    """The value, when it is true or false; ``word`` is the operation that asks."""
    if not isinstance(value, bool):
        raise Fault(f"'{word}' needs true or false, got {shown(looked_at(value))}")
    return value
