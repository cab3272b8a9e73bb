"""Linear maps over the last axis (torch.nn.Linear)."""

from typing import TYPE_CHECKING

from archcalc.facts import FEATURES, IDENTITY, Facts, Tensor, along
from archcalc.formulas.counts import linear_macs
from archcalc.layers.arguments import Positive
from archcalc.layers.base import Layer, agree, single_float

if TYPE_CHECKING:
    from archcalc.facts import Shape


class Linear(Layer, frozen=True):
    """Map the features of the last axis: y = x W^T + b."""

    in_features: Positive | None = None
    """Features that arrive; inferred, checked when written."""
    out_features: Positive
    """Features of the output."""
    bias: bool = True
    """Add one number per output feature."""

    def infer(self, inputs: tuple[Tensor, ...]) -> Facts:
        """(*, F_in) -> (*, F_out)."""
        tensor = single_float(inputs)
        *positions, features = tensor.shape
        agree("in_features", self.in_features, features)
        output = (*positions, self.out_features)
        weights: dict[str, Shape] = {"weight": (self.out_features, features)}
        if self.bias:
            weights["bias"] = (self.out_features,)
        return Facts(
            outputs={"output": Tensor(output, tensor.dtype)},
            macs=linear_macs(features, output),
            reads=(along(*(IDENTITY for _ in positions), FEATURES),),
            weights=weights,
        )
