"""Attention layer by layer: heads, masks, parts, and the positional information that reaches each."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from archcalc.facts import Attention, Part, Past, Window

if TYPE_CHECKING:
    from archcalc.tracing import Trace, TracedLayer


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
    """

    layer: str
    type: str
    attention: Attention
    parts: Mapping[str, Part]
    positions: tuple[tuple[str, str], ...]

    @property
    def mask(self) -> str:
        """Which keys a position does not read: ``none``, ``causal``, ``causal, window 4096`` ..."""
        words = ["causal"] if self.attention.causal else []
        if self.attention.window is not None:
            words.append(f"window {self.attention.window}")
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
    known = _known(trace)
    above = _above(trace)
    layers = tuple(
        AttentionLayer(
            layer.name,
            layer.type,
            layer.facts.attention,
            layer.facts.parts,
            tuple(how for how in known[layer.name].items() if how[0] != layer.name or layer.facts.positional),
        )
        for layer in trace.layers
        if layer.facts.attention is not None
    )
    bringing = (layer for layer in trace.layers if layer.facts.positional)
    positional = tuple(_positional(layer, known, above, layers) for layer in bringing)
    return AttentionReport(layers, positional)


def blind(trace: "Trace") -> tuple[str, ...]:
    """Attention layers that no positional information reaches: ``AttentionReport.blind`` in linear time."""
    told: set[str] = set()
    found: list[str] = []
    for layer in trace.layers:
        before = any(port.layer in told for port in layer.inputs)
        if before or layer.facts.positional or _order(layer):
            told.add(layer.name)
        elif layer.facts.attention is not None:
            found.append(layer.name)
    return tuple(found)


def _known(trace: "Trace") -> dict[str, dict[str, str]]:
    """Layer -> what has told positions apart up to its output: name -> how, in execution order."""
    known: dict[str, dict[str, str]] = {name: {} for name in trace.inputs}
    for layer in trace.layers:
        found: dict[str, str] = {}
        for port in layer.inputs:
            found |= known[port.layer]
        how = layer.facts.positional or _order(layer)
        if how is not None:
            found[layer.name] = how
        known[layer.name] = found
    return known


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
    known: Mapping[str, Mapping[str, str]],
    above: Mapping[str, list[str]],
    attending: tuple[AttentionLayer, ...],
) -> PositionalLayer:
    before = tuple(name for name in above[layer.name] if not known[name])
    readers = tuple(found.layer for found in attending if layer.name in dict(found.positions))
    return PositionalLayer(layer.name, layer.facts.positional or "", before, readers)
