"""The catalogue: every layer kind by name, and the file of its family; imported only when used."""

from importlib import import_module
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from archcalc.layers.base import Layer

KINDS = {
    "Conv1d": "convolution",
    "Conv2d": "convolution",
    "Conv3d": "convolution",
    "ConvTranspose1d": "transposed_convolution",
    "ConvTranspose2d": "transposed_convolution",
    "ConvTranspose3d": "transposed_convolution",
    "ZeroPad1d": "padding",
    "ZeroPad2d": "padding",
    "ZeroPad3d": "padding",
    "ConstantPad1d": "padding",
    "ConstantPad2d": "padding",
    "ConstantPad3d": "padding",
    "ReflectionPad1d": "padding",
    "ReflectionPad2d": "padding",
    "ReflectionPad3d": "padding",
    "ReplicationPad1d": "padding",
    "ReplicationPad2d": "padding",
    "ReplicationPad3d": "padding",
    "CircularPad1d": "padding",
    "CircularPad2d": "padding",
    "CircularPad3d": "padding",
    "Crop": "cropping",
    "Upsample": "resampling",
    "UpsamplingNearest2d": "resampling",
    "UpsamplingBilinear2d": "resampling",
    "Linear": "linear",
    "BatchNorm1d": "normalization",
    "BatchNorm2d": "normalization",
    "BatchNorm3d": "normalization",
    "MaxPool1d": "pooling",
    "MaxPool2d": "pooling",
    "MaxPool3d": "pooling",
    "AvgPool1d": "pooling",
    "AvgPool2d": "pooling",
    "AvgPool3d": "pooling",
    "AdaptiveAvgPool1d": "adaptive_pooling",
    "AdaptiveAvgPool2d": "adaptive_pooling",
    "AdaptiveAvgPool3d": "adaptive_pooling",
    "AdaptiveMaxPool1d": "adaptive_pooling",
    "AdaptiveMaxPool2d": "adaptive_pooling",
    "AdaptiveMaxPool3d": "adaptive_pooling",
    "ReLU": "activation",
    "ReLU6": "activation",
    "LeakyReLU": "activation",
    "PReLU": "activation",
    "ELU": "activation",
    "GELU": "activation",
    "SiLU": "activation",
    "Mish": "activation",
    "Hardswish": "activation",
    "Hardsigmoid": "activation",
    "Sigmoid": "activation",
    "Tanh": "activation",
    "Softplus": "activation",
    "Softmax": "activation",
    "LogSoftmax": "activation",
    "Dropout": "dropout",
    "Dropout2d": "dropout",
    "Flatten": "reshaping",
    "Identity": "reshaping",
    "Add": "merging",
    "Multiply": "merging",
    "Concat": "merging",
}


def kind(name: str) -> "type[Layer]":
    """The class of the kind called ``name``, which must be in ``KINDS``."""
    module = import_module(f"archcalc.layers.{KINDS[name]}")
    return cast("type[Layer]", getattr(module, name))
