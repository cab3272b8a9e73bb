"""Checks one spec: traces it, runs the rules, and sorts out what is suppressed."""

from collections import Counter
from dataclasses import field, replace
from functools import partial
from typing import TYPE_CHECKING, Protocol

from archcalc.cures.trying import UNUSED, Trials
from archcalc.effort import effort, one_by_one
from archcalc.errors import Place, Problem, SpecError
from archcalc.loading import check, rest_of
from archcalc.records import dataclass
from archcalc.rules.context import Context, layers_seen
from archcalc.rules.engine.leftovers import leftovers
from archcalc.rules.engine.report import Reported, reported_at
from archcalc.rules.engine.wanting import wanting_loss
from archcalc.rules.entries import place_of
from archcalc.rules.grounds import can_find
from archcalc.rules.registry import rule
from archcalc.rules.selection import UNTRACEABLE
from archcalc.rules.suppression import Suppressions
from archcalc.source import parse
from archcalc.source.spots import lines_at
from archcalc.tracing import Trace, trace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from archcalc.cures.changes import Cure
    from archcalc.loading import Model
    from archcalc.rules.base import Finding
    from archcalc.source import Document


@dataclass(frozen=True, slots=True)
class Applicable:
    """A finding with a fix that holds for every layer written in its place."""

    code: str
    finding: "Finding"


@dataclass(slots=True)
class Checked:
    """What a check of one text found.

    Args:
        findings: to be shown, in file order.
        suppressed: findings that the spec suppresses.
        context: the trace and its analyses; None where there is no trace.
        fixes: findings that can be mended in the text.
        notes: what could not be judged.
        used: where suppressions are that suppressed something.
    """

    findings: list[Reported]
    suppressed: list[Reported] = field(default_factory=list[Reported])
    context: Context | None = None
    fixes: list[Applicable] = field(default_factory=list[Applicable])
    notes: list[str] = field(default_factory=list[str])
    used: tuple[Place, ...] = ()


def check_text(text: str, file: str, active: frozenset[str], *, helping: bool = False) -> Checked:
    """Check the text of a spec with the rules of these codes; what cannot be traced is a finding too.

    Args:
        text: the spec.
        file: the name that findings show.
        active: codes of the rules that run.
        helping: whether cures are tried and told, which traces the spec again for each.
    """
    try:
        return check_document(parse(text, file), active, helping=helping)
    except SpecError as error:
        return Checked(list(untraceable(error, active, lines_of(text, error))))


def lines_of(text: str, error: SpecError) -> "Callable[[Place], str]":
    """What gives the line of a text that a problem is on; the text may have millions of others."""
    lines = lines_at(text, (problem.place.line for problem in error.problems))
    return lambda place: lines.get(place.line, "")


def check_document(document: "Document", active: frozenset[str], *, helping: bool = False) -> Checked:
    """The same for a text that has been parsed."""
    try:
        model = check(document)
    except SpecError as error:
        from archcalc.cures.telling import cures_of_names

        trials = Trials(document, active)
        cures = cures_of_names(error, trials) if helping else {}
        found = [
            *untraceable(error, active, document.line_at, cures),
            *_further(document, trials, helping=helping),
        ]
        return Checked(sorted(found, key=lambda reported: (reported.place, reported.code)))
    return check_model(model, Trials(document, active), helping=helping)


def _further(document: "Document", trials: Trials, *, helping: bool) -> list[Reported]:
    """What is wrong with the layers of a spec that something else keeps from being one."""
    rest = rest_of(document)
    try:
        if rest is not None:
            trace(rest)
    except SpecError as error:
        return _refused(error, rest, trials, helping=helping) if rest else []
    return []


def check_model(
    model: "Model",
    trials: Trials,
    *,
    helping: bool = False,
    altered: "Callable[[Trace], Trace] | None" = None,
) -> Checked:
    """The same for a spec; ``trials`` says which rules judge, and what is done to a trace before.

    ``altered`` does that to the trace of this spec, where something else comes of it too.
    """
    return judging(model, altered or trials.altered)(trials, helping=helping)


class Judging(Protocol):
    """What a network is judged with, as often as is wanted."""

    def __call__(self, trials: Trials, *, helping: bool = False) -> Checked:
        """What the rules of ``trials`` find."""
        ...


def judging(model: "Model", altered: "Callable[[Trace], Trace]" = lambda trace: trace) -> Judging:
    """Trace a spec once, to be judged by some rules and by others."""
    try:
        traced = altered(trace(model))
        one_by_one(traced, "a check", taken=layers_seen(model, traced))  # before any of them is made
        context = Context(model, traced)
    except SpecError as error:
        return partial(_refused_as, error, model)
    return partial(_judged, context)


def _refused_as(error: SpecError, model: "Model", trials: Trials, *, helping: bool = False) -> Checked:
    return Checked(_refused(error, model, trials, helping=helping))


def untraceable(
    error: SpecError,
    active: frozenset[str],
    line_at: "Callable[[Place], str]" = lambda _: "",
    cures: "Mapping[Problem, Sequence[Cure]] | None" = None,
) -> "Iterator[Reported]":
    """The errors of a spec as findings, with the cures of some."""
    from archcalc.rules.engine.helping import with_help

    for problem in error.problems if UNTRACEABLE in active else ():
        reported = reported_at(UNTRACEABLE, problem, "", line_at)
        yield with_help(reported, (cures or {}).get(problem, ()), problem.entry, problem.hint, named=True)


def _refused(error: SpecError, model: "Model", trials: Trials, *, helping: bool) -> list[Reported]:
    """The errors of a trace; what a rule can say better has the rule's code."""
    from archcalc.cures.telling import cures_of, cures_of_names
    from archcalc.rules.engine.helping import with_help
    from archcalc.rules.engine.restating import restated

    active, line_at = trials.active, model.document.line_at
    better = restated(error, model, active)
    proposed = {problem: finding.cures for problem, (_, finding) in better.items()}
    cures: dict[Problem, tuple[Cure, ...]] = {}
    if helping:
        cures = {**cures_of(error, model, trials, proposed), **cures_of_names(error, trials)}
    found: list[Reported] = []
    for problem in error.problems:
        code, finding = better.get(problem, (UNTRACEABLE, None))
        if code in active:
            told = _problem(finding) if finding else problem
            reported = reported_at(code, told, finding.consequence if finding else "", line_at)
            kept = "" if finding else problem.hint
            named = problem.meant is not None
            found.append(with_help(reported, cures.get(problem, ()), problem.entry, kept, named=named))
    return sorted(found, key=lambda reported: (reported.place, reported.code))


def _problem(finding: "Finding") -> Problem:
    return Problem(finding.place, finding.subject, finding.message, finding.hint)


def _judged(context: Context, trials: Trials, *, helping: bool = False) -> Checked:
    """Run the rules and sort what they find."""
    active = trials.active
    suppressions = Suppressions(context)
    line_at = context.model.document.line_at
    checked = Checked([], context=context)
    found: list[tuple[Reported, Sequence[Finding]]] = []
    places: dict[str, Counter[Place]] = {}
    with effort(context.whole):  # of all rules together; a cure that is tried has one of its own
        gathered = {
            code: list(_gathered(code, context, checked)) if can_find(context, code) else []
            for code in sorted(active)
        }
    for code, groups in gathered.items():
        places[code] = Counter[Place]()
        for findings, mendable in groups:
            finding, more = findings[0], context.found(findings) - 1
            places[code][finding.place] += more + 1
            reported = replace(reported_at(code, _problem(finding), finding.consequence, line_at), also=more)
            if context.model.document.python is not None:
                reported = replace(reported, others=_names(findings[1:]))
            suppression = suppressions.of(code, finding)
            if suppression is not None:
                checked.suppressed.append(replace(reported, suppressed=suppression.reason))
                continue
            if mendable:
                checked.fixes.append(Applicable(code, finding))
            found.append((replace(reported, fixable=mendable), findings))
    if helping:
        places[UNUSED] = Counter(unused.place for unused in suppressions.unused(active))
    checked.findings += _told(found, places, trials, len(context.layers), helping=helping)
    checked.notes.extend(wanting_loss(context, active))
    for reported in leftovers(suppressions, active, line_at):
        (checked.findings if reported.suppressed is None else checked.suppressed).append(reported)
    checked.used = tuple(suppressions.used())
    for each in (checked.findings, checked.suppressed):
        each.sort(key=lambda reported: (reported.place, reported.code))
    return checked


def _told(
    found: "Sequence[tuple[Reported, Sequence[Finding]]]",
    places: "Mapping[str, Counter[Place]]",
    trials: Trials,
    layers: int,
    *,
    helping: bool,
) -> "list[Reported]":
    """What is reported, with help where it is wanted, and of what is written in Python in its words."""
    if not found:
        return []  # most specs are clean: what helps with findings is not imported for them
    from archcalc.rules.engine.helping import helped, in_python_words

    if trials.document.python is not None:
        return in_python_words(found, places, trials, layers, helping=helping)
    if not helping:
        return [reported for reported, _ in found]
    return helped([(reported, findings[0]) for reported, findings in found], places, trials, layers)


def _names(findings: "Sequence[Finding]") -> tuple[str, ...]:
    """The layers of which findings are."""
    return tuple(dict.fromkeys(finding.subject.partition(" ")[0] for finding in findings))


def _gathered(code: str, context: Context, checked: Checked) -> "Iterator[tuple[list[Finding], bool]]":
    """The findings of a rule in each place, and whether a fix mends them all.

    A layer that is written once and built several times (a repeat, a block) is one mistake; a fix of its text
    must be right for all of them.
    """
    look = rule(code).check
    places: dict[tuple[Place, Place | None], list[Finding]] = {}
    try:
        for finding in look(context) if look else ():
            written = place_of(finding.origin) if finding.origin else None
            places.setdefault((finding.place, written), []).append(finding)
    except SpecError as error:  # an analysis refuses the network, mostly for its size: no mistake of the spec
        first = error.problems[0]
        checked.notes.append(f"{first.place}: {code} has not judged this: {first.what}")
    for (_, written), found in places.items():
        built = context.built[written] if written else 1
        mendable = context.found(found) == built and all(finding.edits for finding in found)
        yield found, mendable and context.model.document.python is None
