"""Libraries beside torch whose modules some kinds are, imported when first needed."""

import sys
from functools import cache
from importlib import import_module
from types import ModuleType

import torch

from archcalc.errors import Fault

OPERATORS = torch.library.Library("torchvision", "FRAGMENT")  # type: ignore[no-untyped-call]  # torch's own
NEEDED = ("torchvision", "timm", "transformers")
"""Libraries that import torchvision, whose compiled operators a build for the CPU may lack."""


@cache
def imported(name: str) -> ModuleType:
    """A module of a library by its dotted name.

    Operators of torchvision that the import misses are declared, which is all that a module needs of them.

    Raises:
        Fault: the library is not installed.
    """
    library = name.partition(".")[0]
    try:
        return import_module(name)
    except ModuleNotFoundError:
        raise Fault(f"{library} is not installed", hint=f"pip install {library}") from None
    except RuntimeError:
        if library not in NEEDED:
            raise
    for loaded in [each for each in sys.modules if each.split(".")[0] in NEEDED]:
        del sys.modules[loaded]
    for operator in ("nms", "qnms"):
        signature = f"{operator}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor"
        # torch leaves a tag of this function untyped.
        OPERATORS.define(signature)  # type: ignore[no-untyped-call]  # pyright: ignore[reportUnknownMemberType]
    return import_module(name)
