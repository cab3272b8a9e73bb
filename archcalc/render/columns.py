"""Columns that several tables of layers have, and the title above them."""

from typing import TYPE_CHECKING

from archcalc.render.cells import Column, plain_shape, shape, shapes

if TYPE_CHECKING:
    from archcalc.analyses.parameters import ParamsReport
    from archcalc.tracing import Trace


def title_of(trace: "Trace") -> str:
    """The network and its inputs."""
    inputs = ", ".join(f"{name} {shape(tensor.shape)}" for name, tensor in trace.inputs.items())
    return f"{trace.model}: {inputs}"


def input_column() -> Column:
    """The shapes that enter a layer."""
    return Column(
        "Input",
        lambda layer: shapes([port.tensor.shape for port in layer.inputs]),
        lambda inside: shape(inside[0].inputs[0].tensor.shape),
        raw=lambda layer: "; ".join(plain_shape(port.tensor.shape) for port in layer.inputs),
    )


def output_column() -> Column:
    """The shape that leaves a layer first."""
    return Column(
        "Output",
        lambda layer: shape(layer.output.shape),
        lambda inside: shape(inside[-1].output.shape),
        raw=lambda layer: plain_shape(layer.output.shape),
    )


def params_column(counted: "ParamsReport") -> Column:
    """Elements of the weights that are a layer's own."""
    layers = counted.layers
    return Column(
        "Params",
        lambda layer: layers[layer.name].params or None,
        lambda inside: sum(layers[layer.name].params for layer in inside),
        right=True,
        raw=lambda layer: layers[layer.name].params,
    )


def macs_column() -> Column:
    """Multiply-accumulates of a layer; ``?`` where they are not known."""
    return Column(
        "MACs",
        lambda layer: layer.facts.macs or ("?" if layer.facts.macs is None else None),
        lambda inside: sum(layer.facts.macs or 0 for layer in inside),
        right=True,
        raw=lambda layer: layer.facts.macs,
    )
