"""A table in a terminal: as wide as that is, folded and coloured."""

import os
import sys
from dataclasses import replace
from io import StringIO
from itertools import zip_longest
from shutil import get_terminal_size
from typing import TYPE_CHECKING

from archcalc.printable import one_line
from archcalc.render.cells import Percentage
from archcalc.render.emit import GAP, across, between, cell_text, line_form, lines_below
from archcalc.render.widths import READABLE, WHOLE, broken, fitted, has_room
from archcalc.tuples import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.text import Text

    from archcalc.render.cells import Cell, Row, Table

NARROW = "  "
"""Between columns where room is scarce."""
BAR = 8
"""Columns of the bar of all."""
EIGHTHS = ("", "▏", "▎", "▍", "▌", "▋", "▊", "▉")


class TableLine(NamedTuple):
    """A line of a table, the row it belongs to (None: the head), and the width of the labels."""

    text: str
    row: "Row | None"
    label: int = 0


def fitting(table: "Table", width: int) -> "Table":
    """The table without the columns that it can spare, where a shape would break, or names be cut short."""
    for header in table.extra:
        if _natural(table) > width:
            table = table.without(header)
    left_out: list[str] = []
    for header in table.spare:
        room, steps = width - between(table.right, NARROW), WHOLE if table.whole_names else READABLE
        if has_room(_grid(table, narrow=True), table.right, room, steps):
            break
        table = table.without(header)
        left_out.append(header)
    if not left_out:
        return table
    told = f"no room in {width} columns for {', '.join(left_out)}"
    return replace(table, footer=(*table.footer, told))


def _natural(table: "Table", *, bars: bool = False) -> int:
    """Columns that a table takes where nothing of it breaks."""
    widths = _fitted(_grid(table, bars=bars), table.right, GAP, None)
    return across(widths, GAP)


def layout(table: "Table", width: int | None = None, *, bars: bool = False) -> "list[TableLine]":
    """Aligned lines of the headers, a rule and the rows; ``bars`` beside shares.

    Where a width is given gaps and indents become smaller, then names are shortened and cells broken. Without
    rows there is nothing, headers neither.
    """
    if not table.rows:
        return []
    right = table.right
    grid, gap = _grid(table, bars=bars), GAP
    widths = _fitted(grid, right, gap, None)
    whole = width is None or across(widths, gap) <= width
    if not whole:
        widths = _fitted(grid, right, gap, width, steps=1)
        if across(widths, gap) > (width or 0):
            grid, gap = _grid(table, narrow=True), NARROW
            widths = _fitted(grid, right, gap, width)
        grid = [_broken(cells, widths, right) for cells in grid]
    form = line_form(widths, right, gap)
    blocks = [[form.format(*parts).rstrip() for parts in zip_longest(*cells, fillvalue="")] for cells in grid]
    rule = "─" * across(widths, gap)
    head = [TableLine(text, None) for text in (*blocks[0], rule)]
    rows = zip(table.rows, blocks[1:], strict=True)
    return [*head, *(TableLine(text, row, widths[0]) for row, lines in rows for text in lines)]


def _broken(cells: "list[list[str]]", widths: "Sequence[int]", right: "Sequence[bool]") -> "list[list[str]]":
    """The cells of a row, of lines that are no wider than their columns."""
    return [broken(lines, widths[at], names=at == 0, shorten=not right[at]) for at, lines in enumerate(cells)]


def _grid(table: "Table", *, narrow: bool = False, bars: bool = False) -> "list[list[list[str]]]":
    """Headers and rows as cells of lines; narrow: a level of the tree is one space; bars: beside shares."""
    grid = [[[header] for header in table.headers]]
    told = with_bar if bars else cell_text
    for row in table.rows:
        label = one_line(row.label + row.more)
        name = label.lstrip()
        indent = (len(label) - len(name)) // (2 if narrow else 1)
        grid.append([[" " * indent + name], *[told(cell).split("\n") for cell in row.cells]])
    return grid


def _fitted(
    grid: "list[list[list[str]]]",
    right: "Sequence[bool]",
    gap: str,
    width: int | None,
    steps: int | None = None,
) -> list[int]:
    room = sys.maxsize if width is None else width - between(right, gap)
    return fitted(grid, right, room) if steps is None else fitted(grid, right, room, steps)


def for_terminal(table: "Table") -> str:
    """The same lines with colours, none wider than the terminal."""
    from rich.console import Console
    from rich.text import Text

    screen = StringIO()
    terminal = sys.stdout.isatty()
    console = Console(
        file=screen,
        width=get_terminal_size().columns,
        force_terminal=terminal,
        no_color=not terminal or bool(os.environ.get("NO_COLOR")),
        highlight=False,
        legacy_windows=False,
        soft_wrap=True,
    )
    console.print(Text(one_line(table.title), style="bold"))
    bars = terminal and _shows_bars() and _natural(table, bars=True) <= console.width
    lines = layout(table, console.width, bars=bars)
    if lines:
        console.print(Text("\n").join(_styled(line) for line in lines))
    for line in lines_below(table):
        console.print("\n".join(broken([line], console.width, shorten=False)), markup=False)
    return "\n".join(line.rstrip() for line in screen.getvalue().splitlines()) + "\n"


def _shows_bars() -> bool:
    """Whether the output has the signs that bars are made of."""
    try:
        "".join(EIGHTHS).encode(sys.stdout.encoding or "ascii")
    except UnicodeEncodeError:
        return False
    return True


def _styled(line: "TableLine") -> "Text":
    from rich.text import Text

    if line.row is None:
        return Text(line.text, style="" if line.text.startswith("─") else "bold")
    styled = Text(line.text, style="bold" if line.row.container else "")
    styled.stylize("cyan", 0, line.label)
    return styled


def with_bar(cell: "Cell") -> str:
    """The same, of a share with a bar: ``█████▎    66.0 %``."""
    if not isinstance(cell, Percentage) or not cell.part:
        return cell_text(cell)
    full, eighths = divmod(max(1, round(8 * BAR * cell.part)), 8)
    return f"{'█' * full + EIGHTHS[eighths]:<{BAR}} {cell!s:>7}"
