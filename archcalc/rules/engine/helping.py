"""Help for what is found: the cures that rules propose, tried before they are told."""

from dataclasses import replace
from typing import TYPE_CHECKING

from archcalc.cures.patch import patch
from archcalc.cures.proving import mending
from archcalc.cures.trying import Trials, judged
from archcalc.cures.words import cure_words, said
from archcalc.rules.engine.report import Help

if TYPE_CHECKING:
    from collections.abc import Sequence

    from archcalc.cures.changes import Cure
    from archcalc.rules.base import Finding
    from archcalc.rules.context import Context
    from archcalc.rules.engine.report import Reported
    from archcalc.source import Path


def helped(
    found: "Sequence[tuple[Reported, Finding]]", context: "Context", trials: Trials
) -> "list[Reported]":
    """Findings with the cures that mend them in the place of their hints; those without one keep theirs."""
    if not any(finding.cures for _, finding in found):
        return [reported for reported, _ in found]
    before = judged(context, trials.active)
    return [
        with_help(
            reported, mending(finding.cures, reported.code, finding.place, before, trials), _path(finding)
        )
        for reported, finding in found
    ]


def with_help(
    reported: "Reported", cures: "Sequence[Cure]", path: "Path | None", kept: str = ""
) -> "Reported":
    """A finding with its cures in words and as data; ``kept`` is what its hint says besides."""
    if not cures:
        return reported
    told = tuple(Help(cure_words(cure, path), tuple(patch(cure))) for cure in cures)
    hint = "\n".join(text for text in (said(cures, path), kept) if text)
    return replace(reported, hint=hint, cures=told)


def _path(finding: "Finding") -> "Path | None":
    return finding.origin.in_spec.path if finding.origin else None
