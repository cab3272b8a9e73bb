"""What a search has found: the values that have what is wanted, or those next to it on either side."""

from itertools import pairwise
from typing import TYPE_CHECKING

from archcalc.errors import Fault
from archcalc.records import dataclass
from archcalc.solving.refusing import refusals
from archcalc.solving.searching import tried

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from archcalc.quantities.table import Measurement
    from archcalc.solving.asking import Figures
    from archcalc.solving.refusing import Refusal
    from archcalc.solving.searching import Tried
    from archcalc.solving.varying import Varied
    from archcalc.solving.wants import Want

MAX_ROWS = 12
"""Values that have it all and are told one by one."""
MAX_CROSSINGS = 8
"""Pairs of neighbours between which what is wanted lies."""


@dataclass(frozen=True, slots=True)
class ToldValue:
    """A value with what a plain trace says of it.

    Args:
        value: what was tried.
        figures: quantity -> its value there.
        what: how it stands to what is wanted.
    """

    value: int
    figures: "Figures"
    what: str


@dataclass(frozen=True, slots=True)
class Gap:
    """Two values that are told, next to each other among the valid ones, and why none between is.

    Args:
        below, above: the values.
        neighbours: whether none between was to be tried.
        reasons: what keeps those between out, in their order; empty where they are neighbours.
    """

    below: int
    above: int
    neighbours: bool
    reasons: "tuple[Refusal, ...]"


@dataclass(frozen=True, slots=True)
class Solution:
    """What was found.

    Args:
        varied: what took the values.
        wanted: what was wanted.
        values: those that were to be tried, rising.
        kept: values that have all of it, of those that were tried.
        rows: those that are told, rising.
        gaps: between neighbours that are told.
        found: whether there is an answer: values that have it, or on either side of it.
        complete: whether every value of the range was tried; if not, a part of them by halving.
        looked_at: values that were tried.
        valid: how many of them are not refused.
        notes: what has to be known.
        refused: where there is no answer, why values are refused.
    """

    varied: "Varied"
    wanted: "tuple[Want, ...]"
    values: "Sequence[int]"
    kept: tuple[int, ...]
    rows: tuple[ToldValue, ...]
    gaps: tuple[Gap, ...]
    found: bool
    complete: bool
    looked_at: int
    valid: int
    notes: tuple[str, ...]
    refused: "tuple[Refusal, ...]"


def solution(varied: "Varied", wanted: "Sequence[Want]", values: "Sequence[int]") -> Solution:
    """Look for the values of a range at which a network has what is wanted.

    Raises:
        Fault: what is varied changes nothing of it.
        SpecError: the spec cannot be read.
    """
    found = tried(varied, wanted, values)
    valid = found.valid()
    has = {value: figures for value in valid if (figures := found.at(value)) is not None}
    kept = [value for value, figures in has.items() if all(want.kept(figures) for want in wanted)]
    if not kept:
        _refuse_constants(varied, wanted, has)
    told, gaps = _told(found, wanted, has, kept)
    ends = values[0], values[-1]
    rows = tuple(ToldValue(value, found.afresh(value), what) for value, what in sorted(told.items()))
    notes = (*_notes(found, wanted, has), *(() if kept or gaps else _why_none(found, wanted, has)))
    return Solution(
        varied=varied,
        wanted=tuple(wanted),
        values=values,
        kept=tuple(kept),
        rows=rows,
        gaps=tuple(_gap(found, *pair) for pair in gaps),
        found=bool(kept or gaps),
        complete=found.all,
        looked_at=len(found.figures),
        valid=len(valid),
        notes=notes,
        refused=() if kept or gaps else refusals(varied, found.refused(*ends), found.quantities),
    )


def _refuse_constants(varied: "Varied", wanted: "Sequence[Want]", has: "dict[int, Figures]") -> None:
    """Refuse to look for what is the same everywhere.

    Raises:
        Fault: it says for which of the wants.
    """
    for want in wanted:
        values = {figures[want.quantity.name] for figures in has.values()}
        if len(has) > 1 and len(values) == 1:
            (only,) = values
            figure = f"{only:,}" if isinstance(only, int) else str(only)
            span = f"from {min(has):,} to {max(has):,}"
            fact = f"{varied} changes nothing of {want.quantity.name}: {figure} at all {len(has):,} values"
            raise Fault(f"{fact} {span}", hint="solve for another variable or size")


def _told(
    found: "Tried", wanted: "Sequence[Want]", has: "dict[int, Figures]", kept: "list[int]"
) -> tuple[dict[int, str], list[tuple[int, int]]]:
    """The values that are told, each with how it stands to what is wanted, and neighbours among them."""
    aims = [want for want in wanted if want.sign == "="]
    if kept:
        return _kept(found, wanted, has, kept)
    others = [want for want in wanted if want.sign != "="]
    eligible = [value for value, figures in has.items() if all(want.kept(figures) for want in others)]
    told: dict[int, str] = {}
    gaps: list[tuple[int, int]] = []
    for want in aims:
        crossings = [
            pair
            for pair in pairwise(eligible)
            if {want.side(has[pair[0]]), want.side(has[pair[1]])} == {-1, 1} and _is_known(found, *pair)
        ]
        for pair in crossings[:MAX_CROSSINGS]:
            gaps.append(pair)
            for value in pair:
                what = f"{'below' if want.side(has[value]) == -1 else 'above'} {want}"
                told[value] = f"{told[value]}, {what}" if value in told else what
    if not gaps and has:
        told = {_nearest(wanted, has): "nearest, and no answer"}
    return told, sorted(set(gaps))


def _is_known(found: "Tried", below: int, above: int) -> bool:
    """Whether everything between two values was tried."""
    return found.all or all(value in found.figures for value in found.values if below < value < above)


def _kept(
    found: "Tried", wanted: "Sequence[Want]", has: "dict[int, Figures]", kept: "list[int]"
) -> tuple[dict[int, str], list[tuple[int, int]]]:
    """Values that have all: a few each, of many the ends; where limits are wanted those too next to them."""
    exact = all(want.sign == "=" for want in wanted)
    if exact and len(kept) <= MAX_ROWS:
        return dict.fromkeys(kept, "has it"), []
    best = _best(wanted, has, kept)
    told = dict.fromkeys((kept[0], kept[-1]) if found.all else (), "has it")
    nearest = (
        "nearest to the limit" if _is_closed(found, best, kept) else "nearest to the limit of those tried"
    )
    told[best] = "has it" if exact else f"has it, {nearest}"
    if exact:
        return told, []
    gaps: set[tuple[int, int]] = set()
    order = list(has)
    for at in tuple(told):
        index = order.index(at)
        for next_to in order[max(0, index - 1) : index + 2]:
            ends = min(at, next_to), max(at, next_to)
            broken = [want for want in wanted if not want.kept(has[next_to])]
            if broken and _is_known(found, *ends):
                told[next_to] = f"not {' and '.join(map(str, broken))}"
                gaps.add(ends)
    return told, sorted(gaps)


def _is_closed(found: "Tried", best: int, kept: "list[int]") -> bool:
    """Whether a value next to one was tried and has not all, or the range ends beyond it."""
    at = found.values.index(best)
    beside = [value for value in found.values[max(0, at - 1) : at + 2] if value != best]
    ends = len(beside) < 2 and all(value in found.figures for value in beside)  # noqa: PLR2004  one on each side
    return found.all or ends or any(value in found.figures and value not in kept for value in beside)


def _best(wanted: "Sequence[Want]", has: "dict[int, Figures]", kept: "list[int]") -> int:
    """Of the values that have all the one nearest to the first limit, the largest of equal ones."""
    limit = next((want for want in wanted if want.sign != "="), wanted[0])
    return min(reversed(kept), key=lambda value: limit.away(has[value]))


def _nearest(wanted: "Sequence[Want]", has: "dict[int, Figures]") -> int:
    """The value that is least away from what it has not."""
    return min(
        has, key=lambda value: sum(want.away(has[value]) for want in wanted if not want.kept(has[value]))
    )


def _gap(found: "Tried", below: int, above: int) -> Gap:
    neighbours = not any(below < value < above for value in found.values)
    return Gap(
        below,
        above,
        neighbours,
        refusals(found.varied, found.refused(below + 1, above - 1), found.quantities),
    )


def _notes(found: "Tried", wanted: "Sequence[Want]", has: "dict[int, Figures]") -> "Iterator[str]":
    """How far the answer can be trusted."""
    if not found.all:
        why = "the network takes long to follow" if found.long else "nearly every value makes another network"
        yield (
            f"{why}: {len(found.figures):,} values were tried, by doubling and halving, and all that lie"
            " between those that are told"
        )
    for name in dict.fromkeys(want.quantity.name for want in wanted):
        figures = [each[name] for each in has.values()]
        if len(has) > 1 and len(set(figures)) == 1:
            yield f"{found.varied} changes nothing of {name}"
        elif not _order(figures):
            yield f"{name} neither only rises nor only falls with {found.varied}"


def _why_none(found: "Tried", wanted: "Sequence[Want]", has: "dict[int, Figures]") -> "Iterator[str]":
    """Why there is no answer."""
    span = f"from {found.values[0]:,} to {found.values[-1]:,}"
    if not has and found.all:
        yield f"no value {span} is valid"
    elif not has:
        yield f"none of the {len(found.figures):,} values that were tried {span} is valid"
    tried = "" if found.all else " that were tried"
    for want in wanted if has else ():
        alone = [value for value, figures in has.items() if want.kept(figures)]
        sides = {want.side(figures) for figures in has.values()}
        where = "below" if sides == {-1} else "above" if sides == {1} else ""
        if alone:
            yield f"{want} alone: {_span(alone)}"
        elif where:
            yield f"{want}: all {len(has):,} valid values{tried} {span} are {where} it; --range tries others"
        else:
            yield f"{want}: none of {len(has):,} valid values{tried} {span} has it"


def _span(values: "list[int]") -> str:
    if len(values) == 1:
        return f"{values[0]:,} alone"
    return f"{len(values):,} values from {values[0]:,} to {values[-1]:,}"


def _order(figures: "Sequence[Measurement]") -> bool:
    """Whether figures only rise, or only fall; those of shapes axis by axis."""
    numbers = [each if isinstance(each, tuple) else (each,) for each in figures if each is not None]
    steps = [
        (before, after) for one, other in pairwise(numbers) for before, after in zip(one, other, strict=False)
    ]
    return all(before <= after for before, after in steps) or all(before >= after for before, after in steps)
