"""Modules along leading axes of a sample: the axes join the batch, and part from it again."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import torch

from archcalc.bridge.meeting import met_by

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
        pairs: its module pairs the axes of its inputs from the last one on.
    """

    axes: int
    batched: tuple[bool, ...]
    pairs: bool = False


def map_module(module: "nn.Module", layer: "TracedLayer") -> None:
    """Let a module know along how many axes its layer is applied."""
    if layer.mapped:
        batched = tuple(port.tensor.batched for port in layer.inputs)
        vars(module)[HELD] = MappedCall(layer.mapped, batched, layer.arguments.pairs_inputs)


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
    joined = [
        each.flatten(0, end - 1) if own else each[:1]
        for each, own in zip(tensors, mapping.batched, strict=True)
    ]
    given = met_by(joined, mapping.batched, pairs=mapping.pairs)
    return tuple(torch.unflatten(each, 0, tuple(sizes)) for each in call(*before, *given))
