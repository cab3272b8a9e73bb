"""torchvision's models on the meta device, also where the build at hand lacks its compiled operators."""

import importlib
import sys
from functools import cache
from types import ModuleType
from typing import cast

import torch
from torch import nn

OPERATORS = torch.library.Library("torchvision", "FRAGMENT")  # type: ignore[no-untyped-call]  # torch's own


@cache
def models() -> ModuleType:
    """``torchvision.models``; operators that the import misses are declared, which is all it needs."""
    try:
        return importlib.import_module("torchvision.models")
    except RuntimeError:
        for name in [name for name in sys.modules if name.split(".")[0] == "torchvision"]:
            del sys.modules[name]
        for name in ("nms", "qnms"):
            signature = f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor"
            # torch leaves a tag of this function untyped.
            OPERATORS.define(signature)  # type: ignore[no-untyped-call]  # pyright: ignore[reportUnknownMemberType]
        return importlib.import_module("torchvision.models")


@cache
def build(name: str, **options: bool) -> nn.Module:
    """A model without weights, in inference mode."""
    with torch.device("meta"):
        return cast("nn.Module", models().get_model(name, weights=None, **options)).eval()


def part(module: str, name: str, *arguments: object, **options: object) -> nn.Module:
    """A building block of torchvision's models, e.g. ``part("models.squeezenet", "Fire", 8, 2, 4, 4)``."""
    models()
    found = importlib.import_module(f"torchvision.{module}")
    return cast("nn.Module", getattr(found, name)(*arguments, **options))
