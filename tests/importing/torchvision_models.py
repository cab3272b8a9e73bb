"""torchvision's models, and the parts of its detectors with the inputs that they see."""

from typing import TYPE_CHECKING, cast

from archcalc.bridge.libraries import imported
from archcalc.facts import Tensor

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import nn

    from archcalc.bridge.recording.inputs import Inputs

VIDEO = {
    "mc3_18": 112,
    "r2plus1d_18": 112,
    "r3d_18": 112,
    "s3d": 224,
    "mvit_v1_b": 224,
    "mvit_v2_s": 224,
    "swin3d_t": 224,
    "swin3d_s": 224,
    "swin3d_b": 224,
}
FRAMES = 16
SEGMENTATION = ("deeplabv3", "fcn", "lraspp")
DETECTION = ("fasterrcnn", "maskrcnn", "keypointrcnn", "retinanet", "fcos", "ssd")
SIZES = {
    "inception_v3": 299,
    "ssd300_vgg16": 300,
    "ssdlite320_mobilenet_v3_large": 320,
    "fasterrcnn_mobilenet_v3_large_320_fpn": 320,
}
PARTS: "dict[str, tuple[int, ...]]" = {
    "roi_heads.box_head": (256, 7, 7),
    "roi_heads.box_predictor": (1024,),
    "roi_heads.keypoint_head": (256, 14, 14),
    "roi_heads.keypoint_predictor": (512, 14, 14),
    "roi_heads.mask_head": (256, 14, 14),
    "roi_heads.mask_predictor": (256, 14, 14),
}


def made(name: str) -> "nn.Module":
    """A model by its name, or a part of it: ``fasterrcnn_resnet50_fpn:rpn.head``."""
    whole, _, part = name.partition(":")
    weights: dict[str, object] = {"weights": None}
    if whole.startswith((*SEGMENTATION, *DETECTION)):
        weights["weights_backbone"] = None
    home = "torchvision.models"
    if whole in VIDEO:
        home += ".video"
    elif whole.startswith(SEGMENTATION):
        home += ".segmentation"
    elif whole.startswith(DETECTION):
        home += ".detection"
    model = cast("Callable[..., nn.Module]", getattr(imported(home), whole))(**weights)
    return model.get_submodule(part) if part else model


def inputs(name: str) -> "Inputs":
    """What it reads: images of 224 x 224, clips of 16 frames, features of an image of 256 x 256."""
    whole, _, part = name.partition(":")
    if part in PARTS:
        return [Tensor(PARTS[part])]
    if part and part != "backbone":
        return [[Tensor(shape) for shape in features(whole)]]
    if whole in VIDEO:
        return [Tensor((3, FRAMES, VIDEO[whole], VIDEO[whole]))]
    size = SIZES.get(whole, 256 if part else 224)
    return [Tensor((3, size, size))]


def features(name: str) -> list[tuple[int, int, int]]:
    """What the backbone of a detector gives."""
    if name == "ssd300_vgg16":
        channels, sides = (512, 1024, 512, 256, 256, 256), (38, 19, 10, 5, 3, 1)
        return [(wide, side, side) for wide, side in zip(channels, sides, strict=True)]
    if name == "ssdlite320_mobilenet_v3_large":
        channels, sides = (672, 480, 512, 256, 256, 128), (20, 10, 5, 3, 2, 1)
        return [(wide, side, side) for wide, side in zip(channels, sides, strict=True)]
    return [(256, side, side) for side in (64, 32, 16, 8, 4)]
