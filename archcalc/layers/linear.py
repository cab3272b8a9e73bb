"""Linear maps over the last axis (torch.nn.Linear)."""

from functools import lru_cache

from archcalc.facts import FEATURES, IDENTITY, Facts, Reads, Tensor, along
from archcalc.formulas.counts import linear_macs
from archcalc.keeping import Saved
from archcalc.layers.arguments import Positive
from archcalc.layers.base import Layer, agree, single_float
from archcalc.layers.operations import map_work
from archcalc.layers.parametrization import Parametrization, tensors, with_made_weight

KEEPS_ROWS = Saved(for_weights=(0,), ending=1)
"""The input as a matrix of rows, which is a view of it where it lies in the order of its axes."""


@lru_cache(maxsize=64)
def _features_last(positions: int) -> Reads:
    """Reads of a layer that mixes the features of the last axis at each place of so many others."""
    return along(*(IDENTITY for _ in range(positions)), FEATURES)


class Linear(Layer, frozen=True):
    """Map the features of the last axis: y = x W^T + b."""

    linear = True
    initial = 1 / 3

    in_features: Positive | None = None
    """Features that arrive; inferred, checked when written."""
    out_features: Positive
    """Features of the output."""
    bias: bool = True
    """Add one number per output feature."""
    parametrization: Parametrization | None = None
    """Write the weight as length and direction (weight_norm) or divide it by its norm (spectral_norm)."""

    def infer(self, inputs: tuple[Tensor, ...]) -> Facts:
        """(*, F_in) -> (*, F_out)."""
        tensor = single_float(inputs)
        *positions, features = tensor.shape
        agree("in_features", self.in_features, features)
        output = (*positions, self.out_features)
        bias = (self.out_features,) if self.bias else None
        weights, buffers = tensors((self.out_features, features), bias, self.parametrization)
        return Facts(
            outputs={"output": Tensor(output, tensor.dtype)},
            work=map_work(linear_macs(features, output), weights, output),
            reads=(_features_last(len(positions)),),
            weights=weights,
            buffers=buffers,
            inferred={"in_features": features},
        )

    def keeping(self, inputs: tuple[Tensor, ...], facts: Facts) -> Saved | None:
        """Its input, for the gradient of the weight, and a weight that is made of others."""
        return with_made_weight(KEEPS_ROWS, facts, inputs[0].dtype) if self.parametrization else KEEPS_ROWS
