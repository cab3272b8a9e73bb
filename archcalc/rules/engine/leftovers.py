"""What is wrong with suppressions themselves: those that name no rule, and those that suppress nothing."""

from dataclasses import replace
from typing import TYPE_CHECKING

from archcalc.errors import Problem
from archcalc.rules.engine.report import reported_at

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from archcalc.errors import Place
    from archcalc.rules.engine.report import Reported
    from archcalc.rules.suppression import Suppressions

CONSEQUENCES = {
    "AC002": "it would hide the mistake when it comes back",
    "AC003": "nothing is suppressed by it",
}


def leftovers(
    suppressions: "Suppressions", active: frozenset[str], line_at: "Callable[[Place], str]"
) -> "Iterator[Reported]":
    """What is reported of suppressions, some of it suppressed, once all rules have looked.

    Args:
        suppressions: of a spec.
        active: codes of the rules that run.
        line_at: what gives the line of a place.
    """
    for code, problem in _remarks(suppressions, active):
        suppression = suppressions.of_remark(code, problem.place)
        reported = reported_at(code, problem, CONSEQUENCES[code], line_at)
        yield reported if suppression is None else replace(reported, suppressed=suppression.reason)


def _remarks(suppressions: "Suppressions", active: frozenset[str]) -> "Iterator[tuple[str, Problem]]":
    for malformed in suppressions.malformed if "AC003" in active else ():
        yield "AC003", Problem(malformed.place, "", malformed.what, malformed.hint)
    if "AC002" in active:
        for unused in suppressions.unused(active):
            what = f"{unused.code} is ignored here, but nothing of it is found"
            yield "AC002", Problem(unused.place, "", what, "remove the code")
