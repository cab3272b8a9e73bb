"""Receptive fields: their cells, the table of ``rf``, and what the JSON document has of them."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from fractions import Fraction
from functools import partial
from itertools import groupby
from typing import TYPE_CHECKING

from archcalc.effort import one_by_one
from archcalc.render.cells import Column, Row, Table, plain_shape, shape
from archcalc.render.columns import output_column, title_of
from archcalc.render.tree import table
from archcalc.tracing.records import TracedLayer
from archcalc.tracing.runs import layers_of, parts_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from archcalc.analyses.receptive_field import AxisField, Field, ReceptiveFieldReport
    from archcalc.analyses.spans import Span
    from archcalc.tracing import Trace
    from archcalc.tracing.graph import TracedScope
    from archcalc.tracing.runs import Run

Json = dict[str, object]
Listing = Callable[[Sequence[str]], str]
"""What a cell shows of numbers by phase."""
SHOWN_SIZES = 3
"""Different sizes that a cell lists one by one."""
SHOWN_RUNS = 4
"""Phases, those that are equal in a row as one, that a cell lists one by one."""
READING = (
    "unit i reads from start + i x stride to start + i x stride + field - 1, padding included;"
    " one number: the same for every axis"
)
PHASES = (
    "with a stride of s/p, unit i = q p + r reads from start_r + q s to start_r + q s + field_r - 1;"
    " field and start are listed by phase r, 3xA: A for three in a row; one alone is that of all"
)
SHORTENED = "start A/../B, field A..B: more different phases than fit; --format csv and json list all"
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
    axes = [axis for found in report.each() for field in found for axis in field.axes]
    unbounded = any(axis.spans is not None and axis.spans.unbounded for axis in axes)
    hops = any(axis.hops is not None for axis in axes)
    phased = [axis for axis in axes if axis.spans is not None and len(axis.spans.ends) > 1]
    phases, short = (
        bool(phased),
        any(SKIPPED in CELLS[header](axis, by_phase) for axis in phased for header in CELLS),
    )
    lines = ((UNBOUNDED, unbounded), (HOPS, hops), (PHASES, phases), (SHORTENED, short))
    footer = (READING, *(line for line, true in lines if true))

    def below(layer: "TracedLayer") -> "Iterator[Row]":
        for name, found in report.others(layer).items():
            size = layer.facts.outputs[name].shape
            texts, full = (
                tuple(_cell(found, header, listing) for header in CELLS)
                for listing in (by_phase, every_phase)
            )
            cells, raw = ("output", shape(size), *texts), ("output", plain_shape(size), *full)
            yield Row(f"{layer.name}.{name}", name, cells, raw)

    title = title_of(trace)
    if source is not None:
        layers = layers_of(tuple(_depending(trace, report, source)), trace.runs)
        trace, title = replace(trace, layers=layers), f"{trace.model}: in units of {source}"
    return table(trace, title, (output_column(), *field_columns(report), *more), footer, depth, below)


def _depending(trace: "Trace", report: "ReceptiveFieldReport", source: str) -> "Iterator[TracedLayer | Run]":
    """What has fields; a run stays one where all layers of its turns do, which depend on the same inputs.

    What depends on a layer outside of a run in one turn does so in all turns behind it.
    """
    own = trace.runs.find(source)
    for part in parts_of(trace.layers):
        if isinstance(part, TracedLayer):
            yield from (part,) if part.name in report.layers else ()
        elif all(layer.name in report.layers for layer in part.turn(part.turns[0])):
            yield part
        elif own is not None or any(layer.name in report.layers for layer in part.turn(part.turns[-1])):
            one_by_one(trace, "what depends on a layer")
            yield from (layer for layer in part.layers() if layer.name in report.layers)


def of_layer(found: Table, name: str) -> Table:
    """The row of one layer, and of its outputs: it has no layers inside, so these go on behind its name."""
    mine = (row for row in found.rows if row.name == name or row.name.startswith(f"{name}."))
    return replace(found, rows=tuple(replace(row, label=row.name) for row in mine))


def field_columns(report: "ReceptiveFieldReport") -> tuple[Column, ...]:
    """Field, stride and start of every layer; a container has those of what leaves it first."""
    return tuple(_column(report, header, by_phase, every_phase) for header in CELLS)


def size_column(report: "ReceptiveFieldReport") -> Column:
    """Field of every layer, with the sizes that there are, whichever phases they are of."""
    return _column(report, "Field", different, different)


def _column(report: "ReceptiveFieldReport", header: str, listing: Listing, raw: Listing) -> Column:
    known: dict[tuple[int, Listing], tuple[Sequence[Field], str]] = {}

    def cell(layer: "TracedLayer", listing: Listing = listing) -> str:
        found = report.layers.get(layer.name, ())
        alike = id(found), listing  # layers that read alike share their fields, which are held here
        if alike not in known:
            known[alike] = found, _cell(found, header, listing)
        return known[alike][1]

    def end(scope: "TracedScope", listing: Listing = listing) -> str:
        port = scope.leaves[0]
        return _cell(report.outputs.get((port.layer, port.output), ()), header, listing)

    full, full_end = partial(cell, listing=raw), partial(end, listing=raw)
    return Column(header, cell, end, right=True, raw=full, raw_total=full_end)


def _cell(found: "Sequence[Field]", header: str, listing: Listing) -> str:
    """A line for every input; of fields with its name, where there are several."""
    if len(found) == 1:
        return field_cell(found[0], header, listing)
    names = [f"{field.input}: " if header == "Field" else "" for field in found]
    return "\n".join(
        name + field_cell(field, header, listing) for name, field in zip(names, found, strict=True)
    )


def every_phase(texts: "Sequence[str]") -> str:
    """Texts by phase, those that are equal in a row as one; one alone where all are equal."""
    if len(set(texts)) == 1:
        return texts[0]
    runs = [(text, len(list(equal))) for text, equal in groupby(texts)]
    return "/".join(text if count == 1 else f"{count}x{text}" for text, count in runs)


SKIPPED = "/../"


def by_phase(texts: "Sequence[str]") -> str:
    """The same, but of many only the first and the last one."""
    few = len(texts) <= SHOWN_RUNS or sum(1 for _ in groupby(texts)) <= SHOWN_RUNS
    return every_phase(texts) if few else f"{texts[0]}{SKIPPED}{texts[-1]}"


def different(texts: "Sequence[str]") -> str:
    """Different numbers, the smallest first; of many the smallest and the largest."""
    if len(texts) == 1:
        return texts[0]
    known = sorted(set(texts), key=int)
    return "/".join(known) if len(known) <= SHOWN_SIZES else f"{known[0]}..{known[-1]}"


def field_cell(found: "Field", header: str, listing: Listing = by_phase) -> str:
    """Size, stride or start of a receptive field: ``35``, ``5 x 7`` where the axes differ, ``whole``."""
    if not found.axes:  # a vector of features is always read whole
        return "whole" if header == "Field" else "-"
    texts = [CELLS[header](axis, listing) for axis in found.axes]
    return texts[0] if len(set(texts)) == 1 else " x ".join(texts)


def _stride(axis: "AxisField", _: Listing) -> str:
    """Input positions from unit to unit; ``3/2``: 3 for every 2 units, which differ."""
    if axis.spans is None:
        return "-"
    phases = len(axis.spans.ends)
    return f"{axis.spans.shift}/{phases}" if phases > 1 else str(axis.spans.shift)


def _start(axis: "AxisField", listing: Listing) -> str:
    """First position that unit 0 reads; ``..3`` where it reads everything up to 3."""
    if axis.spans is None:
        return "-"
    return listing([_first(span) for span in axis.spans.ends])


def _first(span: "Span | None") -> str:
    return "-" if span is None else f"..{span[1]}" if span[0] is None else str(span[0])


def _size(axis: "AxisField", listing: Listing) -> str:
    """The size; of an axis that is read whole, the size of the local field on its other paths in brackets."""
    if axis.hops is not None:
        near = f"{'' if axis.exact else '~'}{axis.hops} hop{'' if axis.hops == 1 else 's'}"
        return f"whole ({near})" if axis.whole else near
    if axis.spans is None:
        return "whole" if axis.whole else "unaligned" if not axis.aligned else "unknown"
    mark = "" if axis.exact else "~"
    sizes = axis.spans.sizes
    listed = listing(list(map(str, sizes)))
    local = mark + (f"{min(sizes)}..{max(sizes)}" if SKIPPED in listed else listed)
    if axis.spans.unbounded:
        local = f"{mark}past"
    return local if not axis.whole else "whole" if axis.spans.shift == 0 else f"whole ({local})"


CELLS = {"Field": _size, "Stride": _stride, "Start": _start}


def field_document(field: "Field") -> Json:
    """A receptive field: one entry per axis of positions; a whole axis has no stride.

    Where units differ by phase, unit ``q P + r`` of P phases reads ``size_by_phase[r]`` positions from
    ``start_by_phase[r] + q shift`` on; ``stride`` is the average, ``start`` unit 0's, ``size`` the largest.
    """
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
        entry["shift"] = [axis.spans.shift if axis.spans else None for axis in field.axes]
        if "last" in entry:
            entry["last_by_phase"] = [
                [span and span[1] for span in axis.spans.ends] if axis.spans else None for axis in field.axes
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
    near = axis._replace(whole=False)
    return {"size": near.size, "stride": exact(near.stride), "start": near.start}


def exact(value: Fraction | None) -> int | str | None:
    """An exact number: whole, or a fraction as text."""
    if value is None:
        return None
    return value.numerator if value.denominator == 1 else str(value)
