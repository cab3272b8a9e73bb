"""What is alive while a network runs forward: a tensor dies behind the last layer that reads it.

So it is in graphs that were traced before they run, and in eager torch where the code holds no tensor longer.
The input is held by the caller; in training what autograd keeps stays.
"""

from typing import TYPE_CHECKING

from archcalc.footprint.bytes import tensor_bytes
from archcalc.footprint.storages import storages
from archcalc.layers.mathematics import Merge
from archcalc.records import dataclass
from archcalc.tracing.shortening import Shortened, with_short_runs
from archcalc.tuples import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from archcalc.footprint.saved import SavedReport
    from archcalc.footprint.storages import Setting, Storages
    from archcalc.keeping import Saved
    from archcalc.tracing import Trace, TracedLayer

KEPT = 50
"""Layers at each end of long runs that are followed."""


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
        alive: what is alive, the largest first; in training it is not told.
    """

    bytes: int
    layer: str
    alive: tuple[Alive, ...]


def inference_peak(trace: "Trace", setting: "Setting") -> Peak:
    """The peak of a forward pass without gradients: the first moment at which most is alive."""
    # In turns that are the same the same tensors live: the first of them has the peak already.
    short = with_short_runs(trace, KEPT, dilated=True).trace
    return peak_of(short, storages(short, setting))


def peak_of(trace: "Trace", found: "Storages") -> Peak:
    """The same of storages that are known, of all layers of a network."""
    return _peak(Shortened(trace), found, frozenset())


def training_peak(followed: "Shortened", found: "Storages", kept: "SavedReport") -> Peak:
    """The same of a forward pass in training, of which ``kept`` is there until the backward pass.

    Behind frozen layers, and inside of scopes that are calculated again, this is more than what is there at
    its end. A sum is taken to write over a term that nobody reads or keeps any more (``x += y``), as
    torchvision's networks do.

    Args:
        followed: the network, of whose long runs one turn may stand for others.
        found: where its outputs lie.
        kept: what autograd keeps of it.
    """
    own: dict[str, int] = {}
    for tensor in kept.tensors:
        if tensor.storage is None:
            own[tensor.layer] = own.get(tensor.layer, 0) + tensor.bytes
    staying = frozenset(tensor.storage for tensor in kept.tensors if tensor.storage is not None)
    return _peak(followed, found, staying, own)


def _peak(
    followed: Shortened, found: "Storages", staying: frozenset[int], own: "Mapping[str, int] | None" = None
) -> Peak:
    """Walk through a network.

    A turn that stands for others is the first of them. What it adds, all of them add: where that is less than
    nothing it has the most of them, else the turn behind them has more.

    Args:
        followed: the network.
        found: its storages.
        staying: of them those that do not die.
        own: bytes of its own that a layer keeps, in training; None: nothing is kept.
    """
    last = _last_reads(found)
    freed = _freed(last, found, staying)
    outputs, kept = found.stated.wiring.made, found.stated.kept
    lying, sizes, purposes = found.lying, found.bytes, found.purposes
    born = [-1 if purpose == "input" else None for purpose in purposes]
    held = sum(size for size, purpose in zip(sizes, purposes, strict=True) if purpose == "input")
    others, most, where, then, results = 0, held, "", -1, 0
    for place, layer in enumerate(followed.trace.layers, len(followed.trace.inputs)):
        times = followed.of(layer.name) if followed.times else 1
        if times == 1:
            held, others = held + others, 0
        made = 0
        for number in outputs[place]:
            at = lying[number]
            if born[at] is None and purposes[at] == "activation":
                born[at] = place
                made += sizes[at]
        keeps = own.get(layer.name, 0) if own else 0
        saved = kept[place]
        beside = keeps or (_results(saved, found.setting) if saved and (saved.results or saved.others) else 0)
        now = held + made + beside
        if own is not None and layer.arguments.merges is Merge.SUM:
            read = {found.at(port) for port in layer.inputs} - staying
            dead = [at for at in read if last[at] == place]
            now -= _written_over(layer, found, dead)
        if now > most:
            most, where, then, results = now, layer.name, place, beside
        change = made + keeps - freed[place]
        held, others = held + change, others + (times - 1) * change
    alive = (
        [
            at
            for at, index in enumerate(born)
            if index is not None and (index < 0 or index <= then <= last[at])
        ]
        if own is None
        else ()
    )
    return Peak(most, where, tuple(_named(found, alive, where, results)))


def _written_over(layer: "TracedLayer", found: "Storages", dying: "Iterable[int]") -> int:
    """Bytes of a term of a sum, among the storages that die with it, in whose place the sum may stand."""
    made = found.setting.bytes(layer.output)
    fits = (found.purposes[at] == "activation" and found.bytes[at] == made for at in dying)
    return made if any(fits) else 0


def _freed(last: "Sequence[int]", found: "Storages", staying: frozenset[int]) -> list[int]:
    """Of each place the bytes of the activations that its layer is the last to make or read something in.

    Behind those of all layers stand the bytes of what leaves the network.
    """
    freed = [0] * (len(found.stated.wiring.reads) + 1)
    for at, (place, size, purpose) in enumerate(zip(last, found.bytes, found.purposes, strict=True)):
        if purpose == "activation" and at not in staying:
            freed[place] += size
    return freed


def _last_reads(found: "Storages") -> list[int]:
    """Of each storage the place of the last layer that makes or reads something in it."""
    last, lying, wiring = [-1] * len(found.names), found.lying, found.stated.wiring
    for place, reads in enumerate(wiring.reads):
        for number in wiring.made[place]:
            last[lying[number]] = place
        for number in reads:
            last[lying[number]] = place
    for number in wiring.leaving:
        last[lying[number]] = len(wiring.reads)
    return last


def _results(kept: "Saved", setting: "Setting") -> int:
    """Bytes of what a layer makes beside its outputs, and gives up again; in training masks too."""
    made = kept.own(needed=False, trained=False) if setting.training else kept.results
    return sum([tensor_bytes(each, setting.batch) for each in made])


def _named(found: "Storages", alive: "Sequence[int]", layer: str, results: int) -> list[Alive]:
    """What is alive while a layer runs, and of what it makes beside its outputs all together."""
    named = [Alive(found.names[at], found.bytes[at]) for at in sorted(alive)]
    if not layer:
        return named
    beside = [Alive(f"{layer}: own", results)] if results else []
    return sorted((*named, *beside), key=lambda each: -each.bytes)
