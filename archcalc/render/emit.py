"""Writes a table as text, Markdown, CSV or JSON."""

import os
import sys
from dataclasses import replace
from io import StringIO
from itertools import zip_longest
from shutil import get_terminal_size
from typing import TYPE_CHECKING

from archcalc.collecting import uncollected
from archcalc.printable import cleaned, guarded, one_line
from archcalc.render.cells import Percentage
from archcalc.render.widths import READABLE, WHOLE, broken, fitted, has_room
from archcalc.tuples import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from rich.text import Text

    from archcalc.render.cells import Cell, Row, Table

GAP = "   "
NARROW = "  "
"""Between columns, and where room is scarce."""
BAR = 8
"""Columns of the bar of all."""
EIGHTHS = ("", "▏", "▎", "▍", "▌", "▋", "▊", "▉")
SUMS = "a container with rows below it shows the sums of its layers"


class TableLine(NamedTuple):
    """A line of a table, the row it belongs to (None: the head), and the width of the labels."""

    text: str
    row: "Row | None"
    label: int = 0


@uncollected()
def text(table: "Table") -> str:
    """The table for people: plain and as wide as it needs in a pipe, folded and coloured in a terminal."""
    width = terminal_width()
    if width is not None:
        return _for_terminal(fitting(table, width))
    for header in table.extra:
        table = table.without(header)
    return guarded("\n".join([one_line(table.title), *_plain(table), *_footer(table)])) + "\n"


def _plain(table: "Table") -> "Iterator[str]":
    """The lines of ``layout`` where there is room for all."""
    if not table.rows:
        return
    columns = [
        [one_line(row.label + row.more) for row in table.rows],
        *(
            [cell_text(cell) for cell in cells]
            for cells in zip(*[row.cells for row in table.rows], strict=True)
        ),
    ]
    several = [any("\n" in text for text in texts) for texts in columns]
    widths = [
        max(len(header), _widest(texts, several=breaks))
        for header, texts, breaks in zip(table.headers, columns, several, strict=True)
    ]
    form = _form(widths, table.right, GAP)
    yield form.format(*table.headers).rstrip()
    yield "─" * _across(widths, GAP)
    for cells in zip(*columns, strict=True):
        if any(several) and any("\n" in cell for cell in cells):
            parts = zip_longest(*(cell.split("\n") for cell in cells), fillvalue="")
            yield from (form.format(*line).rstrip() for line in parts)
        else:
            yield form.format(*cells).rstrip()


def _widest(texts: "Sequence[str]", *, several: bool) -> int:
    """Letters of the longest line of some texts, some of which may have several."""
    if several:
        texts = [line for text in texts for line in text.split("\n")]
    return max(map(len, texts))


def _form(widths: "Sequence[int]", right: "Sequence[bool]", gap: str) -> str:
    """How the cells of a line are put together."""
    return gap.join(f"{{:{'>' if on_right else '<'}{n}}}" for n, on_right in zip(widths, right, strict=True))


def terminal_width() -> int | None:
    """Columns of the terminal; None: the output goes elsewhere, and may be as wide as it needs."""
    known = sys.stdout.isatty() or os.environ.get("COLUMNS")
    return get_terminal_size().columns if known else None


def fitting(table: "Table", width: int) -> "Table":
    """The table without the columns that it can spare, where a shape would break, or names be cut short."""
    for header in table.extra:
        if _natural(table) > width:
            table = table.without(header)
    left_out: list[str] = []
    for header in table.spare:
        room, steps = width - _between(table.right, NARROW), WHOLE if table.whole_names else READABLE
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
    return _across(widths, GAP)


def _footer(table: "Table") -> "Sequence[str]":
    """The lines below, and which rows hold sums of others."""
    sums = any(isinstance(cell, int) for row in table.rows if row.sums for cell in row.cells)
    footer = tuple(map(cleaned, table.footer))
    return (*footer, SUMS) if sums else footer


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
    whole = width is None or _across(widths, gap) <= width
    if not whole:
        widths = _fitted(grid, right, gap, width, steps=1)
        if _across(widths, gap) > (width or 0):
            grid, gap = _grid(table, narrow=True), NARROW
            widths = _fitted(grid, right, gap, width)
        grid = [_broken(cells, widths, right) for cells in grid]
    form = _form(widths, right, gap)
    blocks = [[form.format(*parts).rstrip() for parts in zip_longest(*cells, fillvalue="")] for cells in grid]
    rule = "─" * _across(widths, gap)
    head = [TableLine(text, None) for text in (*blocks[0], rule)]
    rows = zip(table.rows, blocks[1:], strict=True)
    return [*head, *(TableLine(text, row, widths[0]) for row, lines in rows for text in lines)]


def _broken(cells: "list[list[str]]", widths: "Sequence[int]", right: "Sequence[bool]") -> "list[list[str]]":
    """The cells of a row, of lines that are no wider than their columns."""
    return [broken(lines, widths[at], names=at == 0, shorten=not right[at]) for at, lines in enumerate(cells)]


def _across(widths: "Sequence[int]", gap: str) -> int:
    """Signs of a line: columns, and gaps between them."""
    return sum(widths) + _between(widths, gap)


def _between(columns: "Sequence[object]", gap: str) -> int:
    """Signs of the gaps between columns."""
    return len(gap) * (len(columns) - 1)


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
    room = sys.maxsize if width is None else width - _between(right, gap)
    return fitted(grid, right, room) if steps is None else fitted(grid, right, room, steps)


def _for_terminal(table: "Table") -> str:
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
    for line in _footer(table):
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


def cell_text(cell: "Cell") -> str:
    """A cell for people: thousands grouped, nothing for None."""
    if cell is None:
        return ""
    return f"{cell:,}" if isinstance(cell, int) else cleaned(str(cell))


def with_bar(cell: "Cell") -> str:
    """The same, of a share with a bar: ``█████▎    66.0 %``."""
    if not isinstance(cell, Percentage) or not cell.part:
        return cell_text(cell)
    full, eighths = divmod(max(1, round(8 * BAR * cell.part)), 8)
    return f"{'█' * full + EIGHTHS[eighths]:<{BAR}} {cell!s:>7}"


def markdown(table: "Table") -> str:
    """The table in GitHub's Markdown, a line a layer, under full names; folded containers are a line too."""
    rules = ("---:" if right else "---" for right in table.right)
    lines = [_pipes(table.headers), _pipes(rules)]
    lines += [
        _pipes(
            [
                one_line(row.name + row.more),
                *(cell_text(cell).replace("|", "\\|").replace("\n", "<br>") for cell in row.cells),
            ]
        )
        for row in table.rows
        if not row.sums
    ]
    footer = (f"{cleaned(line)}  " for line in table.footer)
    return guarded("\n".join([f"**{one_line(table.title)}**", "", *lines, "", *footer])) + "\n"


def _pipes(cells: "Iterable[str]") -> str:
    return f"| {' | '.join(cells)} |"


def csv(table: "Table") -> str:
    """A header and a line a layer or folded container, with plain numbers and full names."""
    from csv import writer

    lines = StringIO()
    out = writer(lines, lineterminator="\n")
    out.writerow(_keys(table))
    out.writerows([row.name, *row.raw] for row in table.rows if not row.sums)
    return lines.getvalue()


def _keys(table: "Table") -> "Sequence[str]":
    """What machines call the columns."""
    return table.keys or [header.lower().replace(" ", "_") for header in table.headers]


def json_rows(table: "Table") -> str:
    """The rows as mappings from header to cell."""
    keys = _keys(table)
    rows = (row for row in table.rows if not row.sums)
    return json_text([dict(zip(keys, (row.name, *row.raw), strict=True)) for row in rows])


def json_text(document: object) -> str:
    """A document as JSON."""
    from json import dumps

    return dumps(document, indent=1) + "\n"
