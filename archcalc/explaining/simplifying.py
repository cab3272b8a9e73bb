"""Formulas as a person would have them: equal addends together, factors that a quotient takes out again."""

from typing import TYPE_CHECKING

from archcalc.sizes.terms import Operation, operation

if TYPE_CHECKING:
    from archcalc.sizes.terms import Term

QUOTIENTS = ("//", "ceil")


def simplified(term: "Term") -> "Term":
    """The same number in fewer words: a + b + a is 2 * a + b, and a * b // b is a."""
    if not isinstance(term, Operation):
        return term
    if term.sign == "+":
        return _together([simplified(each) for each in _parts(term, "+")])
    parts = [simplified(each) for each in term.operands]
    if term.sign in QUOTIENTS:
        parts = _cancelled(*parts)
    return operation(term.sign, *parts)


def _parts(term: "Term", sign: str) -> "list[Term]":
    """What is added up, or multiplied, however the brackets stand."""
    if not isinstance(term, Operation) or term.sign != sign:
        return [term]
    return [part for each in term.operands for part in _parts(each, sign)]


def _together(addends: "list[Term]") -> "Term":
    """A sum in which each addend stands once, with how often it was there."""
    found: Term = 0
    for each in dict.fromkeys(addends):
        times = sum(other == each for other in addends)
        found = operation("+", found, operation("*", times, each))
    return found


def _cancelled(top: "Term", bottom: "Term") -> "list[Term]":
    """Top and bottom of a quotient without the factors that stand in both: it divides exactly by those."""
    above, below = _parts(top, "*"), _parts(bottom, "*")
    left = list(above)
    for each in below:
        if each not in left:
            return [top, bottom]
        left.remove(each)
    return [_product(left), 1]


def _product(factors: "list[Term]") -> "Term":
    found: Term = 1
    for each in factors:
        found = operation("*", found, each)
    return found
