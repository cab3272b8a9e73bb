"""What is alive while a network runs forward: a tensor dies behind the last layer that reads it.

So it is in graphs that were traced before they run, and in eager torch where the code holds no tensor longer.
The input is held by the caller; in training what autograd keeps stays.
"""

from typing import TYPE_CHECKING, NamedTuple

from archcalc.footprint.bytes import tensor_bytes
from archcalc.footprint.storages import storages
from archcalc.layers.mathematics import Merge
from archcalc.records import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from archcalc.footprint.saved import SavedReport
    from archcalc.footprint.storages import Setting, Storages
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
    return _peak(trace, storages(trace, setting), frozenset())


def training_peak(trace: "Trace", setting: "Setting", kept: "SavedReport") -> Peak:
    """The same of a forward pass in training, of which ``kept`` is there until the backward pass.

    Behind frozen layers, and inside of scopes that are calculated again, this is more than what is there at
    its end. A sum is taken to write over a term that nobody reads or keeps any more (``x += y``), as
    torchvision's networks do.
    """
    own: dict[str, int] = {}
    for tensor in kept.tensors:
        if tensor.storage is None:
            own[tensor.layer] = own.get(tensor.layer, 0) + tensor.bytes
    staying = frozenset(tensor.storage for tensor in kept.tensors if tensor.storage is not None)
    return _peak(trace, storages(trace, setting), staying, own)


def _peak(
    trace: "Trace", found: "Storages", staying: frozenset[int], own: "Mapping[str, int] | None" = None
) -> Peak:
    """Walk through a network.

    Args:
        trace: the network.
        found: its storages.
        staying: of them those that do not die.
        own: bytes of its own that a layer keeps, in training; None: nothing is kept.
    """
    last = [len(trace.layers) if at in staying else read for at, read in enumerate(_last_reads(trace, found))]
    alive = {at for at, storage in enumerate(found.held) if storage.purpose == "input"}
    held = sum(found.held[at].bytes for at in alive)
    peak = Peak(held, "", tuple(_named(found, alive)))
    for index, layer in enumerate(trace.layers):
        born = {found.lying[layer.name, name].storage for name in layer.facts.outputs} - alive
        born = {at for at in born if found.held[at].purpose == "activation"}
        alive |= born
        dead = {at for at in alive if last[at] <= index and found.held[at].purpose == "activation"}
        keeps = (own or {}).get(layer.name, 0)
        beside = keeps or _results(layer, found.setting)
        held += sum(found.held[at].bytes for at in born)
        now = held + beside - (_written_over(layer, found, dead) if own is not None else 0)
        if now > peak.bytes:
            results = [Alive(f"{layer.name}: own", beside)] if beside else []
            named = sorted((*_named(found, alive), *results), key=lambda each: -each.bytes)
            peak = Peak(now, layer.name, tuple(named))
        alive -= dead
        held += keeps - sum(found.held[at].bytes for at in dead)
    return peak


def _written_over(layer: "TracedLayer", found: "Storages", dead: set[int]) -> int:
    """Bytes of a term of a sum that dies with it, in whose place the sum may stand."""
    if layer.arguments.merges is not Merge.SUM:
        return 0
    made = found.setting.bytes(layer.output)
    terms = {found.at(port) for port in layer.inputs} & dead
    return made if any(found.held[at].bytes == made for at in terms) else 0


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
    """Bytes of what a layer makes beside its outputs, and gives up again; in training masks too."""
    stated = layer.arguments.keeping(setting.read(layer), setting.facts(layer)) if layer.inputs else None
    if stated is None:
        return 0
    kept = stated.of_batch(setting.batch)
    made = kept.own(needed=False, trained=False) if setting.training else kept.results
    return sum(tensor_bytes(each, setting.batch) for each in made)


def _named(found: "Storages", alive: set[int]) -> "Iterator[Alive]":
    return (Alive(found.held[at].name, found.held[at].bytes) for at in sorted(alive))
