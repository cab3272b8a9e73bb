"""Writes a table as text, Markdown or CSV."""

import os
import sys
from io import StringIO
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from archcalc.render.cells import Cell, Table

PIPED_WIDTH = 1_000
"""Columns of a table that goes into a pipe or a file: no line is broken for the reader's terminal."""


def text(table: "Table") -> str:
    """The table for a terminal of the present width; without colours when piped or NO_COLOR is set."""
    from rich import box
    from rich.console import Console
    from rich.table import Table as RichTable
    from rich.text import Text

    terminal = sys.stdout.isatty()
    width = None if terminal or os.environ.get("COLUMNS") else PIPED_WIDTH
    screen = StringIO()
    console = Console(
        file=screen,
        width=width or _terminal_width(),
        force_terminal=terminal,
        no_color=not terminal or bool(os.environ.get("NO_COLOR")),
        highlight=False,
        legacy_windows=False,
    )
    grid = RichTable(box=box.SIMPLE_HEAD, pad_edge=False, header_style="bold", show_edge=False)
    for header, right in zip(table.headers, table.right, strict=True):
        grid.add_column(header, justify="right" if right else "left", overflow="fold")
    for row in table.rows:
        style = "bold" if row.container else ""
        cells = (Text(shown(cell)) for cell in row.cells)
        grid.add_row(Text(row.label, style="cyan"), *cells, style=style)
    console.print(Text(table.title, style="bold"))
    console.print(grid)
    for line in table.footer:
        console.print(Text(line))
    return _trimmed(screen.getvalue())


def _terminal_width() -> int:
    import shutil

    return shutil.get_terminal_size().columns


def _trimmed(screen: str) -> str:
    return "\n".join(line.rstrip() for line in screen.splitlines()) + "\n"


def shown(cell: "Cell") -> str:
    """A cell for people: thousands grouped, nothing for None."""
    if cell is None:
        return ""
    return f"{cell:,}" if isinstance(cell, int) else str(cell)


def markdown(table: "Table") -> str:
    """The table in GitHub's Markdown, a line a layer, under full names."""
    rules = ("---:" if right else "---" for right in table.right)
    lines = [_pipes(table.headers), _pipes(rules)]
    lines += [
        _pipes([row.name, *(shown(cell).replace("\n", "<br>").replace("|", "\\|") for cell in row.cells)])
        for row in table.rows
        if not row.container or _folded(table, row.name)
    ]
    return "\n".join([f"**{table.title}**", "", *lines, "", *(f"{line}  " for line in table.footer)]) + "\n"


def _folded(table: "Table", name: str) -> bool:
    """Whether a container stands for its layers, which are not shown."""
    return not any(row.name.startswith(name + ".") for row in table.rows)


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
