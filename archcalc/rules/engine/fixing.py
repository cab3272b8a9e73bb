"""Mends what can be mended in the text, until nothing changes any more."""

from collections import Counter
from dataclasses import field
from typing import TYPE_CHECKING

from archcalc.cures.changes import RemoveEntry, SetKey
from archcalc.errors import Fault, SpecError
from archcalc.records import dataclass
from archcalc.rules.engine.checking import Applicable, Checked, check_document
from archcalc.rules.engine.comparing import changed
from archcalc.rules.engine.editing import edited
from archcalc.source import Document, Path, parse

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from archcalc.rules.context import Context
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

    document: Document
    checked: Checked
    fixed: Counter[str] = field(default_factory=Counter[str])
    notes: list[str] = field(default_factory=list[str])


def fixed(document: Document, checked: Checked, active: frozenset[str]) -> Fixed:
    """Make every fix that keeps the spec sound: it traces, shapes stay, and nothing else has changed."""
    result = Fixed(document, checked)
    for _ in range(MAX_ROUNDS):
        before = result.document
        fixes = result.checked.fixes
        dropped: list[tuple[Applicable, Fault]] = []
        # Keys first: they move no entry, so that the paths of those that are to be removed stay true.
        for group in ([fix for fix in fixes if not _removes(fix)], [fix for fix in fixes if _removes(fix)]):
            dropped += _made(result, group, active)
        result.notes = [
            f"{fix.finding.place}: {fix.code} was not fixed: {fault.fact}" for fix, fault in dropped
        ]
        if result.document is before:
            break
    return result


def _made(
    result: Fixed, fixes: "Sequence[Applicable]", active: frozenset[str]
) -> list[tuple[Applicable, Fault]]:
    """Make fixes, all at once or else in two halves; those that would not be sound, and why."""
    try:
        _make(result, fixes, active)
    except Fault as fault:
        if len(fixes) == 1:
            return [(fixes[0], fault.with_traceback(None))]  # which would keep whole texts
        # The last ones first: removing an entry moves only what is behind it.
        in_order = sorted(fixes, key=lambda fix: fix.finding.place)
        half = len(fixes) // 2
        after = _made(result, in_order[half:], active)
        return [*_made(result, in_order[:half], active), *after]
    return []


def _removes(fix: Applicable) -> bool:
    return any(isinstance(edit, RemoveEntry) for edit in fix.finding.edits)


def _keys(fixes: "Iterable[Applicable]") -> set[_Key]:
    """What fixes set, by which a finding is known again."""
    return {
        (fix.code, *((edit.origin.path, edit.key) for edit in fix.finding.edits if isinstance(edit, SetKey)))
        for fix in fixes
        if not _removes(fix)
    }


def _make(result: Fixed, fixes: "Sequence[Applicable]", active: frozenset[str]) -> None:
    """Make some fixes at once.

    Raises:
        Fault: they would not keep the spec sound, or not mend it; nothing is changed.
    """
    if not fixes:
        return
    before = result.checked.context
    edits = [edit for fix in fixes for edit in fix.finding.edits]
    text = edited(result.document, edits)
    try:
        document = parse(text, result.document.file)
    except SpecError as error:
        raise Fault(f"the text could not be read any more: {error.problems[0].what}") from None
    checked = check_document(document, active)
    if checked.context is None:
        raise Fault(f"the spec could not be traced any more: {checked.findings[0].message}")
    removed = [edit.origin.path for edit in edits if isinstance(edit, RemoveEntry)]
    change = _change(before, checked.context, removed) if before is not None else "shapes would change"
    if change is not None:
        raise Fault(change)
    if _keys(fixes) & _keys(checked.fixes):
        raise Fault("the finding would stay")
    result.document, result.checked = document, checked
    result.fixed.update(fix.code for fix in fixes)


def _change(before: "Context", after: "Context", removed: "Sequence[Path]") -> str | None:
    """What is not as it was, but for the entries that are removed; None: nothing."""
    if not removed:
        return None if _shapes(before.trace) == _shapes(after.trace) else "shapes would change"
    places = frozenset(before.model.document.place(path) for path in removed)
    return changed(before, after, places)


def _shapes(trace: "Trace") -> "Iterable[object]":
    """Every shape of a network under its name."""
    layers = [(layer.name, layer.type, dict(layer.facts.outputs)) for layer in trace.layers]
    return [layers, [str(port) for port in trace.outputs]]
