"""The axes of a shape without the batch: words for them, and where views put them."""

from typing import TYPE_CHECKING

from archcalc.facts import IDENTITY

if TYPE_CHECKING:
    from collections.abc import Iterator

    from archcalc.analyses.receptive_field import AxisField
    from archcalc.facts import Shape
    from archcalc.rules.context import Context
    from archcalc.tracing import Port, TracedLayer

WORDS = {3: ("channel", "row", "column"), 4: ("channel", "slice", "row", "column")}
"""By the number of axes: (C, H, W) and (C, D, H, W)."""


def fields_of(context: "Context", port: "Port") -> "Iterator[tuple[str, AxisField]]":
    """The receptive field of an output along every axis of every input that it depends on."""
    for field in context.fields.outputs.get((port.layer, port.output), ()):
        for axis in field.axes:
            yield field.input, axis


def axis_word(shape: "Shape", axis: int) -> str:
    """What one place along an axis is called: a row, a column, a position of axis 1."""
    words = WORDS.get(len(shape))
    return words[axis] if words else "position"


def counted(count: int, word: str) -> str:
    """A number of things: 1 row, 2,000 rows."""
    return f"{count:,} {word}{'' if count == 1 else 's'}"


def axis_behind(layer: "TracedLayer", axis: int | None) -> int | None:
    """Where an axis of what a view reads lies in its output, all its numbers in order; None: nowhere."""
    read = None if axis is None else layer.facts.first_reads[axis]
    if axis is None or read is None or read.to is None or read.reach != IDENTITY:
        return None
    same = layer.inputs[0].tensor.shape[axis] == layer.output.shape[read.to]
    return read.to if same else None


def axis_before(layer: "TracedLayer", axis: int) -> int | None:
    """Which axis of what a view reads becomes this one of its output; the opposite of ``axis_behind``."""
    axes = range(len(layer.inputs[0].tensor.shape))
    return next((before for before in axes if axis_behind(layer, before) == axis), None)
