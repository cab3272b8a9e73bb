"""Columns that several tables of layers have, and the title above them."""

from typing import TYPE_CHECKING

from archcalc.render.cells import Column, plain_shape, shape, shapes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from archcalc.analyses.parameters import ParamsReport
    from archcalc.tracing import Port, Trace, TracedLayer


def title_of(trace: "Trace") -> str:
    """The network and its inputs."""
    inputs = ", ".join(f"{name} {shape(tensor.shape)}" for name, tensor in trace.inputs.items())
    return f"{trace.model}: {inputs}"


def input_column() -> Column:
    """The shapes that enter a layer."""
    return Column(
        "Input",
        lambda layer: shapes([port.tensor for port in layer.inputs]),
        lambda scope: shapes([port.tensor for port in scope.enters]),
        raw=lambda layer: _plain(layer.inputs),
        raw_total=lambda scope: _plain(scope.enters),
    )


def output_column() -> Column:
    """The shape of a layer's first output; of a container those that leave it."""
    return Column(
        "Output",
        lambda layer: shapes([layer.output]),
        lambda scope: shapes([port.tensor for port in scope.leaves]),
        raw=lambda layer: plain_shape(layer.output.shape),
        raw_total=lambda scope: _plain(scope.leaves),
    )


def _plain(ports: "Iterable[Port]") -> str:
    return "; ".join(plain_shape(port.tensor.shape) for port in ports)


def params_column(counted: "ParamsReport") -> Column:
    """Elements of the weights that are a layer's own."""
    layers = counted.layers
    return Column(
        "Params",
        lambda layer: layers[layer.name].params or None,
        lambda scope: sum(layers[layer.name].params for layer in scope.layers),
        right=True,
        raw=lambda layer: layers[layer.name].params,
    )


def macs_column() -> Column:
    """Multiply-accumulates of a layer; ``?`` where they are not known."""
    return Column(
        "MACs",
        lambda layer: layer.facts.macs or ("?" if layer.facts.macs is None else None),
        lambda scope: f"{macs_of(scope.layers):,} + ?" if unknown_in(scope.layers) else macs_of(scope.layers),
        right=True,
        raw=lambda layer: layer.facts.macs,
        raw_total=lambda scope: macs_of(scope.layers),
    )


def macs_of(layers: "Iterable[TracedLayer]") -> int:
    """The MACs that layers state."""
    return sum(layer.facts.macs or 0 for layer in layers)


def unknown_in(layers: "Iterable[TracedLayer]") -> list[str]:
    """Names of the layers whose MACs are not known."""
    return [layer.name for layer in layers if layer.facts.macs is None]


def trainable_column(counted: "ParamsReport") -> Column:
    """Of the elements that are a layer's own those that are not frozen; for machines."""
    layers = counted.layers
    return Column(
        "trainable_params",
        lambda layer: layers[layer.name].trainable,
        lambda scope: sum(layers[layer.name].trainable for layer in scope.layers),
        shown=False,
    )


def frozen_words(counted: "ParamsReport") -> "Callable[[Sequence[TracedLayer]], str]":
    """What stands behind the type of layers that hold frozen weights, their own or shared ones."""

    def words(layers: "Sequence[TracedLayer]") -> str:
        found = [counted.layers[layer.name] for layer in layers]
        frozen = sum(len(layer.frozen) for layer in found)
        whole = frozen == sum(len(layer.weights) for layer in found)
        return "" if not frozen else " (frozen)" if whole else " (partly frozen)"

    return words
