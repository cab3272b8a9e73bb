"""Linear maps and factors: of two inputs, written as GPT-2 has it, or one factor a channel."""

from typing import cast

import torch
from torch import Tensor, nn

from archcalc.bridge.modules.reading import Reading


class Bilinear(nn.Bilinear):
    """torch's module, its sum written as the two matrix products that FlopCounterMode can count."""

    def forward(self, input1: Tensor, input2: Tensor) -> Tensor:
        """x1^T W_k, then the product with x2; equal to torch's own result."""
        lead = input1.shape[:-1]
        if lead != input2.shape[:-1] or not input1.is_floating_point() or not input2.is_floating_point():
            raise RuntimeError("the inputs are no pairs of real numbers")
        if (input1.shape[-1], input2.shape[-1]) != (self.in1_features, self.in2_features):
            raise RuntimeError("other sizes arrive")
        first = input1.reshape(-1, self.in1_features)
        rows = first @ self.weight.permute(1, 0, 2).reshape(self.in1_features, -1)
        numbers = rows.reshape(-1, self.out_features, self.in2_features) @ input2.reshape(
            -1, self.in2_features, 1
        )
        result = numbers.reshape(*lead, self.out_features)
        return result + self.bias if "bias" in dict(self.named_parameters()) else result


class Scale(nn.Module):
    """A product with a number."""

    def __init__(self, factor: float) -> None:
        super().__init__()
        self.factor = factor

    def forward(self, tensor: Tensor) -> Tensor:
        """The factor times x."""
        return self.factor * tensor


class TransposedLinear(nn.Module):
    """GPT-2's linear map."""

    def __init__(self, reading: Reading) -> None:
        super().__init__()
        features = cast("int", reading.arguments["out_features"])
        self.weight = nn.Parameter(torch.empty(reading.shapes[0][-1], features))
        nn.init.normal_(self.weight, std=0.02)  # as transformers draws its Conv1D
        self.bias = nn.Parameter(torch.zeros(features))

    def forward(self, arriving: Tensor) -> Tensor:
        """(*, F_in) -> (*, F_out)."""
        return arriving @ self.weight + self.bias
