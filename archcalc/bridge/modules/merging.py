"""Several inputs made one."""

from collections.abc import Callable
from functools import reduce

import torch
from torch import Tensor, nn


class Concat(nn.Module):
    """``torch.cat`` along an axis counted without the batch."""

    def __init__(self, dim: int = 0) -> None:
        super().__init__()
        self.dim = dim

    def forward(self, *tensors: Tensor) -> Tensor:
        """The inputs one behind the other."""
        axes = tensors[0].dim() - 1
        if not -axes <= self.dim < axes:
            raise IndexError("the axis is the batch's or outside")
        return torch.cat(tensors, self.dim % axes + 1)


class Combined(nn.Module):
    """A product or sum of the inputs."""

    def __init__(self, operate: Callable[[Tensor, Tensor], Tensor]) -> None:
        super().__init__()
        self.operate = operate

    def forward(self, *tensors: Tensor) -> Tensor:
        """Number by number, repeating axes of size 1."""
        return reduce(self.operate, tensors)
