"""DenseLayer, DenseBlock and Transition against torchvision."""

from typing import cast

import torch
from torch import Tensor, nn

from tests.blocks.case import Case
from tests.zoo.torchvision_models import part

DENSENET = "models.densenet"


def appended(_layer: nn.Module, arrived: tuple[Tensor, ...], new: Tensor) -> Tensor:
    """What torchvision's dense block does with the channels that a layer gives."""
    return torch.cat((arrived[0], new), 1)


def dense_layer(arriving: int, growth: int, bottleneck: int) -> nn.Module:
    """A layer of torchvision's densenet that appends its channels itself."""
    layer = part(DENSENET, "_DenseLayer", arriving, growth, bottleneck, 0.0)
    layer.register_forward_hook(appended)
    return layer


class DenseBlock(nn.Module):
    """torchvision's dense block, with its layers counted from 0 under one name."""

    def __init__(self, layers: int, arriving: int, growth: int, bottleneck: int) -> None:
        super().__init__()
        block = part(DENSENET, "_DenseBlock", layers, arriving, bottleneck, growth, 0.0)
        self.denselayer = nn.ModuleList(block.children())

    def forward(self, arrived: Tensor) -> Tensor:
        """All channels so far go through every layer."""
        for layer in self.denselayer:
            arrived = torch.cat((arrived, cast("Tensor", layer(arrived))), 1)
        return arrived


CASES = (
    Case("DenseLayer", {"growth": 3}, ((5, 6, 4),), lambda: dense_layer(5, 3, 4)),
    Case("DenseLayer", {"growth": 2, "bottleneck": 3}, ((4, 5, 5),), lambda: dense_layer(4, 2, 3)),
    Case("DenseBlock", {"layers": 3, "growth": 4}, ((6, 5, 7),), lambda: DenseBlock(3, 6, 4, 4)),
    Case(
        "DenseBlock",
        {"layers": 4, "growth": 3, "bottleneck": 2},
        ((5, 4, 4),),
        lambda: DenseBlock(4, 5, 3, 2),
    ),
    Case("Transition", {}, ((8, 6, 5),), lambda: part(DENSENET, "_Transition", 8, 4)),
    Case("Transition", {"out_channels": 3}, ((5, 4, 4),), lambda: part(DENSENET, "_Transition", 5, 3)),
)
