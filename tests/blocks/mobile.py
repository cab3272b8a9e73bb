"""Blocks of networks for small devices against torchvision."""

from torch import nn

from tests.blocks.case import Case
from tests.zoo.torchvision_models import part


def norm_activation(*arguments: int, **more: object) -> nn.Module:
    """torchvision.ops.Conv2dNormActivation."""
    return part("ops", "Conv2dNormActivation", *arguments, **more)


def inverted(arriving: int, width: int, stride: int, expansion: int) -> nn.Module:
    """The inverted residual of MobileNetV2."""
    return part("models.mobilenetv2", "InvertedResidual", arriving, width, stride, expansion)


def inverted_v3(*configuration: object, dilation: int = 1) -> nn.Module:
    """The inverted residual of MobileNetV3: channels in, kernel, inner, out, excite, activation, stride."""
    made = part("models.mobilenetv3", "InvertedResidualConfig", *configuration, dilation, 1.0)
    return part("models.mobilenetv3", "InvertedResidual", made, nn.BatchNorm2d)


def inverted_efficient(kind: str, *configuration: int) -> nn.Module:
    """MBConv and FusedMBConv of EfficientNet: expansion, kernel, stride, channels in, channels out."""
    made = part("models.efficientnet", f"{kind}Config", *configuration, 1)
    return part("models.efficientnet", kind, made, 0.0, nn.BatchNorm2d)


def shuffle_unit(arriving: int, width: int, stride: int) -> nn.Module:
    """The unit of ShuffleNet V2."""
    return part("models.shufflenetv2", "InvertedResidual", arriving, width, stride)


CASES = (
    Case("Conv2dNormActivation", {"out_channels": 6}, ((4, 7, 6),), lambda: norm_activation(4, 6)),
    Case(
        "Conv2dNormActivation",
        {"out_channels": 8, "kernel_size": 5, "stride": 2, "groups": 4, "activation": "Hardswish"},
        ((4, 9, 8),),
        lambda: norm_activation(4, 8, 5, 2, groups=4, activation_layer=nn.Hardswish),
    ),
    Case(
        "Conv2dNormActivation",
        {"out_channels": 2, "dilation": 2, "activation": None},
        ((4, 9, 8),),
        lambda: norm_activation(4, 2, dilation=2, activation_layer=None),
    ),
    Case("InvertedResidual", {"width": 8}, ((8, 5, 6),), lambda: inverted(8, 8, 1, 6)),
    Case("InvertedResidual", {"width": 6, "stride": 2}, ((4, 7, 6),), lambda: inverted(4, 6, 2, 6)),
    Case("InvertedResidual", {"width": 5, "expansion": 1}, ((4, 7, 6),), lambda: inverted(4, 5, 1, 1)),
    Case(
        "InvertedResidualV3",
        {"inner": 72, "width": 16, "excite": True},
        ((16, 6, 7),),
        lambda: inverted_v3(16, 3, 72, 16, True, "HS", 1),  # noqa: FBT003  torchvision's order
    ),
    Case(
        "InvertedResidualV3",
        {"inner": 16, "width": 24, "kernel_size": 5, "stride": 2, "activation": "ReLU"},
        ((16, 9, 8),),
        lambda: inverted_v3(16, 5, 16, 24, False, "RE", 2),  # noqa: FBT003  torchvision's order
    ),
    Case(
        "InvertedResidualV3",
        {"inner": 184, "width": 16, "stride": 2, "dilation": 2, "excite": True},
        ((16, 9, 8),),
        lambda: inverted_v3(16, 3, 184, 16, True, "HS", 2, dilation=2),  # noqa: FBT003  torchvision's order
    ),
    Case("MBConv", {"width": 16}, ((16, 6, 7),), lambda: inverted_efficient("MBConv", 6, 3, 1, 16, 16)),
    Case(
        "MBConv",
        {"width": 24, "kernel_size": 5, "stride": 2, "expansion": 1},
        ((16, 9, 8),),
        lambda: inverted_efficient("MBConv", 1, 5, 2, 16, 24),
    ),
    Case(
        "FusedMBConv",
        {"width": 16},
        ((16, 6, 7),),
        lambda: inverted_efficient("FusedMBConv", 4, 3, 1, 16, 16),
    ),
    Case(
        "FusedMBConv",
        {"width": 24, "stride": 2, "expansion": 1},
        ((16, 9, 8),),
        lambda: inverted_efficient("FusedMBConv", 1, 3, 2, 16, 24),
    ),
    Case("ShuffleUnit", {"width": 8}, ((8, 6, 7),), lambda: shuffle_unit(8, 8, 1)),
    Case("ShuffleUnit", {"width": 12, "stride": 2}, ((8, 7, 6),), lambda: shuffle_unit(8, 12, 2)),
)
