"""A map that is linear in each of two inputs (torch.nn.Bilinear)."""

from archcalc.errors import Fault
from archcalc.facts import FEATURES, IDENTITY, Facts, Tensor, along
from archcalc.formulas.counts import bilinear_macs
from archcalc.keeping import Saved
from archcalc.layers.arguments import Positive
from archcalc.layers.base import Layer, agree, single_float
from archcalc.layers.operations import map_work
from archcalc.layers.parametrization import Parametrization, tensors, with_made_weight


class Bilinear(Layer, frozen=True):
    """Map two inputs to the numbers y_k = x1^T W_k x2 + b_k at every position."""

    linear = True

    in1_features: Positive | None = None
    """Features of the first input; inferred, checked when written."""
    in2_features: Positive | None = None
    """Features of the second input; inferred, checked when written."""
    out_features: Positive
    """Features of the output."""
    bias: bool = True
    """Add one number per output feature."""
    parametrization: Parametrization | None = None
    """Write the weight as length and direction (weight_norm) or divide it by its norm (spectral_norm)."""

    def infer(self, inputs: tuple[Tensor, ...]) -> Facts:
        """(*, F_1), (*, F_2) -> (*, F_out)."""
        if len(inputs) != 2:  # noqa: PLR2004  x1 and x2
            raise Fault(
                f"takes 2 inputs, got {len(inputs)}", key="from", hint="name them: from: [one, other]"
            )
        first, second = (single_float((tensor,)) for tensor in inputs)
        if first.shape[:-1] != second.shape[:-1]:
            fact = f"inputs differ before the last axis: {list(first.shape)} and {list(second.shape)}"
            raise Fault(fact, key="from")
        if first.dtype != second.dtype:
            raise Fault(f"inputs have different dtypes: {first.dtype} and {second.dtype}", key="from")
        left, right = first.shape[-1], second.shape[-1]
        agree("in1_features", self.in1_features, left)
        agree("in2_features", self.in2_features, right)
        output = (*first.shape[:-1], self.out_features)
        bias = (self.out_features,) if self.bias else None
        weights, buffers = tensors((self.out_features, left, right), bias, self.parametrization)
        reads = along(*(IDENTITY for _ in output[:-1]), FEATURES)
        return Facts(
            outputs={"output": Tensor(output, first.dtype)},
            work=map_work(bilinear_macs(left, right, output), weights, output),
            reads=(reads, reads),
            weights=weights,
            buffers=buffers,
            inferred={"in1_features": left, "in2_features": right},
        )

    def keeping(self, inputs: tuple[Tensor, ...], facts: Facts) -> Saved | None:
        """Both inputs, and a weight that is made of others."""
        return with_made_weight(Saved(inputs=(0, 1)), facts, inputs[0].dtype)
