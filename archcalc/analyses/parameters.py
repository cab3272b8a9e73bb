"""Parameters and buffers, layer by layer and in all; tied tensors count once."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING

from archcalc.facts import Shape, count

if TYPE_CHECKING:
    from archcalc.tracing import Trace, TracedLayer


@dataclass(frozen=True, slots=True)
class LayerParams:
    """Elements of one layer's own tensors; those it shares are counted where they are owned.

    ``parts`` are the shares of its parts in its own tensors; None where only some of these are its own.
    """

    weights: Mapping[str, Shape]
    buffer_shapes: Mapping[str, Shape]
    tied: Mapping[str, str]
    params: int
    trainable: int
    buffers: int
    parts: Mapping[str, int | None]


@dataclass(frozen=True, slots=True)
class ParamsReport:
    """Elements of all distinct tensors: params = trainable + non_trainable, buffers apart."""

    layers: Mapping[str, LayerParams]
    params: int
    trainable: int
    buffers: int

    @property
    def non_trainable(self) -> int:
        """Elements of frozen weights."""
        return self.params - self.trainable


def params(trace: "Trace") -> ParamsReport:
    """Count the elements of every weight and buffer of a network."""
    layers = {layer.name: _count(layer) for layer in trace.layers}
    return ParamsReport(
        layers,
        params=sum(layer.params for layer in layers.values()),
        trainable=sum(layer.trainable for layer in layers.values()),
        buffers=sum(layer.buffers for layer in layers.values()),
    )


def _count(layer: "TracedLayer") -> LayerParams:
    own = sum(prod(shape) for name, shape in layer.facts.weights.items() if name not in layer.tied)
    buffers = sum(prod(shape) for name, shape in layer.facts.buffers.items() if name not in layer.tied)
    return LayerParams(
        layer.facts.weights,
        layer.facts.buffers,
        layer.tied,
        params=own,
        trainable=0 if layer.frozen else own,
        buffers=buffers,
        parts=_parts(layer, own),
    )


def _parts(layer: "TracedLayer", own: int) -> dict[str, int | None]:
    whole = own == count(layer.facts.weights)
    return {name: part.params if whole else None if own else 0 for name, part in layer.facts.parts.items()}
