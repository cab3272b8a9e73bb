"""A map of classes."""

from collections import OrderedDict

from torch import nn

RATES = (1, 4, 4)


def build(classes: int = 5, width: int = 16) -> nn.Module:
    """Dilated convolutions without strides."""
    layers = OrderedDict[str, nn.Module]()
    for number, rate in enumerate(RATES):
        channels = width if number else 3
        layers[f"conv{number}"] = nn.Conv2d(  # planted: AC201 a rate again that is larger than the first
            channels,
            width,
            kernel_size=3,
            padding=rate,
            dilation=rate,
        )
        layers[f"act{number}"] = nn.ReLU()
    layers["head"] = nn.Conv2d(width, classes, kernel_size=1)
    return nn.Sequential(layers)
