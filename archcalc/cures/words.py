"""Cures in words."""

from collections import Counter
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, cast

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
    from collections.abc import Callable, Container, Iterable, Iterator, Sequence

    from archcalc.cures.changes import Change, Cure, Entry
    from archcalc.source import Path
    from archcalc.tracing.records import Origin

    Called = Callable[[Origin], str]
    """What a person finds an entry by."""
    _Other = DropKey | RenameKey | RemoveEntry | Replace | Insert | Move | Wrap | SetValue

NAMED = 5
"""Entries of which all are named, where the same is done to each."""


def said(cures: "Iterable[Cure]", path: "Path | None") -> str:
    """Cures on a line each: what to write, and what comes of it.

    Args:
        cures: the closest first.
        path: of the entry that the words are about, which is called ``it``; None: of none.
    """
    return "\n".join(f"{'or ' if index else ''}{cure_words(cure, path)}" for index, cure in enumerate(cures))


def cure_words(cure: "Cure", path: "Path | None") -> str:
    """A cure in one line."""
    called = partial(_name, shared=_shared_names(cure))
    grouped: dict[tuple[str, str], list[str]] = {}
    for begin, name, end in _said_once(cure, path, called):
        grouped.setdefault((begin, end), []).append(name)
    for begin, end in [key for key in grouped if (f"{key[0]} in ", key[1]) in grouped]:
        del grouped[begin, end]
        grouped[f"{begin} in ", end].insert(0, "it")
    changes = " and ".join(f"{begin}{_listed(names)}{end}" for (begin, end), names in grouped.items())
    if _on_both_sides(cure.changes):
        begin, name, _ = _words(cast("_Other", cure.changes[0]), path, called)
        changes = f"{begin}{name} and behind it"
    return f"{changes}: {cure.because}" if cure.because else changes


def _shared_names(cure: "Cure") -> frozenset[str]:
    """Names that several of the entries have which a cure changes."""
    places = {
        (_name(change.origin), change.origin.path)
        for change in cure.changes
        if not isinstance(change, SetValue)
    }
    count = Counter(name for name, _ in places)
    return frozenset(name for name in count if count[name] > 1)


def _listed(names: "Sequence[str]") -> str:
    """The names, of many the first ones."""
    more = len(names) - NAMED
    if more <= 1:
        return ", ".join(names)
    return f"{', '.join(names[:NAMED])} and {more} more"


def _on_both_sides(changes: "Sequence[Change]") -> bool:
    """Whether the same layers stand in front of an entry and behind it."""
    if len(changes) != 2:  # noqa: PLR2004  front and behind
        return False
    front, behind = changes
    return isinstance(front, Insert) and not front.behind and behind == replace(front, behind=True)


def _said_once(cure: "Cure", path: "Path | None", called: "Called") -> "Iterator[tuple[str, str, str]]":
    """The words of every change; what an entry gets by its keys is said once."""
    keys: dict[Path, list[str]] = {}
    for change in cure.changes:
        if isinstance(change, SetKey):
            keys.setdefault(change.origin.path, []).append(f"{change.key}: {change.value}")
    for change in cure.changes:
        if not isinstance(change, SetKey):
            yield _words(change, path, called)
        elif change.origin.path in keys:
            yield _within(f"write {', '.join(keys.pop(change.origin.path))}", change.origin, path, called)


def _within(what: str, origin: "Origin", path: "Path | None", called: "Called") -> tuple[str, str, str]:
    """What becomes of an entry's keys, and in which entry where it is another one."""
    return (what, "", "") if origin.path == path else (f"{what} in ", called(origin), "")


def _words(change: "_Other", path: "Path | None", called: "Called") -> tuple[str, str, str]:
    """What is done, to which entry, and what stands behind: changes that differ in the entry are one."""
    match change:
        case SetValue():
            return f"write {_in_its_place(change)}", "", ""
        case DropKey():
            return _within(f"leave out {change.key}", change.origin, path, called)
        case RenameKey():
            return _within(f"write {change.new} for {change.key}", change.origin, path, called)
        case _:
            begin, end = _entry_words(change)
            return begin, "it" if change.origin.path == path else called(change.origin), end


def _in_its_place(change: SetValue) -> str:
    """A value of the spec with the keys around it: ``inputs: {image: [3, 32, 32]}``."""
    value = change.value
    for step in reversed(change.path):
        value = {str(step): value}
    return flow_text(value)[1:-1]


def _entry_words(change: "RemoveEntry | Replace | Insert | Move | Wrap") -> tuple[str, str]:
    """What stands in front of the entry's name, and behind it."""
    match change:
        case RemoveEntry():
            return "remove ", ""
        case Replace():
            return f"write {_entries(change.entries)} in the place of ", ""
        case Insert():
            return f"put {_entries(change.entries)} {_beside(behind=change.behind)} ", ""
        case Move():
            return "move ", f" {_beside(behind=change.behind)} {_name(change.to)}"
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


def _name(origin: "Origin", shared: "Container[str]" = ()) -> str:
    """What a person finds an entry by: its name, with its line where it is shared, or its kind and line."""
    name = origin.written("name")
    if isinstance(name, str):
        return f"{name} in line {origin.document.place(origin.path).line}" if name in shared else name
    if all(isinstance(step, str) for step in origin.path):  # inputs, training, budgets.scopes
        return ".".join(map(str, origin.path))
    line = origin.document.place(origin.path).line
    kind = origin.written("type") or origin.entry()
    return f"the {kind} in line {line}" if isinstance(kind, str) else f"line {line}"
