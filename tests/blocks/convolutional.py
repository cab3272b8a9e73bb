"""BasicConv2d, the Inception modules and Fire against torchvision."""

from typing import cast

from torch import nn

from tests.blocks.case import Case
from tests.zoo.torchvision_models import part

GOOGLENET = "models.googlenet"
INCEPTION = "models.inception"
WIDTHS = {"ch1x1": 4, "ch3x3red": 2, "ch3x3": 6, "ch5x5red": 3, "ch5x5": 5, "pool_proj": 7}


def paper_inception(arriving: int) -> nn.Module:
    """The module of torchvision with the 5x5 that the paper has."""
    module = part(GOOGLENET, "Inception", arriving, *WIDTHS.values())
    wide = part(GOOGLENET, "BasicConv2d", 3, 5, kernel_size=5, padding=2)
    cast("nn.Sequential", module.get_submodule("branch3"))[1] = wide
    return module


CASES = (
    Case(
        "BasicConv2d",
        {"out_channels": 5, "kernel_size": 3, "stride": 2, "padding": 1},
        ((4, 9, 7),),
        lambda: part(GOOGLENET, "BasicConv2d", 4, 5, kernel_size=3, stride=2, padding=1),
    ),
    Case(
        "BasicConv2d",
        {"out_channels": 6, "kernel_size": [1, 7], "padding": [0, 3]},
        ((3, 8, 8),),
        lambda: part(INCEPTION, "BasicConv2d", 3, 6, kernel_size=(1, 7), padding=(0, 3)),
    ),
    Case(
        "Inception",
        WIDTHS,
        ((8, 7, 6),),
        lambda: part(GOOGLENET, "Inception", 8, *WIDTHS.values()),
    ),
    Case(
        "Inception",
        {**WIDTHS, "ch1x1": 1},
        ((5, 4, 4),),
        lambda: part(GOOGLENET, "Inception", 5, 1, *list(WIDTHS.values())[1:]),
    ),
    Case("Inception", {**WIDTHS, "kernel_5x5": 5}, ((6, 5, 5),), lambda: paper_inception(6)),
    Case("InceptionA", {"pool_features": 3}, ((6, 8, 7),), lambda: part(INCEPTION, "InceptionA", 6, 3)),
    Case("InceptionA", {"pool_features": 32}, ((9, 5, 5),), lambda: part(INCEPTION, "InceptionA", 9, 32)),
    Case("InceptionB", {}, ((6, 9, 8),), lambda: part(INCEPTION, "InceptionB", 6)),
    Case("InceptionB", {}, ((3, 7, 7),), lambda: part(INCEPTION, "InceptionB", 3)),
    Case("InceptionC", {"channels_7x7": 5}, ((6, 8, 7),), lambda: part(INCEPTION, "InceptionC", 6, 5)),
    Case("InceptionC", {"channels_7x7": 8}, ((4, 7, 9),), lambda: part(INCEPTION, "InceptionC", 4, 8)),
    Case("InceptionD", {}, ((6, 9, 8),), lambda: part(INCEPTION, "InceptionD", 6)),
    Case("InceptionD", {}, ((3, 7, 7),), lambda: part(INCEPTION, "InceptionD", 3)),
    Case("InceptionE", {}, ((6, 5, 4),), lambda: part(INCEPTION, "InceptionE", 6)),
    Case("InceptionE", {}, ((3, 3, 3),), lambda: part(INCEPTION, "InceptionE", 3)),
    Case(
        "Fire",
        {"squeeze": 2, "expand1x1": 4},
        ((6, 5, 7),),
        lambda: part("models.squeezenet", "Fire", 6, 2, 4, 4),
    ),
    Case(
        "Fire",
        {"squeeze": 3, "expand1x1": 4, "expand3x3": 5},
        ((8, 6, 6),),
        lambda: part("models.squeezenet", "Fire", 8, 3, 4, 5),
    ),
)
