"""A traced network beside its torch module: totals, tensors in order, shapes, receptive fields."""

from typing import TYPE_CHECKING, NamedTuple

import torch

from archcalc.analyses.compute import macs
from archcalc.analyses.parameters import params
from archcalc.analyses.receptive_field import receptive_fields
from tests.zoo.reading import Shapes, macs_in, shapes_in, shapes_of

if TYPE_CHECKING:
    from torch import nn

    from archcalc.analyses.receptive_field import AxisField
    from archcalc.tracing import Trace


class Totals(NamedTuple):
    """What a model zoo publishes of a network."""

    params: int
    buffers: int
    macs: int


def totals(network: "Trace") -> Totals:
    """Parameters, elements of buffers and MACs."""
    counted = params(network)
    return Totals(counted.params, counted.buffers, macs(network)[0])


def tensors(network: "Trace") -> tuple[Shapes, Shapes]:
    """Weights and buffers by full name, in execution order."""
    return shapes_of(network, "weights"), shapes_of(network, "buffers")


def torch_tensors(module: "nn.Module") -> tuple[Shapes, Shapes]:
    """Weights and buffers by full name, in the order of the module."""
    return shapes_in(module.named_parameters()), shapes_in(module.named_buffers())


def assert_same(network: "Trace", module: "nn.Module") -> None:
    """Tensors in order (not by name), MACs and output shape are those of a module on the meta device."""
    for mine, theirs in zip(tensors(network), torch_tensors(module), strict=True):
        assert list(mine.values()) == list(theirs.values())
    shapes = [tensor.shape for tensor in network.inputs.values()]
    with torch.device("meta"), torch.no_grad():
        output = module(*(torch.empty(2, *shape) for shape in shapes))
    assert network.outputs[0].tensor.shape == tuple(output.shape[1:])
    assert macs(network)[0] == macs_in(module, network)
    assert not network.findings


def axes(network: "Trace", layer: str) -> "tuple[AxisField, ...]":
    """What a unit of a layer reads of the only input, per axis."""
    (field,) = receptive_fields(network).layers[layer]
    return field.axes
