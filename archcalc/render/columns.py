"""Columns that several tables of layers have, and the title above them."""

from dataclasses import replace
from typing import TYPE_CHECKING

from archcalc.render.cells import Column, Percentage, plain_shape, shape, shapes
from archcalc.tracing.times import with_times

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from archcalc.analyses.parameters import ParamsReport
    from archcalc.tracing import Port, Trace, TracedLayer
    from archcalc.tracing.graph import TracedScope


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
        alike=True,
    )


def output_column() -> Column:
    """The shape of a layer's first output; of a container those that leave it."""
    return Column(
        "Output",
        lambda layer: shapes([layer.output]),
        lambda scope: shapes([port.tensor for port in scope.leaves]),
        raw=lambda layer: plain_shape(layer.output.shape),
        raw_total=lambda scope: _plain(scope.leaves),
        alike=True,
    )


def _plain(ports: "Iterable[Port]") -> str:
    return "; ".join(plain_shape(port.tensor.shape) for port in ports)


def params_column(counted: "ParamsReport") -> Column:
    """Elements of the weights that are a layer's own."""
    layers = counted.layers
    return counts_column("Params", lambda layer: layers[layer.name].params, alike=True)


def macs_column(batch: int = 1, per_mac: int = 1) -> Column:
    """Multiply-accumulates of a layer on a batch, or FLOPs, two per each; ``?`` where they are not known."""

    def of(layer: "TracedLayer") -> int | None:
        return None if layer.facts.macs is None else per_mac * layer.facts.macs * layer.samples(batch)

    def together(scope: "TracedScope") -> int:
        return per_mac * macs_of(scope.layers, batch)

    return Column(
        "MACs" if per_mac == 1 else "FLOPs",
        lambda layer: of(layer) or ("?" if layer.facts.macs is None else None),
        lambda scope: f"{together(scope):,} + ?" if unknown_in(scope.layers) else together(scope),
        right=True,
        raw=of,
        raw_total=together,
        alike=True,
        sums=True,
    )


def macs_of(layers: "Sequence[TracedLayer]", batch: int = 1) -> int:
    """The MACs that layers state, on a batch."""
    return sum(times * (layer.facts.macs or 0) * layer.samples(batch) for times, layer in with_times(layers))


def unknown_in(layers: "Sequence[TracedLayer]") -> list[str]:
    """Names of the layers whose MACs are not known."""
    if all(layer.facts.macs is not None for _, layer in with_times(layers)):
        return []
    return [layer.name for layer in layers if layer.facts.macs is None]


def counts_column(header: str, counts: "Callable[[TracedLayer], int]", *, alike: bool = False) -> Column:
    """Whole numbers of layers, which add up; ``alike``: those of all turns of a run are the same."""
    return Column(
        header,
        lambda layer: counts(layer) or None,
        lambda scope: _added(counts, scope.layers) if alike else sum(map(counts, scope.layers)),
        right=True,
        raw=counts,
        alike=alike,
        sums=True,
    )


def _added(counts: "Callable[[TracedLayer], int]", layers: "Sequence[TracedLayer]") -> int:
    return sum(times * counts(layer) for times, layer in with_times(layers))


def share_column(header: str, counts: "Callable[[TracedLayer], int]", whole: int) -> Column:
    """The same as parts of a whole, where those of all turns of a run are the same."""

    def part(layer: "TracedLayer") -> float:
        return counts(layer) / (whole or 1)

    def together(scope: "TracedScope") -> float:
        return _added(counts, scope.layers) / (whole or 1)

    return Column(
        header,
        lambda layer: Percentage(part(layer)),
        lambda scope: Percentage(together(scope)),
        right=True,
        raw=part,
        raw_total=together,
        alike=True,
        sums=True,
    )


def weights_column(counted: "ParamsReport") -> Column:
    """The shapes of a layer's weights, and which tensors of others they are."""

    def weights(layer: "TracedLayer", line: str, shape_of: "Callable[[tuple[int, ...]], str]") -> str:
        tied = counted.layers[layer.name].tied
        return line.join(
            f"{name} {shape_of(value)}".lstrip() + (f" = {tied[name]}" if name in tied else "")
            for name, value in layer.facts.weights.items()
        )

    return Column(
        "Weights",
        lambda layer: weights(layer, "\n", lambda value: str(list(value))),
        raw=lambda layer: weights(layer, "; ", plain_shape),
    )


def trainable_column(counted: "ParamsReport") -> Column:
    """Of the elements that are a layer's own those that are not frozen; for machines."""
    layers = counted.layers
    column = counts_column("trainable_params", lambda layer: layers[layer.name].trainable, alike=True)
    return replace(column, shown=False)


def frozen_words(counted: "ParamsReport") -> "Callable[[Sequence[TracedLayer]], str]":
    """What stands behind the type of layers that hold frozen weights, their own or shared ones."""

    def words(layers: "Sequence[TracedLayer]") -> str:
        if len(layers) == 1 and not counted.layers[layers[0].name].frozen:  # as most layers are
            return ""
        found = [counted.layers[layer.name] for _, layer in with_times(layers)]
        frozen = sum(len(layer.frozen) for layer in found)
        whole = frozen == sum(len(layer.weights) for layer in found)
        return "" if not frozen else " (frozen)" if whole else " (partly frozen)"

    return words
