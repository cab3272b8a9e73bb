"""Polynomials as products: what all terms share, and sums of one size with a number, taken out."""

from collections import Counter
from typing import TYPE_CHECKING

from archcalc.sizes.polynomials import collected, constant, mapped, place, plus, shared, value
from archcalc.sizes.size import Size
from archcalc.sizes.symbols import polynomial_term
from archcalc.sizes.terms import operation

if TYPE_CHECKING:
    from archcalc.sizes.polynomials import Polynomial, Powers
    from archcalc.sizes.terms import Term


def factored(number: int) -> "Term":
    """A number of a trace in the names of the sizes that it follows, as a product where it is one."""
    if not isinstance(number, Size):
        return number
    found: Term = 1
    for factor in factors(number.polynomial):
        # Terms are written from the last one on: what is subtracted stands behind what is added.
        ordered = tuple(sorted(factor, key=lambda term: term[1] > 0))
        found = operation("*", found, polynomial_term(number.tape.places, ordered))
    return found


def factors(polynomial: "Polynomial") -> "list[Polynomial]":
    """Polynomials whose product it is, shorter ones where it can be: of 2 a b - 6 b 2 b and a - 3."""
    if value(polynomial) is not None or len(polynomial) == 1:
        return [polynomial]
    common, number = _common(polynomial), shared(polynomial)
    rest = collected((_without(product, common), each // number) for product, each in polynomial)
    taken = [((common, number),)] if common or number > 1 else []
    for index in sorted({index for product, _ in rest for index in product}):
        split = _split(rest, index)
        if split is not None:
            inner, offset = split
            linear = plus(place(index), constant(offset))
            return [*taken, linear, *(factors(inner) if inner != constant(1) else [])]
    return [*taken, rest]


def _common(polynomial: "Polynomial") -> "Powers":
    """The places that all terms have."""
    found = Counter(polynomial[0][0])
    for product, _ in polynomial[1:]:
        found &= Counter(product)
    return tuple(sorted(found.elements()))


def _without(product: "Powers", common: "Powers") -> "Powers":
    return tuple(sorted((Counter(product) - Counter(common)).elements()))


def _split(polynomial: "Polynomial", index: int) -> "tuple[Polynomial, int] | None":
    """The polynomial as another one times (a place + a number); None: it is none such."""
    if any(product.count(index) > 1 for product, _ in polynomial):
        return None
    inner = collected((_without(product, (index,)), each) for product, each in polynomial if index in product)
    rest = tuple((product, each) for product, each in polynomial if index not in product)
    if len(inner) != len(rest):
        return None
    offset, remainder = divmod(rest[0][1], inner[0][1])
    return (inner, offset) if not remainder and mapped(inner, lambda each: each * offset) == rest else None
