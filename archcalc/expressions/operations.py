"""Functions and operators of expressions: tables from a name or a node to what it does with numbers."""

import ast
import math
from fractions import Fraction
from functools import partial
from typing import TYPE_CHECKING, cast

from archcalc.errors import Fault
from archcalc.expressions.arithmetic import (
    difference_of,
    divided,
    multiplied,
    negative,
    power,
    remainder,
    rounded_down,
    sum_of,
)
from archcalc.expressions.exact import Irrational, Quotient, limited, logarithm, root
from archcalc.expressions.values import Number, Real, comparable, rounded

if TYPE_CHECKING:
    from collections.abc import Callable

MAX_DIGITS = 20


def _integer(value: Number) -> int:
    if not isinstance(value, int) or abs(value) > MAX_DIGITS:
        raise Fault(f"digits are a whole number up to {MAX_DIGITS}, got {value}")
    return int(value)


def _chosen(choose: "Callable[..., int]", numbers: list[Number]) -> Number:
    keys = comparable(numbers)
    return numbers[choose(range(len(numbers)), key=keys.__getitem__)]


def _absolute(value: Number) -> Number:
    if isinstance(value, Irrational):
        return value if value.above(0) else negative(value)
    return negative(value) if value < 0 else value


def _floor(value: Number) -> int:
    return value.floor() if isinstance(value, Irrational) else math.floor(value)


def _ceil(value: Number) -> int:
    return value.ceil() if isinstance(value, Irrational) else math.ceil(value)


def _round(value: Number, *digits: Number) -> Number:
    places = [_integer(each) for each in digits]
    if isinstance(value, int | float | Fraction):
        if places:
            found: object = round(value, places[0])
            return cast("Number", found)
        return round(value)
    if not places:
        return value.nearest()
    power = Fraction(10) ** places[0]
    return limited(value.times(power).nearest() / power)


def _square_root(value: Number) -> Number:
    if isinstance(value, int | Fraction) and value >= 0:
        return root(int(value) if isinstance(value, int) else value, 2)
    return math.sqrt(rounded(value))


def _logarithm(value: Number) -> Number:
    if isinstance(value, int | Fraction):
        return logarithm(int(value) if isinstance(value, int) else value)
    return math.log2(rounded(value))


def _divisible(value: Number, by: Number) -> Number:
    """The nearest multiple of ``by``, at least one; the next where that is below 90 % of the width."""
    if not isinstance(by, int) or by < 1:
        raise Fault(f"widths are rounded to multiples of a whole number from 1 on, got {by}")
    times = rounded_down(sum_of(multiplied(2, value), by), 2 * by)
    near = max(_floor(times), 1) * by
    short = comparable([10 * near, multiplied(9, value)])
    return near + by if short[0] < short[1] else near


FUNCTIONS: "dict[str, tuple[int, int | None, Callable[[list[Number]], Number]]]" = {
    "min": (1, None, partial(_chosen, min)),
    "max": (1, None, partial(_chosen, max)),
    "abs": (1, 1, lambda numbers: _absolute(numbers[0])),
    "ceil": (1, 1, lambda numbers: _ceil(numbers[0])),
    "floor": (1, 1, lambda numbers: _floor(numbers[0])),
    "round": (1, 2, lambda numbers: _round(*numbers)),
    "sqrt": (1, 1, lambda numbers: _square_root(numbers[0])),
    "log2": (1, 1, lambda numbers: _logarithm(numbers[0])),
    "divisible": (2, 2, lambda numbers: _divisible(*numbers)),
}
"""Name -> fewest arguments, most arguments if there is a most, and the function of all of them."""
UNSEEN: "dict[str, Callable[[Quotient], int]]" = {
    "floor": Quotient.floor,
    "ceil": Quotient.ceil,
    "round": Quotient.nearest,
}
"""Functions that alone take a quotient before anybody asks whether it divides."""
OPERATORS: "dict[type[ast.operator], tuple[str, Callable[[Number, Number], Number | Quotient]]]" = {
    ast.Add: ("+", sum_of),
    ast.Sub: ("-", difference_of),
    ast.Mult: ("*", multiplied),
    ast.Div: ("/", divided),
    ast.FloorDiv: ("//", rounded_down),
    ast.Mod: ("%", remainder),
    ast.Pow: ("**", power),
}
SIGNS: dict[type[ast.operator], str] = {
    ast.MatMult: "@",
    ast.BitXor: "^",
    ast.BitAnd: "&",
    ast.BitOr: "|",
    ast.LShift: "<<",
    ast.RShift: ">>",
}
"""Operators that are refused."""
COMPARISONS: "dict[type[ast.cmpop], tuple[str, Callable[[Real, Real], bool]]]" = {
    ast.Lt: ("<", lambda left, right: left < right),
    ast.LtE: ("<=", lambda left, right: left <= right),
    ast.Gt: (">", lambda left, right: left > right),
    ast.GtE: (">=", lambda left, right: left >= right),
}
