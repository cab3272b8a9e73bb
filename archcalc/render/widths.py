"""Fits the columns of a table into a terminal: which become narrower, and how their cells break."""

import re
from itertools import chain
from typing import TYPE_CHECKING

from archcalc.formulas.rounding import middle
from archcalc.tuples import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    Grid = Sequence[Sequence[Sequence[str]]]
    """Rows of cells of lines; the headers are the first row."""

SHAPE = r"(?:\d+ x )?\[[^\]]*\],?"
AMOUNT = r"[-+~]?\d[\d.,]* (?:%|[KMGTPE]?i?B)(?=[\s,;)]|$)[,;)]?"
WORDS = re.compile(rf"\s*(?:{SHAPE}|{AMOUNT}|\S+)")
NAMES = re.compile(r"\s*[^\s.]+(?:\.\.[^\s.]+)*\.?|\.")
PHASES = re.compile(rf"\s*(?:{SHAPE}|{AMOUNT}|[^\s/]+/?|/)")
ATOMS = re.compile(rf"\s*(?:{AMOUNT}|\S+)")
"""Pieces between which a cell breaks: shapes, amounts, words, and of the names of layers what stands between
dots; where shapes break too the sizes of these.

In a column of numbers also what is listed by phase.
"""
NAME = re.compile(r"\(?[A-Za-z_]\S*")
"""A word that may be shortened: numbers and shapes are not."""
ELLIPSIS = "…"
SHORTEST = 4
"""Characters of a name that is shortened; with fewer it breaks anywhere."""


class Concession(NamedTuple):
    """How far a table gives way.

    Args:
        name: characters that are left of a name; None: all.
        fields: the cells of columns of numbers break between their words.
        shapes: shapes break between their sizes.
        letters: text breaks anywhere.
    """

    name: int | None = None
    fields: bool = False
    shapes: bool = False
    letters: bool = False


STEPS = (
    Concession(),
    Concession(name=12),
    Concession(name=12, fields=True),
    Concession(name=6, fields=True),
    Concession(name=SHORTEST, fields=True),
    Concession(name=6, fields=True, shapes=True),
    Concession(name=1, fields=True, shapes=True, letters=True),
)
"""What is given up, in this order: whole names, cells of numbers on one line, short names, shapes, words."""
READABLE = 4
"""Steps after which no shape is broken, and a name still read."""
WHOLE = 1
"""Steps after which all names are whole."""


def fitted(grid: "Grid", right: "Sequence[bool]", available: int, steps: int = len(STEPS)) -> list[int]:
    """Widths of the columns: as wide as they need, or what is available; wider if ``steps`` are not enough.

    The widest column of text gives way first, down to its longest word; where this is not enough names are
    shortened, and only in the end shapes break. What a column does not fill when its cells are broken goes to
    the others.
    """
    columns = [[row[at] for row in grid] for at in range(len(right))]
    natural = [_longest(cells) for cells in columns]
    if sum(natural) <= available:
        return natural
    tight = _squeezed(columns, natural, right, available, steps)
    filled = [
        _longest([broken(cell, width, names=at == 0, shorten=not right[at]) for cell in cells])
        for at, (cells, width) in enumerate(zip(columns, tight, strict=True))
    ]
    return _levelled(natural, filled, max(available, sum(filled)))


def has_room(grid: "Grid", right: "Sequence[bool]", available: int, steps: int = READABLE) -> bool:
    """Whether there is room for all columns after so many steps: no shape broken, or all names whole."""
    return sum(fitted(grid, right, available, steps)) <= available


def _longest(cells: "Sequence[Sequence[str]]") -> int:
    return max(map(len, chain.from_iterable(cells)))


def _squeezed(
    columns: "Grid", natural: list[int], right: "Sequence[bool]", available: int, steps: int
) -> list[int]:
    """Widths that fit, which give way as little as they can."""
    wide = natural
    for step in STEPS[:steps]:
        floors = [_floor(cells, step, right=right[at], names=at == 0) for at, cells in enumerate(columns)]
        if sum(floors) <= available:
            return _levelled(wide, floors, available)
        wide = floors
    return wide if steps < len(STEPS) else _levelled(wide, [1] * len(wide), max(available, len(wide)))


def _floor(cells: "Sequence[Sequence[str]]", step: Concession, *, right: bool, names: bool) -> int:
    """The least width of a column at a step; its header, which is first, may break between words."""
    header, *others = cells
    words = [len(word) for line in header for word in line.split()]
    rows = [line for cell in others for line in cell]
    if right and not step.fields:
        return max([*words, *map(len, rows)], default=1)
    if step.letters and not right:
        return 1
    breaks = NAMES if names else PHASES if right else WORDS
    pieces = ((_indent(line), piece.strip()) for line in rows for piece in _pieces(line, step, breaks))
    return max([*words, *(indent + _least(piece, step, right=right) for indent, piece in pieces)], default=1)


def _pieces(line: str, step: Concession, breaks: "re.Pattern[str]") -> list[str]:
    return (ATOMS if step.shapes and breaks is WORDS else breaks).findall(line)


def _least(piece: str, step: Concession, *, right: bool) -> int:
    shorter = step.name is not None and not right and NAME.fullmatch(piece)
    return min(len(piece), step.name) if shorter and step.name else len(piece)


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def _levelled(natural: "Sequence[int]", least: "Sequence[int]", available: int) -> list[int]:
    """Cut the widest columns to one level, but none below its least width."""

    def cut(level: int) -> list[int]:
        return [max(low, min(wide, level)) for wide, low in zip(natural, least, strict=True)]

    low, high = 1, max(natural)
    while low < high:
        half = middle(low, high)
        low, high = (half, high) if sum(cut(half)) <= available else (low, half - 1)
    widths = cut(low)
    spare = available - sum(widths)
    for at, wide in reversed([*enumerate(natural)]):
        if spare > 0 and widths[at] == low < wide:
            widths[at], spare = low + 1, spare - 1
    return widths


def broken(lines: "Sequence[str]", width: int, *, names: bool = False, shorten: bool = True) -> list[str]:
    """Lines of a cell, broken between words (or the parts of a name) so that none is wider.

    A name that is longer is shortened in its middle.
    """
    pieces = NAMES if names else WORDS if shorten else PHASES
    found: list[str] = []
    for line in lines:
        found += _broken(line, pieces.findall(line), width, shorten=shorten) if len(line) > width else [line]
    return found


def _broken(line: str, pieces: "Sequence[str]", width: int, *, shorten: bool) -> list[str]:
    indent = " " * min(_indent(line), width - 1)
    done: list[str] = []
    now = ""
    for piece in _short_enough(pieces, width - len(indent), shorten=shorten):
        if now and len((now + piece).rstrip()) > width:
            done.append(now.rstrip())
            now = ""
        now = now + piece if now else indent + piece.lstrip()
    return [*done, now.rstrip()]


def _short_enough(pieces: "Sequence[str]", width: int, *, shorten: bool) -> "Iterator[str]":
    """The pieces; of those that are too long names are shortened, others cut between words, then anywhere."""
    for piece in pieces:
        word = piece.lstrip()
        space = piece[: len(piece) - len(word)]
        if len(word) > width >= SHORTEST and shorten and NAME.fullmatch(word):
            yield space + ellipsized(word, width)
            continue
        for part in [word] if len(word) <= width else re.findall(r"\s*\S+", word):
            bare = part.lstrip()
            gap = part[: len(part) - len(bare)] or space
            for first in range(0, len(bare), width):
                yield gap + bare[first : first + width]
                gap = ""
            space = ""


def ellipsized(name: str, width: int) -> str:
    """A name of at most so many characters, with a sign for what is left out of its middle."""
    if len(name) <= width:
        return name
    end = (width - len(ELLIPSIS)) // 2
    return name[: width - len(ELLIPSIS) - end] + ELLIPSIS + name[len(name) - end :]
