"""A linear map whose weight is kept the other way round (transformers' Conv1D)."""

from dataclasses import replace
from typing import TYPE_CHECKING

from archcalc.facts import Facts, Tensor
from archcalc.layers.arguments import Positive
from archcalc.layers.base import Layer
from archcalc.layers.linear import KEEPS_ROWS, Linear

if TYPE_CHECKING:
    from archcalc.moments import Drawn

DEVIATION = 0.02
"""Of the weights that transformers' Conv1D draws."""


class TransposedLinear(Layer, frozen=True):
    """Map the features of the last axis, the weight kept the other way round: y = x W + b.

    transformers calls it Conv1D; GPT-2 has it in the place of every Linear.
    """

    saves = KEEPS_ROWS

    linear = True
    transposed = True

    in_features: Positive | None = None
    """Features that arrive; inferred, checked when written."""
    out_features: Positive
    """Features of the output."""

    def infer(self, inputs: tuple[Tensor, ...]) -> Facts:
        """(*, F_in) -> (*, F_out)."""
        # Both are checked already, and stay sizes that remember if they are.
        linear = Linear.model_construct(in_features=self.in_features, out_features=self.out_features)
        facts = linear.infer(inputs)
        return replace(facts, weights={**facts.weights, "weight": facts.weights["weight"][::-1]})

    def drawn(self, facts: Facts) -> "Drawn":
        """Normal numbers of deviation 0.02, and shifts of 0."""
        del facts
        return {"weight": DEVIATION**2, "bias": 0.0}
