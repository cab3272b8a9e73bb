"""Kernels as tools read them off the arguments of a convolution."""

from typing import TYPE_CHECKING, cast

from archcalc.layers.arguments import per_axis

if TYPE_CHECKING:
    from archcalc.facts import Shape
    from archcalc.layers.arguments import Sizes
    from archcalc.tracing import TracedLayer


def sizes_of(layer: "TracedLayer", name: str) -> "Shape":
    """An argument for every axis of positions."""
    given = cast("Sizes", dict(layer.arguments)[name])
    return per_axis(given, len(layer.output.shape) - 1, name)


def made_by_group(layer: "TracedLayer") -> int:
    """Channels of the output that a group makes."""
    return layer.output.shape[0] // groups_written(layer)


def groups_written(layer: "TracedLayer") -> int:
    """Groups of channels."""
    return cast("int", dict(layer.arguments)["groups"])
