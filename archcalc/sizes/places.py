"""What stands at the places of a tape: sizes that were given, and quotients and remainders of polynomials."""

from math import inf, prod
from typing import TYPE_CHECKING

from archcalc.records import dataclass
from archcalc.sizes.polynomials import (
    Polynomial,
    constant,
    mapped,
    minus,
    multiple_of,
    place,
    plus,
    product_of,
    ratio,
    shared,
    split,
    value,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    Bounds = tuple[float, float]

MAX_TERMS = 64
"""Terms of one polynomial; a longer one gets a place of its own."""


@dataclass(frozen=True, slots=True)
class Given:
    """A size under its name."""

    name: str


@dataclass(frozen=True, slots=True)
class Divided:
    """The quotient of two polynomials rounded down, or the remainder."""

    top: Polynomial
    bottom: Polynomial
    remainder: bool = False


class Places(list[Given | Divided]):
    """Places in the order in which they came to be: each is calculated from those before it."""

    def __init__(self) -> None:
        super().__init__()
        self.known: dict[Divided, int] = {}
        self.calculated: dict[tuple[str, Polynomial, Polynomial], Polynomial] = {}
        """Operation and the polynomials that it was done with -> what it gave: layers do the same again."""
        self.bounds: list[Bounds] = []
        """Least and largest number of every given size at which what is remembered holds."""

    def give(self, name: str) -> Polynomial:
        """A place for a size."""
        self.append(Given(name))
        self.bounds.append((-inf, inf))
        return place(len(self) - 1)

    def short(self, polynomial: Polynomial) -> Polynomial:
        """The polynomial, or where it has many terms a place that holds it."""
        if len(polynomial) <= MAX_TERMS:
            return polynomial
        return self._placed(Divided(polynomial, constant(1)))

    def power(self, base: Polynomial, exponent: int) -> Polynomial:
        """A power, its exponent whole and at least 0; written out, it can have millions of terms."""
        found = constant(1)
        for _ in range(exponent):
            found = self.short(product_of(found, base))
        return found

    def _placed(self, divided: Divided) -> Polynomial:
        if divided not in self.known:
            self.known[divided] = len(self)
            self.append(divided)
            self.bounds.append(self._divided(divided))
        return place(self.known[divided])

    def quotient(self, top: Polynomial, bottom: Polynomial) -> Polynomial:
        """floor(top / bottom), with what divides taken out and quotients of quotients as one."""
        exact, number = ratio(top, bottom), value(bottom)
        if exact is not None:
            return exact
        if number is None:
            return self._placed(Divided(top, bottom))
        if number < 0:
            top, number = multiple_of(top, -1), -number
        if top[-1][1] < 0:  # floor(-a / b) = -floor((a + b - 1) / b)
            turned = plus(multiple_of(top, -1), constant(number - 1))
            return multiple_of(self.quotient(turned, constant(number)), -1)
        whole, rest = (
            mapped(top, lambda each: each // number),
            mapped(top, lambda each: each % number),
        )
        return plus(whole, self._fraction(rest, number))

    def _fraction(self, top: Polynomial, bottom: int) -> Polynomial:
        """floor(top / bottom) for coefficients from 0 to bottom - 1."""
        sized, number = split(top)
        if not sized:
            return ()
        common = shared(sized, bottom)
        if common > 1:
            shorter = plus(mapped(sized, lambda each: each // common), constant(number // common))
            return self.quotient(shorter, constant(bottom // common))
        inner = self.alone(sized)
        if isinstance(inner, Divided) and not inner.remainder and sized[0][1] == 1:
            below = value(inner.bottom)
            if below is not None and below > 0:  # floor((floor(a / b) + c) / d) = floor((a + b c) / (b d))
                top = plus(inner.top, constant(number * below))
                return self.quotient(top, constant(below * bottom))
        return self._placed(Divided(top, constant(bottom)))

    def remainder(self, top: Polynomial, bottom: Polynomial) -> Polynomial:
        """Top modulo bottom."""
        if ratio(top, bottom) is not None:
            return ()
        number = value(bottom)
        if number is None:
            return self._placed(Divided(top, bottom, remainder=True))
        if number < 0:
            return minus(top, multiple_of(self.quotient(top, bottom), number))
        rest = mapped(top, lambda each: each % number)
        return rest if value(rest) is not None else self._placed(Divided(rest, bottom, remainder=True))

    def alone(self, polynomial: Polynomial) -> Given | Divided | None:
        """The place that a polynomial of one term is a multiple of; None for others."""
        return self[polynomial[0][0][0]] if len(polynomial) == 1 and len(polynomial[0][0]) == 1 else None

    # between which numbers something lies

    def least(self, polynomial: Polynomial) -> float:
        """A number that the polynomial is at least, wherever the bounds hold."""
        return _total([min(self._term(product, coefficient)) for product, coefficient in polynomial])

    def most(self, polynomial: Polynomial) -> float:
        """A number that the polynomial is at most."""
        return _total([max(self._term(product, coefficient)) for product, coefficient in polynomial])

    def _term(self, product: "Sequence[int]", coefficient: int) -> "Bounds":
        bounds = [self.bounds[each] for each in product]
        if not bounds:
            return coefficient, coefficient
        if len(bounds) > 1 and any(low < 0 for low, _ in bounds):
            return -inf, inf
        low = prod(low for low, _ in bounds)
        high = inf if any(high == inf for _, high in bounds) else prod(high for _, high in bounds)
        return _times(coefficient, low), _times(coefficient, high)

    def _divided(self, divided: Divided) -> "Bounds":
        number = value(divided.bottom)
        if number is None or number < 1:
            return -inf, inf
        if divided.remainder:
            return 0, number - 1
        low, high = self.least(divided.top), self.most(divided.top)
        return low // number if low > -inf else -inf, high // number if high < inf else inf


def _total(bounds: "list[float]") -> float:
    """The sum of whole numbers, of which one may be infinite; they may be too large to be added to that."""
    return next((each for each in bounds if abs(each) == inf), None) or sum(bounds)


def _times(coefficient: int, bound: float) -> float:
    """A whole number times one that may be infinite."""
    return coefficient * bound if abs(bound) != inf else bound if coefficient > 0 else -bound
