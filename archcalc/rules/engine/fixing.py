"""Mends what can be mended in the text, until nothing changes any more."""

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from archcalc.errors import Fault, SpecError
from archcalc.rules.engine.checking import check_document
from archcalc.rules.engine.editing import edited
from archcalc.source import parse

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from archcalc.rules.engine.checking import Applicable, Checked
    from archcalc.source import Document
    from archcalc.tracing import Trace

MAX_ROUNDS = 10
"""Rounds of fixes that make room for one another."""
_Key = tuple[object, ...]


@dataclass(slots=True)
class Fixed:
    """A text with its fixes.

    Args:
        document: the text after the last fix.
        checked: what is found in it.
        fixed: mended findings by code.
        notes: fixes that were dropped, and why.
    """

    document: "Document"
    checked: "Checked"
    fixed: Counter[str] = field(default_factory=Counter[str])
    notes: list[str] = field(default_factory=list[str])


def fixed(document: "Document", checked: "Checked", active: frozenset[str]) -> Fixed:
    """Make every fix that keeps the spec sound: it traces, shapes stay, and nothing else has changed."""
    result = Fixed(document, checked)
    dropped: dict[_Key, str] = {}
    for _ in range(MAX_ROUNDS):
        fixes = [fix for fix in result.checked.fixes if _key(fix) not in dropped]
        if not fixes:
            break
        try:
            _make(result, fixes, active)
        except Fault:  # one of them is at fault: one by one
            for fix in fixes:
                try:
                    _make(result, [fix], active)
                except Fault as fault:
                    dropped[_key(fix)] = fault.fact
    result.notes += [
        f"{fix.finding.place}: {fix.code} was not fixed: {dropped[_key(fix)]}"
        for fix in result.checked.fixes
        if _key(fix) in dropped
    ]
    return result


def _key(fix: "Applicable") -> _Key:
    return (fix.code, *((edit.origin.path, edit.key) for edit in fix.finding.edits))


def _make(result: Fixed, fixes: "Sequence[Applicable]", active: frozenset[str]) -> None:
    """Make some fixes at once.

    Raises:
        Fault: they would not keep the spec sound, or not mend it; nothing is changed.
    """
    before = result.checked.context
    text = edited(result.document, [edit for fix in fixes for edit in fix.finding.edits])
    try:
        document = parse(text, result.document.file)
    except SpecError as error:
        raise Fault(f"the text could not be read any more: {error.problems[0].what}") from None
    checked = check_document(document, active)
    if checked.context is None:
        raise Fault(f"the spec could not be traced any more: {checked.findings[0].message}")
    if before is None or _shapes(before.trace) != _shapes(checked.context.trace):
        raise Fault("shapes would change")
    left = {_key(fix) for fix in checked.fixes}
    if any(_key(fix) in left for fix in fixes):
        raise Fault("the finding would stay")
    result.document, result.checked = document, checked
    result.fixed.update(fix.code for fix in fixes)


def _shapes(trace: "Trace") -> "Iterable[object]":
    """Every shape of a network under its name."""
    layers = [(layer.name, layer.type, dict(layer.facts.outputs)) for layer in trace.layers]
    return [layers, [str(port) for port in trace.outputs]]
