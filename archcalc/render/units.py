"""What one unit reads, as a table and in JSON, and the way back from one layer to another."""

from dataclasses import replace
from math import prod
from typing import TYPE_CHECKING

from archcalc.formulas.windows import effective_kernel, positions_spanned
from archcalc.render.cells import Cell, Table, listed, shape
from archcalc.render.dilation import coverage_document
from archcalc.render.document import head

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from archcalc.analyses.coverage import Coverage
    from archcalc.analyses.regions import Region
    from archcalc.analyses.units import InputReads, UnitReads
    from archcalc.analyses.way_back import AxisBack, StepBack
    from archcalc.render.fields import Json
    from archcalc.tracing import Trace

    Counted = Sequence[tuple[str, int, Coverage | None]]
    """Input, axis, and how often each position is read; None: all are."""


def unit_table(trace: "Trace", found: "UnitReads", counted: "Counted" = ()) -> Table:
    """Per input and axis: the interval read with padding, and the positions really read inside.

    Where it is counted, machines have beside it how often each position from the first one on is read.
    """
    unit = f"unit {','.join(map(str, found.unit))}" if found.unit else "the unit"
    title = f"{trace.model}: {unit} of {found.layer} {shape(trace.layer(found.layer).output.shape)}"
    headers = ("Input", "Axis", "Length", "Reads", "Field", "Inside", "Read")
    rows = (row for reads in found.inputs for row in _axis_rows(reads))
    footer = (line for reads in found.inputs for line in _lines(reads))
    table = listed(title, headers, rows, footer, right=(False, *(True,) * 6))
    if not counted:
        return table
    coverage: dict[tuple[str, Cell], Coverage | None] = {(name, axis): each for name, axis, each in counted}
    more = (_counts(coverage.get((row.name, row.cells[0]))) for row in table.rows)
    longer = (replace(row, raw=(*row.raw, *cells)) for row, cells in zip(table.rows, more, strict=True))
    keys = (*(header.lower() for header in headers), "coverage_start", "coverage")
    return replace(table, rows=tuple(longer), keys=keys)


def _counts(coverage: "Coverage | None") -> tuple[Cell, Cell]:
    """The first position and how often it and those behind it are read; all: each of them, by every unit."""
    return ("", "all") if coverage is None else (coverage.start, " ".join(map(str, coverage.counts)))


def _axis_rows(reads: "InputReads") -> "Iterator[tuple[Cell, ...]]":
    rows = zip(reads.axes, reads.lengths, reads.field.box(), reads.inside.box(), strict=True)
    for index, (axis, length, field, inside) in enumerate(rows):
        read = len(reads.inside.along(index)) if reads.inside.blocks else 0
        ends = (positions_text(field), len(field), positions_text(inside))
        yield reads.input, axis, length, *ends, read


def positions_text(span: range) -> str:
    """The first and the last of some positions: 3..7."""
    return f"{span.start}..{span.stop - 1}" if span else "-"


def _lines(reads: "InputReads") -> "Iterator[str]":
    if not reads.axes:
        yield f"{reads.input}: has no axis of positions, all of it is read"
        return
    box = prod(map(len, reads.field.box()))
    verdict = "full" if reads.full else "holes"
    read, inside = reads.field.positions, reads.inside.positions
    yield (
        f"{reads.input}: {read:,} of the {box:,} positions of the field are read ({verdict}),"
        f" {inside:,} of them inside the input"
    )


def unit_document(trace: "Trace", found: "UnitReads", counted: "Counted" = ()) -> "Json":
    """What one unit reads: intervals with both ends included, and where counted how often each position."""
    coverage: dict[str, list[Json]] = {}
    for name, axis, each in counted:
        known = {} if each is None else coverage_document(each)
        coverage.setdefault(name, []).append({"axis": axis, "all": each is None, **known})
    return {
        **head(trace),
        "layer": found.layer,
        "unit": list(found.unit),
        "units": list(found.grid),
        "reads": {
            reads.input: {
                "axes": list(reads.axes),
                "field": _region(reads.field),
                "inside": _region(reads.inside),
                "full": reads.full,
                **({"coverage": coverage.get(reads.input, [])} if counted else {}),
            }
            for reads in found.inputs
        },
    }


def _region(region: "Region") -> "Json":
    box = region.box()
    return {
        "first": [span.start if span else None for span in box],
        "last": [span.stop - 1 if span else None for span in box],
        "size": [len(span) for span in box],
        "positions": region.positions,
    }


def way_back_table(trace: "Trace", steps: "Sequence[StepBack]") -> Table:
    """From the last layer back to the first: the units of each that one unit of the last reads, and how.

    Each row has the kernel of its own layer.
    """
    rows = (
        (
            step.layer,
            step.type,
            _sizes(step.units),
            _how(step),
            ", ".join(step.readers) if len(step.readers) > 1 else "",
        )
        for step in steps
    )
    title = f"{trace.model}: from {steps[0].layer} back to {steps[-1].layer}"
    footer = (
        "a layer reads (units - 1) x stride + dilation x (kernel - 1) + 1 units of the one before it",
        *(("read by several: the hull of what they read",) if any(len(s.readers) > 1 for s in steps) else ()),
    )
    headers = ("Layer", "Type", "Units", "Reads", "Read by")
    return listed(title, headers, rows, footer, (False, False, True, False, False))


def _sizes(units: tuple[int, ...]) -> str:
    return str(units[0]) if len(set(units)) == 1 else " x ".join(map(str, units))


def _how(step: "StepBack") -> str:
    """What its units read of the layer before, per axis where these differ."""
    if not step.reads:
        return "counted in its units"
    ways = ("; ".join(dict.fromkeys(map(_reads, axes))) for axes in step.reads)
    return ", ".join(dict.fromkeys(way for way in ways if way)) or "all of its features"


def _reads(axis: "AxisBack") -> str:
    if axis.window is None or axis.units is None:
        return f"up to {axis.read} unit{'' if axis.read == 1 else 's'}"
    kernel = effective_kernel(axis.window.kernel, axis.window.dilation)
    read = positions_spanned(axis.units, axis.window.stride, kernel)
    return f"({axis.units} - 1) x {axis.window.stride} + {kernel} = {read}"
