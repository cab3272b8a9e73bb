"""What one unit reads, as a table and as pictures, and the way back from one layer to another."""

from typing import TYPE_CHECKING

from archcalc.analyses.coverage import coverage
from archcalc.formulas.windows import effective_kernel
from archcalc.render.cells import Row, Table, shape
from archcalc.render.coverage import picture

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from archcalc.analyses.regions import Region
    from archcalc.analyses.units import InputReads, UnitReads
    from archcalc.analyses.way_back import Step
    from archcalc.tracing import Trace

MAX_DRAWN = 4_096
"""Positions per axis of an input that a picture is drawn of."""
LEGEND = "picture: # = all positions read, + = some, . = none;"


def unit_table(trace: "Trace", found: "UnitReads") -> Table:
    """Per input and axis: the interval read with padding, and the positions really read inside."""
    rows = [row for reads in found.inputs for row in _axis_rows(reads)]
    output = trace.by_name[found.layer].output.shape
    title = f"{trace.model}: {_unit_words(found)} of {found.layer} {shape(output)}"
    headers = ("Input", "Axis", "Length", "Reads", "Field", "Inside", "Read")
    footer = tuple(line for reads in found.inputs for line in _lines(reads))
    return Table(title, headers, (False, *(True,) * 6), tuple(rows), footer)


def _unit_words(found: "UnitReads") -> str:
    return f"unit {','.join(map(str, found.unit))}" if found.unit else "the unit"


def _axis_rows(reads: "InputReads") -> "Iterator[Row]":
    field, inside = reads.field.box(), reads.inside.box()
    for index, axis in enumerate(reads.axes):
        read = len(reads.inside.along(index)) if reads.inside.blocks else 0
        cells = (
            axis,
            reads.lengths[index],
            _span(field[index]),
            len(field[index]),
            _span(inside[index]),
            read,
        )
        yield Row(reads.input, reads.input, container=False, cells=cells, raw=cells)


def _span(span: range) -> str:
    return f"{span.start}..{span.stop - 1}" if span else "-"


def _lines(reads: "InputReads") -> "Iterator[str]":
    if not reads.axes:
        yield f"{reads.input}: has no axis of positions, all of it is read"
        return
    box = 1
    for span in reads.field.box():
        box *= len(span)
    verdict = "full" if reads.full else "holes"
    yield (
        f"{reads.input}: {len(reads.field):,} of the {box:,} positions of the field are read ({verdict}),"
        f" {len(reads.inside):,} of them inside the input"
    )


def coverage_lines(trace: "Trace", found: "UnitReads", width: int) -> "Iterator[str]":
    """Per axis of the unit's layer and of each input: how often each position is read, as a line."""
    for axis, place in zip(found.axes, found.unit, strict=True):
        for (name, of_input), counted in coverage(trace, found.layer, axis, place).items():
            if any(reads.input == name and of_input in reads.axes for reads in found.inputs):
                label = f"{name}, axis {of_input}: "
                drawn = "all positions" if counted is None else picture(counted, width - len(label))
                yield label + drawn


def pictures(found: "UnitReads", width: int) -> "Iterator[str]":
    """The unit's field drawn on each input: the last two axes of positions, or a line where there is one."""
    for reads in found.inputs:
        if not reads.axes or max(reads.lengths[-2:]) > MAX_DRAWN:
            most = f"; the most is {MAX_DRAWN:,} positions per axis" if reads.axes else ""
            yield f"{reads.input}: no picture{most}"
            continue
        drawn = len(reads.axes) - 2
        if drawn > 0:
            spans = ", ".join(
                f"axis {reads.axes[axis]} at {_span(reads.inside.box()[axis])}" for axis in range(drawn)
            )
            yield f"{reads.input}, {spans}:"
        else:
            yield f"{reads.input}:"
        yield from _raster(reads.inside.over(range(max(drawn, 0), len(reads.axes))), width)


def _raster(region: "Region", width: int) -> "Iterator[str]":
    columns = region.shape[-1]
    rows = region.shape[0] if len(region.shape) > 1 else 1
    limit = max(8, min(width - 2, 96))
    across = -(-columns // limit)
    down = 2 * across if across > 1 or 2 * columns > limit else 1
    signs = 2 if down == 1 and rows > 1 else 1
    edge = "+" + "-" * (signs * -(-columns // across)) + "+"
    yield edge
    for top in range(0, rows, down):
        places = [(y,) for y in range(top, min(top + down, rows))] if len(region.shape) > 1 else [()]
        masks = [line.bits_from(0) if line.mask else 0 for line in map(region.row, places)]
        cells = (
            _sign(masks, left, min(across, columns - left)) * signs for left in range(0, columns, across)
        )
        yield "|" + "".join(cells) + "|"
    yield edge
    yield f"{LEGEND} {_scale(signs, across, down, rows)}"


def _scale(signs: int, across: int, down: int, rows: int) -> str:
    if across == down == 1:
        return "two signs stand for 1 position" if signs > 1 else "each sign stands for 1 position"
    return (
        f"each sign stands for {across} x {down} positions"
        if rows > 1
        else f"each sign stands for {across} positions"
    )


def _sign(masks: "Sequence[int]", left: int, width: int) -> str:
    read = sum((mask >> left & ((1 << width) - 1)).bit_count() for mask in masks)
    return "." if not read else "#" if read == width * len(masks) else "+"


def way_back_table(trace: "Trace", steps: "Sequence[Step]") -> Table:
    """From the last layer back to the first: the units of each that one unit of the last reads, and how."""
    known = {step.layer: step for step in steps}
    rows: list[Row] = []
    for step in steps:
        cells = (
            step.type,
            _sizes(step.units),
            _how(step, known.get(step.readers[0]) if step.readers else None),
        )
        rows.append(Row(step.layer, step.layer, container=False, cells=cells, raw=cells))
    title = f"{trace.model}: from {steps[0].layer} back to {steps[-1].layer}"
    footer = ("previous = (next - 1) x stride + dilation x (kernel - 1) + 1",)
    return Table(title, ("Layer", "Type", "Units", "How"), (False, False, True, False), tuple(rows), footer)


def _sizes(units: tuple[int, ...]) -> str:
    return str(units[0]) if len(set(units)) == 1 else " x ".join(map(str, units))


def _how(step: "Step", reader: "Step | None") -> str:
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
