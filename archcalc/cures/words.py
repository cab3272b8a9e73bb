"""Cures in words."""

from dataclasses import replace
from typing import TYPE_CHECKING

from archcalc.cures.changes import DropKey, Insert, RemoveEntry, RenameKey, Replace, SetKey, SetValue
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
    changes = " and ".join(_words(change, path) for change in cure.changes)
    if _on_both_sides(cure.changes):
        changes = f"{_words(cure.changes[0], path)} and behind it"
    return f"{changes}: {cure.because}" if cure.because else changes


def _on_both_sides(changes: "Sequence[Change]") -> bool:
    """Whether the same layers stand in front of an entry and behind it."""
    if len(changes) != 2:  # noqa: PLR2004  front and behind
        return False
    front, behind = changes
    return isinstance(front, Insert) and not front.behind and behind == replace(front, behind=True)


def _words(change: "Change", path: "Path | None") -> str:
    if isinstance(change, SetValue):
        return f"write {_in_its_place(change)}"
    here = change.origin.path == path
    if isinstance(change, SetKey | DropKey | RenameKey):
        return f"{_key_words(change)}{'' if here else f' in {_name(change.origin)}'}"
    return _entry_words(change, "it" if here else _name(change.origin))


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


def _entry_words(change: "RemoveEntry | Replace | Insert", name: str) -> str:
    match change:
        case RemoveEntry():
            return f"remove {name}"
        case Replace():
            return f"write {_entries(change.entries)} in the place of {name}"
        case Insert():
            return f"put {_entries(change.entries)} {'behind' if change.behind else 'in front of'} {name}"


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
    line = origin.document.place(origin.path).line
    kind = origin.written("type") or origin.entry()
    return f"the {kind} in line {line}" if isinstance(kind, str) else f"line {line}"
