"""timm's models, one of each of its files."""

from typing import TYPE_CHECKING, cast

from archcalc.bridge.libraries import imported
from archcalc.facts import Tensor

if TYPE_CHECKING:
    from torch import nn

    from archcalc.bridge.recording.inputs import Inputs


def made(name: str) -> "nn.Module":
    """A model by its name in timm's registry."""
    return cast("nn.Module", imported("timm").create_model(name, pretrained=False))


def inputs(name: str) -> "Inputs":
    """An image of the size that it is made for."""
    imported("timm")
    registry = imported("timm.models")
    config = registry.get_pretrained_cfg(name)
    size = cast("tuple[int, ...]", config.input_size)
    return [Tensor(tuple(size))]
