"""The windows of convolutions and pools as arguments, to give a layer another one."""

from typing import TYPE_CHECKING

from archcalc.cures.making import as_argument
from archcalc.facts import Window

if TYPE_CHECKING:
    from collections.abc import Mapping

    from archcalc.rules.language import TracedLayer


def window_of(layer: "TracedLayer") -> "Mapping[str, object] | None":
    """Kernel, stride and padding of a layer that has these arguments and is not dilated."""
    fields = type(layer.arguments).model_fields
    reaches = [read.reach for read in layer.facts.reads[0][1:]] if layer.facts.reads else []
    windows = [reach for reach in reaches if isinstance(reach, Window)]
    if not windows or len(windows) < len(reaches) or any(window.dilation > 1 for window in windows):
        return None
    arguments = {
        "kernel_size": as_argument([window.kernel for window in windows]),
        "stride": as_argument([window.stride for window in windows]),
        "padding": as_argument([window.padding for window in windows]),
    }
    return arguments if arguments.keys() <= fields.keys() else None
