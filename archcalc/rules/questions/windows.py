"""The windows of convolutions and pools as arguments, to give a layer another one."""

from typing import TYPE_CHECKING, cast

from archcalc.cures.making import as_argument
from archcalc.facts import Window
from archcalc.layers.arguments import per_axis

if TYPE_CHECKING:
    from collections.abc import Mapping

    from archcalc.rules.language import TracedLayer


def each_axis(layer: "TracedLayer", key: str) -> list[int]:
    """An argument of a layer with windows for each axis; none where it is a word, as ``same`` is.

    Its windows slide over the positions of what arrives; where those of all windows are put in a row, or
    taken from one, over the positions of what has more axes.
    """
    value: object = getattr(layer.arguments, key, 1)
    axes = max(len(layer.inputs[0].tensor.shape), len(layer.output.shape)) - layer.mapped - 1
    return [] if isinstance(value, str) else list(per_axis(cast("int | tuple[int, ...]", value), axes, key))


def window_of(layer: "TracedLayer") -> "Mapping[str, object] | None":
    """Kernel, stride and padding of a layer that has these arguments and is not dilated."""
    fields = type(layer.arguments).model_fields
    reaches = [read.reach for read in layer.facts.first_reads[layer.mapped + 1 :]]
    windows = [reach for reach in reaches if isinstance(reach, Window)]
    if not windows or len(windows) < len(reaches) or any(window.dilation > 1 for window in windows):
        return None
    arguments = {
        "kernel_size": as_argument([window.kernel for window in windows]),
        "stride": as_argument([window.stride for window in windows]),
        "padding": as_argument([window.padding for window in windows]),
    }
    return arguments if arguments.keys() <= fields.keys() else None
