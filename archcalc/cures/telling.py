"""Cures told: the errors of a spec with the help that has been tried."""

from dataclasses import replace
from typing import TYPE_CHECKING

from archcalc.cures.changes import Cure, RenameKey, Replace
from archcalc.cures.changing import spots_in
from archcalc.cures.proposals import proposed
from archcalc.cures.proving import Standing, curing
from archcalc.cures.trying import MAX_TRIED
from archcalc.cures.words import said
from archcalc.effort import metered
from archcalc.errors import SpecError
from archcalc.rules.context import Context, layers_seen
from archcalc.tracing.records import Origin

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from archcalc.cures.trying import Trials
    from archcalc.errors import Problem
    from archcalc.loading import Model

MAX_TOLD = 12
"""Problems of a spec that are looked at."""
MAX_LINES = 2_000
"""Lines of a spec in which names are tried."""


def cures_of(
    error: SpecError,
    model: "Model",
    trials: "Trials",
    first: "Mapping[Problem, Sequence[Cure]] | None" = None,
) -> "dict[Problem, tuple[Cure, ...]]":
    """Problem -> cures that mend it, for those layers that refuse what they read.

    Args:
        error: of the trace.
        model: the spec.
        trials: tries them.
        first: cures that rules propose, who know why it is refused: where one mends, no other is tried.
    """
    found: dict[Problem, tuple[Cure, ...]] = {}
    if error.traced is not None and error.refused:
        if layers_seen(model, error.traced) > MAX_TRIED:
            return found  # what is wrong before takes as long as what is wrong behind a cure
        context = Context(model, error.traced)
        before = _standing(error, context, trials)
        for refused in error.refused[:MAX_TOLD]:
            problem = refused.problem
            if trials.done:
                break  # what is proposed takes as long as what is tried
            if problem.entry is not None and problem not in found:
                with metered(trials.toll):
                    own = curing((first or {}).get(problem, ()), problem, before, trials)
                    found[problem] = own or curing(proposed(context, refused), problem, before, trials)
    return found


def cures_of_names(error: SpecError, trials: "Trials") -> "dict[Problem, tuple[Cure, ...]]":
    """Problem -> what is meant in its place, where a kind or a key is wrong and the right one mends it."""
    if len(trials.document.lines) > MAX_LINES:
        return {}
    standing = Standing(error.problems, {}, {})
    named = [problem for problem in error.problems if problem.meant is not None][:MAX_TOLD]
    return {problem: curing(_meant(problem, trials), problem, standing, trials) for problem in named}


def _meant(problem: "Problem", trials: "Trials") -> "Iterator[Cure]":
    meant, entry = problem.meant, problem.entry
    if meant is None or entry is None:
        return
    origin = Origin(trials.document, entry)
    if meant.entries:
        yield Cure((Replace(origin, meant.entries),))
    if meant.new:
        yield Cure((RenameKey(origin, meant.key, meant.new),))


def _standing(error: SpecError, context: Context, trials: "Trials") -> Standing:
    """What is wrong now: of the part that can be traced, what the refused layers read is what leaves it."""
    read = tuple(dict.fromkeys(port for refused in error.refused for port in refused.inputs))
    part = Context(context.model, replace(context.trace, outputs=read), told=False)
    paths = {layer.origin.in_spec.path for layer in context.layers}
    spots = {path: frozenset(spots_in(trials.document, path)) for path in paths}
    outcome = trials.judged((), part)
    findings = outcome.findings
    trials.judged_first()
    return Standing(error.problems, findings, spots, frozenset(outcome.unjudged))


def problem_with_cures(problem: "Problem", cures: "Sequence[Cure]") -> "Problem":
    """A problem with its cures in front of what it says of its inputs; one of names has said them."""
    if not cures or problem.meant:
        return problem
    hint = "\n".join(text for text in (said(cures, problem.entry), problem.hint) if text)
    return replace(problem, hint=hint)


def with_cures(error: SpecError, model: "Model", trials: "Trials") -> SpecError:
    """An error of a trace, every problem of it with the cures that mend it."""
    found = cures_of(error, model, trials)
    problems = [problem_with_cures(problem, found.get(problem, ())) for problem in error.problems]
    return SpecError(problems, error.partial, error.traced, error.refused)
