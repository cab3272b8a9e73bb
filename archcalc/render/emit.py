"""Writes a table as text, Markdown or CSV."""

import os
import sys
from io import StringIO
from itertools import zip_longest
from shutil import get_terminal_size
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from rich.table import Table as RichTable
    from rich.text import Text

    from archcalc.render.cells import Cell, Row, Table

GAP = "   "


def text(table: "Table") -> str:
    """The table for people: plain and as wide as it needs in a pipe, folded and coloured in a terminal."""
    if sys.stdout.isatty() or os.environ.get("COLUMNS"):
        return _for_terminal(table)
    return "\n".join([table.title, *(line for line, _ in layout(table)), *table.footer]) + "\n"


def layout(table: "Table") -> "list[tuple[str, Row | None]]":
    """Aligned lines of the headers, a rule and the rows, each with the row it starts (None: no row does)."""
    grid = [[[header] for header in table.headers]]
    grid += [[[row.label], *(shown(cell).split("\n") for cell in row.cells)] for row in table.rows]
    widths = [max(len(line) for row in grid for line in row[column]) for column in range(len(grid[0]))]
    blocks = [
        [_aligned(parts, widths, table.right) for parts in zip_longest(*cells, fillvalue="")]
        for cells in grid
    ]
    head = (blocks[0][0], None), ("─" * (sum(widths) + len(GAP) * (len(widths) - 1)), None)
    starts: list[tuple[str, Row | None]] = []
    for row, lines in zip(table.rows, blocks[1:], strict=True):
        starts += [(lines[0], row), *((line, None) for line in lines[1:])]
    return [*head, *starts]


def _aligned(cells: "Sequence[str]", widths: "Sequence[int]", right: "Sequence[bool]") -> str:
    padded = (
        cell.rjust(width) if on_right else cell.ljust(width)
        for cell, width, on_right in zip(cells, widths, right, strict=True)
    )
    return GAP.join(padded).rstrip()


def _for_terminal(table: "Table") -> str:
    """The same lines with colours where they fit; a table with folded cells where they do not."""
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
    console.print(Text(table.title, style="bold"))
    lines = layout(table)
    if len(lines[1][0]) <= console.width:
        console.print(Text("\n").join(_styled(line, row, first=line is lines[0][0]) for line, row in lines))
    else:
        console.print(_folded(table), soft_wrap=False)
    for line in table.footer:
        console.print(Text(line), soft_wrap=False)
    return "\n".join(line.rstrip() for line in screen.getvalue().splitlines()) + "\n"


def _styled(line: str, row: "Row | None", *, first: bool) -> "Text":
    from rich.text import Text

    styled = Text(line, style="bold" if first or (row is not None and row.container) else "")
    if row is not None:
        styled.stylize("cyan", 0, len(row.label))
    return styled


def _folded(table: "Table") -> "RichTable":
    from rich import box
    from rich.table import Table as RichTable
    from rich.text import Text

    grid = RichTable(box=box.SIMPLE_HEAD, pad_edge=False, header_style="bold", show_edge=False)
    for header, right in zip(table.headers, table.right, strict=True):
        grid.add_column(header, justify="right" if right else "left", overflow="fold")
    for row in table.rows:
        cells = (Text(shown(cell)) for cell in row.cells)
        grid.add_row(Text(row.label, style="cyan"), *cells, style="bold" if row.container else "")
    return grid


def shown(cell: "Cell") -> str:
    """A cell for people: thousands grouped, nothing for None."""
    if cell is None:
        return ""
    return f"{cell:,}" if isinstance(cell, int) else str(cell)


def markdown(table: "Table") -> str:
    """The table in GitHub's Markdown, a line a layer, under full names; folded containers are a line too."""
    rules = ("---:" if right else "---" for right in table.right)
    unfolded = {row.name.rsplit(".", maxsplit=1)[0] for row in table.rows}
    lines = [_pipes(table.headers), _pipes(rules)]
    lines += [
        _pipes([row.name, *(shown(cell).replace("|", "\\|").replace("\n", "<br>") for cell in row.cells)])
        for row in table.rows
        if not (row.container and row.name in unfolded)
    ]
    return "\n".join([f"**{table.title}**", "", *lines, "", *(f"{line}  " for line in table.footer)]) + "\n"


def _pipes(cells: "Iterable[str]") -> str:
    return f"| {' | '.join(cells)} |"


def csv(table: "Table") -> str:
    """A header and a line a layer, with plain numbers and full names."""
    from csv import writer

    lines = StringIO()
    out = writer(lines, lineterminator="\n")
    out.writerow(header.lower().replace(" ", "_") for header in table.headers)
    out.writerows([row.name, *row.raw] for row in table.rows if not row.container)
    return lines.getvalue()


def records(table: "Table") -> list[dict[str, object]]:
    """The rows as mappings from header to cell, for JSON."""
    keys = [header.lower().replace(" ", "_") for header in table.headers]
    return [dict(zip(keys, (row.name, *row.raw), strict=True)) for row in table.rows]
