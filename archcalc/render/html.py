"""Tables as HTML, for notebooks."""

from html import escape
from typing import TYPE_CHECKING

from archcalc.render.emit import cell_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from archcalc.render.cells import Row, Table

MOST_ROWS = 400
"""Rows that a notebook shows of one table."""
RIGHT = ' style="text-align: right"'
LEFT = ' style="text-align: left"'


def tables_html(tables: "Iterable[Table]") -> str:
    """The tables one below the other; of a long one the first and the last rows."""
    return "\n".join("\n".join(_table(each)) for each in tables)


def _table(table: "Table") -> "Iterator[str]":
    yield f"<table>\n<caption>{escape(table.title)}</caption>"
    if table.rows:
        yield f"<thead><tr>{''.join(_cells('th', table.headers, table))}</tr></thead>"
    yield "<tbody>"
    half = MOST_ROWS // 2
    left_out = max(0, len(table.rows) - MOST_ROWS)
    yield from (_row(row, table) for row in (table.rows[:half] if left_out else table.rows))
    if left_out:
        yield f'<tr><td colspan="{len(table.headers)}"{LEFT}>... {left_out:,} more rows ...</td></tr>'
        yield from (_row(row, table) for row in table.rows[-half:])
    yield "</tbody>\n</table>"
    yield from (f"<div>{escape(line)}</div>" for line in table.footer)


def _row(row: "Row", table: "Table") -> str:
    return f"<tr>{''.join(_cells('td', (row.label, *map(cell_text, row.cells)), table))}</tr>"


def _cells(tag: str, texts: "Iterable[str]", table: "Table") -> "Iterator[str]":
    for text, right in zip(texts, table.right, strict=True):
        inside = escape(text).replace("\n", "<br>")
        indent = len(inside) - len(inside.lstrip(" "))
        yield f"<{tag}{RIGHT if right else LEFT}>{'&nbsp;' * indent}{inside.lstrip(' ')}</{tag}>"
