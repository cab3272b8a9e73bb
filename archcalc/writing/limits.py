"""Limits of budgets as text."""

from typing import TYPE_CHECKING

from archcalc.budgets import Limit, parse_limit
from archcalc.errors import Fault
from archcalc.quantities.numbers import BYTES, FACTORS

if TYPE_CHECKING:
    from fractions import Fraction

DIGITS = 18
"""Digits that a limit may have on either side of its point."""

UNITS = {unit: factor for unit, factor in (FACTORS | BYTES).items() if unit != "k"}
"""The units that are written; for thousands the shipped files have ``K``."""


def same_limit(written: object, limit: Limit) -> bool:
    """Whether what is written reads as the limit."""
    try:
        return parse_limit(written) == limit
    except ValueError:
        return False


def limit_text(limit: Limit) -> object:
    """A limit in the smallest unit that has room for all its digits: a whole number where one can stand.

    Raises:
        Fault: no unit has: the number has no end, or more than 18 digits on a side.
    """
    for unit, factor in UNITS.items():
        digits = _decimal(limit.value / factor)
        if digits is not None:
            number = f"{digits}{unit}"
            if limit.comparison == "<=":
                return int(number) if number.isdecimal() else number
            return f"{limit.comparison} {number}"
    raise Fault(f"the limit {limit.value} has more than {DIGITS} digits on a side of its point")


def _decimal(value: "Fraction") -> str | None:
    """All digits of a number; None where they are too many."""
    scaled = value * 10**DIGITS
    whole, rest = divmod(scaled.numerator, 10**DIGITS)
    if scaled.denominator != 1 or value < 0 or len(str(whole)) > DIGITS:
        return None
    return f"{whole}.{rest:0{DIGITS}}".rstrip("0").rstrip(".")
