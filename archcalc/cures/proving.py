"""Which of the cures that are proposed really mend a mistake, and bring no other one."""

from typing import TYPE_CHECKING, NamedTuple

from archcalc.cures.changing import spots_in
from archcalc.rules.registry import rule

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Iterable

    from archcalc.cures.changes import Change, Cure
    from archcalc.cures.trying import Outcome, Trials
    from archcalc.errors import Place
    from archcalc.source import Path

MAX_OFFERED = 4
"""Cures of one mistake that are told."""


def mending(
    cures: "Iterable[Cure]", code: str, place: "Place", before: "Outcome", trials: "Trials"
) -> "tuple[Cure, ...]":
    """The cures of a finding, in their order: it is gone with them, and no rule finds more than before.

    Args:
        cures: what is proposed, the closest first.
        code: of the rule that has found it.
        place: where.
        before: what is wrong with the spec as it is.
        trials: tries them.
    """
    offered: list[Cure] = []
    for cure in cures:
        after = trials.outcome(cure)
        if after is None or after.problems or after.findings[code, place] >= before.findings[code, place]:
            continue
        if not after.counts - before.counts:
            offered.append(cure)
        if len(offered) == MAX_OFFERED:
            break
    return tuple(offered)


class _Tried(NamedTuple):
    cure: "Cure"
    left: tuple[int, int]
    """Problems that were not there before, as what stood behind the mistake; and such findings."""


class Standing(NamedTuple):
    """What is wrong with a spec before it is cured.

    Args:
        problems: place and words of each.
        findings: of the part that can be traced.
    """

    problems: "frozenset[tuple[Place, str]]"
    findings: "Counter[tuple[str, Place]]"


def curing(cures: "Iterable[Cure]", path: "Path", before: Standing, trials: "Trials") -> "tuple[Cure, ...]":
    """The cures of a problem, in their order: nothing is wrong any more where it was.

    What stands behind a problem is not traced, so that more may show once it is cured. Of several cures
    those are taken with which the fewest problems are left, and of these those with which rules find the
    least that they do not find in what can be traced now. One with which an axis is taken for another is
    none.

    Args:
        cures: what is proposed, the closest first.
        path: of the entry that has the problem.
        before: what is wrong with the spec as it is.
        trials: tries them.
    """
    spots = frozenset(spots_in(trials.document, path))
    tried: list[_Tried] = []
    seen: list[tuple[Change, ...]] = []
    for cure in cures:
        if not cure.changes or cure.changes in seen or (cure.fallback and tried):
            continue
        seen.append(cure.changes)
        if each := _tried(cure, spots, before, trials):
            tried.append(each)
    least = min((each.left for each in tried), default=(0, 0))
    return tuple(each.cure for each in tried if each.left == least)[:MAX_OFFERED]


def _tried(
    cure: "Cure", spots: frozenset[tuple[int, int]], before: Standing, trials: "Trials"
) -> _Tried | None:
    after = trials.outcome(cure)
    if after is None or any((each.place.line, each.place.column) in spots for each in after.problems):
        return None
    if any(rule(code).misread for code, _ in after.findings):
        return None
    brought = sum((each.place, each.what) not in before.problems for each in after.problems)
    return _Tried(cure, (brought, (after.findings - before.findings).total()))
