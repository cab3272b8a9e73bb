"""Takes an item out of a YAML list: with its comma or dash, and the comment that ends its last line.

Lines that hold nothing else go as a whole. Comments on lines of their own, blank lines and the layout of all
other items stay.
"""

import re
from typing import TYPE_CHECKING

from archcalc.errors import Fault
from archcalc.rules.engine.replacing import Replacement
from archcalc.source.spots import BREAK, BREAKS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from collections.abc import Set as AbstractSet

    from archcalc.rules.engine.extents import Extent
    from archcalc.source import Path

PIECE = re.compile(f"#[^{BREAKS}]*|.", re.DOTALL)
"""What stands between items: comments whole, all else character by character."""
TRAIL = re.compile(f"[ \t]*(#[^{BREAKS}]*)?")
"""The end of a line behind an item."""
SPACES = re.compile("[ \t]*")
OWN_LINE = re.compile(f"[{BREAKS}][ \t]*#")
"""A comment on a line of its own."""


def taken_out(
    text: str, parent: "Extent | None", path: "Path", removed: "AbstractSet[Path]"
) -> "Iterator[Replacement]":
    """The changes that take the item at a path out of its list.

    Args:
        text: the whole text.
        parent: the list.
        path: of the item.
        removed: of this one and all that are taken out at the same time.

    Raises:
        Fault: it stands in no list, is the only one in it, or shares a line with what stays.
    """
    *_, index = path
    if parent is None or not isinstance(index, int) or parent.is_mapping or index >= len(parent.items):
        raise Fault("the text could not be changed in place")
    if len(parent.items) == 1:
        raise Fault("it is the only layer of its list")
    if parent.form == "flow list":
        yield from _from_flow(text, parent, index, lambda at: (*path[:-1], at) in removed)
    else:
        yield _from_block(text, parent, index)


def _from_block(text: str, parent: "Extent", index: int) -> Replacement:
    """The lines from the item's dash to its end; behind another dash, the characters."""
    item = parent.items[index]
    dash = _mark(text, parent.items[index - 1].end if index else _first_mark(text, parent), item.start, "-")
    stop = _trail(text, _content_end(text, item))
    if stop is None or dash is None:
        raise Fault("the text could not be changed in place")
    line = _line_start(text, dash)
    if not text[line:dash].strip(" "):
        return _lines(text, line, stop)
    after = _mark(text, stop, parent.items[1].start, "-") if index == 0 else None
    if after is None:
        raise Fault("the text could not be changed in place")
    if text[stop:after].strip():  # comments about the next item, which stay on their lines
        return Replacement(line + len(text[line:dash].rstrip()), stop, "")
    return Replacement(dash, after, "")


def _first_mark(text: str, parent: "Extent") -> int:
    """Where the first dash may stand: an anchor of the list ends a line."""
    if text[parent.start : parent.start + 1] != "&":
        return parent.start
    end = re.compile(BREAK).search(text, parent.start)
    return end.end() if end else parent.start


def _lines(text: str, start: int, stop: int) -> Replacement:
    """Whole lines with their ends."""
    end = re.compile(BREAK).match(text, stop)
    return Replacement(start, end.end() if end else stop, "")


def _from_flow(
    text: str, parent: "Extent", index: int, goes: "Callable[[int], bool]"
) -> "Iterator[Replacement]":
    """The item and a comma: its own, or for the last one that of the last item that stays."""
    items = parent.items
    item = items[index]
    comma = _mark(text, item.end, items[index + 1].start if item is not items[-1] else parent.end, ",")
    if comma is not None and OWN_LINE.search(text, item.end, comma):
        raise Fault("the text could not be changed in place")
    before = _mark(text, items[index - 1].end, item.start, ",") if index else None
    end = item.end if comma is None else comma + 1
    stop = _trail(text, end)
    line = _line_start(text, item.start)
    alone = not text[line : item.start].strip()
    if alone and stop is not None:
        yield _lines(text, line, stop)
    elif alone or before is None:
        follows = (
            SPACES.match(text, end) if comma is not None and stop is None and not goes(index + 1) else None
        )
        yield Replacement(item.start, follows.end() if follows else stop or end, "")
    else:
        yield Replacement(before + 1, stop or end, "")
    if comma is None:
        stays = next((at for at in range(index - 1, -1, -1) if not goes(at)), index - 1)
        last = _mark(text, items[stays].end, items[stays + 1].start, ",")
        if last is not None:
            bare = last == before and alone and stop is None and not text[last + 1 : item.start].strip()
            yield Replacement(last, item.start if bare else last + 1, "")


def _mark(text: str, start: int, end: int, mark: str) -> int | None:
    """Where a dash or comma stands between two items, outside of comments."""
    pieces = PIECE.finditer(text, start, end)
    return next((piece.start() for piece in pieces if piece[0] == mark), None)


def _trail(text: str, end: int) -> int | None:
    """The end of the line and its comment, where nothing else stands on it; None where something does."""
    found = TRAIL.match(text, end)
    stop = found.end() if found else end
    return stop if stop == len(text) or re.compile(BREAK).match(text, stop) else None


def _line_start(text: str, offset: int) -> int:
    return max(text.rfind(mark, 0, offset) for mark in BREAKS) + 1


def _content_end(text: str, extent: "Extent") -> int:
    """Behind the last character of a value, which for a block is before the parser says it ends."""
    while extent.form in ("block list", "block mapping") and extent.items:
        extent = extent.items[-1]
    return extent.start + len(text[extent.start : extent.end].rstrip())
