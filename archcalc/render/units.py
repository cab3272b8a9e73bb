"""What one unit reads, as a table and in JSON, and the way back from one layer to another."""

from math import prod
from typing import TYPE_CHECKING

from archcalc.formulas.windows import effective_kernel
from archcalc.render.cells import Cell, Table, listed, shape
from archcalc.render.document import head

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from archcalc.analyses.regions import Region
    from archcalc.analyses.units import InputReads, UnitReads
    from archcalc.analyses.way_back import StepBack
    from archcalc.render.fields import Json
    from archcalc.tracing import Trace


def unit_table(trace: "Trace", found: "UnitReads") -> Table:
    """Per input and axis: the interval read with padding, and the positions really read inside."""
    unit = f"unit {','.join(map(str, found.unit))}" if found.unit else "the unit"
    title = f"{trace.model}: {unit} of {found.layer} {shape(trace.layer(found.layer).output.shape)}"
    headers = ("Input", "Axis", "Length", "Reads", "Field", "Inside", "Read")
    rows = (row for reads in found.inputs for row in _axis_rows(reads))
    footer = (line for reads in found.inputs for line in _lines(reads))
    return listed(title, headers, rows, footer, right=(False, *(True,) * 6))


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
    yield (
        f"{reads.input}: {len(reads.field):,} of the {box:,} positions of the field are read ({verdict}),"
        f" {len(reads.inside):,} of them inside the input"
    )


def unit_document(trace: "Trace", found: "UnitReads") -> "Json":
    """What one unit reads: intervals with both ends included."""
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
        "positions": len(region),
    }


def way_back_table(trace: "Trace", steps: "Sequence[StepBack]") -> Table:
    """From the last layer back to the first: the units of each that one unit of the last reads, and how."""
    known = {step.layer: step for step in steps}
    readers = (known.get(step.readers[0]) if step.readers else None for step in steps)
    rows = (
        (step.layer, step.type, _sizes(step.units), _how(step, reader))
        for step, reader in zip(steps, readers, strict=True)
    )
    title = f"{trace.model}: from {steps[0].layer} back to {steps[-1].layer}"
    footer = ("previous = (next - 1) x stride + dilation x (kernel - 1) + 1",)
    return listed(title, ("Layer", "Type", "Units", "How"), rows, footer, (False, False, True, False))


def _sizes(units: tuple[int, ...]) -> str:
    return str(units[0]) if len(set(units)) == 1 else " x ".join(map(str, units))


def _how(step: "StepBack", reader: "StepBack | None") -> str:
    if reader is None:
        return "the unit itself"
    if len(step.readers) > 1:
        return f"hull of what {', '.join(step.readers)} read"
    texts: list[str] = []
    for following, window, units in zip(reader.units, step.windows, step.units, strict=False):
        if window is None:
            texts.append(f"{units} units that {reader.layer} reads")
        else:
            kernel = effective_kernel(window.kernel, window.dilation)
            texts.append(f"({following} - 1) x {window.stride} + {kernel} = {units}")
    return texts[0] if len(set(texts)) == 1 else "; ".join(texts) or f"what {reader.layer} reads"
