"""Formulas as trees, and as text: what is added to 0 or multiplied by 1 is left out."""

from typing import TYPE_CHECKING, TypeAlias

from archcalc.tuples import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Term: TypeAlias = "int | str | Operation"
"""A number, a name, or an operation."""


class Operation(NamedTuple):
    """An operation and what it is done with.

    Args:
        sign: ``+ - * // % **`` of two terms, ``neg`` of one, or ``ceil``: the quotient of two rounded up.
        operands: one term or two.
    """

    sign: str
    operands: tuple[Term, ...]


NEUTRAL = {"+": (0, 0), "-": (None, 0), "*": (1, 1), "//": (None, 1), "ceil": (None, 1), "**": (None, 1)}
"""The left and the right operand that change nothing."""
RANKS = {"+": 1, "-": 1, "*": 2, "//": 2, "%": 2, "neg": 2, "**": 3, "ceil": 4}
"""What binds more tightly ranks higher."""


def operation(sign: str, *operands: Term) -> Term:
    """An operation, or the operand that it would leave as it is; -(-a // b) is a quotient rounded up."""
    if len(operands) == 1:
        (inner,) = operands
        if isinstance(inner, int):
            return -inner
        if isinstance(inner, Operation) and inner.sign == "neg":
            return inner.operands[0]
        if isinstance(inner, Operation) and inner.sign == "//":
            return operation("ceil", operation("neg", inner.operands[0]), inner.operands[1])
        return Operation("neg", operands)
    left, right = operands
    before, after = NEUTRAL.get(sign, (None, None))
    if right == after and after is not None:
        return left
    return right if left == before and before is not None else Operation(sign, operands)


def put_in(term: Term, values: "Mapping[str, int]") -> Term:
    """The term with numbers in the place of names; every operation stays, those too that change nothing."""
    if isinstance(term, Operation):
        return Operation(term.sign, tuple(put_in(each, values) for each in term.operands))
    return values[term] if isinstance(term, str) else term


def names_of_term(term: Term) -> "Iterator[str]":
    """The names that stand in a term, each as often as it does."""
    if isinstance(term, Operation):
        for each in term.operands:
            yield from names_of_term(each)
    elif isinstance(term, str):
        yield term


def term_text(term: Term) -> str:
    """A term as people write it."""
    if not isinstance(term, Operation):
        return str(term)
    parts = term.operands
    if term.sign == "ceil":
        return f"ceil({_part(parts[0], 2)} / {_part(parts[1], 3)})"
    rank = RANKS[term.sign]
    if term.sign == "neg":
        return f"-{_part(parts[0], rank + (not _is_product(parts[0])))}"
    # a - (b + c), a // (b * c) and a * (b // c * d) need their brackets, a + (b - c) and a * (b * c) none.
    right = rank + (term.sign not in ("+", "*") or (term.sign == "*" and not _is_product(parts[1])))
    return f"{_part(parts[0], rank + (term.sign == '**'))} {term.sign} {_part(parts[1], right)}"


def _is_product(term: Term) -> bool:
    """Whether its text is one of factors alone, which may stand behind another factor or a minus as it is."""
    if not isinstance(term, Operation) or term.sign != "*":
        return False
    first = term.operands[0]
    return not isinstance(first, Operation) or RANKS[first.sign] != RANKS["*"] or _is_product(first)


def _part(term: Term, least: int) -> str:
    ranks = (
        9
        if isinstance(term, str)
        else RANKS[term.sign]
        if isinstance(term, Operation)
        else 9
        if term >= 0
        else 2
    )
    return term_text(term) if ranks >= least else f"({term_text(term)})"
