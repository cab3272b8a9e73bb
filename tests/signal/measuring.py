"""Second moments of real networks of torch at initialisation, over many draws."""

from math import sqrt
from statistics import mean, stdev
from typing import TYPE_CHECKING, NamedTuple

import torch
from torch import Tensor, nn

from archcalc.bridge.drawing import draw
from archcalc.bridge.network import TorchNetwork
from tests.kinds.trials import seeded

if TYPE_CHECKING:
    from collections.abc import Sequence

    from archcalc.tracing import Trace, TracedLayer


class Measured(NamedTuple):
    """Means over draws, by layer: E x^2 of what leaves it, and E g^2 of the gradient that comes back.

    The last two are how far such a mean may be off by chance, as a share of it: its standard error.
    """

    squares: dict[str, float]
    gradients: dict[str, float]
    square_errors: dict[str, float]
    gradient_errors: dict[str, float]


def measured(
    trace: "Trace",
    init: "Sequence[str]" = (),
    *,
    draws: int,
    batch: int,
    seed: int,
    wide: bool = False,
) -> Measured:
    """Normal inputs, and the gradient of a random sum of the outputs; ``wide``: in double precision."""
    squares: dict[str, list[float]] = {}
    gradients: dict[str, list[float]] = {}
    for index in range(draws):
        seeded(seed + index)
        network = TorchNetwork(trace)
        draw(network, init)
        network.train()
        if wide:
            network.double()
        held = network.outputs(*_inputs(trace, batch, wide=wide))
        kept = {layer.name: held[layer.name, next(iter(layer.facts.outputs))] for layer in trace.layers}
        for tensor in kept.values():
            if tensor.requires_grad:
                tensor.retain_grad()
        outs = [held[port.layer, port.output] for port in trace.outputs]
        total = sum(((out * torch.randn_like(out)).sum() for out in outs), start=torch.zeros(()))
        torch.autograd.backward(total)
        for name, tensor in kept.items():
            squares.setdefault(name, []).append(_mean_square(tensor))
            if tensor.grad is not None:
                gradients.setdefault(name, []).append(_mean_square(tensor.grad))
    return Measured(_means(squares), _means(gradients), _errors(squares), _errors(gradients))


def _means(drawn: dict[str, list[float]]) -> dict[str, float]:
    return {name: mean(numbers) for name, numbers in drawn.items()}


def _errors(drawn: dict[str, list[float]]) -> dict[str, float]:
    """Standard errors of the means, as shares of them."""
    return {
        name: stdev(numbers) / sqrt(len(numbers)) / mean(numbers)
        if len(numbers) > 1 and mean(numbers)
        else 0.0
        for name, numbers in drawn.items()
    }


def _mean_square(tensor: Tensor) -> float:
    return float(tensor.detach().double().square().mean())


def _inputs(trace: "Trace", batch: int, *, wide: bool) -> list[Tensor]:
    dtype = torch.float64 if wide else torch.float32
    return [
        torch.randint(0, _tokens(trace, name), (batch, *tensor.shape))
        if tensor.dtype.startswith("int")
        else torch.randn(batch, *tensor.shape, dtype=dtype)
        for name, tensor in trace.inputs.items()
    ]


def _tokens(trace: "Trace", name: str) -> int:
    """Rows of the table in which the tokens of an input are looked up."""
    tables = (reader.layer for reader in trace.readers_of(name) if reader.layer.facts.lookups)
    return min(layer.facts.weights["weight"][0] for layer in tables)


def over_steps(layer: "TracedLayer", *, draws: int, seed: int) -> float:
    """Length of the gradient of the first step's input over that of the last one's, of the last output."""
    steps, features = layer.inputs[0].tensor.shape
    units = layer.facts.weights["weight_hh_l0"][1]
    first = last = 0.0
    for index in range(draws):
        seeded(seed + index)
        count = layer.facts.outputs["h_n"].shape[0]
        module = getattr(nn, layer.type)(features, units, num_layers=count, batch_first=True).double()
        x = torch.randn(8, steps, features, dtype=torch.float64, requires_grad=True)
        out = module(x)[0][:, -1]
        torch.autograd.backward((out * torch.randn_like(out)).sum())
        gradient = torch.zeros_like(x) if x.grad is None else x.grad
        first, last = first + _mean_square(gradient[:, 0]), last + _mean_square(gradient[:, -1])
    return sqrt(first / last)
