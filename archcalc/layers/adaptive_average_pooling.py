"""Average pools that state their output size (torch.nn.AdaptiveAvgPool1d-3d)."""

from archcalc.facts import Facts, Tensor
from archcalc.keeping import KEEPS_INPUT, KEEPS_NOTHING, Saved
from archcalc.layers.adaptive_pooling import AdaptivePool
from archcalc.layers.mathematics import Passing


class AdaptiveAvgPool(AdaptivePool, frozen=True):
    """The mean of each window."""

    passes = Passing.AVERAGED

    def infer(self, inputs: tuple[Tensor, ...]) -> Facts:
        """(C, *n) -> (C, *output_size)."""
        return self._pool(inputs)

    def keeping(self, inputs: tuple[Tensor, ...], facts: Facts) -> Saved | None:
        """Its input; nothing where it is a mean over all positions."""
        del inputs
        (made,) = facts.outputs.values()
        return KEEPS_INPUT if max(made.shape[1:]) > 1 else KEEPS_NOTHING


class AdaptiveAvgPool1d(AdaptiveAvgPool, frozen=True):
    """Average pool from (C, L) to a given L."""

    rank = 1


class AdaptiveAvgPool2d(AdaptiveAvgPool, frozen=True):
    """Average pool from (C, H, W) to a given (H, W)."""

    rank = 2


class AdaptiveAvgPool3d(AdaptiveAvgPool, frozen=True):
    """Average pool from (C, D, H, W) to a given (D, H, W)."""

    rank = 3
