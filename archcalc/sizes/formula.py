"""How a number of a trace came about: the formula of its layer with the numbers put in."""

from typing import TYPE_CHECKING, cast

from archcalc.records import dataclass
from archcalc.sizes.size import Size, plain
from archcalc.sizes.terms import Term, operation, term_text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from archcalc.sizes.calls import Call


@dataclass(frozen=True, slots=True)
class Formula:
    """How a number came about.

    Args:
        call: the function of ``archcalc.formulas`` with its arguments; empty where none made it.
        term: what was calculated, with the numbers put in.
        value: the result.
        cases: comparisons on the way, without which the formula would be another.
    """

    call: str
    term: Term
    value: int
    cases: tuple[str, ...] = ()

    def __str__(self) -> str:
        steps = [self.call, term_text(self.term), str(self.value)]
        shown = [step for index, step in enumerate(steps) if step and step not in steps[:index]]
        return " = ".join(shown) + (f" where {' and '.join(self.cases)}" if self.cases else "")


def formula(number: int, given: "Iterable[int]" = ()) -> Formula:
    """How a number of a trace came about.

    Args:
        number: a fact.
        given: sizes that are not followed further back: those that arrive at the layer.
    """
    if not isinstance(number, Size) or any(number is each for each in given):
        return Formula("", plain(number), plain(number))
    call, ends = number.call, frozenset(map(id, given))
    cases = () if call is None else (_case(case, call, ends) for case in call.cases)
    said = (
        "" if call is None else f"{call.function}({', '.join(_argument(*each) for each in call.arguments)})"
    )
    return Formula(said, _made(number, call, ends), plain(number), tuple(dict.fromkeys(cases)))


def _made(number: int, call: "Call | None", ends: frozenset[int]) -> Term:
    """The operations of one call, and of those that it made."""
    if not isinstance(number, Size) or not number.sign or id(number) in ends:
        return plain(number)
    if call is not number.call and (call is None or number.call is None or not number.call.within(call)):
        return plain(number)
    return operation(number.sign, *(_made(each, call, ends) for each in number.operands))


def _case(case: "tuple[str, int, int]", call: "Call", ends: frozenset[int]) -> str:
    sign, left, right = case
    return f"{term_text(_made(left, call, ends))} {sign} {term_text(_made(right, call, ends))}"


def _argument(name: str, given: object) -> str:
    return f"{name}={_shown(given)}"


def _shown(given: object) -> str:
    if isinstance(given, tuple | list):
        items = [_shown(each) for each in cast("tuple[object, ...]", given)]
        return f"({', '.join(items)}{',' if len(items) == 1 else ''})"
    return str(plain(given)) if isinstance(given, Size) else str(given)
