"""Other numbers of positions: the crops of U-Nets, and what a pool has left, back in its place."""

from collections.abc import Callable
from typing import cast

from torch import Tensor, nn


class Crop(nn.Module):
    """The slices of U-Net implementations: as many positions off before as behind, the odd one behind."""

    def __init__(self, size: int | tuple[int, ...] | None = None) -> None:
        super().__init__()
        self.size = size

    def forward(self, big: Tensor, like: Tensor | None = None) -> Tensor:
        """The centre of ``big``: of this size, or of the size of ``like``."""
        if (like is None) == (self.size is None):
            raise ValueError("neither a size nor another input, or both")
        sizes = like.shape[2:] if like is not None else self.size
        wanted = (sizes,) * (big.dim() - 2) if isinstance(sizes, int) else tuple(sizes or ())
        if len(wanted) != big.dim() - 2 or any(m > n for n, m in zip(big.shape[2:], wanted, strict=True)):
            raise ValueError("the size does not fit")
        slices = [slice((n - m) // 2, (n - m) // 2 + m) for n, m in zip(big.shape[2:], wanted, strict=True)]
        return big[(slice(None), slice(None), *slices)]


class Unpool(nn.Module):
    """A MaxUnpool with the argument of its call."""

    def __init__(self, layer: nn.Module, output_size: tuple[int, ...] | None) -> None:
        super().__init__()
        self.layer = layer
        self.output_size = output_size

    def forward(self, values: Tensor, indices: Tensor) -> Tensor:
        """The values at the places that the indices name."""
        return cast("Tensor", self.layer(values, indices, self.output_size))


def unpool(rank: int) -> Callable[..., nn.Module]:
    """MaxUnpool1d, 2d, 3d with ``output_size`` among the arguments."""
    made = cast("Callable[..., nn.Module]", getattr(nn, f"MaxUnpool{rank}d"))

    def with_size(output_size: tuple[int, ...] | None = None, **arguments: object) -> nn.Module:
        return Unpool(made(**arguments), output_size)

    return with_size
