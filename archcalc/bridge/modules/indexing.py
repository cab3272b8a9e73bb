"""torch's functions that take positions, rank, put in and add up; arguments count without the batch."""

from typing import TYPE_CHECKING

import torch
from torch import Tensor

from archcalc.bridge.modules.moving import Moving, batched

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import nn


def _unfolded_axis(dimension: int, size: int, step: int) -> Moving:
    """``Tensor.unfold``."""
    return Moving(lambda axes, tensors: tensors[0].unfold(batched(dimension, axes), size, step))


def _scattered(dim: int = 0, start: int | None = None, stop: int | None = None, step: int = 1) -> Moving:
    """``torch.slice_scatter``."""

    def put(axes: int, tensors: tuple[Tensor, ...]) -> Tensor:
        tensor, part = tensors
        return torch.slice_scatter(tensor, part, batched(dim, axes), start, stop, step)

    return Moving(put, many=True)


def _triangular(function: "Callable[[Tensor, int], Tensor]") -> "Callable[..., Moving]":
    """A triangle of every sample."""

    def made(diagonal: int = 0) -> Moving:
        def keep(axes: int, tensors: tuple[Tensor, ...]) -> Tensor:
            if axes < 2:
                raise RuntimeError("a row of the batch is no matrix")
            return function(tensors[0], diagonal)

        return Moving(keep)

    return made


def _selected_by_index(dim: int = 0) -> Moving:
    """``torch.index_select`` of every sample, with positions of its own."""

    def take(axes: int, tensors: tuple[Tensor, ...]) -> Tensor:
        tensor, index = tensors
        axis = batched(dim, axes)
        if index.dim() != 2:
            raise RuntimeError("an index is a list")
        wide = _positions(index).reshape(len(index), *(-1 if at == axis else 1 for at in range(1, axes + 1)))
        return torch.take_along_dim(tensor, wide, axis)

    return Moving(take, many=True)


def _positions(index: Tensor) -> Tensor:
    """The index as torch.gather takes it; small whole numbers are none."""
    return index.long() if index.dtype == torch.int32 else index


def _gathered(dim: int = 0) -> Moving:
    """``torch.gather``."""

    def take(axes: int, tensors: tuple[Tensor, ...]) -> Tensor:
        tensor, index = tensors
        return torch.gather(tensor, batched(dim, axes), _positions(index))

    return Moving(take, many=True)


def _top(k: int, dim: int = -1, *, largest: bool = True) -> Moving:
    """``torch.topk``."""
    return Moving(lambda axes, tensors: tuple(torch.topk(tensors[0], k, batched(dim, axes), largest)))


def _placed(function: "Callable[[Tensor, int, bool], Tensor]") -> "Callable[..., Moving]":
    """Where a number stands along an axis."""

    def made(dim: int, *, keepdim: bool = False) -> Moving:
        return Moving(lambda axes, tensors: function(tensors[0], batched(dim, axes), keepdim))

    return made


def _accumulated(dim: int) -> Moving:
    """``torch.cumsum``."""
    return Moving(lambda axes, tensors: torch.cumsum(tensors[0], batched(dim, axes)))


INDEXING: "dict[str, Callable[..., nn.Module]]" = {
    "UnfoldAxis": _unfolded_axis,
    "SliceScatter": _scattered,
    "Tril": _triangular(torch.tril),
    "Triu": _triangular(torch.triu),
    "IndexSelect": _selected_by_index,
    "Gather": _gathered,
    "TopK": _top,
    "Argmax": _placed(torch.argmax),
    "Argmin": _placed(torch.argmin),
    "Cumsum": _accumulated,
}
