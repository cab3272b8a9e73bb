"""BasicBlock and Bottleneck against torchvision, PreActBlock against a module written after its paper."""

from typing import cast

from torch import Tensor, nn

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


class PreActivated(nn.Module):
    """Norm and ReLU before each convolution; a projection reads what the first of them gives."""

    def __init__(self, arriving: int, width: int, stride: int = 1) -> None:
        super().__init__()
        self.bn1 = nn.BatchNorm2d(arriving)
        self.conv1 = nn.Conv2d(arriving, width, 3, stride, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, 1, 1, bias=False)
        self.shortcut: nn.Sequential | None = None
        if stride != 1 or arriving != width:
            self.shortcut = nn.Sequential(nn.Conv2d(arriving, width, 1, stride, bias=False))

    def forward(self, arrived: Tensor) -> Tensor:
        """(C_in, H, W) -> (C_out, H / stride, W / stride)."""
        active = self.bn1(arrived).relu()
        around = arrived if self.shortcut is None else self.shortcut(active)
        result: Tensor = around + self.conv2(self.bn2(self.conv1(active)).relu())
        return result


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
    Case("PreActBlock", {"width": 6}, ((6, 7, 5),), lambda: PreActivated(6, 6)),
    Case("PreActBlock", {"width": 6, "stride": 2}, ((4, 9, 8),), lambda: PreActivated(4, 6, 2)),
    Case("PreActBlock", {"width": 5}, ((4, 6, 6),), lambda: PreActivated(4, 5)),
)
