"""Numbers between whole ones that are known exactly: quotients, irrational roots and logarithms."""

from dataclasses import field, replace
from fractions import Fraction
from math import isqrt, log2
from typing import TYPE_CHECKING, TypeAlias

from archcalc.errors import Fault
from archcalc.formulas.rounding import ceil_divided
from archcalc.records import dataclass

if TYPE_CHECKING:
    from collections.abc import Callable

MAX_BITS = 2048
"""Of a numerator or a denominator: repeated squares in variables would double them without end."""
LONGEST = 64 * MAX_BITS
"""Of a power on the way to a root or to a comparison with one."""
LARGE = 1000
"""Binary digits of a whole number that is surely a float."""
NEAR = 2.0**-40
"""Floats further apart than this part of the larger one tell which of two numbers is larger."""


@dataclass(frozen=True, slots=True)
class Quotient:
    """A whole number over another, of which one remembers how it came about, before anybody looked at it.

    Rounded up or down it is followed to all sizes; whoever needs it as it is asks whether it divides.
    """

    top: int
    bottom: int

    def floor(self) -> int:
        """The largest whole number that is not above it."""
        return self.top // self.bottom

    def ceil(self) -> int:
        """The smallest whole number that is not below it."""
        return ceil_divided(self.top, self.bottom)

    def nearest(self) -> int:
        """The whole number nearest to it; of two that are as near the even one."""
        top, bottom = 2 * self.top + self.bottom, 2 * self.bottom
        found = top // bottom
        return found - 1 if top % bottom == 0 and found % 2 else found

    def settled(self) -> "int | Fraction":
        """The whole number where it divides, which is followed to where it does; else a fraction as it is."""
        if self.top % self.bottom == 0:
            return self.top // self.bottom
        return Fraction(int(self.top), int(self.bottom))


@dataclass(frozen=True, slots=True)
class Irrational:
    """A root or a logarithm that is no fraction, times a factor, and something added.

    Args:
        core: the float nearest to the root or logarithm, or next to that.
        exceeds: whether the root or logarithm is above a fraction.
        factor: what it is multiplied by, not 0.
        added: what is added then.
    """

    core: float
    exceeds: "Callable[[Fraction], bool]" = field(compare=False)
    factor: Fraction = Fraction(1)
    added: Fraction = Fraction(0)

    @property
    def value(self) -> float:
        """The number as a float.

        Raises:
            OverflowError: it is beyond all floats.
        """
        return self.core * float(self.factor) + float(self.added)

    def floor(self) -> int:
        """The largest whole number below it.

        Raises:
            Fault: it does not fit in 64 bits.
        """
        guess = self.value
        if abs(guess) > 2.0**64:
            raise Fault(f"{guess} is too large")
        margin = 2 + int(abs(guess) * NEAR)
        low, high = int(guess) - margin, int(guess) + margin
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if self.above(middle) else (low, middle)
        return low

    def ceil(self) -> int:
        """The smallest whole number above it."""
        return self.floor() + 1

    def nearest(self) -> int:
        """The whole number nearest to it."""
        below = self.floor()
        return below + self.above(Fraction(2 * below + 1, 2))

    def above(self, other: "Rational") -> bool:
        """Whether it is above a number; it is equal to none.

        Raises:
            Fault: the two are so close, and have so many digits, that it cannot be told.
        """
        bound = (other - self.added) / self.factor
        if bound.numerator.bit_length() - bound.denominator.bit_length() < LARGE:
            apart = self.core - float(bound)
            if abs(apart) > NEAR * max(1.0, abs(self.core)):
                return (apart > 0) == (self.factor > 0)
        return self.exceeds(bound) == (self.factor > 0)

    def times(self, factor: "Rational") -> "Irrational":
        """A multiple other than 0."""
        return self._with(self.factor * factor, self.added * factor)

    def plus(self, number: "Rational") -> "Irrational":
        """The sum with a number."""
        return self._with(self.factor, self.added + number)

    def _with(self, factor: Fraction, added: Fraction) -> "Irrational":
        return replace(self, factor=Fraction(limited(factor)), added=Fraction(limited(added)))

    def __str__(self) -> str:
        return str(self.value)


Rational: TypeAlias = "int | Fraction"
Exact: TypeAlias = "Fraction | Quotient | Irrational"


def limited(value: Fraction) -> Rational:
    """The fraction, or the whole number that it is.

    Raises:
        Fault: its digits are too many.
    """
    if max(value.numerator.bit_length(), value.denominator.bit_length()) > MAX_BITS:
        hint = "write one of its numbers with a decimal point, and it is rounded"
        raise Fault(f"a quotient has more than {MAX_BITS} binary digits", hint=hint)
    return value.numerator if value.denominator == 1 else value


def root(value: Rational, degree: int) -> "Rational | Irrational":
    """The root of a number that is not negative: exact where it is one.

    Raises:
        Fault: the degree is too large.
    """
    if degree > MAX_BITS:
        raise Fault(f"a root of degree {degree} is too large")
    fraction = Fraction(value)
    top, bottom = (_whole_root(each, degree) for each in (fraction.numerator, fraction.denominator))
    if top**degree == fraction.numerator and bottom**degree == fraction.denominator:
        return limited(Fraction(top, bottom))
    return Irrational(
        float(fraction) ** (1 / degree), lambda other: other < 0 or exact_power(other, degree) < fraction
    )


def _whole_root(number: int, degree: int) -> int:
    """The largest whole number whose power is not above a number (Newton's method from above)."""
    if degree == 2:  # noqa: PLR2004  a square root
        return isqrt(number)
    found = 1 << ceil_divided(number.bit_length(), degree)
    while True:
        better = ((degree - 1) * found + number // found ** (degree - 1)) // degree
        if better >= found:
            return found
        found = better


def logarithm(value: Rational) -> "Rational | Irrational":
    """The logarithm to base 2 of a number above 0: exact of a power of two.

    Raises:
        ValueError: the number is not above 0.
    """
    fraction = Fraction(value)
    if fraction <= 0:
        raise ValueError
    top, bottom = fraction.numerator, fraction.denominator
    if top & (top - 1) == 0 and bottom & (bottom - 1) == 0:
        return top.bit_length() - bottom.bit_length()
    return Irrational(
        log2(top) - log2(bottom),
        lambda other: exact_power(fraction, other.denominator) > exact_power(Fraction(2), other.numerator),
    )


def exact_power(base: Fraction, exponent: int) -> Fraction:
    """A power whose exponent is whole.

    Raises:
        Fault: it is too long to be worked out.
        ZeroDivisionError: 0 to a negative one.
    """
    bits = max(base.numerator.bit_length(), base.denominator.bit_length())
    if bits * abs(exponent) > LONGEST:
        raise Fault(f"{base} ** {exponent} is too long to be worked out")
    return Fraction(base**exponent)
