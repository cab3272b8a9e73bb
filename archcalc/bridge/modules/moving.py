"""torch's functions as modules whose axis arguments count without the batch."""

from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

if TYPE_CHECKING:
    from collections.abc import Callable

Dims = int | tuple[int, ...]


def batched(dim: int, axes: int) -> int:
    """The axis of a batch that means the axis ``dim`` of a sample with so many axes."""
    if not -axes <= dim < axes:
        raise IndexError("the axis is the batch's or outside")
    return dim % axes + 1


def all_batched(dims: Dims | None, axes: int) -> list[int]:
    """Several axes of a batch; None: all but the batch's own."""
    if dims is None:
        return list(range(1, axes + 1))
    return [batched(dim, axes) for dim in (dims if isinstance(dims, tuple) else (dims,))]


class Moving(nn.Module):
    """A function of the inputs, of which it takes one or many, and the number of axes of a sample."""

    def __init__(
        self, move: "Callable[[int, tuple[Tensor, ...]], Tensor | tuple[Tensor, ...]]", *, many: bool = False
    ) -> None:
        super().__init__()
        self.move, self.many = move, many

    def forward(self, first: Tensor, *others: Tensor) -> Tensor | tuple[Tensor, ...]:
        """What the function makes of the inputs."""
        if others and not self.many:
            raise TypeError("takes one input")
        return self.move(first.dim() - 1, (first, *others))


def reshape(shape: Dims) -> Moving:
    """``torch.reshape`` of every sample."""
    sizes = shape if isinstance(shape, tuple) else (shape,)
    return Moving(lambda _, tensors: tensors[0].reshape(tensors[0].shape[0], *sizes))


def permute(dims: tuple[int, ...]) -> Moving:
    """``torch.permute``."""
    return Moving(lambda axes, tensors: tensors[0].permute(0, *all_batched(dims, axes)))


def transpose(dim0: int, dim1: int) -> Moving:
    """``torch.transpose``."""
    return Moving(lambda axes, tensors: tensors[0].transpose(batched(dim0, axes), batched(dim1, axes)))


def squeeze(dim: Dims | None = None) -> Moving:
    """``torch.squeeze``."""
    return Moving(lambda axes, tensors: torch.squeeze(tensors[0], all_batched(dim, axes)))


def unsqueeze(dim: int) -> Moving:
    """``torch.unsqueeze``."""
    return Moving(lambda axes, tensors: tensors[0].unsqueeze(batched(dim, axes + 1)))


def part(dim: int = 0, start: int | None = None, stop: int | None = None, step: int = 1) -> Moving:
    """An index with a slice."""

    def move(axes: int, tensors: tuple[Tensor, ...]) -> Tensor:
        before = [slice(None)] * batched(dim, axes)
        return tensors[0][(*before, slice(start, stop, step))]

    return Moving(move)


def chunk(chunks: int, dim: int = 0) -> Moving:
    """``torch.chunk``."""
    return Moving(lambda axes, tensors: torch.chunk(tensors[0], chunks, batched(dim, axes)))


def split_axis(split_size_or_sections: Dims, dim: int = 0) -> Moving:
    """``torch.split``."""
    sizes = split_size_or_sections
    parts = list(sizes) if isinstance(sizes, tuple) else sizes
    return Moving(lambda axes, tensors: torch.split(tensors[0], parts, batched(dim, axes)))


def stack(dim: int = 0) -> Moving:
    """``torch.stack`` of two or more."""
    return Moving(lambda axes, tensors: torch.stack(tensors, batched(dim, axes + 1)), many=True)


def matmul() -> Moving:
    """``torch.matmul`` where the batches meet each other."""

    def move(_: int, tensors: tuple[Tensor, ...]) -> Tensor:
        left, right = tensors
        if left.dim() != right.dim() or left.dim() < 3:
            raise RuntimeError("the batch meets another axis")
        return left @ right

    return Moving(move, many=True)


def mean(dim: Dims | None = None, *, keepdim: bool = False) -> Moving:
    """``torch.mean``."""
    return Moving(lambda axes, tensors: torch.mean(tensors[0], all_batched(dim, axes), keepdim))


def total(dim: Dims | None = None, *, keepdim: bool = False) -> Moving:
    """``torch.sum``."""
    return Moving(lambda axes, tensors: torch.sum(tensors[0], all_batched(dim, axes), keepdim))


def largest(dim: int, *, keepdim: bool = False) -> Moving:
    """``torch.max`` along an axis."""
    return Moving(lambda axes, tensors: tuple(torch.max(tensors[0], batched(dim, axes), keepdim)))


MOVING: "dict[str, Callable[..., nn.Module]]" = {
    "Reshape": reshape,
    "Permute": permute,
    "Transpose": transpose,
    "Squeeze": squeeze,
    "Unsqueeze": unsqueeze,
    "Slice": part,
    "Chunk": chunk,
    "Split": split_axis,
    "Stack": stack,
    "MatMul": matmul,
    "Mean": mean,
    "Sum": total,
    "Max": largest,
}
