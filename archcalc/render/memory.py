"""Bytes of a run as tables and as a document."""

from typing import TYPE_CHECKING

from archcalc.render.cells import Row, Table
from archcalc.render.names import in_words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from archcalc.footprint.budget import Amount, MemoryReport

STEP = 1024
"""From one unit to the next."""
SHOWN_ALIVE = 8
"""Tensors alive at the peak that a table for people shows; JSON has all."""
LEFT_OUT = (
    "rounding and caches of the allocator",
    "workspaces of kernels and scratch inside them",
    "products on the way inside of a layer that are gone when it ends",
    "fragmentation",
    "the context of a device",
)


def in_units(count: int) -> str:
    """Bytes in the largest unit that leaves a number above 1: ``36.5 MiB``."""
    value, unit = float(count), "B"
    for larger in ("KiB", "MiB", "GiB", "TiB", "PiB"):
        if value < STEP:
            break
        value, unit = value / STEP, larger
    return f"{value:.4g} {unit}" if unit != "B" else f"{count} B"


def memory_table(report: "MemoryReport", title: str, beside: tuple[str, ...] = ()) -> Table:
    """What is held, and the moments of the run, of which the largest is the peak.

    Args:
        report: the bytes.
        title: the line above.
        beside: what is left out of this run besides.
    """
    rows = [*(_row(item, "part") for item in report.held), *(_row(item, "moment") for item in report.moments)]
    headers = ("Part", "Bytes", "Size", "Where")
    return Table(title, headers, (False, True, True, False), tuple(rows), tuple(_footer(report, beside)))


def _row(item: "Amount", role: str) -> Row:
    name = item.name if role == "part" else f"all in the {item.name}"
    return Row(
        name,
        name,
        (item.bytes, in_units(item.bytes), item.note),
        (item.bytes, in_units(item.bytes), item.note),
    )


def _footer(report: "MemoryReport", beside: tuple[str, ...]) -> "Iterator[str]":
    peak = report.peak
    yield f"peak {peak.bytes:,} bytes ({in_units(peak.bytes)}): {peak.name}, {peak.note}"
    for why in dict.fromkeys(unknown.why for unknown in report.unknown):
        layers = in_words([unknown.layer for unknown in report.unknown if unknown.why == why])
        yield f"lower bound: what training keeps is not all known for {layers}: {why}"
    for unsaid in report.unsaid:
        yield f"lower bound: {unsaid} is not known"
    yield left_out_line(beside)


def left_out_line(beside: tuple[str, ...] = ()) -> str:
    """What the numbers do not hold, in a line; ``beside``: of this run besides."""
    return f"left out: {', '.join((*LEFT_OUT, *beside))}"


def alive_table(report: "MemoryReport") -> Table:
    """The tensors that are alive at the peak, the largest first."""
    shown = report.alive[:SHOWN_ALIVE]
    rows = tuple(
        Row(each.name, each.name, (each.bytes, in_units(each.bytes)), (each.bytes, in_units(each.bytes)))
        for each in shown
    )
    rest = report.alive[SHOWN_ALIVE:]
    footer = (f"and {len(rest)} more of {sum(each.bytes for each in rest):,} bytes",) if rest else ()
    title = f"alive at the peak, beside weights and buffers: {report.peak.note}"
    return Table(title, ("Tensor", "Bytes", "Size"), (False, True, True), rows, footer)


def report_document(report: "MemoryReport", beside: tuple[str, ...] = ()) -> dict[str, object]:
    """The bytes of a run for machines."""
    peak = report.peak
    return {
        "held": [_item(item) for item in report.held],
        "moments": [_item(item) for item in report.moments],
        "peak": {"bytes": peak.bytes, "moment": peak.name, "where": peak.note},
        "alive": [each._asdict() for each in report.alive],
        "unknown": [unknown.layer for unknown in report.unknown],
        "unknown_why": dict(report.unknown),
        "lower_bound": bool(report.unknown or report.unsaid),
        "left_out": [*LEFT_OUT, *beside],
    }


def _item(item: "Amount") -> dict[str, object]:
    return {"name": item.name, "bytes": item.bytes, "note": item.note}
