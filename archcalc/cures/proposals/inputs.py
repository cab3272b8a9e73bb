"""Inputs of the network in another shape, however their sizes are written."""

from typing import TYPE_CHECKING, cast

from archcalc.cures.changes import SetValue

if TYPE_CHECKING:
    from collections.abc import Sequence

    from archcalc.cures.changes import Change
    from archcalc.facts import Shape
    from archcalc.rules.context import Context
    from archcalc.source import Path
    from archcalc.tracing import Port, TracedLayer
    from archcalc.tracing.records import Refused


MAP_AXES = (3, 4)
"""Axes of an image, and of a volume: channels and positions."""
COLOURS = (1, 3, 4)
"""Channels of an image as it is read from a file."""


def reordered(context: "Context", name: str, order: "Sequence[int]") -> "tuple[Change, ...]":
    """The axes of an input in another order, each size as it is written."""
    path, sizes = _written(context, name)
    if len(sizes) != len(order):
        return ()
    return (SetValue(path, [sizes[axis] for axis in order]),)


def with_axis(context: "Context", name: str, size: int = 1) -> "tuple[Change, ...]":
    """An input with one more axis in front of the others."""
    path, sizes = _written(context, name)
    return (SetValue(path, [size, *sizes]),)


def without_axis(context: "Context", name: str, axis: int = 0) -> "tuple[Change, ...]":
    """An input without one of its axes."""
    path, sizes = _written(context, name)
    return (SetValue(path, [*sizes[:axis], *sizes[axis + 1 :]]),)


def reshaped(context: "Context", name: str, shape: "Shape") -> "tuple[Change, ...]":
    """An input with other axes."""
    return (SetValue(_written(context, name)[0], list(shape)),)


def as_dtype(context: "Context", name: str, dtype: str) -> "tuple[Change, ...]":
    """An input that holds numbers of another dtype."""
    path, sizes = _written(context, name)
    return (SetValue(path[:2], {"shape": sizes, "dtype": dtype}),)


def input_behind(context: "Context", port: "Port") -> str | None:
    """The input of the network that arrives with its axes as they are, if need be through layers."""
    while port.layer not in context.trace.inputs:
        layer = context.trace.source(port)
        if layer is None or not _keeps_places(layer) or layer.inputs[0].tensor.shape != port.tensor.shape:
            return None
        port = layer.inputs[0]
    return port.layer


def _keeps_places(layer: "TracedLayer") -> bool:
    """Whether every number of the output stands where the one stood that it comes of."""
    own = layer.arguments
    return own.bends or own.drops or own.passes is not None or own.normalizes is not None


def misread(context: "Context", refused: "Refused") -> str | None:
    """The input that a layer reads, where it is an image whose channels seem to come last."""
    name = input_behind(context, refused.inputs[0]) if len(refused.inputs) == 1 else None
    if name is None:
        return None
    shape = context.trace.inputs[name].shape
    last = len(shape) in MAP_AXES and shape[-1] in COLOURS and shape[0] not in COLOURS
    return name if last else None


def _written(context: "Context", name: str) -> "tuple[Path, list[object]]":
    """Where the sizes of an input are written, and how."""
    document = context.model.document
    written = document.at(("inputs", name))
    path: Path = ("inputs", name) if isinstance(written, list) else ("inputs", name, "shape")
    sizes = document.at(path)
    return path, cast("list[object]", sizes) if isinstance(sizes, list) else []
