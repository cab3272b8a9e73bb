"""Dropout layers (torch.nn.Dropout, Dropout2d): the identity at inference."""

from typing import TYPE_CHECKING

from archcalc.facts import Facts, pointwise
from archcalc.layers.arguments import Probability
from archcalc.layers.base import Layer, single_float

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


class Dropout2d(Dropout, frozen=True):
    """Zero whole channels with probability p in training."""
