"""Parameters and buffers, layer by layer and in all; tied tensors count once."""

from collections.abc import Mapping
from itertools import chain, repeat
from math import prod
from typing import TYPE_CHECKING

from archcalc.analyses.heads import scoring_heads
from archcalc.collecting import uncollected
from archcalc.facts import Shape
from archcalc.records import dataclass
from archcalc.tracing.in_runs import by_layer
from archcalc.tracing.records import tensor_name
from archcalc.tracing.runs import Run, parts_of
from archcalc.tuples import NamedTuple
from archcalc.work import is_in_parts

if TYPE_CHECKING:
    from collections.abc import Iterable
    from collections.abc import Set as AbstractSet

    from archcalc.tracing import Trace, TracedLayer


class LayerParams(NamedTuple):
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


@uncollected()
def params(trace: "Trace") -> ParamsReport:
    """Count the elements of every weight and buffer of a network."""
    counted = _counted(trace)
    layers = by_layer(trace.layers, counted.own, lambda run, at, _: counted.within[run.name][at])
    every = chain(
        zip(repeat(1), counted.own.values()),
        ((len(run.turns), own) for run in trace.runs.all for own in counted.within.get(run.name, ())),
    )
    heads = scoring_heads(trace).items() if counted.tables else ()
    elements = trainable = buffers = embedding = active = 0
    for times, layer in every:
        if layer.params:
            elements += times * layer.params
            trainable += times * layer.trainable
            embedding += times * layer.embedding
            active += times * layer.active
        if layer.buffers:
            buffers += times * layer.buffers
    return ParamsReport(
        layers,
        elements,
        trainable,
        buffers,
        embedding,
        active,
        head=sum(
            prod(layers[name].weights[matrix])
            for name, matrices in heads
            for matrix in matrices
            if matrix not in layers[name].tied
        ),
    )


class _Counted(NamedTuple):
    """Counts of layers outside of runs by name, of those of a turn of each run in order; all tables."""

    own: dict[str, LayerParams]
    within: dict[str, list[LayerParams]]
    tables: set[str]


def _counted(trace: "Trace") -> _Counted:
    """The count of every layer; those that are alike and share nothing have one."""
    owned, frozen, tables = set[str](), set[str](), set[str]()
    parts = parts_of(trace.layers)
    for layer in [each for part in parts for each in _written(part)] if trace.runs else trace.layers:
        if layer.tied:
            owned.update(layer.tied.values())
        if layer.frozen or layer.frozen_weights:
            frozen.update(_tensors(layer, layer.untrained))
        if layer.facts.lookups:
            tables.update(_tensors(layer, layer.facts.lookups))
    known: dict[object, LayerParams] = {}

    def count_of(layer: "TracedLayer") -> LayerParams:
        if layer.tied or (owned and not owned.isdisjoint(_tensors(layer, layer.facts.weights))):
            return _count(layer, frozen, tables)
        alike = (id(layer.facts), layer.frozen, layer.frozen_weights) if frozen else id(layer.facts)
        found = known.get(alike)
        if found is None:
            found = known[alike] = _count(layer, frozen, tables)
        return found

    found = _Counted({}, {}, tables)
    for part in parts:
        if isinstance(part, Run):
            found.within[part.name] = list(map(count_of, part.written.layers))
        else:
            found.own[part.name] = count_of(part)
    return found


def _written(part: "TracedLayer | Run") -> "tuple[TracedLayer, ...]":
    return part.written.layers if isinstance(part, Run) else (part,)


def _tensors(layer: "TracedLayer", weights: "Iterable[str]") -> list[str]:
    """Full names of weights, of shared ones as their owner calls them."""
    return [layer.tied.get(weight, tensor_name(layer.name, weight)) for weight in weights]


def _count(layer: "TracedLayer", frozen: "AbstractSet[str]", tables: "AbstractSet[str]") -> LayerParams:
    facts = layer.facts
    weights, buffers, everything = facts.weights, facts.buffers, facts.elements
    if layer.tied:
        weights, buffers = _own(layer, weights), _own(layer, buffers)
        everything = sum(map(prod, weights.values()))
    some = frozen or tables
    return LayerParams(
        facts.weights,
        facts.buffers,
        layer.tied,
        everything,
        everything - _elements_in(frozen, layer, weights) if some else everything,
        sum(map(prod, buffers.values())) if buffers else 0,
        _elements_in(tables, layer, weights) if some else 0,
        everything if facts.active_params is None else min(facts.active_params, everything),
        _parts(layer, everything) if is_in_parts(facts.work) else NO_PARTS,
        _frozen(layer, frozen) if some else (),
    )


def _own(layer: "TracedLayer", tensors: "Mapping[str, Shape]") -> "Mapping[str, Shape]":
    """Those that a layer does not share of another one."""
    return {name: shape for name, shape in tensors.items() if name not in layer.tied}


def _elements_in(names: "AbstractSet[str]", layer: "TracedLayer", weights: "Mapping[str, Shape]") -> int:
    """Elements of the weights whose full names are among these."""
    return sum([prod(shape) for own, shape in weights.items() if tensor_name(layer.name, own) in names])


def _frozen(layer: "TracedLayer", frozen: "AbstractSet[str]") -> tuple[str, ...]:
    """Weights of a layer that are not trained."""
    named = zip(layer.facts.weights, _tensors(layer, layer.facts.weights), strict=True)
    return tuple(weight for weight, name in named if name in frozen)


NO_PARTS: "Mapping[str, int | None]" = {}


def _parts(layer: "TracedLayer", own: int) -> "Mapping[str, int | None]":
    whole = own == layer.facts.elements
    return {name: part.params if whole else None if own else 0 for name, part in layer.facts.parts.items()}
