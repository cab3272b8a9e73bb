"""The rows of a sweep as a table, as a document, and as a plot."""

from typing import TYPE_CHECKING, cast

from archcalc.quantities.table import QUANTITIES
from archcalc.render.cells import Row, Table, plain_shape, shape
from archcalc.sweeping.encoding import ERROR, written_cell

if TYPE_CHECKING:
    from collections.abc import Iterator

    from archcalc.plotting.figure import Figure, PlotAxis
    from archcalc.render.cells import Cell
    from archcalc.sweeping.plan import Plan
    from archcalc.sweeping.rows import Rows
    from archcalc.sweeping.running import SweepOutcome

LOGARITHMIC = 50
"""Ratio of the largest to the smallest value from which on an axis is logarithmic."""
NAMED = 3
"""Layers that a line names."""


def sweep_table(plan: "Plan", found: "SweepOutcome", file: str = "") -> Table:
    """The rows, with what became of all candidates below; ``file``: where all of them are."""
    rows = found.rows
    names = [*plan.names, *([ERROR] if rows.failed.any() else [])]
    columns = [*rows.columns.values(), rows.reasons][: len(names)]
    numeric = [all(isinstance(value, int | float | None) for value in column.tolist()) for column in columns]
    lists = [column.tolist() for column in columns]
    made = tuple(_row(values) for values in zip(*lists, strict=True))
    keys = tuple(dict.fromkeys((*plan.names, ERROR)))[: len(names)]
    return Table(
        f"{plan.model.name}: {found.counts.candidates:,} candidates",
        tuple(names),
        tuple(numeric),
        made,
        tuple(_footer(plan, found, file)),
        keys,
    )


def _row(values: "tuple[object, ...]") -> Row:
    first, *cells = map(_shown, values)
    _, *raw = map(_raw, values)
    name = "" if first is None else f"{first:,}" if type(first) is int else str(first)
    return Row(str(_raw(values[0])), name, tuple(cells), tuple(raw))


def _shown(value: object) -> "Cell":
    if isinstance(value, tuple):
        return shape(cast("tuple[int, ...]", value))
    return cast("Cell", written_cell(value))


def _raw(value: object) -> "Cell":
    if isinstance(value, tuple):
        return plain_shape(cast("tuple[int, ...]", value))
    return cast("Cell", written_cell(value))


def _footer(plan: "Plan", found: "SweepOutcome", file: str) -> "Iterator[str]":
    counts, rows = found.counts, found.rows
    parts = [f"{counts.kept:,} networks"]
    if counts.failed:
        parts.append(f"{counts.failed:,} that are none")
    if counts.unwanted and plan.where is not None:
        parts.append(f"{counts.unwanted:,} left out by {plan.where.text}")
    if counts.unknown:
        parts.append(f"{counts.unknown:,} without what the condition asks for")
    yield ", ".join(parts)
    every = counts.kept + counts.failed
    if len(rows) < every or file:
        ordered = ", ".join(f"{'-' * key.falling}{key.name}" for key in plan.keys)
        by = f", sorted by {ordered}" if ordered else ""
        where = f"; all are in {file}" if file else ""
        yield f"the first {len(rows):,} of {every:,} rows{by}{where}"
    for name, layers in rows.unsaid.items():
        named = ", ".join(layers[:NAMED])
        yield f"{name} are lower bounds: some layers state none, as {named}"


def sweep_document(plan: "Plan", found: "SweepOutcome") -> dict[str, object]:
    """The rows and the counts, exact."""
    counts = found.counts
    names = (*plan.names, ERROR)
    columns = [column.tolist() for column in (*found.rows.columns.values(), found.rows.reasons)]
    return {
        "schema_version": 1,
        "model": plan.model.name,
        "counts": {
            "candidates": counts.candidates,
            "kept": counts.kept,
            "failed": counts.failed,
            "unwanted": counts.unwanted,
            "unknown": counts.unknown,
        },
        "rows": [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)],
    }


def sweep_figure(plan: "Plan", found: "SweepOutcome", x: str, y: str) -> "Figure":
    """Two columns against each other, a point a network; of many some, evenly spaced."""
    from archcalc.plotting.figure import Figure, PlotSeries

    pairs = list(zip(_floats(found.shown, x), _floats(found.shown, y), strict=True))
    points = tuple((one, other) for one, other in pairs if one is not None and other is not None)
    of = f" of {found.counts.kept:,}" if len(found.shown) < found.counts.kept else ""
    title = f"{plan.model.name}: {len(points):,}{of} networks"
    below, beside = (_axis(name, [point[at] for point in points]) for at, name in enumerate((x, y)))
    return Figure(title, below, beside, (PlotSeries("networks", points),))


def _axis(name: str, values: list[float]) -> "PlotAxis":
    from archcalc.plotting.figure import PlotAxis

    unit = QUANTITIES[name].unit if name in QUANTITIES else ""
    wide = bool(values) and min(values) > 0 and max(values) > LOGARITHMIC * min(values)
    return PlotAxis(f"{name} ({unit})" if unit not in ("", name) else name, log=wide, binary=unit == "bytes")


def _floats(rows: "Rows", name: str) -> "list[float | None]":
    values = cast("list[object]", rows.columns[name].tolist())
    return [float(value) if isinstance(value, int | float) else None for value in values]
