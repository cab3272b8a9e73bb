"""Changes of a YAML text in place: comments, order and layout stay as they are."""

from copy import deepcopy
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from archcalc.errors import Fault, SpecError
from archcalc.rules.engine.spans import find, spans
from archcalc.source import parse, scalar
from archcalc.source.positions import BREAK

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from archcalc.rules.base import SetKey
    from archcalc.rules.engine.spans import Span
    from archcalc.source import Document

BARE_WORDS = ("plain", "quoted")


@dataclass(frozen=True, slots=True, order=True)
class Replacement:
    """Characters of a text and what stands in their place."""

    start: int
    end: int
    text: str


def edited(document: "Document", edits: "Sequence[SetKey]") -> str:
    """The text of a document with the edits made.

    Raises:
        Fault: it cannot be changed in place, or more than the wanted keys would change.
    """
    root = spans(document.text)
    wanted = {_replacement(document.text, find(root, edit.origin.path), edit) for edit in edits}
    text = _replaced(document.text, sorted(wanted))
    try:
        data = parse(text, document.file).data
    except SpecError:
        raise Fault("the text could not be changed in place") from None
    if data != _expected(document.data, edits):
        raise Fault("more of the spec would change: what is written here is used elsewhere too")
    return text


def _replaced(text: str, replacements: "Iterable[Replacement]") -> str:
    parts: list[str] = []
    done = 0
    for replacement in replacements:
        if replacement.start < done:
            raise Fault("two changes of the same characters")
        parts += [text[done : replacement.start], replacement.text]
        done = replacement.end
    return "".join([*parts, text[done:]])


def _expected(data: object, edits: "Sequence[SetKey]") -> object:
    """The data that the changed text must have; what aliases share is changed at all its places."""
    data = deepcopy(data)
    for edit in edits:
        *above, last = edit.origin.path
        parent = data
        for step in above:
            parent = cast("dict[str | int, object]", parent)[step]
        entries = cast("dict[str | int, object]", parent)
        entry = entries[last]
        if not isinstance(entry, dict):
            entry = entries[last] = {"type": entry}
        cast("dict[str, object]", entry)[edit.key] = scalar(edit.value)
    return data


def _replacement(text: str, entry: "Span | None", edit: "SetKey") -> Replacement:
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


def _inserted(text: str, entry: "Span", pair: str) -> Replacement:
    """A pair behind the last one of a flow mapping, or on a line of its own in a block mapping."""
    if entry.form == "flow mapping":
        end = entry.items[-1].end
        return Replacement(end, end, f", {pair}")
    last = next((item for item in reversed(entry.items) if item.is_simple), None)
    if last is None:
        raise Fault("the text could not be changed in place")
    stop = BREAK.search(text, last.end)
    end = stop.start() if stop else len(text)
    line_end = stop[0] if stop else "\n"
    return Replacement(end, end, f"{line_end}{' ' * entry.keys[0].column}{pair}")
