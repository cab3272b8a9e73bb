"""A spec traced and judged once more, with changes made: what is then wrong with it."""

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from archcalc.cures.changing import with_changes
from archcalc.errors import Fault, Problem, SpecError
from archcalc.loading import check
from archcalc.rules.context import Context
from archcalc.rules.registry import rule
from archcalc.tracing import trace

if TYPE_CHECKING:
    from collections.abc import Callable

    from archcalc.cures.changes import Cure
    from archcalc.errors import Place
    from archcalc.loading import Model
    from archcalc.source import Document
    from archcalc.tracing import Trace

MAX_TRIALS = 200
"""Changed networks of one file that are looked at."""
MAX_WORK = 40_000
"""Layers of all of them together, about: a few seconds."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What is wrong with a spec.

    Args:
        problems: why it cannot be traced.
        findings: code of a rule and place -> findings there; nothing where there are problems.
        layers: how many layers could be traced.
    """

    problems: tuple[Problem, ...] = ()
    findings: "Counter[tuple[str, Place]]" = field(default_factory=Counter)  # pyright: ignore[reportUnknownVariableType]  # known to checkers only
    layers: int = 0

    def count(self, code: str) -> int:
        """Findings of a rule."""
        return sum(number for (each, _), number in self.findings.items() if each == code)

    @property
    def counts(self) -> Counter[str]:
        """Code of a rule -> findings."""
        counts = Counter[str]()
        for (code, _), number in self.findings.items():
            counts[code] += number
        return counts


@dataclass(slots=True)
class Trials:
    """Tries cures on one spec, for as long as the work is bearable.

    Args:
        document: the spec as it is written.
        active: codes of the rules that judge.
        given: what else makes the model: values of the command line.
        altered: what is done to a trace before it is judged.
    """

    document: "Document"
    active: frozenset[str]
    given: "Callable[[Model], Model]" = lambda model: model
    altered: "Callable[[Trace], Trace]" = lambda trace: trace
    trials: int = 0
    work: int = 0

    def outcome(self, cure: "Cure") -> Outcome | None:
        """What is wrong once the cure is made; None where it cannot be made, or enough has been tried."""
        if self.trials >= MAX_TRIALS or self.work >= MAX_WORK:
            return None
        self.trials += 1
        try:
            document = with_changes(self.document, cure.changes)
        except Fault:
            return None
        found = self.judged(document)
        self.work += found.layers
        return found

    def judged(self, document: "Document") -> Outcome:
        """What is wrong with a document."""
        try:
            model = self.given(check(document))
            context = Context(model, self.altered(trace(model)))
        except SpecError as error:
            return Outcome(error.problems, layers=len(error.traced.layers) if error.traced else 0)
        return judged(context, self.active)


def judged(context: Context, active: frozenset[str]) -> Outcome:
    """What rules find in a network, those findings too that the spec suppresses."""
    found: Counter[tuple[str, Place]] = Counter()
    for code in active:
        look = rule(code).check
        try:
            found.update((code, finding.place) for finding in (look(context) if look else ()))
        except SpecError:  # too large for an analysis: the rule judges neither before nor after
            continue
    return Outcome((), found, len(context.trace.layers))
