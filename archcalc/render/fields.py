"""Receptive fields: their cells, the table of ``rf``, and what the JSON document has of them."""

from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING

from archcalc.render.cells import Column, Row, Table, plain_shape, shape
from archcalc.render.columns import output_column, title_of
from archcalc.render.tree import table

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from archcalc.analyses.receptive_field import AxisField, Field, ReceptiveFieldReport
    from archcalc.tracing import Trace, TracedLayer
    from archcalc.tracing.graph import TracedScope

Json = dict[str, object]
SHOWN_SIZES = 3
"""Sizes by phase that a cell lists one by one."""
READING = (
    "unit i reads from start + i x stride to start + i x stride + field - 1, padding included;"
    " one number: the same for every axis"
)
UNBOUNDED = "past: with start ..n unit i reads everything up to n + i x stride, without a limit"
HOPS = "k hops: the nodes from which at most k edges lead to the unit's own, and those edges"


def rf_table(
    trace: "Trace",
    report: "ReceptiveFieldReport",
    depth: int | None = None,
    source: str | None = None,
    more: "Sequence[Column]" = (),
) -> Table:
    """Per layer: size, stride and start of the receptive field, in positions of the input.

    With a ``source`` the report counts in units of that layer's output, for the layers that depend on it.
    ``more`` columns stand behind.
    """
    axes = [axis for found in report.layers.values() for field in found for axis in field.axes]
    unbounded = any(axis.spans is not None and axis.spans.unbounded for axis in axes)
    hops = any(axis.hops is not None for axis in axes)
    footer = (READING, *(UNBOUNDED,) * unbounded, *(HOPS,) * hops)

    def below(layer: "TracedLayer") -> "Iterator[Row]":
        for name, found in report.others(layer).items():
            size = layer.facts.outputs[name].shape
            texts = tuple(_cell(found, header) for header in CELLS)
            cells, raw = ("output", shape(size), *texts), ("output", plain_shape(size), *texts)
            yield Row(f"{layer.name}.{name}", name, cells, raw)

    title = title_of(trace)
    if source is not None:
        layers = tuple(layer for layer in trace.layers if layer.name in report.layers)
        trace, title = replace(trace, layers=layers), f"{trace.model}: in units of {source}"
    return table(trace, title, (output_column(), *field_columns(report), *more), footer, depth, below)


def of_layer(found: Table, name: str) -> Table:
    """The row of one layer, and of its outputs: it has no layers inside, so these go on behind its name."""
    mine = (row for row in found.rows if row.name == name or row.name.startswith(f"{name}."))
    return replace(found, rows=tuple(replace(row, label=row.name) for row in mine))


def field_columns(report: "ReceptiveFieldReport") -> tuple[Column, ...]:
    """Field, stride and start of every layer; a container has those of what leaves it first."""

    def column(header: str) -> Column:
        def cell(layer: "TracedLayer") -> str:
            return _cell(report.layers.get(layer.name, ()), header)

        def end(scope: "TracedScope") -> str:
            port = scope.leaves[0]
            return _cell(report.outputs.get((port.layer, port.output), ()), header)

        return Column(header, cell, end, right=True)

    return tuple(map(column, CELLS))


def _cell(found: "Sequence[Field]", header: str) -> str:
    """A line for every input; of fields with its name, where there are several."""
    named = header == "Field" and len(found) > 1
    return "\n".join((f"{field.input}: " if named else "") + field_cell(field, header) for field in found)


def field_cell(found: "Field", header: str) -> str:
    """Size, stride or start of a receptive field: ``35``, ``5 x 7`` where the axes differ, ``whole``."""
    if not found.axes:  # a vector of features is always read whole
        return "whole" if header == "Field" else "-"
    texts = [CELLS[header](axis) for axis in found.axes]
    return texts[0] if len(set(texts)) == 1 else " x ".join(texts)


def _stride(axis: "AxisField") -> str:
    return _number(axis.spans.stride if axis.spans else None)


def _start(axis: "AxisField") -> str:
    """First position that unit 0 reads; ``..3`` where it reads everything up to 3."""
    if axis.spans is not None and axis.spans.unbounded:
        last = axis.spans.at(0)
        return f"..{last[1]}" if last else "-"
    return _number(replace(axis, whole=False).start)


def _size(axis: "AxisField") -> str:
    """The size; of an axis that is read whole, the size of the local field on its other paths in brackets."""
    if axis.hops is not None:
        near = f"{'' if axis.exact else '~'}{axis.hops} hop{'' if axis.hops == 1 else 's'}"
        return f"whole ({near})" if axis.whole else near
    if axis.spans is None:
        return "whole" if axis.whole else "unaligned" if not axis.aligned else "unknown"
    sizes = sorted(set(axis.spans.sizes))
    few = "/".join(map(str, sizes)) if len(sizes) <= SHOWN_SIZES else f"{sizes[0]}..{sizes[-1]}"
    mark = "" if axis.exact else "~"
    local = f"{mark}{few}"
    if axis.spans.unbounded:
        local = f"{mark}past"
    return local if not axis.whole else "whole" if axis.spans.shift == 0 else f"whole ({local})"


def _number(value: Fraction | int | None) -> str:
    return "-" if value is None else str(value)


CELLS = {"Field": _size, "Stride": _stride, "Start": _start}


def field_document(field: "Field") -> Json:
    """A receptive field: one entry per axis of positions; a whole axis has no stride."""
    entry: Json = {
        "size": [axis.size for axis in field.axes],
        "stride": [exact(axis.stride) for axis in field.axes],
        "start": [axis.start for axis in field.axes],
        "centre": [exact(axis.spans.centre if axis.spans else None) for axis in field.axes],
        "whole_input": field.whole_input,
        "aligned": field.aligned,
        "exact": field.exact,
        "input": field.input,
    }
    if any(axis.spans and axis.spans.unbounded for axis in field.axes):
        entry["unbounded_past"] = [bool(axis.spans and axis.spans.unbounded) for axis in field.axes]
        entry["last"] = [_last(axis) for axis in field.axes]
    if any(axis.hops is not None for axis in field.axes):
        entry["hops"] = [axis.hops for axis in field.axes]
    if any(axis.whole for axis in field.axes):
        entry["whole"] = [axis.whole for axis in field.axes]
        entry["local"] = [_local(axis) for axis in field.axes]
    if any(axis.spans and len(axis.spans.ends) > 1 for axis in field.axes):
        entry["size_by_phase"] = [list(axis.spans.sizes) if axis.spans else None for axis in field.axes]
        entry["start_by_phase"] = [
            [span and span[0] for span in axis.spans.ends] if axis.spans else None for axis in field.axes
        ]
    return entry


def _last(axis: "AxisField") -> int | None:
    """The last position that unit 0 reads."""
    span = axis.spans.at(0) if axis.spans else None
    return span and span[1]


def _local(axis: "AxisField") -> Json | None:
    """The interval that is read beside the paths that read everything."""
    if axis.spans is None:
        return None
    near = replace(axis, whole=False)
    return {"size": near.size, "stride": exact(near.stride), "start": near.start}


def exact(value: Fraction | None) -> int | str | None:
    """An exact number: whole, or a fraction as text."""
    if value is None:
        return None
    return value.numerator if value.denominator == 1 else str(value)
