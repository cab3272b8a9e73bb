"""Modules along leading axes of a sample: the axes join the batch, and part from it again."""

from typing import TYPE_CHECKING, cast

import torch

from archcalc.bridge.meeting import met
from archcalc.records import dataclass
from archcalc.tracing.mapping import at_one_position

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
        item: the layer at one position.
    """

    axes: int
    item: "TracedLayer"

    @classmethod
    def of(cls, layer: "TracedLayer") -> "MappedCall":
        """How the module of a layer is applied that is mapped."""
        return cls(layer.mapped, at_one_position(layer))


def map_module(module: "nn.Module", layer: "TracedLayer") -> None:
    """Let a module know along how many axes its layer is applied."""
    if layer.mapped:
        vars(module)[HELD] = MappedCall.of(layer)


def along_axes(call: "Call", module: "nn.Module", tensors: "tuple[Tensor, ...]") -> "tuple[Tensor, ...]":
    """What ``call`` makes of a module on tensors, position by position where it is mapped."""
    mapping = cast("MappedCall | None", vars(module).get(HELD))
    return call(module, *tensors) if mapping is None else call_joined(call, mapping, (module,), tensors)


def call_joined(
    call: "Call", mapping: MappedCall, before: tuple[object, ...], tensors: "tuple[Tensor, ...]"
) -> "tuple[Tensor, ...]":
    """(B, k, *n) -> (B k, *n) -> ``call`` -> (B, k, *m), with all other arguments before the tensors.

    What depends on no input is a batch of one, and the same at all positions.
    """
    end = mapping.axes + 1
    batched = [port.tensor.batched for port in mapping.item.inputs]
    sizes = tuple(next(each.shape[:end] for each, own in zip(tensors, batched, strict=True) if own))
    given = [
        each.flatten(0, end - 1) if own else each[:1] for each, own in zip(tensors, batched, strict=True)
    ]
    return tuple(torch.unflatten(each, 0, sizes) for each in call(*before, *met(mapping.item, given)))
