"""A traced network beside its torch module on the meta device: tensors, MACs, shapes, receptive fields."""

from typing import TYPE_CHECKING, NamedTuple

import torch
from torch.utils.flop_counter import FlopCounterMode

from archcalc import load, params, receptive_fields, trace
from archcalc.analyses.compute import macs
from archcalc.tracing.records import tensor_name

if TYPE_CHECKING:
    from collections.abc import Mapping

    from torch import nn

    from archcalc.analyses.receptive_field import AxisField
    from archcalc.expressions import Value
    from archcalc.facts import Shape
    from archcalc.tracing import Trace

    Tensors = Mapping[str, Shape]


class Totals(NamedTuple):
    """What a model zoo publishes of a network."""

    params: int
    buffers: int
    macs: int


def traced(name: str, **settings: "Value") -> "Trace":
    """A shipped spec with these variables."""
    return trace(load(name), settings)


def totals(network: "Trace") -> Totals:
    """Parameters, elements of buffers and MACs."""
    counted = params(network)
    return Totals(counted.params, counted.buffers, macs(network)[0])


def tensors(network: "Trace") -> "tuple[Tensors, Tensors]":
    """Weights and buffers by full name, in execution order."""
    weights = {
        tensor_name(layer.name, name): s
        for layer in network.layers
        for name, s in layer.facts.weights.items()
    }
    buffers = {
        tensor_name(layer.name, name): s
        for layer in network.layers
        for name, s in layer.facts.buffers.items()
    }
    return weights, buffers


def torch_tensors(module: "nn.Module") -> "tuple[Tensors, Tensors]":
    """Weights and buffers by full name, in the order of the module."""
    weights = {name: tuple(value.shape) for name, value in module.named_parameters()}
    return weights, {name: tuple(value.shape) for name, value in module.named_buffers()}


def half_flops(module: "nn.Module", *shapes: "Shape", batch: int = 1) -> int:
    """Multiply-accumulates that torch counts for one sample, in a pass of ``batch`` of them."""
    with FlopCounterMode(display=False) as counter, torch.device("meta"):
        module(*(torch.empty(batch, *shape) for shape in shapes))
    counted: int = counter.get_total_flops()
    assert counted % (2 * batch) == 0
    return counted // (2 * batch)


def output_shape(module: "nn.Module", *shapes: "Shape") -> "Shape":
    """Shape that leaves a module, without the batch."""
    with torch.device("meta"), torch.no_grad():
        return tuple(module(*(torch.empty(2, *shape) for shape in shapes)).shape[1:])


def assert_same(network: "Trace", module: "nn.Module") -> None:
    """Tensors in order (not by name), MACs and output shape are those of a module on the meta device."""
    for mine, theirs in zip(tensors(network), torch_tensors(module), strict=True):
        assert list(mine.values()) == list(theirs.values())
    shapes = [tensor.shape for tensor in network.inputs.values()]
    assert network.outputs[0].tensor.shape == output_shape(module, *shapes)
    assert macs(network)[0] == half_flops(module, *shapes)
    assert not network.findings


def axes(network: "Trace", layer: str) -> "tuple[AxisField, ...]":
    """What a unit of a layer reads of the only input, per axis."""
    (field,) = receptive_fields(network).layers[layer]
    return field.axes


def measures(axis: "AxisField") -> tuple[object, object, object]:
    """Size, stride and start along an axis."""
    return axis.size, axis.stride, axis.start
