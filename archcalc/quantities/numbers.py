"""Numbers with units as people write them: ``12M``, ``1.9G``, ``64KiB``."""

import re
from fractions import Fraction

FACTORS = {"": 1, "k": 10**3, "K": 10**3, "M": 10**6, "G": 10**9, "B": 10**9, "T": 10**12}
BYTES = {
    f"{letter}{unit}": base**power
    for unit, base in (("iB", 2**10), ("B", 10**3))
    for power, letter in enumerate("KMGT", 1)
}
NUMBER = r"(\d{1,18}(?:\.\d{1,18})?)\s*([A-Za-z]*)"
"""A number and its unit, as a regular expression of two groups."""
STANDS = (
    r"'[^']*'|\"[^\"]*\"|(?<![\w.])(\d{1,18}(?:\.\d{1,18})?)("
    + "|".join(sorted(filter(None, FACTORS | BYTES), key=len, reverse=True))
    + r")(?![\w.])"
)
"""A text in quotes, or a number with a unit right behind it, in an expression."""


def number_of(text: str) -> Fraction | None:
    """The exact number that is written; None where none is, or its unit is unknown."""
    match = re.fullmatch(NUMBER, text.strip())
    factor = (FACTORS | BYTES).get(match[2]) if match else None
    return None if match is None or factor is None else Fraction(match[1]) * factor


def without_units(expression: str) -> str:
    """The expression with ``5M`` as 5000000; one that is no whole number becomes a quotient, as exact."""
    return re.sub(STANDS, _plain, expression)


def _plain(match: "re.Match[str]") -> str:
    if match[1] is None:
        return match[0]
    value = Fraction(match[1]) * (FACTORS | BYTES)[match[2]]
    return str(value) if value.denominator == 1 else f"({value})"
