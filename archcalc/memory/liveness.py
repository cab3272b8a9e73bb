"""What is alive while a network runs without gradients: a tensor dies behind the last layer that reads it.

So it is in graphs that were traced before they run, and in eager torch where the code holds no tensor longer.
The input is held by the caller.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from archcalc.memory.bytes import tensor_bytes
from archcalc.memory.storages import storages

if TYPE_CHECKING:
    from collections.abc import Iterator

    from archcalc.memory.storages import Setting, Storages
    from archcalc.tracing import Trace, TracedLayer


class Alive(NamedTuple):
    """A tensor that is alive: its name, and its bytes."""

    name: str
    bytes: int


@dataclass(frozen=True, slots=True)
class Peak:
    """The moment at which most bytes are alive.

    Args:
        bytes: how many; weights and buffers left out.
        layer: the layer that runs then.
        alive: what is alive, the largest first.
    """

    bytes: int
    layer: str
    alive: tuple[Alive, ...]


def inference_peak(trace: "Trace", setting: "Setting") -> Peak:
    """The peak of a forward pass without gradients: the first moment at which most is alive."""
    found = storages(trace, setting)
    last = _last_reads(trace, found)
    alive = {at for at, storage in enumerate(found.held) if storage.purpose == "input"}
    held = sum(found.held[at].bytes for at in alive)
    peak = Peak(held, "", tuple(_named(found, alive)))
    for index, layer in enumerate(trace.layers):
        born = {found.lying[layer.name, name].storage for name in layer.facts.outputs} - alive
        born = {at for at in born if found.held[at].purpose == "activation"}
        alive |= born
        own = _results(layer, setting)
        held += sum(found.held[at].bytes for at in born)
        if held + own > peak.bytes:
            beside = [Alive(f"{layer.name}: own", own)] if own else []
            named = sorted((*_named(found, alive), *beside), key=lambda each: -each.bytes)
            peak = Peak(held + own, layer.name, tuple(named))
        dead = {at for at in alive if last[at] <= index and found.held[at].purpose == "activation"}
        alive -= dead
        held -= sum(found.held[at].bytes for at in dead)
    return peak


def _last_reads(trace: "Trace", found: "Storages") -> list[int]:
    """Of each storage the place of the last layer that makes or reads something in it."""
    last = [-1] * len(found.held)
    for index, layer in enumerate(trace.layers):
        for name in layer.facts.outputs:
            last[found.lying[layer.name, name].storage] = index
        for port in layer.inputs:
            last[found.at(port)] = index
    for port in trace.outputs:
        last[found.at(port)] = len(trace.layers)
    return last


def _results(layer: "TracedLayer", setting: "Setting") -> int:
    """Bytes of what a layer makes beside its outputs, and gives up again."""
    kept = layer.arguments.keeping(setting.read(layer), setting.facts(layer)) if layer.inputs else None
    return (
        sum(tensor_bytes(each, setting.batch) for each in kept.of_batch(setting.batch).results) if kept else 0
    )


def _named(found: "Storages", alive: set[int]) -> "Iterator[Alive]":
    return (Alive(found.held[at].name, found.held[at].bytes) for at in sorted(alive))
