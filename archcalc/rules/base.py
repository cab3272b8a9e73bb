"""What a rule is, and what it finds."""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Literal

from archcalc.records import dataclass

if TYPE_CHECKING:
    from archcalc.cures.changes import Cure, Edit
    from archcalc.errors import Place
    from archcalc.rules.context import Context
    from archcalc.source import Path
    from archcalc.tracing.records import Origin, Refused

Severity = Literal["error", "warning", "info"]
"""``error`` and ``warning`` are on by default; ``info`` rules only run when they are selected."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One mistake, at one place; made by ``Context.at`` and ``Context.at_spec``.

    Args:
        place: where it shows in the spec.
        subject: layer and kind, or the way to a value: ``conv1 (Conv2d)``, ``budgets.params``.
        message: one lower-case fact with its numbers.
        consequence: what comes of it.
        hint: how to mend it, said where no cure is told.
        origin: the layer's entry; None where the finding is about no layer.
        path: the value's steps from the top of the spec, where it is about no layer.
        edits: the change that mends it and keeps every shape of what stays; empty where there is no safe one.
        cures: changes that mend it, the closest first; those that prove to are told in the place of ``hint``.
    """

    place: "Place"
    subject: str
    message: str
    consequence: str
    hint: str
    origin: "Origin | None" = None
    path: "Path" = ()
    edits: "tuple[Edit, ...]" = ()
    cures: "tuple[Cure, ...]" = ()


Findings = Iterator[Finding]
"""What a check yields."""


@dataclass(frozen=True, slots=True)
class Bad:
    """A spec that a rule objects to, once, and how.

    Args:
        text: the spec.
        line: the line of the finding, counted from 1.
        message: a piece of the finding's message.
        column: its column, where the example is about it.
        fixable: whether the finding carries edits; of a rule that is not ``fixable`` none does.
    """

    text: str
    line: int
    message: str
    column: int | None = None
    fixable: bool = True


@dataclass(frozen=True, slots=True)
class Rule:
    """A design rule: its page, its examples and its check.

    Args:
        code: ``AC`` and three digits, the first of which is the group; never reused.
        name: two to four words in kebab-case.
        severity: see ``Severity``.
        what: what it looks for, one sentence.
        why: what the mistake costs; a paragraph.
        instead: what to write instead.
        source: paper, documentation or measurement that says so.
        good: specs about which it is silent, as YAML texts.
        bad: specs with one mistake each; no other rule of the default set finds anything in them.
        check: yields the findings in a network; None for the engine's own rules.
        restate: says better than the layer itself why it refuses what it reads, or yields nothing. Its
            context is all that could be traced. The finding takes the place of AC001's.
        needs_loss: whether it judges nothing where the spec has no ``loss``.
        fixable: whether findings carry edits, as those in the bad examples do that do not deny it.
        misread: whether it says that an axis is taken for another one, which no cure of anything may bring.
    """

    code: str
    name: str
    severity: Severity
    what: str
    why: str
    instead: str
    source: str
    good: tuple[str, ...]
    bad: tuple[Bad, ...]
    check: "Callable[[Context], Findings] | None" = None
    restate: "Callable[[Context, Refused], Findings] | None" = None
    needs_loss: bool = False
    fixable: bool = False
    misread: bool = False
