"""What a network holds all the time: weights and buffers, and their gradients and states of an optimizer."""

from math import prod
from typing import TYPE_CHECKING

from archcalc.footprint.bytes import in_precision, width
from archcalc.tracing.records import tensor_name
from archcalc.tracing.times import with_times
from archcalc.tuples import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from collections.abc import Set as AbstractSet

    from archcalc.facts import Shape
    from archcalc.footprint.storages import Setting
    from archcalc.tracing import Trace, TracedLayer

WHOLE = {"num_batches_tracked": "int64", "relative_position_index": "int64"}
"""Buffers of whole numbers, whatever the precision."""


class Weight(NamedTuple):
    """A parameter: its shape, the bytes of a number, and whether it is trained."""

    name: str
    shape: "Shape"
    width: int
    trained: bool

    @property
    def bytes(self) -> int:
        """Its size."""
        return prod(self.shape) * self.width


def held_weights(trace: "Trace", setting: "Setting") -> tuple[tuple[int, Weight], ...]:
    """All parameters, tied ones once; of turns that are the same those of one, each with how often it is."""
    if any(map(trace.runs.find, trace.shared)):
        every = tuple((1, layer) for layer in trace.layers)
    else:
        every = tuple(with_times(trace.layers))
    frozen = untrained(layer for _, layer in every)
    return tuple((times, each) for times, layer in every for each in own_weights(layer, setting, frozen))


def untrained(layers: "Iterable[TracedLayer]") -> frozenset[str]:
    """Full names of the weights that any layer has frozen."""
    some = (layer for layer in layers if layer.frozen or layer.frozen_weights)
    return frozenset(
        layer.tied.get(own, tensor_name(layer.name, own)) for layer in some for own in layer.untrained
    )


def own_weights(
    layer: "TracedLayer",
    setting: "Setting",
    frozen: "AbstractSet[str]" = frozenset(),
    *,
    tied: bool = False,
) -> "Iterator[Weight]":
    """Parameters of a layer, its own ones, or those too that are ``tied`` to others.

    Those of ``frozen`` full names are not trained.
    """
    for (own, shape), full in zip(layer.facts.weights.items(), full_names(layer), strict=True):
        if tied or own not in layer.tied:
            yield Weight(full, shape, width(setting.dtype or layer.precision), full not in frozen)


def own_bytes(layer: "TracedLayer", setting: "Setting") -> int:
    """Bytes of the parameters of a layer, its own ones."""
    numbers = layer.facts.elements
    if layer.tied:
        numbers -= sum([prod(shape) for own, shape in layer.facts.weights.items() if own in layer.tied])
    return numbers * width(setting.dtype or layer.precision)


def bytes_of_weights(
    layers: "Sequence[TracedLayer]", setting: "Setting", firsts: "Iterable[int]"
) -> list[int]:
    """The same of each of some layers, its own ones; ``firsts``: the first that shares the facts of each."""
    found: list[int] = []
    for layer, first in zip(layers, firsts, strict=True):
        if not layer.facts.weights:
            found.append(0)
        elif first == len(found) or layer.tied or layers[first].tied:
            found.append(own_bytes(layer, setting))
        else:
            found.append(found[first])
    return found


def full_names(layer: "TracedLayer", weights: "Iterable[str] | None" = None) -> "Iterator[str]":
    """Full names of weights of a layer, else of all, of tied ones those of the first layer that has them."""
    for own in layer.facts.weights if weights is None else weights:
        yield layer.tied.get(own, tensor_name(layer.name, own))


def buffer_bytes(trace: "Trace", setting: "Setting") -> int:
    """Bytes of all buffers, shared ones once."""
    total = 0
    for times, layer in with_times(trace.layers):
        buffers = layer.facts.buffers
        for own, shape in buffers.items() if buffers else ():
            if own in layer.tied:
                continue
            dtype = WHOLE.get(own.rpartition(".")[2]) or setting.dtype or layer.precision
            if not own:  # the layer is the buffer
                dtype = in_precision(layer.output, setting.dtype).dtype
            total += times * prod(shape) * width(dtype)
    return total
