"""Writes a table as text, CSV or JSON."""

import os
import sys
from io import StringIO
from itertools import zip_longest
from shutil import get_terminal_size
from typing import TYPE_CHECKING

from archcalc.collecting import uncollected
from archcalc.printable import cleaned, guarded, one_line

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from archcalc.render.cells import Cell, Table

GAP = "   "
"""Between columns."""
SUMS = "a container with rows below it shows the sums of its layers"


@uncollected()
def text(table: "Table") -> str:
    """The table for people: plain and as wide as it needs in a pipe, folded and coloured in a terminal."""
    width = terminal_width()
    if width is not None:
        from archcalc.render.terminal import fitting, for_terminal

        return for_terminal(fitting(table, width))
    for header in table.extra:
        table = table.without(header)
    return guarded("\n".join([one_line(table.title), *_plain(table), *lines_below(table)])) + "\n"


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
    form = line_form(widths, table.right, GAP)
    yield form.format(*table.headers).rstrip()
    yield "─" * across(widths, GAP)
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


def line_form(widths: "Sequence[int]", right: "Sequence[bool]", gap: str) -> str:
    """How the cells of a line are put together."""
    return gap.join(f"{{:{'>' if on_right else '<'}{n}}}" for n, on_right in zip(widths, right, strict=True))


def terminal_width() -> int | None:
    """Columns of the terminal; None: the output goes elsewhere, and may be as wide as it needs."""
    known = sys.stdout.isatty() or os.environ.get("COLUMNS")
    return get_terminal_size().columns if known else None


def lines_below(table: "Table") -> "Sequence[str]":
    """The lines below, and which rows hold sums of others."""
    sums = any(isinstance(cell, int) for row in table.rows if row.sums for cell in row.cells)
    footer = tuple(map(cleaned, table.footer))
    return (*footer, SUMS) if sums else footer


def across(widths: "Sequence[int]", gap: str) -> int:
    """Signs of a line: columns, and gaps between them."""
    return sum(widths) + between(widths, gap)


def between(columns: "Sequence[object]", gap: str) -> int:
    """Signs of the gaps between columns."""
    return len(gap) * (len(columns) - 1)


def cell_text(cell: "Cell") -> str:
    """A cell for people: thousands grouped, nothing for None."""
    if cell is None:
        return ""
    return f"{cell:,}" if isinstance(cell, int) else cleaned(str(cell))


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
