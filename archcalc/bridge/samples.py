"""Random samples for the inputs of a network: real numbers, tokens that have a row, edges between nodes."""

from typing import TYPE_CHECKING, cast

import torch
from torch import Tensor

from archcalc.facts import Neighbours
from archcalc.tracing.scan import ScanLayer
from archcalc.tuples import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

    from archcalc.tracing import Trace, TracedLayer

CHOICES = {
    "Embedding": (0, "num_embeddings"),
    "EmbeddingBag": (0, "num_embeddings"),
    "Experts": (1, "num_experts"),
    "RGCNConv": (2, "num_relations"),
}
"""Kind -> its input of whole numbers, and the argument that they are below."""
TAKING = ("IndexSelect", "Gather")
"""Kinds whose second input are positions of an axis of the first one."""


class WholeNumbers(NamedTuple):
    """What whole numbers have to be.

    Args:
        below: the number that they are below.
        ordered: they begin the bags of a sample, in order.
    """

    below: int
    ordered: bool = False


def samples(trace: "Trace", batch: int) -> tuple[Tensor, ...]:
    """A batch of every input, in the spec's order."""
    return tuple(_sample(trace, name, batch) for name in trace.inputs)


def _sample(trace: "Trace", name: str, batch: int) -> Tensor:
    tensor = trace.inputs[name]
    dtype = cast("torch.dtype", getattr(torch, tensor.dtype))
    if dtype == torch.bool:
        return torch.ones(batch, *tensor.shape, dtype=dtype)
    if dtype.is_floating_point:
        return torch.randn(batch, *tensor.shape).to(dtype)
    asked = list(_asked(trace, name))
    below = min((each.below for each in asked), default=1)
    if any(each.ordered for each in asked):
        return torch.arange(tensor.shape[-1]).clamp(max=below - 1).expand(batch, -1).to(dtype)
    return torch.randint(0, below, (batch, *tensor.shape)).to(dtype)


def _asked(trace: "Trace", name: str) -> "Iterator[WholeNumbers]":
    """What the layers ask of an input that read it, or what was moved of it."""
    moved = {(name, "output")}
    for layer in trace.layers:
        for index, port in enumerate(layer.inputs):
            if (port.layer, port.output) in moved:
                yield from _of_layer(layer, index)
                whole = (name for name, tensor in layer.facts.outputs.items() if not tensor.is_float)
                moved.update((layer.name, output) for output in whole)


def _of_layer(layer: "TracedLayer", index: int) -> "Iterator[WholeNumbers]":
    if isinstance(layer.arguments, ScanLayer):
        yield from _asked(layer.arguments.body, layer.arguments.arriving[index])
        return
    place, argument = CHOICES.get(layer.type, (None, ""))
    if index == place:
        yield WholeNumbers(cast("int", layer.resolved[argument]))
    elif layer.type in TAKING and index == 1:
        sizes = layer.inputs[0].tensor.shape[layer.mapped :]
        yield WholeNumbers(sizes[cast("int", layer.resolved["dim"])])
    elif layer.type == "EmbeddingBag" and index == 1:
        yield WholeNumbers(layer.inputs[0].tensor.shape[layer.mapped], ordered=True)
    elif index and any(isinstance(read.reach, Neighbours) for read in layer.facts.first_reads):
        yield WholeNumbers(layer.inputs[0].tensor.shape[layer.mapped])
