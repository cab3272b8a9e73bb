"""Attention layer by layer: heads, masks, parts, and the positional information that reaches each."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from archcalc.analyses.spreading import known_of, members, spread
from archcalc.attended import Attention
from archcalc.effort import one_by_one, spend, with_a_budget
from archcalc.facts import FEATURES, PAST, Window, unread
from archcalc.records import dataclass
from archcalc.tracing.times import with_times
from archcalc.work import Part

if TYPE_CHECKING:
    from collections.abc import Iterator

    from archcalc.facts import Reads
    from archcalc.tracing import Trace, TracedLayer
    from archcalc.tracing.records import Port

BITS = 64
"""Layers of a set that are held and joined in one step."""


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


@with_a_budget
def attention(trace: "Trace") -> AttentionReport:
    """What each attention layer reads, and where positional information enters a network."""
    told = sum(
        times for times, each in with_times(trace.layers) if each.facts.attention or each.facts.positional
    )
    if not told:
        return AttentionReport((), ())
    one_by_one(trace, "what attends to what")
    spend(told * len(trace.layers) // BITS)  # a set of layers for each of them
    ways = _Ways(trace)
    layers = tuple(
        _attending(layer, layer.facts.attention, ways) for layer in trace.layers if layer.facts.attention
    )
    positional = tuple(_positional(layer, ways) for layer in trace.layers if layer.facts.positional)
    return AttentionReport(layers, positional)


class _Ways:
    """What has told positions apart on the way to each layer, as sets of layers (see ``spread``)."""

    def __init__(self, trace: "Trace") -> None:
        self.trace = trace
        self.order = {layer.name: index for index, layer in enumerate(trace.layers)}
        self._how = {layer.name: layer.facts.positional or _order(layer) for layer in trace.layers}
        self._told = {name: (name, how or "") for name, how in self._how.items()}
        self.known = spread(trace, _read, self._tells)
        self.placed = spread(trace, _placed, self._tells)
        self.above = spread(trace, lambda layer: layer.inputs, lambda _: True)
        self.blind = sum(1 << index for name, index in self.order.items() if not self.known[name])
        attending = (layer for layer in trace.layers if layer.facts.attention)
        self.reaching = {layer.name: self.read_by(layer) for layer in attending}

    def _tells(self, layer: "TracedLayer") -> bool:
        return self._how[layer.name] is not None

    def own(self, layer: "TracedLayer") -> int:
        """The layer itself, where it is positional."""
        return bool(layer.facts.positional) << self.order[layer.name]

    def read_by(self, layer: "TracedLayer") -> int:
        """What tells positions apart in all that an attention layer reads, itself among it."""
        return known_of(self.known, layer.inputs) | self.own(layer)

    def named(self, bits: int) -> tuple[tuple[str, str], ...]:
        """Those of a set with how they tell positions apart."""
        return tuple(self._told[layer.name] for layer in members(self.trace, bits))


def _attending(layer: "TracedLayer", found: Attention, ways: _Ways) -> AttentionLayer:
    to_both = ways.own(layer) | known_of(ways.placed, layer.inputs[3:])
    of_queries, of_keys = (
        tuple(name for name, _ in ways.named(to_both | known_of(ways.placed, ports)))
        for ports in (layer.inputs[:1], layer.inputs[1:2] or layer.inputs[:1])
    )
    masks = tuple(str(port) for port in layer.inputs if port.tensor.dtype == "bool")
    positions = ways.named(ways.reaching[layer.name])
    return AttentionLayer(
        layer.name, layer.type, found, layer.facts.parts, positions, of_queries, of_keys, masks
    )


def _positional(layer: "TracedLayer", ways: _Ways) -> PositionalLayer:
    bit = 1 << ways.order[layer.name]
    before = members(ways.trace, known_of(ways.above, layer.inputs) & ways.blind)
    spend(len(ways.reaching))
    readers = tuple(name for name, bits in ways.reaching.items() if bits & bit)
    names = tuple(found.name for found in before)
    return PositionalLayer(layer.name, layer.facts.positional or "", names, readers)


def _read(layer: "TracedLayer") -> "Iterator[Port]":
    """Inputs of which a layer reads the numbers, and not the shape alone."""
    pairs = zip(layer.inputs, layer.facts.reads, strict=True)
    return (port for port, reads in pairs if not unread(reads))


def _placed(layer: "TracedLayer") -> "Iterator[Port]":
    """Inputs whose positions are positions of the output."""
    pairs = zip(layer.inputs, layer.facts.reads, strict=True)
    return (port for port, reads in pairs if _keeps_order(reads) and not unread(reads))


def _order(layer: "TracedLayer") -> str | None:
    """How a layer without positional information of its own tells positions apart all the same."""
    if layer.facts.attention is not None:
        return None
    reaches = [read.reach for reads in layer.facts.reads for read in reads]
    if PAST in reaches:
        return "recurrence"
    overlapping = (isinstance(reach, Window) and reach.kernel > reach.stride for reach in reaches)
    return "window" if any(overlapping) else None


def _keeps_order(reads: "Reads") -> bool:
    """Whether positions of an input are positions of the output, unlike those of a memory or a last state."""
    return any(read.to is not None and read.reach != FEATURES for read in reads)
