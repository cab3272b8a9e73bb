"""Blocks of segmentation networks against torch."""

from torch import nn

from tests.blocks.case import Case


def double(arriving: int, inner: int, width: int, padding: int, *, norm: bool) -> nn.Module:
    """Two convolutions, each with its activation, written out."""
    layers: list[nn.Module] = []
    for before, after in ((arriving, inner), (inner, width)):
        layers.append(nn.Conv2d(before, after, 3, padding=padding, bias=not norm))
        layers += [nn.BatchNorm2d(after)] if norm else []
        layers.append(nn.ReLU())
    return nn.Sequential(*layers)


CASES = (
    Case("DoubleConv", {"width": 6}, ((3, 9, 8),), lambda: double(3, 6, 6, 0, norm=False)),
    Case(
        "DoubleConv",
        {"width": 6, "inner": 4, "padding": 1, "norm": True},
        ((3, 5, 8),),
        lambda: double(3, 4, 6, 1, norm=True),
    ),
)
