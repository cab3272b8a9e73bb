"""Layers that leave out numbers at random in training and are the identity at inference.

torch.nn.Dropout, Dropout1d-3d, AlphaDropout, FeatureAlphaDropout; torchvision.ops.StochasticDepth.
"""

from typing import TYPE_CHECKING, Literal

from archcalc.facts import Facts, pointwise
from archcalc.layers.arguments import Probability
from archcalc.layers.base import Layer, channels_first, single_float

if TYPE_CHECKING:
    from archcalc.facts import Tensor


class Dropout(Layer, frozen=True):
    """Zero every number with probability p in training."""

    p: Probability = 0.5
    """Probability of a zero."""
    inplace: bool = False
    """Overwrite the input in training; no number here depends on it."""

    def infer(self, inputs: "tuple[Tensor, ...]") -> Facts:
        """(*) -> (*)."""
        return pointwise(single_float(inputs))


class Dropout1d(Dropout, frozen=True):
    """Zero whole channels of (C, L) with probability p in training."""

    def infer(self, inputs: "tuple[Tensor, ...]") -> Facts:
        """(C, L) -> (C, L)."""
        channels_first(single_float(inputs), 1)
        return super().infer(inputs)


class Dropout2d(Dropout, frozen=True):
    """Zero whole channels with probability p in training."""


class Dropout3d(Dropout, frozen=True):
    """Zero whole channels with probability p in training."""


class AlphaDropout(Dropout, frozen=True):
    """Set numbers to SELU's limit with probability p in training, and keep mean and variance."""


class FeatureAlphaDropout(Dropout, frozen=True):
    """Set whole channels to SELU's limit with probability p in training, and keep mean and variance."""


class StochasticDepth(Layer, frozen=True):
    """Zero the whole input with probability p in training, as the branch of a residual block."""

    p: Probability
    """Probability of a zero."""
    mode: Literal["batch", "row"]
    """'batch' decides once for the batch, 'row' for every sample."""

    def infer(self, inputs: "tuple[Tensor, ...]") -> Facts:
        """(*) -> (*)."""
        return pointwise(single_float(inputs))
