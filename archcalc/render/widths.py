"""Fits the columns of a table into a terminal: which become narrower, and how their cells break."""

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

WORDS = re.compile(r"\s*\S+")
NAMES = re.compile(r"\s*[^\s.]+(?:\.\.[^\s.]+)*\.?|\.")
"""Pieces between which a cell breaks: words, and of the names of layers what stands between dots."""
SYLLABLES = re.compile(r".+?(?:_|(?<=[a-z0-9])(?=[A-Z])|$)")
"""Pieces of a word that is too long as it is: TransformerEncoderLayer, in_proj_weight."""


def fitted(grid: "Sequence[Sequence[Sequence[str]]]", right: "Sequence[bool]", available: int) -> list[int]:
    """Widths of the columns of a table whose cells are lines: as wide as they need, or what is available.

    The widest column of text gives way first, down to its longest word; where this is not enough words are
    broken, at first before capitals and behind underscores, then columns of numbers between their words, and
    at last anywhere. What a column does not fill when its cells are broken goes to the others.
    """
    columns = [[row[at] for row in grid] for at in range(len(right))]
    natural = [_longest(cells) for cells in columns]
    if sum(natural) <= available:
        return natural
    tight = _squeezed(columns, natural, right, available)
    filled = [
        _longest([broken(cell, width, names=at == 0) for cell in cells])
        for at, (cells, width) in enumerate(zip(columns, tight, strict=True))
    ]
    return _levelled(natural, filled, max(available, sum(filled)))


def _longest(cells: "Sequence[Sequence[str]]") -> int:
    return max(len(line) for cell in cells for line in cell)


def _squeezed(
    columns: "Sequence[Sequence[Sequence[str]]]", natural: list[int], right: "Sequence[bool]", available: int
) -> list[int]:
    """Widths that fit, which break as little as they can."""
    words, parts, fields = (
        [_floor(cells, split, lines=right[at] and lines, names=at == 0) for at, cells in enumerate(columns)]
        for split, lines in ((_whole, True), (SYLLABLES.findall, True), (SYLLABLES.findall, False))
    )
    letters = [least if number else 1 for least, number in zip(fields, right, strict=True)]
    wide = natural
    for least in (words, parts, fields, letters):
        if sum(least) <= available:
            return _levelled(wide, least, available)
        wide = least
    return _levelled(natural, [1] * len(natural), max(available, len(natural)))


def _whole(word: str) -> list[str]:
    return [word]


def _floor(
    cells: "Sequence[Sequence[str]]", split: "Callable[[str], list[str]]", *, lines: bool, names: bool
) -> int:
    """The width that breaks no piece of a column, or no line; its header, which is first, may break."""
    header, *others = cells
    words = [part for line in header for word in line.split() for part in split(word)]
    rows = [line for cell in others for line in cell]
    if lines:
        return max(map(len, [*words, *rows]), default=1)
    pieces = ((_indent(line), piece) for line in rows for piece in (NAMES if names else WORDS).findall(line))
    parts = (indent + len(part) for indent, piece in pieces for part in split(piece.strip()))
    return max([*parts, *map(len, words)], default=1)


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def _levelled(natural: "Sequence[int]", least: "Sequence[int]", available: int) -> list[int]:
    """Cut the widest columns to one level, but none below its least width."""

    def cut(level: int) -> list[int]:
        return [max(low, min(wide, level)) for wide, low in zip(natural, least, strict=True)]

    low, high = 1, max(natural)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if sum(cut(middle)) <= available else (low, middle - 1)
    widths = cut(low)
    spare = available - sum(widths)
    for at, wide in reversed([*enumerate(natural)]):
        if spare > 0 and widths[at] == low < wide:
            widths[at], spare = low + 1, spare - 1
    return widths


def broken(lines: "Sequence[str]", width: int, *, names: bool = False) -> list[str]:
    """Lines of a cell, broken between words (or the parts of a name) so that none is wider."""
    pieces = NAMES if names else WORDS
    found: list[str] = []
    for line in lines:
        found += _broken(line, pieces.findall(line), width) if len(line) > width else [line]
    return found


def _broken(line: str, pieces: "Sequence[str]", width: int) -> list[str]:
    indent = " " * min(_indent(line), width - 1)
    done: list[str] = []
    now = ""
    for piece in _short_enough(pieces, width - len(indent)):
        if now and len((now + piece).rstrip()) > width:
            done.append(now.rstrip())
            now = ""
        now = now + piece if now else indent + piece.lstrip()
    return [*done, now.rstrip()]


def _short_enough(pieces: "Sequence[str]", width: int) -> "Iterator[str]":
    """The pieces, those that are too long in parts, and at last cut anywhere."""
    for piece in pieces:
        word = piece.lstrip()
        space = piece[: len(piece) - len(word)]
        for part in [word] if len(word) <= width else SYLLABLES.findall(word):
            for first in range(0, len(part), width):
                yield space + part[first : first + width]
                space = ""
