"""Shipped specs as the tests of the zoo read them."""

from typing import TYPE_CHECKING, Literal

import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from archcalc.loading import load
from archcalc.tracing import trace

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from archcalc.expressions import Value
    from archcalc.tracing import Trace

Shapes = dict[str, tuple[int, ...]]


def traced(name: str, settings: "Mapping[str, Value] | None" = None) -> "Trace":
    """A shipped spec with these values of its variables."""
    return trace(load(name), settings)


def shapes_of(network: "Trace", kind: Literal["weights", "buffers"]) -> Shapes:
    """Full name of every weight or buffer of a network -> its shape."""
    tensors = [
        (layer, layer.facts.weights if kind == "weights" else layer.facts.buffers) for layer in network.layers
    ]
    return {f"{layer.name}.{name}": shape for layer, found in tensors for name, shape in found.items()}


def shapes_in(tensors: "Iterable[tuple[str, torch.Tensor]]") -> Shapes:
    """Full name of every tensor of a module -> its shape."""
    return {name: tuple(tensor.shape) for name, tensor in tensors}


def macs_in(module: nn.Module, network: "Trace", batch: int = 1) -> float:
    """Half of the operations that torch counts in a forward pass on the network's inputs, for one sample."""
    shapes = [tensor.shape for tensor in network.inputs.values()]
    with FlopCounterMode(display=False) as counter, torch.device("meta"):
        module(*(torch.empty(batch, *shape) for shape in shapes))
    return counter.get_total_flops() / 2 / batch
