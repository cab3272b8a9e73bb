"""Functions and operators of expressions: tables from a name or a node to what it does with numbers."""

import ast
import math
from math import inf
from typing import TYPE_CHECKING, cast

from archcalc.errors import Fault
from archcalc.expressions.values import MAX_INTEGER, Number

if TYPE_CHECKING:
    from collections.abc import Callable

MAX_DIGITS = 20


def _power(base: Number, exponent: Number) -> Number:
    """A power, refused before it is worked out when it cannot fit in 63 bits."""
    largest = 63.5 / exponent if exponent > 0 else inf  # of the base's logarithm
    if isinstance(base, int) and largest < 64 and abs(base) > int(2**largest):  # noqa: PLR2004  bits of a number
        raise Fault(f"{base} ** {exponent} is too large")
    if abs(exponent) > MAX_INTEGER:
        raise Fault(f"exponent {exponent} is too large")
    result = base ** float(exponent) if isinstance(base, int) and exponent < 0 else base**exponent
    if isinstance(result, complex):
        raise Fault(f"{base} ** {exponent} is not a real number")
    return cast("Number", result)


def _integer(value: Number) -> int:
    if not isinstance(value, int) or abs(value) > MAX_DIGITS:
        raise Fault(f"digits are a whole number up to {MAX_DIGITS}, got {value}")
    return int(value)


FUNCTIONS: "dict[str, tuple[int, int | None, Callable[[list[Number]], Number]]]" = {
    "min": (1, None, min),
    "max": (1, None, max),
    "abs": (1, 1, lambda numbers: abs(numbers[0])),
    "ceil": (1, 1, lambda numbers: math.ceil(numbers[0])),
    "floor": (1, 1, lambda numbers: math.floor(numbers[0])),
    "round": (1, 2, lambda numbers: round(numbers[0], *map(_integer, numbers[1:]))),
    "sqrt": (1, 1, lambda numbers: math.sqrt(numbers[0])),
    "log2": (1, 1, lambda numbers: math.log2(float(numbers[0]))),
}
"""Name -> fewest arguments, most arguments if there is a most, and the function of all of them."""
OPERATORS: "dict[type[ast.operator], tuple[str, Callable[[Number, Number], Number]]]" = {
    ast.Add: ("+", lambda left, right: left + right),
    ast.Sub: ("-", lambda left, right: left - right),
    ast.Mult: ("*", lambda left, right: left * right),
    ast.Div: ("/", lambda left, right: left / right),
    ast.FloorDiv: ("//", lambda left, right: left // right),
    ast.Mod: ("%", lambda left, right: left % right),
    ast.Pow: ("**", _power),
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
COMPARISONS: "dict[type[ast.cmpop], tuple[str, Callable[[Number, Number], bool]]]" = {
    ast.Lt: ("<", lambda left, right: left < right),
    ast.LtE: ("<=", lambda left, right: left <= right),
    ast.Gt: (">", lambda left, right: left > right),
    ast.GtE: (">=", lambda left, right: left >= right),
}
