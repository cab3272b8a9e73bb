"""Values of expressions, and what each operation asks of them."""

import math
from typing import TypeAlias

from archcalc.errors import Fault
from archcalc.wording import shown

Value: TypeAlias = "int | float | bool | str | list[Value] | None"
Number: TypeAlias = "int | float"

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
    if isinstance(value, int) and abs(value) > MAX_INTEGER:
        raise Fault(f"a number is too large: beyond {MAX_INTEGER:,}")
    if isinstance(value, float) and not math.isfinite(value):
        raise Fault("a number is too large or not a number")
    return value


def integral(value: Value) -> Value:
    """The value; a whole number that came out as a float is an int."""
    if isinstance(value, list):
        return [integral(item) for item in value]
    if isinstance(value, float) and value.is_integer() and abs(value) <= MAX_INTEGER:
        return int(value)
    return value


def number(value: Value, where: str) -> Number:
    """The value, when it is a number; ``where`` is the operation that asks."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Fault(f"'{where}' needs numbers, got {shown(value)}")
    return value


def alike(numbers: list[Number]) -> list[Number]:
    """The numbers; where one is a float, which asks no size what it remembers, whole ones at their values."""
    if any(isinstance(each, float) for each in numbers):
        return [int(each) if isinstance(each, int) else each for each in numbers]
    return numbers


def equal(left: Value, right: Value) -> bool:
    """Whether two values are equal; what remembers is asked, and not what it is compared with."""
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(equal, left, right))
    if isinstance(right, int) and not isinstance(right, bool):
        return right == left
    return left == right


def truth(value: Value, word: str) -> bool:
    """The value, when it is true or false; ``word`` is the operation that asks."""
    if not isinstance(value, bool):
        raise Fault(f"'{word}' needs true or false, got {shown(value)}")
    return value
