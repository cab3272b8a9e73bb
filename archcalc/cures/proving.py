"""Which of the cures that are proposed really mend a mistake, and bring no other one."""

from collections import Counter
from functools import partial
from typing import TYPE_CHECKING

from archcalc.cures.changes import Cure, SetValue
from archcalc.cures.changing import BEHIND_ALL, spots_in
from archcalc.cures.patch import patch
from archcalc.cures.trying import MAX_TRIED
from archcalc.errors import Place
from archcalc.rules.registry import rule
from archcalc.tuples import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from archcalc.cures.changes import Change
    from archcalc.cures.trying import Found, Outcome, Trials
    from archcalc.errors import Problem
    from archcalc.source import Path

MAX_OFFERED = 4
"""Cures of one mistake that are told."""
MAX_ALONE = 1_500
"""Layers of the changed networks in which the findings of a rule are looked at one by one."""


class Proposed(NamedTuple):
    """Cures that a rule proposes for what it has found in one place.

    Args:
        code: of the rule.
        place: where.
        times: its findings there that are to be mended.
        cures: the closest first.
    """

    code: str
    place: "Place"
    times: int
    cures: "tuple[Cure, ...]"


def mending(
    proposals: "Sequence[Proposed]", before: "Outcome", trials: "Trials", layers: int
) -> "list[tuple[Cure, ...]]":
    """For each of some findings its cures that prove to mend it, and bring no other one, in their order.

    Where a rule has found so much in a network that each cure by itself is too much work, those that stand
    in the same place of their order are made together, and in halves where not all are mended then.

    Args:
        proposals: what is found, and what is proposed.
        before: what is wrong with the spec as it is.
        trials: tries the cures.
        layers: of the network.
    """
    proven: list[list[Cure]] = [[] for _ in proposals]
    if layers > MAX_TRIED:
        return [()] * len(proposals)
    by_code: dict[str, list[int]] = {}
    for index, proposed in enumerate(proposals):
        by_code.setdefault(proposed.code, []).append(index)
    for indices in by_code.values():
        alone = len(indices) * layers <= MAX_ALONE
        for rank in range(max(len(proposals[index].cures) for index in indices)):
            wanted = [
                _Wanted(index, proposals[index], proposals[index].cures[rank])
                for index in indices
                if rank < len(proposals[index].cures) and len(proven[index]) < MAX_OFFERED
            ]
            wanted = [each for each in wanted if not _known(each.cure, proven[each.place])]
            for parts in [[each] for each in wanted] if alone else [wanted]:
                for each in _proven(parts, before, trials):
                    proven[each.place].append(each.cure)
    return [tuple(cures) for cures in proven]


def _known(cure: "Cure", told: "Sequence[Cure]") -> bool:
    """Whether one that is told changes the same."""
    return bool(told) and patch(cure) in [patch(each) for each in told]


class _Wanted(NamedTuple):
    place: int
    """Of the finding among all."""
    proposed: Proposed
    cure: "Cure"


def _proven(wanted: "Sequence[_Wanted]", before: "Outcome", trials: "Trials") -> "Sequence[_Wanted]":
    """Those whose cures mend what they are for, when all are made, or a half of them."""
    if not wanted or trials.done:
        return ()
    together = Cure(tuple(change for each in wanted for change in each.cure.changes))
    after = trials.outcome(together)
    if after is not None and _mended([each.proposed for each in wanted], before, after):
        return wanted
    half = len(wanted) // 2
    return [*_proven(wanted[:half], before, trials), *_proven(wanted[half:], before, trials)] if half else ()


def _mended(proposals: "Sequence[Proposed]", before: "Outcome", after: "Outcome") -> bool:
    """Whether the findings are gone, and no rule finds more than before or what it had not found.

    The rule itself is asked first: most of what does not mend is seen there.
    """
    if after.problems:
        return False
    code = proposals[0].code
    mine, left = before.of(code), after.of(code)
    times = Counter[Place]()
    for proposed in proposals:
        times[proposed.place] += proposed.times
    gone = all(mine[place] - left[place] >= count for place, count in times.items())
    if not gone or mine.total() - left.total() < times.total():
        return False
    codes = (code, *sorted(before.active - {code}))
    brought = any(_brought(before.of(each), after.of(each)) for each in codes)
    return not brought and after.unjudged <= before.unjudged


def _brought(before: "Found", after: "Found") -> bool:
    """Whether there are more findings, or one at a value that had none; values put in have no place yet."""
    new = (place for place, count in after.items() if count > before[place])
    return after.total() > before.total() or any(place.column < BEHIND_ALL for place in new)


class _Tried(NamedTuple):
    cure: "Cure"
    left: tuple[int, int]
    """Problems, as what stood behind the mistake, and findings that were not there before."""


class Standing(NamedTuple):
    """What is wrong with a spec before it is cured.

    Args:
        problems: all of them.
        findings: of the part that can be traced.
        spots: entries of layers that can be traced -> the places in them.
        unjudged: codes of rules that the part is too large for.
    """

    problems: "tuple[Problem, ...]"
    findings: "Mapping[str, Found]"
    spots: "Mapping[Path, frozenset[tuple[int, int]]]"
    unjudged: frozenset[str] = frozenset()


def curing(
    cures: "Iterable[Cure]", problem: "Problem", before: Standing, trials: "Trials"
) -> "tuple[Cure, ...]":
    """The cures of a problem, in their order: nothing else is wrong where it was, and it is gone.

    What stands behind a problem is not traced, so that more may show once it is cured. Of several cures
    those are taken with which the fewest problems are left, and of these those with which rules find the
    least that they do not find in what can be traced now. What they find in layers of that which the cure
    leaves as they are is not of its making. One with which an axis is taken for another is none.

    Args:
        cures: what is proposed, the closest first.
        problem: in some entry.
        before: what is wrong with the spec as it is.
        trials: tries them.
    """
    own = problem.place.line, problem.place.column
    spots = frozenset(spots_in(trials.document, problem.entry) if problem.entry else [own])
    others = frozenset((each.place, each.what) for each in before.problems if each != problem)
    bad = partial(_is_there, spots, others)
    tried: list[_Tried] = []
    seen: list[tuple[Change, ...]] = []
    for cure in cures:
        if not cure.changes or cure.changes in seen or (cure.fallback and tried):
            continue
        seen.append(cure.changes)
        if each := _tried(cure, bad, before, trials):
            tried.append(each)
    least = min((each.left for each in tried), default=(0, 0))
    return tuple(each.cure for each in tried if each.left == least)[:MAX_OFFERED]


def _tried(
    cure: "Cure", is_there: "Callable[[Problem], bool]", before: Standing, trials: "Trials"
) -> _Tried | None:
    after = trials.outcome(cure)
    if after is None or any(map(is_there, after.problems)):
        return None
    if any(rule(code).misread and found for code, found in after.findings.items()):
        return None
    if not after.unjudged <= before.unjudged:
        return None
    untouched = _untouched(cure, before)
    new = (
        number
        for code, found in after.findings.items()
        for place, number in (found - before.findings.get(code, Counter())).items()
        if (place.line, place.column) not in untouched
    )
    return _Tried(cure, (len(after.problems), sum(new)))


def _is_there(
    spots: frozenset[tuple[int, int]], others: "frozenset[tuple[Place, str]]", problem: "Problem"
) -> bool:
    """Whether a problem is in an entry, or in a value that a change has put in there, and was not before.

    Args:
        spots: the places in the entry.
        others: place and words of the problems that there are besides.
        problem: with the change made.
    """
    place = problem.place
    if (place, problem.what) in others:
        return False
    new = place.column >= BEHIND_ALL and any(place.line == line for line, _ in spots)
    return new or (place.line, place.column) in spots


def _untouched(cure: "Cure", before: Standing) -> frozenset[tuple[int, int]]:
    """Places in the layers that could be traced before and that a cure does not change."""
    if any(isinstance(change, SetValue) for change in cure.changes):
        return frozenset()
    changed = {change.origin.path for change in cure.changes if not isinstance(change, SetValue)}
    return frozenset(spot for path, spots in before.spots.items() if path not in changed for spot in spots)
