"""The field of a unit drawn with characters: on each input, and how often each position is read."""

from typing import TYPE_CHECKING

from archcalc.formulas.rounding import ceil_divided
from archcalc.render.dilation import picture
from archcalc.render.units import positions_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from archcalc.analyses.coverage import Coverage
    from archcalc.analyses.regions import Region
    from archcalc.analyses.units import UnitReads

MAX_DRAWN = 4_096
"""Positions per axis of an input that a picture is drawn of."""
SIGNS = "picture: # = all positions read, + = some, . = none;"


def coverage_lines(counted: "Iterable[tuple[str, int, Coverage | None]]", width: int) -> "Iterator[str]":
    """Per axis of each input: how often each position is read, as a line."""
    for name, axis, coverage in counted:
        label = f"{name}, axis {axis}: "
        yield label + ("all positions" if coverage is None else picture(coverage, width - len(label)))


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
                f"axis {reads.axes[axis]} at {positions_text(reads.inside.box()[axis])}"
                for axis in range(drawn)
            )
            yield f"{reads.input}, {spans}:"
        else:
            yield f"{reads.input}:"
        yield from _raster(reads.inside.over(range(max(drawn, 0), len(reads.axes))), width)


def _raster(region: "Region", width: int) -> "Iterator[str]":
    columns = region.shape[-1]
    rows = region.shape[0] if len(region.shape) > 1 else 1
    limit = max(8, min(width - 2, 96))
    across = ceil_divided(columns, limit)
    down = 2 * across if across > 1 or 2 * columns > limit else 1
    signs = 2 if down == 1 and rows > 1 else 1
    edge = "+" + "-" * (signs * ceil_divided(columns, across)) + "+"
    yield edge
    for top in range(0, rows, down):
        places = [(y,) for y in range(top, min(top + down, rows))] if len(region.shape) > 1 else [()]
        masks = [line.bits_from(0) if line.mask else 0 for line in map(region.row, places)]
        cells = (
            _sign(masks, left, min(across, columns - left)) * signs for left in range(0, columns, across)
        )
        yield "|" + "".join(cells) + "|"
    yield edge
    yield f"{SIGNS} {_scale(signs, across, down, rows)}"


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
