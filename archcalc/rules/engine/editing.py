"""Changes of a YAML text in place: comments, order and layout stay as they are."""

import re
from copy import deepcopy
from typing import TYPE_CHECKING, cast

from archcalc.cures.changes import Edit, RemoveEntry, SetKey
from archcalc.errors import Fault, SpecError
from archcalc.rules.engine.extents import Extent, extent_at, extents
from archcalc.rules.engine.removing import taken_out
from archcalc.rules.engine.replacing import Replacement, replaced
from archcalc.source import Document, Path, parse, scalar
from archcalc.source.spots import BREAK

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from collections.abc import Set as AbstractSet

BARE_WORDS = ("plain", "quoted")


def edited(document: Document, edits: "Sequence[Edit]") -> str:
    """The text of a document with the edits made.

    Raises:
        Fault: it cannot be changed in place, or more than what is wanted would change.
    """
    root = extents(document.text)
    removed = {edit.origin.path for edit in edits if isinstance(edit, RemoveEntry)}
    wanted = {each for edit in edits for each in _replacements(document.text, root, edit, removed)}
    text = replaced(document.text, sorted(wanted))
    try:
        data = parse(text, document.file).data
    except SpecError:
        raise Fault("the text could not be changed in place") from None
    if data != _expected(document.data, edits):
        raise Fault("more of the spec would change: what is written here is used elsewhere too")
    return text


def _expected(data: object, edits: "Sequence[Edit]") -> object:
    """The data that the changed text must have; what aliases share is changed at all its places."""
    data = deepcopy(data)
    removed: dict[tuple[int, int], list[object]] = {}
    for edit in edits:
        entries, last = _at(data, edit.origin.path[:-1]), edit.origin.path[-1]
        if isinstance(edit, RemoveEntry):
            items = cast("list[object]", entries)  # as its text is, or there would have been a fault
            removed[id(items), cast("int", last)] = items
            continue
        keyed = cast("dict[str | int, object]", entries)
        entry = keyed[last]
        if not isinstance(entry, dict):
            entry = keyed[last] = {"type": entry}
        cast("dict[str, object]", entry)[edit.key] = scalar(edit.value)
    for (_, index), items in sorted(removed.items(), key=lambda item: -item[0][1]):
        del items[index]
    return data


def _at(data: object, path: Path) -> object:
    for step in path:
        data = cast("dict[str | int, object]", data)[step]
    return data


def _replacements(
    text: str, root: Extent | None, edit: Edit, removed: "AbstractSet[Path]"
) -> "Iterator[Replacement]":
    path = edit.origin.path
    if isinstance(edit, RemoveEntry):
        # Not through an alias: the paths of other entries would not tell which come behind this one.
        parent = extent_at(root, path[:-1], direct=True) if extent_at(root, path, direct=True) else None
        yield from taken_out(text, parent, path, removed)
    else:
        yield _replacement(text, extent_at(root, path), edit)


def _replacement(text: str, entry: Extent | None, edit: SetKey) -> Replacement:
    if entry is not None and entry.form in BARE_WORDS:
        word = text[entry.start : entry.end]
        return Replacement(entry.start, entry.end, f"{{type: {word}, {edit.key}: {edit.value}}}")
    if entry is not None and entry.is_mapping:
        old = entry.own(edit.key)
        if old is not None and old.is_simple and text[old.start : old.start + 1] != "&":
            space = " " if old.start == old.end and text[old.start - 1 : old.start] == ":" else ""
            return Replacement(old.start, old.end, space + edit.value)
        if old is None:
            quote = '"' if entry.keys[0].form == "quoted" else ""  # as JSON has it
            return _inserted(text, entry, f"{quote}{edit.key}{quote}: {edit.value}")
    raise Fault("the text could not be changed in place")


def _inserted(text: str, entry: Extent, pair: str) -> Replacement:
    """A pair behind the last one of a flow mapping, or on a line of its own in a block mapping."""
    if entry.form == "flow mapping":
        end = entry.items[-1].end
        return Replacement(end, end, f", {pair}")
    last = next((item for item in reversed(entry.items) if item.is_simple), None)
    if last is None:
        raise Fault("the text could not be changed in place")
    stop = re.compile(BREAK).search(text, last.end)
    end = stop.start() if stop else len(text)
    line_end = stop[0] if stop else "\n"
    return Replacement(end, end, f"{line_end}{' ' * entry.keys[0].column}{pair}")
