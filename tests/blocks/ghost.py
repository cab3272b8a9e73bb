"""GhostModule against a module written after its paper."""

from math import ceil

import torch
from torch import Tensor, nn

from tests.blocks.case import Case


class Ghost(nn.Module):
    """A convolution, and depthwise copies of what it gives."""

    def __init__(
        self,
        arriving: int,
        width: int,
        kernel: int = 1,
        ratio: int = 2,
        cheap: int = 3,
        stride: int = 1,
        *,
        active: bool = True,
    ) -> None:
        super().__init__()
        self.width = width
        first = ceil(width / ratio)
        more = first * (ratio - 1)
        activation = [nn.ReLU()] if active else []
        self.primary_conv = nn.Sequential(
            nn.Conv2d(arriving, first, kernel, stride, kernel // 2, bias=False),
            nn.BatchNorm2d(first),
            *activation,
        )
        self.cheap_operation = nn.Sequential(
            nn.Conv2d(first, more, cheap, 1, cheap // 2, groups=first, bias=False),
            nn.BatchNorm2d(more),
            *activation,
        )

    def forward(self, arrived: Tensor) -> Tensor:
        """(C_in, H, W) -> (C_out, H / stride, W / stride)."""
        first = self.primary_conv(arrived)
        return torch.cat((first, self.cheap_operation(first)), 1)[:, : self.width]


CASES = (
    Case("GhostModule", {"out_channels": 8}, ((6, 5, 7),), lambda: Ghost(6, 8)),
    Case("GhostModule", {"out_channels": 7}, ((4, 6, 6),), lambda: Ghost(4, 7)),
    Case(
        "GhostModule",
        {
            "out_channels": 10,
            "ratio": 4,
            "kernel_size": 3,
            "cheap_kernel": 5,
            "stride": 2,
            "activation": None,
        },
        ((5, 9, 8),),
        lambda: Ghost(5, 10, 3, 4, 5, 2, active=False),
    ),
)
