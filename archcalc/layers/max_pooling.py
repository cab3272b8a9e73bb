"""Max pools with a sliding window (torch.nn.MaxPool1d-3d)."""

from archcalc.facts import Facts, Tensor
from archcalc.layers.arguments import Sizes
from archcalc.layers.base import single_float
from archcalc.layers.pooling import Maxima, PaddedPool


class MaxPool(Maxima, PaddedPool, frozen=True):
    """The largest number of each window."""

    dilation: Sizes = 1
    """Input positions between two neighbouring positions of the window."""
    return_indices: bool = False
    """Also give the place of each maximum, as the output ``indices``."""

    def infer(self, inputs: tuple[Tensor, ...]) -> Facts:
        """(C, *n) -> (C, *floor((n + 2 p - (d (k - 1) + 1)) / s) + 1)."""
        tensor, indices = single_float(inputs), self.return_indices
        return self._pool(tensor, self.padding, self.dilation, return_indices=indices)


class MaxPool1d(MaxPool, frozen=True):
    """Max pool over (C, L)."""

    rank = 1


class MaxPool2d(MaxPool, frozen=True):
    """Max pool over (C, H, W)."""

    rank = 2


class MaxPool3d(MaxPool, frozen=True):
    """Max pool over (C, D, H, W)."""

    rank = 3
