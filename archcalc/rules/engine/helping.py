"""Help for what is found: the cures that rules propose, tried before they are told."""

from dataclasses import replace
from typing import TYPE_CHECKING

from archcalc.cures.patch import patch
from archcalc.cures.proving import Proposed, mending
from archcalc.cures.python_words import in_python, python_said, python_words
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


def in_python_words(
    found: "Sequence[tuple[Reported, Sequence[Finding]]]",
    before: "Mapping[str, Found]",
    trials: Trials,
    layers: int,
    *,
    helping: bool,
) -> "list[Reported]":
    """The same for layers that are built in Python, where one line may build many: a cure is of all of them.

    Args:
        found: what is reported, and the findings of which it is.
        before: all that rules find in the spec, by their codes.
        trials: tries the cures.
        layers: of the network.
        helping: whether any is tried.
    """
    cures = [_of_all(findings) if helping else () for _, findings in found]
    proposals = [
        Proposed(reported.code, findings[0].place, len(findings), each)
        for (reported, findings), each in zip(found, cures, strict=True)
    ]
    tried = any(cures)
    proven = mending(proposals, Outcome((), None, trials.active, before), trials, layers) if tried else cures
    return [_retold(reported, mends) for (reported, _), mends in zip(found, proven, strict=True)]


def _of_all(findings: "Sequence[Finding]") -> "tuple[Cure, ...]":
    """Cures that each mend all findings in a place: those in the same place of their order together."""
    by_rank = zip(*(finding.cures for finding in findings), strict=False)
    return tuple(
        replace(rank[0], changes=tuple(change for cure in rank for change in cure.changes))
        for rank in by_rank
    )


def _retold(reported: "Reported", cures: "Sequence[Cure]") -> "Reported":
    """What is said in the words of Python; there is no spec to which a patch could be made."""
    hint = python_said(cures, reported.place) if cures else in_python(reported.hint)
    told = tuple(
        Help(words, ()) for words in dict.fromkeys(python_words(each, reported.place) for each in cures)
    )
    return replace(
        reported,
        message=in_python(reported.message),
        consequence=in_python(reported.consequence),
        hint=hint,
        cures=told,
    )


def _path(finding: "Finding") -> "Path | None":
    return finding.origin.in_spec.path if finding.origin else None
