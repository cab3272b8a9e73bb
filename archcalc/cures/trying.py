"""A spec traced and judged once more, with changes made: what is then wrong with it."""

from collections import Counter
from contextlib import nullcontext
from dataclasses import field
from typing import TYPE_CHECKING

from archcalc.effort import STEPS, Meter, Toll, metered
from archcalc.errors import Fault, SpecError
from archcalc.loading import check, rest_of
from archcalc.records import dataclass
from archcalc.rules.context import Context, layers_seen
from archcalc.rules.registry import rule
from archcalc.rules.suppression import Suppressions
from archcalc.tracing import trace

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from archcalc.cures.changes import Cure
    from archcalc.errors import Place, Problem
    from archcalc.loading import Model
    from archcalc.rules.base import Finding
    from archcalc.source import Document
    from archcalc.tracing import Trace

    Found = Counter[Place]
    """Places of findings of one rule, each as often as it has one there."""

MAX_TRIALS = 200
"""Changed networks of one file that are looked at."""
MAX_TRIED = 1_700
"""Layers of one changed network that is judged: each takes as long as the check of the spec itself."""
PART = 4
"""What is looked at and tried for one file has this part of the budget of a network, counted in its steps."""
TRIED, LAYER = 4_000, 250
"""Steps that a changed network takes, and that its judgement takes for each layer beside what rules count."""
UNUSED = "AC002"
"""The rule on suppressions of nothing, which the engine finds itself."""
REMEMBERED = 16
"""Changed networks that are kept, the last ones: several findings may propose the same."""


class Outcome:
    """What is wrong with a spec; a rule judges when it is first asked for.

    Args:
        problems: why it cannot be traced.
        context: its trace; None where there are problems.
        active: codes of the rules that judge.
        known: what rules are known to find, by their codes.
        meter: the budget that the rules have; None: each of them a whole one.
    """

    def __init__(
        self,
        problems: "tuple[Problem, ...]",
        context: Context | None,
        active: frozenset[str],
        known: "Mapping[str, Found] | None" = None,
        meter: Meter | None = None,
    ) -> None:
        self.problems = problems
        self.active = active
        self.meter = meter
        self.unjudged: set[str] = set()
        """Codes of rules that the network is too large for, or what is left of the budget."""
        self._context = context
        self._found: dict[str, Found] = dict(known or {})
        self._findings: dict[str, Sequence[Finding]] = {}

    def of(self, code: str) -> "Found":
        """Where a rule finds something, and how much; those findings too that the spec suppresses."""
        if code not in self._found:
            if code == UNUSED and self._context:
                self._found[code] = self._unused(self._context)
            else:
                self._found[code] = self._counted(self._findings_of(code))
        return self._found[code]

    def _counted(self, findings: "Sequence[Finding]") -> "Found":
        found: Counter[Place] = Counter()
        for finding in findings:
            found[finding.place] += self._context.found([finding]) if self._context else 1
        return found

    def _findings_of(self, code: str) -> "Sequence[Finding]":
        if code not in self._findings:
            self._findings[code] = self._judged(code, self._context) if self._context else ()
        return self._findings[code]

    def _judged(self, code: str, context: Context) -> "Sequence[Finding]":
        look = rule(code).check
        try:
            with metered(self.meter) if self.meter else nullcontext():
                return tuple(look(context)) if look else ()
        except SpecError:
            self.unjudged.add(code)
            return ()

    def _unused(self, context: Context) -> "Found":
        """Suppressions that suppress nothing, of which the engine tells once all rules have judged."""
        if "ignore" not in context.model.document.text:
            return Counter()
        suppressions = Suppressions(context)
        for code in self.active:
            for finding in self._findings_of(code):
                suppressions.of(code, finding)
        return Counter(each.place for each in suppressions.unused(self.active))

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
        each: steps that it takes to judge one, as far as that is known.
        toll: steps that were taken to make them, and to find what to try.
        meter: what rules have left to judge them.
    """

    document: "Document"
    active: frozenset[str]
    given: "Callable[[Model], Model]" = lambda model: model
    altered: "Callable[[Trace], Trace]" = lambda trace: trace
    trials: int = 0
    each: int = 0
    toll: Toll = field(default_factory=Toll)
    meter: Meter | None = None
    _before: int = 0
    """Steps before the last one was made."""
    _last: "dict[str, Outcome | None]" = field(default_factory=dict[str, "Outcome | None"])

    def outcome(self, cure: "Cure") -> Outcome | None:
        """What is wrong once the cure is made; None where it cannot be made, or enough has been tried."""
        from json import dumps

        from archcalc.cures.changing import with_changes
        from archcalc.cures.patch import patch

        try:
            key = dumps(patch(cure), default=str)
        except Fault:  # a number that no spec may hold
            return None
        if key not in self._last:
            if self.trials:  # what rules took to judge the one before is known by now
                self.each = max(self.each, self.taken - self._before)
            if self.done:
                return None
            self.trials += 1
            self._before = self.taken
            self.toll.take(len(self.document.text))  # all of it is copied, read and checked again
            try:
                document = with_changes(self.document, cure.changes)
            except Fault:
                return None
            if len(self._last) >= REMEMBERED:
                del self._last[next(iter(self._last))]
            with metered(self.toll):
                self._last[key] = self._judged(document)
        return self._last[key]

    @property
    def done(self) -> bool:
        """Whether enough has been tried."""
        return self.trials >= MAX_TRIALS or self.taken + self.each >= STEPS // PART

    @property
    def taken(self) -> int:
        """Steps so far."""
        return self.toll.taken + (self.meter.taken if self.meter else 0)

    def judged(self, problems: "tuple[Problem, ...]", context: Context | None) -> Outcome:
        """What is wrong with a network, its rules within the budget of all."""
        self.toll.take(TRIED)
        if context is not None:
            self.toll.take(LAYER * len(context.layers))
            self.meter = self.meter or Meter(context.trace, STEPS // PART)
        return Outcome(problems, context, self.active, meter=self.meter)

    def judged_first(self) -> None:
        """Note what has been spent on the network as it is: those with cures take as long, each."""
        self.each = self.taken

    def _judged(self, document: "Document") -> Outcome | None:
        model, kept = _loaded(document)
        if model is None:
            return self.judged(kept, None)
        try:
            model = self.given(model)
            traced = self.altered(trace(model))
            if layers_seen(model, traced) > MAX_TRIED:  # before any of them is made
                return None
            context = Context(model, traced, told=False)
        except SpecError as error:
            return self.judged((*kept, *error.problems), None)
        return self.judged(kept, None if kept else context)


def _loaded(document: "Document") -> "tuple[Model | None, tuple[Problem, ...]]":
    """The spec, or what is left of it without what is wrong at its top; and what that is."""
    try:
        return check(document), ()
    except SpecError as error:
        return rest_of(document), error.problems
