"""Causal convolutions against torch."""

import torch
from torch import nn
from torch.nn.utils.parametrizations import weight_norm

from tests.blocks.case import Case


class Causal(nn.Module):
    """Zeros before the first step, then a convolution without padding."""

    def __init__(
        self,
        *,
        out_channels: int,
        kernel_size: int = 2,
        dilation: int = 1,
        bias: bool = True,
        normed: bool = False,
    ) -> None:
        super().__init__()
        self.pad = nn.ZeroPad1d((dilation * (kernel_size - 1), 0))
        self.conv = nn.Conv1d(3, out_channels, kernel_size, dilation=dilation, bias=bias)
        if normed:
            weight_norm(self.conv)

    def forward(self, steps: torch.Tensor) -> torch.Tensor:
        """(3, L) -> (C, L)."""
        result: torch.Tensor = self.conv(self.pad(steps))
        return result


CASES = (
    Case("CausalConv", {"out_channels": 5}, ((3, 7),), lambda: Causal(out_channels=5)),
    Case(
        "CausalConv",
        {"out_channels": 4, "kernel_size": 3, "dilation": 4, "bias": False},
        ((3, 6),),
        lambda: Causal(out_channels=4, kernel_size=3, dilation=4, bias=False),
    ),
    Case(
        "CausalConv",
        {"out_channels": 4, "kernel_size": 3, "parametrization": "weight_norm"},
        ((3, 6),),
        lambda: Causal(out_channels=4, kernel_size=3, normed=True),
    ),
)
