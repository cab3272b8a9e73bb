"""Torchvision's layers that read a map between its positions, also where its compiled operators are missing.

What a tap or a point reads there is torch's ``grid_sample``, or torchvision's own form of RoIAlign in Python.
"""

from importlib import import_module
from typing import TYPE_CHECKING, cast

import torch
from torch import Tensor, nn
from torch.nn.functional import grid_sample

from archcalc.bridge.libraries import imported

if TYPE_CHECKING:
    from collections.abc import Callable

Sides = tuple[int, int]


def deformable(in_channels: int, **arguments: object) -> nn.Module:
    """DeformConv2d of torchvision, its sums written in matrix products that FlopCounterMode can count."""
    layer = cast("nn.Module", imported("torchvision.ops").DeformConv2d(in_channels, **arguments))

    def forward(image: Tensor, offset: Tensor, mask: Tensor | None = None) -> Tensor:
        return moved_taps(layer, image, offset, mask)

    vars(layer)["forward"] = forward
    return layer


def moved_taps(layer: nn.Module, image: Tensor, offset: Tensor, mask: Tensor | None = None) -> Tensor:
    """The convolution of a DeformConv2d: (C, H, W), offsets and perhaps a mask -> (C_out, H', W')."""
    weight = cast("Tensor", layer.weight)
    stride, padding, dilation = (cast("Sides", getattr(layer, n)) for n in ("stride", "padding", "dilation"))
    (batch, channels, *sizes), kernel = image.shape, (weight.shape[2], weight.shape[3])
    rows, columns = (
        (n + 2 * p - d * (k - 1) - 1) // s + 1
        for n, k, s, p, d in zip(sizes, kernel, stride, padding, dilation, strict=True)
    )
    taps = kernel[0] * kernel[1]
    groups = offset.shape[1] // (2 * taps)
    if not groups or min(rows, columns) < 1:
        raise RuntimeError("no offset for every tap, or no position")
    moves = offset.view(batch, groups, *kernel, 2, rows, columns)
    places = [
        _on_grid(moves[:, :, :, :, axis], axis, (stride[axis], padding[axis], dilation[axis]), sizes[axis])
        for axis in range(2)
    ]
    grid = torch.stack(places[::-1], -1).view(batch * groups, taps * rows, columns, 2)
    parts = image.reshape(batch * groups, channels // groups, *sizes)
    read = grid_sample(parts, grid, align_corners=False).view(batch, groups, -1, taps, rows, columns)
    if mask is not None:
        read = read * mask.view(batch, groups, 1, taps, rows, columns)
    of_group = weight.shape[1] * taps
    parted = read.reshape(batch, channels // weight.shape[1], of_group, rows * columns)
    result = weight.reshape(parted.shape[1], -1, of_group) @ parted
    bias = cast("Tensor | None", layer.bias)
    result = result.reshape(batch, -1, rows, columns)
    return result if bias is None else result + bias[:, None, None]


def _on_grid(move: Tensor, axis: int, window: tuple[int, int, int], size: int) -> Tensor:
    """The places of all taps along an axis, -1 to 1 from the first edge of the map to the last."""
    stride, padding, dilation = window
    unit = torch.arange(move.shape[-2 + axis], dtype=move.dtype, device=move.device) * stride - padding
    tap = torch.arange(move.shape[2 + axis], dtype=move.dtype, device=move.device) * dilation
    unit = unit[:, None] if axis == 0 else unit
    tap = tap[:, None] if axis == 0 else tap
    return (2 * (move + unit + tap[..., None, None]) + 1) / size - 1


def aligned(
    output_size: int | Sides, spatial_scale: float = 1.0, sampling_ratio: int = -1, **more: bool
) -> nn.Module:
    """RoIAlign of torchvision, called on the boxes of each sample."""
    made = cast("Callable[..., nn.Module]", imported("torchvision.ops").RoIAlign)
    layer = made(output_size, spatial_scale, sampling_ratio, **more)

    def forward(image: Tensor, boxes: Tensor) -> Tensor:
        return cut_out(layer, image, boxes)

    vars(layer)["forward"] = forward
    return layer


def cut_out(layer: nn.Module, image: Tensor, boxes: Tensor) -> Tensor:
    """Every sample's boxes (K, 4 or 5) of its map (C, H, W) -> (K, C, h, w)."""
    if boxes.shape[2] not in (4, 5) or boxes.dtype != image.dtype:
        raise RuntimeError("no boxes of this map")
    numbers = torch.arange(len(boxes), dtype=boxes.dtype, device=boxes.device)[:, None, None]
    rois = torch.cat((numbers.expand(-1, boxes.shape[1], 1), boxes[..., -4:]), -1).flatten(0, 1)
    bins = cast("int | Sides", layer.output_size)
    sizes = bins if isinstance(bins, tuple) else (bins, bins)
    given = layer.spatial_scale, *sizes, layer.sampling_ratio, layer.aligned
    if has_operators():
        made = cast("Callable[..., Tensor]", torch.ops.torchvision.roi_align)
    else:
        plain = import_module("torchvision.ops.roi_align")._roi_align  # noqa: SLF001  not compiled anew
        made = cast("Callable[..., Tensor]", plain.__wrapped__)
    result = made(image, rois, *given)
    return result.reshape(*boxes.shape[:2], *result.shape[1:])


def has_operators() -> bool:
    """Whether torchvision has its compiled operators."""
    asked = cast("Callable[[], bool]", import_module("torchvision.extension")._has_ops)  # noqa: SLF001  as its layers ask
    return asked()
