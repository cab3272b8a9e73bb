"""Help for what is found: the cures that rules propose, tried before they are told."""

from dataclasses import replace
from typing import TYPE_CHECKING

from archcalc.cures.patch import patch
from archcalc.cures.proving import Proposed, mending
from archcalc.cures.trying import Outcome, Trials
from archcalc.cures.words import cure_words, said
from archcalc.rules.engine.report import Help

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from archcalc.cures.changes import Cure
    from archcalc.cures.trying import Found
    from archcalc.rules.base import Finding
    from archcalc.rules.engine.report import Reported
    from archcalc.source import Path


def helped(
    found: "Sequence[tuple[Reported, Finding]]", before: "Mapping[str, Found]", trials: Trials, layers: int
) -> "list[Reported]":
    """Findings with the cures that mend them in the place of their hints; those without one keep theirs.

    Args:
        found: the findings.
        before: all that rules find in the spec, by their codes.
        trials: tries the cures.
        layers: of the network.
    """
    if not any(finding.cures for _, finding in found):
        return [reported for reported, _ in found]
    proposals = [
        Proposed(reported.code, finding.place, reported.also + 1, finding.cures)
        for reported, finding in found
    ]
    proven = mending(proposals, Outcome((), None, trials.active, before), trials, layers)
    return [
        with_help(reported, cures, _path(finding))
        for (reported, finding), cures in zip(found, proven, strict=True)
    ]


def with_help(
    reported: "Reported", cures: "Sequence[Cure]", path: "Path | None", kept: str = "", *, named: bool = False
) -> "Reported":
    """A finding with its cures in words and as data.

    Args:
        reported: the finding.
        cures: what has proved to mend it.
        path: of the entry that it is about.
        kept: what its hint says besides.
        named: that this says the cures already.
    """
    if not cures:
        return reported
    told = tuple(Help(cure_words(cure, path), tuple(patch(cure))) for cure in cures)
    hint = "\n".join(text for text in ("" if named else said(cures, path), kept) if text)
    return replace(reported, hint=hint, cures=told)


def _path(finding: "Finding") -> "Path | None":
    return finding.origin.in_spec.path if finding.origin else None
