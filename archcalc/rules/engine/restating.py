"""What a layer refuses, said by a rule that knows why."""

from typing import TYPE_CHECKING

from archcalc.effort import at_most
from archcalc.errors import Problem, SpecError
from archcalc.rules.context import Context, layers_seen
from archcalc.rules.registry import rule

if TYPE_CHECKING:
    from archcalc.loading import Model
    from archcalc.rules.base import Finding
    from archcalc.tracing.records import Refused


def restated(
    error: SpecError, model: "Model", active: frozenset[str]
) -> "dict[Problem, tuple[str, Finding]]":
    """Problem -> code and finding of the first active rule that restates it, for those that one does."""
    found: dict[Problem, tuple[str, Finding]] = {}
    if error.traced is None or not error.refused:
        return found
    if layers_seen(model, error.traced) > at_most(error.traced):
        return found
    context = Context(model, error.traced)
    for refused in error.refused:
        if refused.problem not in found and (better := _first(context, refused, active)):
            found[refused.problem] = better
    return found


def _first(context: Context, refused: "Refused", active: frozenset[str]) -> "tuple[str, Finding] | None":
    for code in sorted(active):
        restate = rule(code).restate
        try:
            finding = next(restate(context, refused), None) if restate else None
        except SpecError:  # an analysis refuses the network for its size: the layer has said what is wrong
            continue
        if finding is not None:
            return code, finding
    return None
