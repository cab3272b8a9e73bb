"""Words for the axes of a shape without the batch."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from archcalc.analyses.receptive_field import AxisField
    from archcalc.facts import Shape
    from archcalc.rules.context import Context
    from archcalc.tracing import Port

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
