"""Modules that want more than their inputs, called as a block is; where transformers keeps its modules."""

from collections.abc import Callable
from functools import partial
from importlib import import_module
from types import ModuleType
from typing import cast

from torch import Tensor, nn

from tests.zoo.torchvision_models import models

Result = Tensor | tuple[Tensor, ...]


class Adapted(nn.Module):
    """A module under its own tensor names, called by a function of it and of the inputs."""

    def __init__(self, inner: nn.Module, call: Callable[..., Result]) -> None:
        super().__init__()
        for name, child in inner.named_children():
            self.add_module(name, child)
        for name, parameter in inner.named_parameters(recurse=False):
            self.register_parameter(name, parameter)
        self.call = partial(call, inner)

    def forward(self, *tensors: Tensor) -> Tensor:
        """The first output."""
        result: Result = self.call(*tensors)
        return result[0] if isinstance(result, tuple) else result


def made_by(family: str, name: str) -> Callable[..., nn.Module]:
    """A module class of transformers, e.g. ``made_by("llama", "LlamaDecoderLayer")``."""
    return cast("Callable[..., nn.Module]", getattr(_module(family, "modeling"), name))


def settings(family: str, name: str, **options: object) -> object:
    """The settings of a model family; attention and experts in the plain form, whose products are counted."""
    made = cast("Callable[..., object]", getattr(_module(family, "configuration"), f"{name}Config"))
    return made(**options, attn_implementation="eager", experts_implementation="eager")


def _module(family: str, what: str) -> ModuleType:
    models()  # transformers imports torchvision, which may need help
    return import_module(f"transformers.models.{family}.{what}_{family}")
