"""Modules along leading axes of a sample: the axes join the batch, and part from it again."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import torch

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor, nn

    from archcalc.tracing import TracedLayer

    Call = Callable[..., tuple[Tensor, ...]]

HELD = "archcalc_mapping"
"""Where a module holds how it is mapped."""


@dataclass(frozen=True, slots=True)
class MappedCall:
    """How a module is applied along leading axes.

    Args:
        axes: how many.
        batched: for each input, whether it has them; what depends on no input is the same for all.
    """

    axes: int
    batched: tuple[bool, ...]


def map_module(module: "nn.Module", layer: "TracedLayer") -> None:
    """Let a module know along how many axes its layer is applied."""
    if layer.mapped:
        batched = tuple(port.tensor.batched for port in layer.inputs)
        vars(module)[HELD] = MappedCall(layer.mapped, batched)


def along_axes(call: "Call", module: "nn.Module", tensors: "tuple[Tensor, ...]") -> "tuple[Tensor, ...]":
    """What ``call`` makes of a module on tensors, position by position where it is mapped."""
    mapping = cast("MappedCall | None", vars(module).get(HELD))
    return call(module, *tensors) if mapping is None else call_joined(call, mapping, (module,), tensors)


def call_joined(
    call: "Call", mapping: MappedCall, before: tuple[object, ...], tensors: "tuple[Tensor, ...]"
) -> "tuple[Tensor, ...]":
    """(B, k, *n) -> (B k, *n) -> ``call`` -> (B, k, *m), with all other arguments before the tensors."""
    end = mapping.axes + 1
    sizes = next(each.shape[:end] for each, own in zip(tensors, mapping.batched, strict=True) if own)
    given = (
        each.flatten(0, end - 1) if own else _for_all(each, tuple(sizes))
        for each, own in zip(tensors, mapping.batched, strict=True)
    )
    return tuple(torch.unflatten(each, 0, tuple(sizes)) for each in call(*before, *given))


def _for_all(tensor: "Tensor", sizes: tuple[int, ...]) -> "Tensor":
    """What depends on no input, for every position: its batch axis counts the samples or is 1."""
    samples, *others = sizes
    own = tensor.expand(samples, *tensor.shape[1:])
    for _ in others:
        own = own.unsqueeze(1)
    return own.expand(*sizes, *tensor.shape[1:]).flatten(0, len(others))
