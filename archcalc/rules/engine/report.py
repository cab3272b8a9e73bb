"""What a run says of each file: plain records, which also travel between processes."""

import re
from dataclasses import field
from typing import TYPE_CHECKING

from archcalc.errors import Place
from archcalc.records import dataclass
from archcalc.rules.registry import rule

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from archcalc.errors import Problem
    from archcalc.rules.base import Severity

WORD = re.compile(r"[\w.+=-]+|\S")
SHORT = 160
"""Characters of what is wrong, where a finding is shown in a line."""


@dataclass(frozen=True, slots=True)
class Help:
    """A cure that has been tried.

    Args:
        words: what to write.
        patch: the same as the operations of a JSON Patch (RFC 6902) on the spec's data.
    """

    words: str
    patch: "tuple[Mapping[str, object], ...]" = field(compare=False)


@dataclass(frozen=True, slots=True, repr=False)
class Reported:
    """A finding as it is shown.

    Args:
        place: file, line and column.
        end: column behind the last character that it is about, on the same line.
        code: of its rule.
        name: of its rule.
        severity: of its rule.
        subject: layer and kind, or the way to a value.
        message: one lower-case fact with its numbers.
        consequence: what comes of it; may be empty.
        hint: how to mend it; may be empty, may have several lines.
        source: the line of the spec; empty where there is none.
        also: further layers written in the same place of which the same is true.
        fixable: whether ``--fix`` would mend it.
        suppressed: None, or the reason that the suppression gives, which may be empty.
        values: for which values of the command line it is true; empty where none were given.
        cures: changes that were tried and mend it, the closest first; ``hint`` says them in words.
        others: names of the ``also`` further layers, where a line of Python builds them.
    """

    place: Place
    end: int
    code: str
    name: str
    severity: "Severity"
    subject: str
    message: str
    consequence: str
    hint: str
    source: str = ""
    also: int = 0
    fixable: bool = False
    suppressed: str | None = None
    values: tuple[str, ...] = ()
    cures: tuple[Help, ...] = ()
    others: tuple[str, ...] = ()

    def __repr__(self) -> str:
        """The rule, the place, and what is wrong."""
        said = f"{self.subject}: {self.message}" if self.subject else self.message
        more = "..." if len(said) > SHORT else ""
        return f"<{self.code} {self.name} at {self.place}: {said[:SHORT]}{more}>"


@dataclass(frozen=True, slots=True)
class FileReport:
    """One file: whether it is a spec, what is found in it, and what fixes made of it.

    Args:
        file: its name as it is shown.
        is_spec: whether it was checked; other YAML is passed over.
        findings: in file order.
        suppressed: findings that the spec suppresses.
        notes: remarks for the person at the shell, e.g. why a fix was dropped.
        fixed: findings that fixes mended, by code.
        diff: what fixes change, as a unified diff; empty when nothing, or when it was written.
        lacking: what the command line gives and this spec has no place for.
        known: findings that a baseline has.
        module: whether it is a torch module, and ``file`` what makes it.
        used: of a torch module, where the suppressions are that suppressed something.
    """

    file: str
    is_spec: bool = True
    findings: tuple[Reported, ...] = ()
    suppressed: tuple[Reported, ...] = ()
    notes: tuple[str, ...] = ()
    fixed: dict[str, int] = field(default_factory=dict[str, int])
    diff: str = ""
    lacking: tuple[str, ...] = ()
    known: tuple[Reported, ...] = ()
    module: bool = False
    used: tuple[Place, ...] = ()


def reported_at(
    code: str, problem: "Problem", consequence: str, line_at: "Callable[[Place], str]"
) -> Reported:
    """A finding of a rule, with the line that it is on and the end of the word there."""
    found, place = rule(code), problem.place
    text = line_at(place)
    word = WORD.match(text, place.column - 1) if place.column else None
    end = word.end() + 1 if word else place.column + 1
    return Reported(
        place,
        end,
        code,
        found.name,
        found.severity,
        problem.subject,
        problem.what,
        consequence,
        problem.hint,
        text,
    )
