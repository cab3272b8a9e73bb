"""Polynomials and conditions in the names of the sizes that were given."""

from math import inf
from typing import TYPE_CHECKING

from archcalc.errors import Fault
from archcalc.sizes.places import Given
from archcalc.sizes.polynomials import split, value
from archcalc.sizes.size import Size
from archcalc.sizes.terms import operation, term_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from archcalc.sizes.conditions import SignOf
    from archcalc.sizes.places import Places
    from archcalc.sizes.polynomials import Polynomial, Powers
    from archcalc.sizes.tape import Tape
    from archcalc.sizes.terms import Term

MAX_DEPTH = 150
"""Quotients inside one another, and sums of more terms than a polynomial has: three calls of Python each."""
UNSAID = 2**63 - 1
"""The largest number of a spec: a bound so large says nothing."""


def symbolic(number: int) -> "Term":
    """A number of a trace in the names of the sizes that it follows; itself where it follows none."""
    return polynomial_term(number.tape.places, number.polynomial) if isinstance(number, Size) else number


def where(tape: "Tape") -> "Iterator[str]":
    """Conditions under which what was remembered holds, one text each."""
    for each, bounds in zip(tape.places, tape.places.bounds, strict=True):
        if isinstance(each, Given) and bounds not in {(-inf, inf), (-inf, UNSAID)}:
            low, high = bounds
            yield f"{each.name} is {bounds_text(low, inf if high == UNSAID else high)}"
    for sign, polynomial in tape.conditions.others:
        if split(polynomial)[1] != UNSAID:
            yield condition_text(tape.places, sign, polynomial)


def bounds_text(low: float, high: float) -> str:
    """An interval of whole numbers."""
    if low == high:
        return f"{low}"
    if high == inf:
        return f"at least {low}"
    return f"at most {high}" if low == -inf else f"from {low} to {high}"


def condition_text(places: "Places", sign: "SignOf", polynomial: "Polynomial") -> str:
    """A comparison with 0, what is subtracted put on the other side."""
    left = tuple((product, coefficient) for product, coefficient in polynomial if coefficient > 0)
    right = tuple((product, -coefficient) for product, coefficient in polynomial if coefficient < 0)
    return f"{term_text(polynomial_term(places, left))} {sign} {term_text(polynomial_term(places, right))}"


def polynomial_term(places: "Places", polynomial: "Polynomial", depth: int = 0) -> "Term":
    """A polynomial over the places of a tape in the names of its sizes; the last term stands first.

    Raises:
        Fault: it is a quotient in a quotient, ``depth`` of them, and these are more than ``MAX_DEPTH``.
    """
    if depth > MAX_DEPTH:
        fact = f"a formula has more than {MAX_DEPTH} quotients and sums inside one another"
        raise Fault(fact, hint="repeat fewer of the layers that divide what others have divided")
    found: Term = 0
    for product, coefficient in reversed(polynomial):
        size = operation("*", abs(coefficient), _product(places, product, depth))
        if found == 0:
            found = size if coefficient > 0 else operation("neg", size)
        else:
            found = operation("+" if coefficient > 0 else "-", found, size)
    return found


def _product(places: "Places", product: "Powers", depth: int) -> "Term":
    found: Term = 1
    for index in dict.fromkeys(product):
        found = operation("*", found, operation("**", _place(places, index, depth + 1), product.count(index)))
    return found


def _place(places: "Places", index: int, depth: int) -> "Term":
    each = places[index]
    if isinstance(each, Given):
        return each.name
    bottom = value(each.bottom)
    sized, number = split(each.top)
    if not each.remainder and bottom is not None and number == bottom - 1:
        return operation("ceil", polynomial_term(places, sized, depth), bottom)
    top, below = (polynomial_term(places, part, depth) for part in (each.top, each.bottom))
    return operation("%" if each.remainder else "//", top, below)
