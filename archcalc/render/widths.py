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
    broken, at first before capitals and behind underscores, and at last numbers too.
    """
    natural = [max(len(line) for row in grid for line in row[at]) for at in range(len(right))]
    if sum(natural) <= available:
        return natural
    columns = [[row[at] for row in grid] for at in range(len(right))]
    words, parts = (
        [_floor(cells, split, number=right[at], names=at == 0) for at, cells in enumerate(columns)]
        for split in (_whole, SYLLABLES.findall)
    )
    letters = [least if number else 1 for least, number in zip(parts, right, strict=True)]
    wide = natural
    for least in (words, parts, letters):
        if sum(least) <= available:
            return _levelled(wide, least, available)
        wide = least
    return _levelled(natural, [1] * len(natural), max(available, len(natural)))


def _whole(word: str) -> list[str]:
    return [word]


def _floor(
    cells: "Sequence[Sequence[str]]", split: "Callable[[str], list[str]]", *, number: bool, names: bool
) -> int:
    """The width that breaks no piece of a column; its header, which comes first, may always break."""
    header, *others = cells
    words = [word for line in header for word in line.split()]
    lines = [line for cell in others for line in cell]
    if number:
        return max(map(len, [*words, *lines]), default=1)
    pieces = ((_indent(line), piece) for line in lines for piece in (NAMES if names else WORDS).findall(line))
    parts = (indent + len(part) for indent, piece in pieces for part in split(piece.strip()))
    return max([*parts, *(len(part) for word in words for part in split(word))], default=1)


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
