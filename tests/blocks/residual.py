"""BasicBlock and Bottleneck against torchvision."""

from typing import cast

from torch import nn

from tests.blocks.case import Case
from tests.zoo.torchvision_models import models


def residual(kind: str, arriving: int, width: int, expansion: int, **arguments: int) -> nn.Module:
    """A block of torchvision's resnet with the projection that its network gives it."""
    made = getattr(models().resnet, kind)
    stride, out = arguments.get("stride", 1), width * expansion
    downsample = None
    if stride != 1 or arriving != out:
        downsample = nn.Sequential(nn.Conv2d(arriving, out, 1, stride, bias=False), nn.BatchNorm2d(out))
    return cast("nn.Module", made(arriving, width, downsample=downsample, **arguments))


CASES = (
    Case("BasicBlock", {"width": 8}, ((8, 9, 7),), lambda: residual("BasicBlock", 8, 8, 1)),
    Case(
        "BasicBlock",
        {"width": 6, "stride": 2},
        ((4, 9, 8),),
        lambda: residual("BasicBlock", 4, 6, 1, stride=2),
    ),
    Case("Bottleneck", {"width": 4}, ((16, 8, 8),), lambda: residual("Bottleneck", 16, 4, 4)),
    Case(
        "Bottleneck",
        {"width": 8, "stride": 2, "groups": 4, "inner": 16},
        ((16, 9, 8),),
        lambda: residual("Bottleneck", 16, 8, 4, stride=2, groups=4, base_width=32),
    ),
    Case(
        "Bottleneck",
        {"width": 4, "dilation": 2},
        ((8, 8, 8),),
        lambda: residual("Bottleneck", 8, 4, 4, dilation=2),
    ),
)
