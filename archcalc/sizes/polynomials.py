"""Polynomials with whole coefficients over the places of a tape, in one canonical form each.

A place stands for a size that was given, or for a quotient or a remainder of two polynomials. Equal forms are
equal numbers at all sizes, so that most comparisons of a trace need no condition.
"""

from collections.abc import Callable, Iterable, Sequence
from math import gcd

Powers = tuple[int, ...]
"""Places that are multiplied, rising; one that is squared stands there twice. Empty: 1."""
Polynomial = tuple[tuple[Powers, int], ...]
"""Products with their coefficients, in the order of the products; none is 0."""


def collected(terms: Iterable[tuple[Powers, int]]) -> Polynomial:
    """The sum of terms, each product once."""
    found: dict[Powers, int] = {}
    for product, coefficient in terms:
        found[product] = found.get(product, 0) + coefficient
    return tuple(sorted((product, coefficient) for product, coefficient in found.items() if coefficient))


def constant(number: int) -> Polynomial:
    """A number."""
    return (((), number),) if number else ()


def place(index: int) -> Polynomial:
    """What stands at a place."""
    return (((index,), 1),)


def value(polynomial: Polynomial) -> int | None:
    """The number that it is at all sizes; None where it depends on them."""
    if not polynomial:
        return 0
    return polynomial[0][1] if polynomial[-1][0] == () else None


def plus(left: Polynomial, right: Polynomial) -> Polynomial:
    """Sum."""
    return collected((*left, *right))


def product_of(left: Polynomial, right: Polynomial) -> Polynomial:
    """Powers."""
    return collected(
        (tuple(sorted((*one, *other))), first * second) for one, first in left for other, second in right
    )


def multiple_of(polynomial: Polynomial, factor: int) -> Polynomial:
    """So many times the polynomial."""
    return mapped(polynomial, lambda each: each * factor)


def minus(left: Polynomial, right: Polynomial) -> Polynomial:
    """Difference."""
    return plus(left, multiple_of(right, -1))


def split(polynomial: Polynomial) -> tuple[Polynomial, int]:
    """What depends on sizes, and the number beside it."""
    if polynomial and polynomial[0][0] == ():
        return polynomial[1:], polynomial[0][1]
    return polynomial, 0


def mapped(polynomial: Polynomial, change: Callable[[int], int]) -> Polynomial:
    """The polynomial with every coefficient changed."""
    changed = ((product, change(coefficient)) for product, coefficient in polynomial)
    return tuple(each for each in changed if each[1])


def shared(polynomial: Polynomial, *more: int) -> int:
    """Largest number that divides all coefficients, and ``more``."""
    return gcd(*(coefficient for _, coefficient in polynomial), *more)


def ratio(top: Polynomial, bottom: Polynomial) -> Polynomial | None:
    """The quotient, where the divisor is one term that every term of the dividend holds; None elsewhere."""
    if len(bottom) != 1:
        return None
    (divisor, number), found = bottom[0], list[tuple[Powers, int]]()
    for product, coefficient in top:
        left = list(product)
        for each in divisor:
            if each not in left:
                return None
            left.remove(each)
        if coefficient % number:
            return None
        found.append((tuple(left), coefficient // number))
    return collected(found)


def value_at(polynomial: Polynomial, values: Sequence[int]) -> int:
    """The number at these values of the places (or the array, where they are arrays)."""
    total = 0
    for product, coefficient in polynomial:
        term = coefficient
        for each in product:
            term = term * values[each]
        total = total + term
    return total
