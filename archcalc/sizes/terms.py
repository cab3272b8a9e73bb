"""Formulas as trees, and as text: what is added to 0 or multiplied by 1 is left out."""

from typing import TYPE_CHECKING, TypeAlias

from archcalc.tuples import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

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


Written: TypeAlias = "tuple[str | tuple[Term, int], ...]"
"""What a term is written of: words, and operands with the rank that needs no brackets there."""


def term_text(term: Term) -> str:
    """A term as people write it."""
    return put_together(term, _written)


def put_together(term: Term, written: "Callable[[Term, int], Written]") -> str:
    """The text of a term, without a call inside a call: a sum of thousands is a tree as deep."""
    found: list[str] = []
    waiting: list[str | tuple[Term, int]] = [(term, 0)]
    while waiting:
        part = waiting.pop()
        if isinstance(part, str):
            found.append(part)
        else:
            waiting += reversed(written(*part))
    return "".join(found)


def in_brackets(inner: Written, brackets: tuple[str, str], *, needed: bool) -> Written:
    """What something is written of, in brackets where they are needed."""
    return (brackets[0], *inner, brackets[1]) if needed else inner


def _written(term: Term, least: int) -> Written:
    inner = _operation_written(term) if isinstance(term, Operation) else (str(term),)
    return in_brackets(inner, ("(", ")"), needed=_rank(term) < least)


def _operation_written(term: Operation) -> Written:
    first, rank = term.operands[0], RANKS[term.sign]
    if term.sign == "ceil":
        return "ceil(", (first, 2), " / ", (term.operands[1], 3), ")"
    if term.sign == "neg":
        return "-", (first, rank + (not _is_product(first)))
    # a - (b + c), a // (b * c) and a * (b // c * d) need their brackets, a + (b - c) and a * (b * c) none.
    other = term.operands[1]
    right = rank + (term.sign not in ("+", "*") or (term.sign == "*" and not _is_product(other)))
    return (first, rank + (term.sign == "**")), f" {term.sign} ", (other, right)


def _is_product(term: Term) -> bool:
    """Whether its text is one of factors alone, which may stand behind another factor or a minus as it is."""
    while isinstance(term, Operation) and term.sign == "*":
        first = term.operands[0]
        if not isinstance(first, Operation) or RANKS[first.sign] != RANKS["*"]:
            return True
        term = first
    return False


def _rank(term: Term) -> int:
    """How tightly it binds."""
    if isinstance(term, Operation):
        return RANKS[term.sign]
    return 9 if isinstance(term, str) or term >= 0 else 2
