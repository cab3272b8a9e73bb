"""Second moments of real networks of torch at initialisation, over many draws."""

from typing import TYPE_CHECKING, NamedTuple

import torch

from archcalc.bridge.drawing import draw
from archcalc.bridge.network import TorchNetwork

if TYPE_CHECKING:
    from collections.abc import Sequence

    from archcalc.tracing import Trace


class Measured(NamedTuple):
    """Means over draws, by layer: E x^2 of what leaves it, and E g^2 of the gradient that comes back."""

    squares: dict[str, float]
    gradients: dict[str, float]


def measured(trace: "Trace", init: "Sequence[str]" = (), *, draws: int, batch: int, seed: int) -> Measured:
    """Normal inputs, and the gradient of a random sum of the outputs."""
    squares: dict[str, float] = {}
    gradients: dict[str, float] = {}
    for index in range(draws):
        torch.manual_seed(seed + index)
        network = TorchNetwork(trace)
        draw(network, init)
        network.train()
        inputs = [
            torch.randint(0, _tokens(trace, name), (batch, *tensor.shape))
            if tensor.dtype.startswith("int")
            else torch.randn(batch, *tensor.shape)
            for name, tensor in trace.inputs.items()
        ]
        held = network.outputs(*inputs)
        kept = {layer.name: held[layer.name, next(iter(layer.facts.outputs))] for layer in trace.layers}
        for tensor in kept.values():
            if tensor.requires_grad and not tensor.is_leaf:
                tensor.retain_grad()
        outs = [held[port.layer, port.output] for port in trace.outputs]
        total = sum(((out * torch.randn_like(out)).sum() for out in outs), start=torch.zeros(()))
        torch.autograd.backward(total)
        for name, tensor in kept.items():
            if tensor.is_floating_point():
                squares[name] = (
                    squares.get(name, 0.0) + tensor.detach().double().square().mean().item() / draws
                )
            if tensor.grad is not None:
                gradients[name] = (
                    gradients.get(name, 0.0) + tensor.grad.double().square().mean().item() / draws
                )
    return Measured(squares, gradients)


def _tokens(trace: "Trace", name: str) -> int:
    """Rows of the table in which the tokens of an input are looked up."""
    tables = (reader.layer for reader in trace.readers_of(name) if reader.layer.facts.lookups)
    return min(layer.facts.weights["weight"][0] for layer in tables)
