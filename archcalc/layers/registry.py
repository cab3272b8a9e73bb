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
    "Unflatten": "reshaping",
    "Reshape": "reshaping",
    "Identity": "reshaping",
    "Permute": "permuting",
    "Transpose": "permuting",
    "Squeeze": "permuting",
    "Unsqueeze": "permuting",
    "Slice": "cutting",
    "Chunk": "cutting",
    "Split": "cutting",
    "Mean": "reduction",
    "Sum": "reduction",
    "Max": "reduction",
    "Add": "merging",
    "Multiply": "merging",
    "Concat": "merging",
    "Stack": "merging",
    "MatMul": "merging",
}


def kind(name: str) -> "type[Layer]":
    """The class of the kind called ``name``, which must be in ``KINDS``."""
    module = import_module(f"archcalc.layers.{KINDS[name]}")
    return cast("type[Layer]", getattr(module, name))
