"""DarknetConv, DarknetBlock and CSP against modules written after their papers."""

import torch
from torch import Tensor, nn

from tests.blocks.case import Case


class Convolution(nn.Sequential):
    """Convolution, batch norm, leaky ReLU."""

    def __init__(self, arriving: int, width: int, kernel: int, stride: int = 1) -> None:
        super().__init__()
        self.conv = nn.Conv2d(arriving, width, kernel, stride, kernel // 2, bias=False)
        self.bn = nn.BatchNorm2d(width)
        self.act = nn.LeakyReLU(0.1)


class Block(nn.Module):
    """1x1 and 3x3 around which the input is added."""

    def __init__(self, width: int, inner: int) -> None:
        super().__init__()
        self.conv1 = Convolution(width, inner, 1)
        self.conv2 = Convolution(inner, width, 3)

    def forward(self, arrived: Tensor) -> Tensor:
        """(C, H, W) -> (C, H, W)."""
        result: Tensor = arrived + self.conv2(self.conv1(arrived))
        return result


class CrossStage(nn.Module):
    """Blocks on one path, a 1x1 around them."""

    def __init__(self, arriving: int, width: int, blocks: int, hidden: int) -> None:
        super().__init__()
        self.conv1 = Convolution(arriving, hidden, 1)
        self.conv2 = Convolution(arriving, hidden, 1)
        self.conv3 = Convolution(2 * hidden, width, 1)
        self.blocks = nn.Sequential(*(Block(hidden, hidden) for _ in range(blocks)))

    def forward(self, arrived: Tensor) -> Tensor:
        """(C_in, H, W) -> (C_out, H, W)."""
        paths = (self.blocks(self.conv1(arrived)), self.conv2(arrived))
        result: Tensor = self.conv3(torch.cat(paths, 1))
        return result


CASES = (
    Case(
        "DarknetConv",
        {"out_channels": 6, "kernel_size": 3, "stride": 2},
        ((4, 9, 8),),
        lambda: Convolution(4, 6, 3, 2),
    ),
    Case("DarknetConv", {"out_channels": 3, "kernel_size": 1}, ((5, 4, 4),), lambda: Convolution(5, 3, 1)),
    Case("DarknetBlock", {}, ((8, 6, 5),), lambda: Block(8, 4)),
    Case("DarknetBlock", {"inner": 7}, ((5, 6, 5),), lambda: Block(5, 7)),
    Case("CSP", {"out_channels": 8}, ((6, 5, 7),), lambda: CrossStage(6, 8, 1, 4)),
    Case(
        "CSP",
        {"out_channels": 6, "blocks": 3, "hidden": 5},
        ((4, 6, 6),),
        lambda: CrossStage(4, 6, 3, 5),
    ),
)
