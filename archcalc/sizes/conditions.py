"""Where what is remembered holds: bounds of the given sizes, and comparisons of polynomials with 0."""

from typing import TYPE_CHECKING, Literal

from archcalc.sizes.places import Divided, Given
from archcalc.sizes.polynomials import constant, mapped, minus, multiple_of, plus, shared, split, value

if TYPE_CHECKING:
    from archcalc.sizes.places import Places
    from archcalc.sizes.polynomials import Polynomial

SignOf = Literal[">=", "==", "!="]


class Conditions:
    """Grows while sizes are compared; what follows from the bounds is left out."""

    def __init__(self, places: "Places") -> None:
        self.places = places
        self.others: dict[tuple[SignOf, Polynomial], None] = {}
        """Comparisons with 0 that are no bound of one size."""
        self._compared: dict[tuple[str, Polynomial, Polynomial], tuple[SignOf, Polynomial] | None] = {}
        """What was compared -> the condition, None where it holds at all sizes: layers ask the same again."""
        self.told: dict[Polynomial, int] = {}
        """What was written into a text, and so holds at its value alone for whoever reads the text."""
        self.ended = False
        """Whether nothing more is noted."""

    def compare(self, outcome: str, left: "Polynomial", right: "Polynomial") -> bool:
        """Note that a polynomial compares so with another one; False: it does at all sizes."""
        asked = outcome, left, right
        if asked in self._compared:
            known = self._compared[asked]
            if known is not None and known[0] == "!=":  # a bound that has come near since takes it in
                self.add(*known)
            return known is not None
        difference = minus(left, right)
        known = self._compared[asked] = (
            None if value(difference) is not None else _condition(outcome, difference)
        )
        if known is not None:
            self.add(*known)
        return known is not None

    def add(self, sign: SignOf, polynomial: "Polynomial") -> None:
        """Note that a polynomial compares so with 0."""
        if self.ended:
            return
        if sign != ">=" and polynomial[-1][1] < 0:
            polynomial = multiple_of(polynomial, -1)
        if sign == ">=":
            self._at_least(polynomial)
        elif sign == "==":
            self._equal(polynomial)
        else:
            self._other(polynomial)

    def tell(self, polynomial: "Polynomial", value: int) -> None:
        """Note that a text holds a value."""
        if not self.ended:
            self.told[polynomial] = value

    def _at_least(self, polynomial: "Polynomial") -> None:
        if self.places.least(polynomial) >= 0:
            return
        sized, number = split(polynomial)
        common = shared(sized)
        sized, number = mapped(sized, lambda each: each // common), number // common
        polynomial = plus(sized, constant(number))
        alone, sign = self.places.alone(sized), sized[0][1]
        if isinstance(alone, Given):
            index = sized[0][0][0]
            low, high = self.places.bounds[index]
            self.places.bounds[index] = (max(low, -number), high) if sign > 0 else (low, min(high, number))
            return
        below = _divisor(alone)
        if alone is None or below is None:
            self.others[">=", polynomial] = None
        elif sign > 0:  # floor(a / b) >= c where a >= b c
            self._at_least(plus(alone.top, constant(number * below)))
        else:  # floor(a / b) <= c where a <= b c + b - 1
            self._at_least(minus(constant(number * below + below - 1), alone.top))

    def _equal(self, polynomial: "Polynomial") -> None:
        sized, number = split(polynomial)
        common = shared(sized)
        sized, number = mapped(sized, lambda each: each // common), number // common
        polynomial = plus(sized, constant(number))
        if isinstance(self.places.alone(sized), Given) or _divisor(self.places.alone(sized)):
            self._at_least(polynomial)
            self._at_least(multiple_of(polynomial, -1))
        else:
            self.others["==", polynomial] = None

    def _other(self, polynomial: "Polynomial") -> None:
        if self.places.least(polynomial) > 0 or self.places.most(polynomial) < 0:
            return
        sized, number = split(polynomial)
        if isinstance(self.places.alone(sized), Given) and sized[0][1] in (1, -1):
            index = sized[0][0][0]
            excluded, (low, high) = -number * sized[0][1], self.places.bounds[index]
            if excluded in (low, high):
                self.places.bounds[index] = (low + (excluded == low), high - (excluded == high))
                return
        self.others["!=", polynomial] = None


def _divisor(alone: "Given | Divided | None") -> int | None:
    """What a quotient alone is divided by, where that is a number above 0."""
    if not isinstance(alone, Divided) or alone.remainder:
        return None
    number = value(alone.bottom)
    return number if number is not None and number > 0 else None


def _condition(comparison: str, difference: "Polynomial") -> "tuple[SignOf, Polynomial]":
    """A comparison with 0 that holds, as one of three."""
    if comparison in ("eq", "ne"):
        return ("==" if comparison == "eq" else "!="), difference
    above = multiple_of(difference, -1) if comparison in ("lt", "le") else difference
    return ">=", above if comparison in ("le", "ge") else minus(above, constant(1))
