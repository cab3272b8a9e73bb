"""Max pools that state their output size (torch.nn.AdaptiveMaxPool1d-3d)."""

from archcalc.facts import Facts, Tensor
from archcalc.layers.adaptive_pooling import AdaptivePool
from archcalc.layers.pooling import Maxima


class AdaptiveMaxPool(Maxima, AdaptivePool, frozen=True):
    """The largest number of each window."""

    return_indices: bool = False
    """Also give the place of each maximum, as the output ``indices``."""

    def infer(self, inputs: tuple[Tensor, ...]) -> Facts:
        """(C, *n) -> (C, *output_size)."""
        return self._pool(inputs, return_indices=self.return_indices)


class AdaptiveMaxPool1d(AdaptiveMaxPool, frozen=True):
    """Max pool from (C, L) to a given L."""

    rank = 1


class AdaptiveMaxPool2d(AdaptiveMaxPool, frozen=True):
    """Max pool from (C, H, W) to a given (H, W)."""

    rank = 2


class AdaptiveMaxPool3d(AdaptiveMaxPool, frozen=True):
    """Max pool from (C, D, H, W) to a given (D, H, W)."""

    rank = 3
