"""The bytes of one batch after another, as a table, a document and a plot."""

from typing import TYPE_CHECKING

from archcalc.plotting.figure import Figure, PlotAxis, PlotSeries
from archcalc.render.cells import Row, Table
from archcalc.render.memory import in_units, left_out_line

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from archcalc.footprint.batches import OfBatch

HEADERS = ("Batch", "All the time", "Activations", "Peak", "Size", "Moment")


def of_batch(row: "OfBatch") -> "tuple[int, int, int, str]":
    """Bytes that are held whatever the batch, those that come with it, the peak, and when it is."""
    peak, parts = row.memory.peak, {item.name: item.bytes for item in row.memory.held}
    saved = parts.pop("saved activations", None)
    with_batch = ("input", "targets", "decode cache")
    held = sum(size for name, size in parts.items() if name not in with_batch)
    activations = peak.bytes - held if saved is None else saved
    return held, activations, peak.bytes, peak.name


def batches_table(rows: "Sequence[OfBatch]", title: str, beside: tuple[str, ...] = ()) -> Table:
    """A line per batch; ``beside``: what is left out of this run besides."""
    made: list[Row] = []
    for row in rows:
        held, activations, peak, moment = of_batch(row)
        cells = (held, activations, peak, in_units(peak), moment)
        made.append(Row(str(row.batch), f"{row.batch:,}", cells, cells))
    right = (True, True, True, True, True, False)
    return Table(title, HEADERS, right, tuple(made), (left_out_line(beside),))


def batches_document(rows: "Sequence[OfBatch]", words: "Mapping[str, object]") -> dict[str, object]:
    """The same for machines."""
    keys = ("held", "activations", "peak", "moment")
    found = [{"batch": row.batch, **dict(zip(keys, of_batch(row), strict=True))} for row in rows]
    return {**{key: value for key, value in words.items() if key != "batch"}, "batches": found}


def batches_figure(rows: "Sequence[OfBatch]", model: str) -> Figure:
    """The peak, and what is held whatever the batch, over the batch."""
    points = [(row.batch, of_batch(row)) for row in rows]
    peak = tuple((float(batch), float(found[2])) for batch, found in points)
    held = tuple((float(batch), float(found[0])) for batch, found in points)
    log = len(rows) > 1 and rows[-1].batch > 8 * rows[0].batch
    series = (PlotSeries("peak", peak, joined=True), PlotSeries("all the time", held, joined=True))
    axes = PlotAxis("batch", log=log), PlotAxis("memory (bytes)", binary=True)
    return Figure(f"{model}: memory by batch", *axes, series)
