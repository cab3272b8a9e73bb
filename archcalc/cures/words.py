"""Cures in words."""

from typing import TYPE_CHECKING

from archcalc.cures.changes import (
    DropKey,
    Insert,
    Move,
    RemoveEntry,
    RenameKey,
    Replace,
    SetKey,
    SetValue,
    Wrap,
)
from archcalc.writing import flow_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from archcalc.cures.changes import Change, Cure, Entry
    from archcalc.source import Path
    from archcalc.tracing.records import Origin


def said(cures: "Iterable[Cure]", path: "Path | None") -> str:
    """Cures on a line each: what to write, and what comes of it.

    Args:
        cures: the closest first.
        path: of the entry that the words are about, which is called ``it``; None: of none.
    """
    return "\n".join(f"{'or ' if index else ''}{cure_words(cure, path)}" for index, cure in enumerate(cures))


def cure_words(cure: "Cure", path: "Path | None") -> str:
    """A cure in one line."""
    grouped: dict[tuple[str, str], list[str]] = {}
    for change in cure.changes:
        begin, name, end = _words(change, path)
        grouped.setdefault((begin, end), []).append(name)
    changes = " and ".join(f"{begin}{', '.join(names)}{end}" for (begin, end), names in grouped.items())
    return f"{changes}: {cure.because}" if cure.because else changes


def _words(change: "Change", path: "Path | None") -> tuple[str, str, str]:
    """What is done, to which entry, and what stands behind: changes that differ in the entry are one."""
    if isinstance(change, SetValue):
        return f"write {_in_its_place(change)}", "", ""
    here = change.origin.path == path
    if isinstance(change, SetKey | DropKey | RenameKey):
        return (
            (_key_words(change), "", "") if here else (f"{_key_words(change)} in ", _name(change.origin), "")
        )
    name = "it" if here else _name(change.origin)
    if isinstance(change, Move):
        return "move ", name, f" {_beside(behind=change.behind)} {_name(change.to)}"
    begin, end = _entry_words(change)
    return begin, name, end


def _in_its_place(change: SetValue) -> str:
    """A value of the spec with the keys around it: ``inputs: {image: [3, 32, 32]}``."""
    value = change.value
    for step in reversed(change.path):
        value = {str(step): value}
    return flow_text(value)[1:-1]


def _key_words(change: "SetKey | DropKey | RenameKey") -> str:
    match change:
        case SetKey():
            return f"write {change.key}: {change.value}"
        case DropKey():
            return f"leave out {change.key}"
        case RenameKey():
            return f"write {change.new} for {change.key}"


def _entry_words(change: "RemoveEntry | Replace | Insert | Wrap") -> tuple[str, str]:
    """What stands in front of the entry's name, and behind it."""
    match change:
        case RemoveEntry():
            return "remove ", ""
        case Replace():
            return f"write {_entries(change.entries)} in the place of ", ""
        case Insert():
            return f"put {_entries(change.entries)} {_beside(behind=change.behind)} ", ""
        case Wrap():
            more = change.count - 1
            others = f" and the {f'{more} layers' if more > 1 else 'layer'} behind it" if more else ""
            return "put ", f"{others} into a {change.kind}"


def _beside(*, behind: bool) -> str:
    return "behind" if behind else "in front of"


def _entries(entries: "Sequence[Entry]") -> str:
    """Layers as they are written: a bare word with its article."""
    return " and ".join(
        (f"an {each}" if each[:1] in "AEIOU" else f"a {each}") if isinstance(each, str) else flow_text(each)
        for each in entries
    )


def _name(origin: "Origin") -> str:
    """What a person finds an entry by: its name, or its kind and line."""
    name = origin.written("name")
    if isinstance(name, str):
        return name
    if all(isinstance(step, str) for step in origin.path):  # inputs, training, budgets.scopes
        return ".".join(map(str, origin.path))
    line = origin.document.place(origin.path).line
    kind = origin.written("type") or origin.entry()
    return f"the {kind} in line {line}" if isinstance(kind, str) else f"line {line}"
