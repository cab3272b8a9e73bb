"""Blocks that borrow from Transformers, against torchvision."""

import torch
from torch import nn

from tests.blocks.case import Case
from tests.zoo.torchvision_models import part


class Factors(nn.Module):
    """A layer scale as a module; torchvision's block holds it as a bare parameter of (C, 1, 1)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.gamma = nn.Parameter(torch.ones(channels))

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        """(C, H, W) -> (C, H, W)."""
        return image * self.gamma[:, None, None]


class ConvNeXt(nn.Module):
    """torchvision's CNBlock with its layer scale in a module."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.block = part("models.convnext", "CNBlock", channels, 1e-6, 0.0).get_submodule("block")
        self.layer_scale = Factors(channels)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        """(C, H, W) -> (C, H, W)."""
        result: torch.Tensor = image + self.layer_scale(self.block(image))
        return result


CASES = (
    Case("ConvNeXtBlock", {}, ((6, 9, 8),), lambda: ConvNeXt(6)),
    Case("ConvNeXtBlock", {"drop": 0.1}, ((4, 5, 5),), lambda: ConvNeXt(4)),
)
