"""SqueezeExcitation against torchvision."""

from torch import nn

from tests.blocks.case import Case
from tests.zoo.torchvision_models import part

CASES = (
    Case(
        "SqueezeExcitation",
        {"squeeze_channels": 3},
        ((8, 5, 6),),
        lambda: part("ops", "SqueezeExcitation", 8, 3),
    ),
    Case(
        "SqueezeExcitation",
        {"squeeze_channels": 2, "activation": "SiLU", "scale_activation": "Hardsigmoid"},
        ((6, 4, 4),),
        lambda: part("ops", "SqueezeExcitation", 6, 2, activation=nn.SiLU, scale_activation=nn.Hardsigmoid),
    ),
)
