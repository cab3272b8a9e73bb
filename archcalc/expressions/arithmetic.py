"""Arithmetic of expressions: exact on whole numbers and fractions, Python's on floats."""

from fractions import Fraction
from math import inf
from typing import TYPE_CHECKING, cast

from archcalc.errors import Fault
from archcalc.expressions.exact import Irrational, Quotient, exact_power, limited, root
from archcalc.expressions.values import MAX_INTEGER, Number, rounded

if TYPE_CHECKING:
    from archcalc.expressions.values import Real


def power(base: Number, exponent: Number) -> Number:
    """A power, refused before it is worked out when it cannot fit; a fraction's exponent is a root's."""
    if isinstance(base, Irrational) or isinstance(exponent, Irrational):
        return power(*_known(base, exponent))
    if not -MAX_INTEGER <= exponent <= MAX_INTEGER:
        raise Fault(f"exponent {exponent} is too large")
    if isinstance(exponent, Fraction):
        return _rooted(base, exponent)
    largest = 63.5 / exponent if exponent > 0 else inf  # of the base's logarithm
    if isinstance(base, int) and largest < 64 and abs(base) > int(2**largest):  # noqa: PLR2004  bits of a number
        raise Fault(f"{base} ** {exponent} is too large")
    if isinstance(exponent, int) and (isinstance(base, Fraction) or (isinstance(base, int) and exponent < 0)):
        return exact_power(Fraction(int(base) if isinstance(base, int) else base), int(exponent))
    result = rounded(base) ** exponent if isinstance(base, Fraction) else base**exponent
    if isinstance(result, complex):
        raise Fault(f"{base} ** {exponent} is not a real number")
    return cast("Number", result)


def _rooted(base: "int | float | Fraction", exponent: Fraction) -> Number:
    """A power whose exponent is a fraction p / q: the root of degree q of the power p."""
    if base < 0:
        raise Fault(f"{base} ** {exponent} is not a real number")
    if isinstance(base, float):
        return cast("float", base ** float(exponent))
    whole = Fraction(int(base) if isinstance(base, int) else base)
    return root(exact_power(whole, exponent.numerator), exponent.denominator)


def sum_of(left: Number, right: Number) -> Number:
    """The sum; of an irrational number and a fraction it is known exactly."""
    if isinstance(left, Irrational) and isinstance(right, int | Fraction):
        return left.plus(right)
    if isinstance(right, Irrational) and isinstance(left, int | Fraction):
        return right.plus(left)
    one, other = _known(left, right)
    return one + other


def difference_of(left: Number, right: Number) -> Number:
    """The difference."""
    if isinstance(left, Irrational) or isinstance(right, Irrational):
        return sum_of(left, negative(right))
    return left - right


def multiplied(left: Number, right: Number) -> Number:
    """The product; of an irrational number and a fraction it is known exactly."""
    for one, other in ((left, right), (right, left)):
        if isinstance(one, Irrational) and isinstance(other, int | Fraction):
            return one.times(other) if other else 0
    one, other = _known(left, right)
    return one * other


def divided(left: Number, right: Number) -> "Number | Quotient":
    """A quotient; that of whole numbers is exact.

    Raises:
        ZeroDivisionError: the divisor is 0.
    """
    if isinstance(left, int) and isinstance(right, int):
        if right == 0:
            raise ZeroDivisionError
        found = Quotient(left, right)
        return found if type(left) is not int or type(right) is not int else found.settled()
    if isinstance(left, Irrational) and isinstance(right, int | Fraction):
        return left.times(1 / Fraction(right))
    if isinstance(left, int | Fraction) and isinstance(right, int | Fraction):
        return limited(Fraction(left) / right)
    one, other = _known(left, right)
    return one / other


def rounded_down(left: Number, right: Number) -> Number:
    """The quotient rounded down."""
    if isinstance(left, Irrational) and isinstance(right, int | Fraction):
        return left.times(1 / Fraction(right)).floor()
    one, other = _known(left, right)
    return one // other


def remainder(left: Number, right: Number) -> Number:
    """What is left of the first number when the second is taken from it as often as it fits in."""
    if isinstance(left, Irrational) and isinstance(right, int | Fraction):
        return left.plus(-right * left.times(1 / Fraction(right)).floor())
    one, other = _known(left, right)
    return one % other


def _known(left: Number, right: Number) -> "tuple[Real, Real]":
    """Numbers that Python calculates with: irrational ones are floats."""
    one, other = (each.value if isinstance(each, Irrational) else each for each in (left, right))
    return one, other


def negative(value: Number) -> Number:
    """The number with the other sign."""
    return value.times(-1) if isinstance(value, Irrational) else -value
