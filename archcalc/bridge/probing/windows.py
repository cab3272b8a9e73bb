"""Modules whose gradient reaches all that they read, and cheaply: one channel for many, means for maxima."""

from typing import TYPE_CHECKING, cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from archcalc.bridge.network import made

if TYPE_CHECKING:
    from collections.abc import Callable

    from archcalc.bridge.modules.recurrent import Outputs
    from archcalc.tracing import TracedLayer

    Form = Callable[..., Outputs]

AxisSizes = tuple[int, ...]


def described(layer: "TracedLayer") -> nn.Module:
    """The module without numbers, for the arguments that it holds."""
    with torch.device("meta"):
        return made(layer)


def sizes(module: nn.Module, name: str, rank: int) -> AxisSizes:
    """An argument as one number an axis."""
    value = cast("int | AxisSizes", vars(module)[name])
    return value if isinstance(value, tuple) else (value,) * rank


def convolved(layer: "TracedLayer") -> "Form":
    """A convolution whose weights are alike over the channels: one channel a group, then repeated."""
    plain = described(layer)
    groups = cast("int", vars(plain)["groups"])
    names = ["kernel_size", "stride", "padding", "dilation", "padding_mode"]
    names += ["output_padding"] if "Transpose" in layer.type else []
    arguments = {name: vars(plain)[name] for name in names}
    kind = cast("Callable[..., nn.Module]", getattr(nn, layer.type))
    thin = kind(groups, groups, groups=groups, bias=False, dtype=torch.float64, **arguments)
    for weight in thin.requires_grad_(requires_grad=False).parameters():
        nn.init.uniform_(weight, 0.5, 1.5)
    channels = cast("int", vars(plain)["out_channels"]) // groups

    def form(arriving: Tensor) -> "Outputs":
        rows, _, *positions = arriving.shape
        together = arriving.reshape(rows, groups, -1, *positions).sum(2)
        found = cast("Tensor", thin(together))
        return (found.repeat_interleave(channels, 1),)

    return form


def pooled(layer: "TracedLayer") -> "Form":
    """The sum over the window of a maximum pool, at as many places as torch's pool has."""
    plain = described(layer)
    rank = int(layer.type[-2])
    kernel, stride, padding, dilation = (
        sizes(plain, name, rank) for name in ("kernel_size", "stride", "padding", "dilation")
    )
    shape = layer.inputs[0].tensor.shape
    with torch.device("meta"):
        result = cast("Tensor | tuple[Tensor, Tensor]", plain(torch.empty(1, *shape)))
    places = (result[0] if isinstance(result, tuple) else result).shape[2:]
    reach = [
        (m - 1) * s + d * (k - 1) + 1 for m, s, d, k in zip(places, stride, dilation, kernel, strict=True)
    ]
    behind = [max(0, r - p - n) for r, p, n in zip(reach, padding, shape[1:], strict=True)]
    pads = [side for pair in zip(reversed(padding), reversed(behind), strict=True) for side in pair]
    convolve = cast("Callable[..., Tensor]", getattr(functional, f"conv{rank}d"))
    window = torch.ones(1, 1, *kernel, dtype=torch.float64)

    def form(arriving: Tensor) -> "Outputs":
        rows, channels, *positions = arriving.shape
        padded = functional.pad(arriving.reshape(rows * channels, 1, *positions), pads)
        found = convolve(padded, window, stride=stride, dilation=dilation)
        found = found.reshape(rows, channels, *found.shape[2:])
        kept = found[(slice(None), slice(None), *(slice(size) for size in places))]
        return (kept,) * len(layer.facts.outputs)

    return form


def adaptive(layer: "TracedLayer") -> "Form":
    """The mean over the windows of an adaptive maximum pool."""
    mean = cast("Callable[..., nn.Module]", getattr(nn, layer.type.replace("Max", "Avg")))
    module = mean(vars(described(layer))["output_size"])

    def form(arriving: Tensor) -> "Outputs":
        return (cast("Tensor", module(arriving)),) * len(layer.facts.outputs)

    return form
