"""Parameters and buffers, layer by layer and in all; tied tensors count once."""

from collections.abc import Mapping
from math import prod
from typing import TYPE_CHECKING

from archcalc.analyses.heads import scoring_heads
from archcalc.facts import Shape, count
from archcalc.lookup import ByName
from archcalc.records import dataclass
from archcalc.tracing.records import tensor_name

if TYPE_CHECKING:
    from collections.abc import Iterable

    from archcalc.tracing import Trace, TracedLayer


@dataclass(frozen=True, slots=True)
class LayerParams:
    """Elements of one layer's own tensors; those it shares are counted where they are owned.

    ``parts`` are the shares of its parts in its own tensors; None where only some of these are its own.
    ``frozen`` are those of its weights, own or shared, that are not trained.
    """

    weights: Mapping[str, Shape]
    buffer_shapes: Mapping[str, Shape]
    tied: Mapping[str, str]
    params: int
    trainable: int
    buffers: int
    embedding: int
    active: int
    parts: Mapping[str, int | None]
    frozen: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, repr=False)
class ParamsReport:
    """Elements of all distinct tensors: params = trainable + non_trainable, buffers apart.

    Args:
        layers: by name.
        params: elements of all weights.
        trainable: of those that are not frozen; one that is shared is frozen where any layer has it frozen.
        buffers: of all buffers.
        embedding: of the tables that are looked up (tokens, positions).
        head: of the matrices that score the tokens of a table and are not shared.
        active: of the weights that one position goes through; fewer than all in mixtures of experts.
    """

    layers: Mapping[str, LayerParams]
    params: int
    trainable: int
    buffers: int
    embedding: int
    active: int
    head: int

    def __repr__(self) -> str:
        """The total in a line."""
        return f"<ParamsReport: {self.params:,} of {len(self.layers):,} layers>"

    @property
    def non_trainable(self) -> int:
        """Elements of frozen weights."""
        return self.params - self.trainable

    @property
    def non_embedding(self) -> int:
        """Elements without the embedding tables and the output head, which publications count.

        Kaplan et al., Scaling Laws for Neural Language Models, 2020 (arXiv 2001.08361); the cards of models.
        """
        return self.params - self.embedding - self.head


def params(trace: "Trace") -> ParamsReport:
    """Count the elements of every weight and buffer of a network."""
    frozen = {name for layer in trace.layers if layer.frozen for name in _tensors(layer, layer.facts.weights)}
    tables = {name for layer in trace.layers for name in _tensors(layer, layer.facts.lookups)}
    layers = ByName({layer.name: _count(layer, frozen, tables) for layer in trace.layers})
    heads = scoring_heads(trace)
    return ParamsReport(
        layers,
        params=sum(layer.params for layer in layers.values()),
        trainable=sum(layer.trainable for layer in layers.values()),
        buffers=sum(layer.buffers for layer in layers.values()),
        embedding=sum(layer.embedding for layer in layers.values()),
        active=sum(layer.active for layer in layers.values()),
        head=sum(
            prod(layers[name].weights[matrix])
            for name, matrices in heads.items()
            for matrix in matrices
            if matrix not in layers[name].tied
        ),
    )


def _tensors(layer: "TracedLayer", weights: "Iterable[str]") -> list[str]:
    """Full names of weights, of shared ones as their owner calls them."""
    return [layer.tied.get(weight, tensor_name(layer.name, weight)) for weight in weights]


def _count(layer: "TracedLayer", frozen: set[str], tables: set[str]) -> LayerParams:
    facts = layer.facts
    own = {
        tensor_name(layer.name, name): prod(shape)
        for name, shape in facts.weights.items()
        if name not in layer.tied
    }
    everything = sum(own.values())
    return LayerParams(
        facts.weights,
        facts.buffers,
        layer.tied,
        params=everything,
        trainable=sum(size for name, size in own.items() if name not in frozen),
        buffers=sum(prod(shape) for name, shape in facts.buffers.items() if name not in layer.tied),
        embedding=sum(size for name, size in own.items() if name in tables),
        active=everything if facts.active_params is None else min(facts.active_params, everything),
        parts=_parts(layer, everything),
        frozen=tuple(
            weight
            for weight, name in zip(facts.weights, _tensors(layer, facts.weights), strict=True)
            if name in frozen
        ),
    )


def _parts(layer: "TracedLayer", own: int) -> dict[str, int | None]:
    whole = own == count(layer.facts.weights)
    return {name: part.params if whole else None if own else 0 for name, part in layer.facts.parts.items()}
