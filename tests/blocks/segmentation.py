"""Blocks of segmentation networks against torch."""

import torch
from torch import nn

from tests.blocks.case import Case
from tests.zoo.torchvision_models import part


def double(arriving: int, inner: int, width: int, padding: int, *, norm: bool) -> nn.Module:
    """Two convolutions, each with its activation, written out."""
    layers: list[nn.Module] = []
    for before, after in ((arriving, inner), (inner, width)):
        layers.append(nn.Conv2d(before, after, 3, padding=padding, bias=not norm))
        layers += [nn.BatchNorm2d(after)] if norm else []
        layers.append(nn.ReLU())
    return nn.Sequential(*layers)


class Up(nn.Module):
    """A level of the U-Net's way up; the skip has as many channels as the output."""

    def __init__(self, arriving: int, width: int, padding: int = 0, *, norm: bool = False) -> None:
        super().__init__()
        self.up = nn.ConvTranspose2d(arriving, width, 2, 2)
        self.conv = double(2 * width, width, width, padding, norm=norm)

    def forward(self, below: torch.Tensor, skip: torch.Tensor) -> torch.Tensor:
        """(2 C, H, W), (C, > 2 H, > 2 W) -> (C, 2 H - 4, 2 W - 4), without padding."""
        risen = self.up(below)
        (height, width), (full_height, full_width) = risen.shape[2:], skip.shape[2:]
        top, left = (full_height - height) // 2, (full_width - width) // 2
        cropped = skip[:, :, top : top + height, left : left + width]
        result: torch.Tensor = self.conv(torch.cat((cropped, risen), 1))
        return result


CASES = (
    Case("DoubleConv", {"width": 6}, ((3, 9, 8),), lambda: double(3, 6, 6, 0, norm=False)),
    Case(
        "DoubleConv",
        {"width": 6, "inner": 4, "padding": 1, "norm": True},
        ((3, 5, 8),),
        lambda: double(3, 4, 6, 1, norm=True),
    ),
    Case("UNetUp", {}, ((8, 5, 4), (4, 17, 12)), lambda: Up(8, 4)),
    Case(
        "UNetUp",
        {"width": 3, "padding": 1, "norm": True},
        ((8, 5, 4), (3, 10, 8)),
        lambda: Up(8, 3, 1, norm=True),
    ),
    Case(
        "ASPP",
        {"width": 6, "rates": [2, 3, 4]},
        ((8, 9, 7),),
        lambda: part("models.segmentation.deeplabv3", "ASPP", 8, [2, 3, 4], 6),
    ),
    Case("ASPP", {}, ((3, 5, 6),), lambda: part("models.segmentation.deeplabv3", "ASPP", 3, [12, 24, 36])),
    Case("FCNHead", {"classes": 5}, ((8, 4, 3),), lambda: part("models.segmentation.fcn", "FCNHead", 8, 5)),
    Case("FCNHead", {"classes": 2}, ((12, 4, 4),), lambda: part("models.segmentation.fcn", "FCNHead", 12, 2)),
)
