"""The bytes of each of several devices, stage by stage of a pipeline."""

from typing import TYPE_CHECKING

from archcalc.footprint.devices.stages import unit_around
from archcalc.render.cells import Row, Table
from archcalc.render.memory import in_units
from archcalc.render.names import in_words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from archcalc.footprint.devices.bytes_of_devices import DevicesReport, Stage
    from archcalc.footprint.running import MemoryRun
    from archcalc.render.cells import Cell

COMMUNICATION = "buffers of communication, and what is gathered for a layer and given up again"
SHOWN_REASONS = 6


def stages_table(report: "DevicesReport", run: "MemoryRun", title: str) -> Table:
    """A line per stage: weights, gradients, states, activations, cache and peak of one of its devices."""
    columns = [name for name in PARTS if any(part_bytes(stage)[name] for stage in report.stages)]
    rows = tuple(_row(index, stage, columns) for index, stage in enumerate(report.stages))
    headers = ("Stage", "Layers", *columns, "Peak", "Size")
    right = (True, False, *(True,) * len(columns), True, True)
    spare = ("Layers", "Size", *reversed(columns))
    return Table(title, headers, right, rows, tuple(_footer(report, run)), spare=spare)


PARTS = ("Weights", "Gradients", "Optimizer states", "Activations", "Decode cache")


def part_bytes(stage: "Stage") -> dict[str, int]:
    """Bytes of the parts of a stage; buffers are among weights, master weights among states."""
    held = {item.name: item.bytes for item in stage.memory.held}
    trained = "saved activations" in held
    cache = held.get("decode cache", 0)
    weights = held["weights"] + held["buffers"]
    return {
        "Weights": weights,
        "Gradients": held.get("gradients of weights", 0),
        "Optimizer states": held.get("optimizer states", 0) + held.get("master weights", 0),
        "Activations": held["saved activations"] + held["input"]
        if trained
        else stage.memory.peak.bytes - weights - cache,
        "Decode cache": cache,
    }


def _row(index: int, stage: "Stage", columns: list[str]) -> Row:
    parts, peak = part_bytes(stage), stage.memory.peak.bytes
    ends = dict.fromkeys(unit_around(name) or name for name in (stage.first, stage.last))
    layers = " .. ".join(ends)
    cells: tuple[Cell, ...] = (layers, *(parts[name] for name in columns), peak, in_units(peak))
    return Row(str(index + 1), str(index + 1), cells, cells)


def _footer(report: "DevicesReport", run: "MemoryRun") -> "Iterator[str]":
    placed = report.placement
    along = ((placed.dp, "data-parallel"), (placed.tp, "tensor-parallel"), (placed.pp, "stages"))
    ways = " x ".join(f"{count:,} {what}" for count, what in along if count > 1)
    experts = f", {placed.ep:,} of the data-parallel ones divide the experts" if placed.ep > 1 else ""
    each, all_ = run.setting.batch, placed.dp * run.setting.batch
    yield f"{placed.devices:,} devices: {ways}{experts}; batch {each:,} on each, {all_:,} at a time"
    worst = report.stages[report.worst].memory.peak
    most = f"{worst.bytes:,} bytes ({in_units(worst.bytes)})"
    yield (
        f"a device of stage {report.worst + 1} needs most: {most}" if placed.pp > 1 else f"each needs {most}"
    )
    if placed.pp > 1 and run.training:
        flights = ", ".join(str(stage.flights) for stage in report.stages)
        yield f"batches whose activations are there at once (1F1B), stage by stage: {flights}"
    reasons: dict[str, list[str]] = {}
    for layer, why in report.whole.items():
        reasons.setdefault(why, []).append(layer)
    for why, layers in list(reasons.items())[:SHOWN_REASONS]:
        yield f"whole on every device: {in_words(layers)} ({why})"
    if len(reasons) > SHOWN_REASONS:
        yield f"and layers for {len(reasons) - SHOWN_REASONS} more reasons, which --format json has"


def devices_document(report: "DevicesReport") -> dict[str, object]:
    """All of it for machines."""
    placed = report.placement
    keys = {name: name.lower().replace(" ", "_") for name in PARTS}
    return {
        "dp": placed.dp,
        "tp": placed.tp,
        "pp": placed.pp,
        "ep": placed.ep,
        "zero": placed.zero,
        "sp": placed.sp,
        "count": placed.devices,
        "worst_stage": report.worst + 1,
        "stages": [
            {
                "stage": index + 1,
                "first": stage.first,
                "last": stage.last,
                "layers": stage.layers,
                "batches_at_once": stage.flights,
                **{keys[name]: size for name, size in part_bytes(stage).items()},
                "peak": stage.memory.peak.bytes,
            }
            for index, stage in enumerate(report.stages)
        ],
        "whole": dict(report.whole),
    }
