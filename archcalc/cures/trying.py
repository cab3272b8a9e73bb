"""A spec traced and judged once more, with changes made: what is then wrong with it."""

from collections import Counter
from dataclasses import dataclass, field
from json import dumps
from typing import TYPE_CHECKING

from archcalc.cures.changing import with_changes
from archcalc.cures.patch import patch
from archcalc.errors import Fault, SpecError
from archcalc.loading import check
from archcalc.rules.context import Context
from archcalc.rules.registry import rule
from archcalc.tracing import trace

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from archcalc.cures.changes import Cure
    from archcalc.errors import Place, Problem
    from archcalc.loading import Model
    from archcalc.source import Document
    from archcalc.tracing import Trace

    Found = Counter[Place]
    """Places of findings of one rule, each as often as it has one there."""

MAX_TRIALS = 200
"""Changed networks of one file that are looked at."""
MAX_WORK = 40_000
"""Layers of all of them together, about: a few seconds."""
REMEMBERED = 16
"""Changed networks that are kept, the last ones: several findings may propose the same."""


class Outcome:
    """What is wrong with a spec; a rule judges when it is first asked for.

    Args:
        problems: why it cannot be traced.
        context: its trace; None where there are problems.
        active: codes of the rules that judge.
        known: what rules are known to find, by their codes.
    """

    def __init__(
        self,
        problems: "tuple[Problem, ...]",
        context: Context | None,
        active: frozenset[str],
        known: "Mapping[str, Found] | None" = None,
    ) -> None:
        self.problems = problems
        self.active = active
        self._context = context
        self._found: dict[str, Found] = dict(known or {})

    def of(self, code: str) -> "Found":
        """Where a rule finds something, and how much; those findings too that the spec suppresses."""
        if code not in self._found:
            self._found[code] = _found(code, self._context) if self._context else Counter()
        return self._found[code]

    @property
    def findings(self) -> "Mapping[str, Found]":
        """Code -> what the rule finds, of all rules."""
        return {code: self.of(code) for code in sorted(self.active)}


@dataclass(slots=True)
class Trials:
    """Tries cures on one spec, for as long as the work is bearable.

    Args:
        document: the spec as it is written.
        active: codes of the rules that judge.
        given: what else makes the model: values of the command line.
        altered: what is done to a trace before it is judged.
        trials: changed networks so far.
        work: their layers.
    """

    document: "Document"
    active: frozenset[str]
    given: "Callable[[Model], Model]" = lambda model: model
    altered: "Callable[[Trace], Trace]" = lambda trace: trace
    trials: int = 0
    work: int = 0
    _last: "dict[str, Outcome]" = field(default_factory=dict[str, Outcome])

    def outcome(self, cure: "Cure") -> Outcome | None:
        """What is wrong once the cure is made; None where it cannot be made, or enough has been tried."""
        key = dumps(patch(cure), default=str)
        if key not in self._last:
            if self.trials >= MAX_TRIALS or self.work >= MAX_WORK:
                return None
            self.trials += 1
            try:
                document = with_changes(self.document, cure.changes)
            except Fault:
                return None
            if len(self._last) >= REMEMBERED:
                del self._last[next(iter(self._last))]
            self._last[key] = self._judged(document)
        return self._last[key]

    def _judged(self, document: "Document") -> Outcome:
        try:
            model = self.given(check(document))
            context = Context(model, self.altered(trace(model)))
        except SpecError as error:
            self.work += len(error.traced.layers) if error.traced else 0
            return Outcome(error.problems, None, self.active)
        self.work += len(context.layers)
        return Outcome((), context, self.active)


def _found(code: str, context: Context) -> "Found":
    look = rule(code).check
    try:
        return Counter(finding.place for finding in (look(context) if look else ()))
    except SpecError:  # too large for an analysis: the rule judges neither before nor after
        return Counter()
