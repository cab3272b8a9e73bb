"""Rows of a table by a column, without the tree that they stand in."""

from dataclasses import replace
from typing import TYPE_CHECKING

from archcalc.render.cells import amount

if TYPE_CHECKING:
    from collections.abc import Callable

    from archcalc.render.cells import Cell, Row, Table

    Size = Callable[[Cell], float]
    """How large a cell for machines is."""


def largest_first(found: "Table", at: int, size: "Size" = amount) -> "Table":
    """The rows that hold no sums of others under their full names, by a cell for machines."""
    rows = sorted(_flat(found), key=lambda row: size(row.raw[at]), reverse=True)
    return replace(found, rows=tuple(rows))


def by_words(found: "Table", at: int | None) -> "Table":
    """The same in the order of the alphabet, by a cell or by their names."""
    rows = sorted(_flat(found), key=lambda row: (str(row.name if at is None else row.raw[at]), row.name))
    return replace(found, rows=tuple(rows))


def _flat(found: "Table") -> "list[Row]":
    return [replace(row, label=row.name) for row in found.rows if not row.sums]
