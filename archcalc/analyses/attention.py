"""Attention layer by layer: heads, masks, parts, and the positional information that reaches each."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from archcalc.facts import Attention, Part, Past, Window, keeps_order, unread

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from archcalc.tracing import Trace, TracedLayer
    from archcalc.tracing.records import Port

Known = Mapping[str, Mapping[str, str]]
"""Layer -> what tells positions apart in its output: name -> how, in execution order."""


@dataclass(frozen=True, slots=True)
class AttentionLayer:
    """One layer that attends.

    Args:
        layer: its name.
        type: its kind.
        attention: heads, lengths and mask.
        parts: projections, scores and mixing with their params and MACs.
        positions: (layer, how) of all that tells positions apart in what it reads, in execution order; how is
            ``learned``, ``sinusoidal``, ``rotary`` or ``bias``, or for what does so on the way ``window`` (a
            convolution whose windows overlap) or ``recurrence``. Empty: it sees a set, not a sequence, but
            for its mask.
        of_queries: those of them that tell the queries apart; what is known of a memory does not.
        of_keys: those that tell the keys apart.
        masks: inputs of true and false that say which keys are asked.
    """

    layer: str
    type: str
    attention: Attention
    parts: Mapping[str, Part]
    positions: tuple[tuple[str, str], ...]
    of_queries: tuple[str, ...]
    of_keys: tuple[str, ...]
    masks: tuple[str, ...]

    @property
    def mask(self) -> str:
        """Which keys a position does not read: ``none``, ``causal``, ``causal, window 4096`` ..."""
        words = ["causal"] if self.attention.causal else []
        if self.attention.window is not None:
            words.append(f"window {self.attention.window}")
        words += [f"given by {name}" for name in self.masks]
        return ", ".join(words) or "none"


@dataclass(frozen=True, slots=True)
class PositionalLayer:
    """A layer that brings in positions.

    Args:
        layer: its name.
        how: ``learned``, ``sinusoidal``, ``rotary`` or ``bias``.
        before: layers that the numbers went through before it, none of which told positions apart.
        readers: attention layers that it reaches.
    """

    layer: str
    how: str
    before: tuple[str, ...]
    readers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AttentionReport:
    """All attention of a network, and all that brings positions into it."""

    layers: tuple[AttentionLayer, ...]
    positional: tuple[PositionalLayer, ...]

    @property
    def blind(self) -> tuple[str, ...]:
        """Attention layers that no positional information reaches."""
        return tuple(found.layer for found in self.layers if not found.positions)


def attention(trace: "Trace") -> AttentionReport:
    """What each attention layer reads, and where positional information enters a network."""
    known = _known(trace, _read)
    placed = _known(trace, _placed)
    above = _above(trace)
    layers = tuple(
        _attending(layer, layer.facts.attention, known, placed)
        for layer in trace.layers
        if layer.facts.attention is not None
    )
    bringing = (layer for layer in trace.layers if layer.facts.positional)
    positional = tuple(_positional(layer, known, above, layers) for layer in bringing)
    return AttentionReport(layers, positional)


def _attending(layer: "TracedLayer", found: Attention, known: "Known", placed: "Known") -> AttentionLayer:
    own = {layer.name: layer.facts.positional} if layer.facts.positional else {}
    everything = _joined([*(known[port.layer] for port in layer.inputs), own])
    to_both = [own, *(placed[port.layer] for port in layer.inputs[3:])]
    of_queries, of_keys = (
        tuple(_joined([*to_both, *(placed[port.layer] for port in ports)]))
        for ports in (layer.inputs[:1], layer.inputs[1:2] or layer.inputs[:1])
    )
    masks = tuple(str(port) for port in layer.inputs if port.tensor.dtype == "bool")
    positions = tuple(everything.items())
    return AttentionLayer(
        layer.name, layer.type, found, layer.facts.parts, positions, of_queries, of_keys, masks
    )


def _joined(known: "Iterable[Mapping[str, str]]") -> dict[str, str]:
    return {name: how for each in known for name, how in each.items()}


def _known(trace: "Trace", ports: "Callable[[TracedLayer], Iterable[Port]]") -> "Known":
    """Layer -> what has told positions apart up to its output, by way of some of every layer's inputs."""
    known: dict[str, dict[str, str]] = {name: {} for name in trace.inputs}
    for layer in trace.layers:
        found = _joined(known[port.layer] for port in ports(layer))
        how = layer.facts.positional or _order(layer)
        if how is not None:
            found[layer.name] = how
        known[layer.name] = found
    return known


def _read(layer: "TracedLayer") -> "Iterator[Port]":
    """Inputs of which a layer reads the numbers, and not the shape alone."""
    pairs = zip(layer.inputs, layer.facts.reads, strict=True)
    return (port for port, reads in pairs if not unread(reads))


def _placed(layer: "TracedLayer") -> "Iterator[Port]":
    """Inputs whose positions are positions of the output."""
    pairs = zip(layer.inputs, layer.facts.reads, strict=True)
    return (port for port, reads in pairs if keeps_order(reads) and not unread(reads))


def _order(layer: "TracedLayer") -> str | None:
    """How a layer without positional information of its own tells positions apart all the same."""
    if layer.facts.attention is not None:
        return None
    reaches = [read.reach for reads in layer.facts.reads for read in reads]
    if any(isinstance(reach, Past) for reach in reaches):
        return "recurrence"
    overlapping = (isinstance(reach, Window) and reach.kernel > reach.stride for reach in reaches)
    return "window" if any(overlapping) else None


def _above(trace: "Trace") -> dict[str, list[str]]:
    """Layer -> the layers that it depends on, in execution order."""
    above: dict[str, set[str]] = {name: set() for name in trace.inputs}
    order = {layer.name: index for index, layer in enumerate(trace.layers)}
    for layer in trace.layers:
        above[layer.name] = set().union(*(above[port.layer] | {port.layer} for port in layer.inputs))
    return {name: sorted(found & order.keys(), key=order.__getitem__) for name, found in above.items()}


def _positional(
    layer: "TracedLayer",
    known: "Known",
    above: Mapping[str, list[str]],
    attending: tuple[AttentionLayer, ...],
) -> PositionalLayer:
    before = tuple(name for name in above[layer.name] if not known[name])
    readers = tuple(found.layer for found in attending if layer.name in dict(found.positions))
    return PositionalLayer(layer.name, layer.facts.positional or "", before, readers)
