"""Layers as a tree: containers above their layers, with subtotals, folded at a depth."""

from dataclasses import replace
from typing import TYPE_CHECKING

from archcalc.render.cells import Cell, Column, Row, Table
from archcalc.tracing.graph import scopes_around

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from archcalc.tracing import Trace, TracedLayer

    RowsBelow = Callable[[TracedLayer], Iterable[Row]]


def table(
    trace: "Trace",
    title: str,
    columns: "Sequence[Column]",
    footer: "Sequence[str]" = (),
    depth: int | None = None,
    below: "RowsBelow | None" = None,
) -> Table:
    """A table of all layers, or down to ``depth`` levels of containers; with rows ``below`` layers."""
    headers = ("Layer", "Type", *(column.header for column in columns))
    right = (False, False, *(column.right for column in columns))
    return Table(title, headers, right, tuple(_rows(trace, columns, depth, below)), tuple(footer))


def _rows(
    trace: "Trace", columns: "Sequence[Column]", depth: int | None, below: "RowsBelow | None"
) -> "Iterator[Row]":
    """A row for every layer, one above the first layer of every container, and those below a layer."""
    opened: set[str] = set()
    for layer in trace.layers:
        scopes = tuple(scopes_around(layer.name))
        for level, scope in enumerate(scopes):
            if scope not in opened and (depth is None or level < depth):
                opened.add(scope)
                yield _container(scope, trace.scopes.get(scope, ""), level, trace.inside(scope), columns)
        if depth is None or len(scopes) < depth:
            cells = (layer.type, *(column.cell(layer) for column in columns))
            raw = (layer.type, *((column.raw or column.cell)(layer) for column in columns))
            yield Row(layer.name, _label(layer.name, len(scopes)), cells, raw)
            for more in below(layer) if below else ():
                yield replace(more, label="  " * (len(scopes) + 1) + more.label)


def _container(
    name: str, kind: str, depth: int, layers: "Sequence[TracedLayer]", columns: "Sequence[Column]"
) -> Row:
    totals: list[Cell] = [column.total(layers) if column.total else "" for column in columns]
    return Row(name, _label(name, depth), (kind, *totals), container=True)


def _label(name: str, depth: int) -> str:
    return "  " * depth + name.rsplit(".", maxsplit=1)[-1]
