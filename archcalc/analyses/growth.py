"""How the cost of a network grows with its tokens: what each further one adds, what it asks of the others.

A layer that maps positions one by one costs ``a + b T`` for T tokens, attention that asks the tokens a term
per query and key besides. Both are read from traces of two lengths and checked against others, so that a
million steps need no more than that.
"""

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from archcalc.analyses.receptive_field import receptive_fields
from archcalc.errors import Fault
from archcalc.facts import Past
from archcalc.formulas.attention import cached_positions

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from archcalc.analyses.receptive_field import AxisField
    from archcalc.tracing import Trace, TracedLayer


@dataclass(frozen=True, slots=True)
class Asking:
    """Queries and keys of attention to the tokens' own past: T + a constant each (a class token makes it 1).

    Args:
        more_queries: beyond the tokens.
        more_keys: beyond the tokens.
        added: keys of no position, which every query asks besides and no cache keeps.
        window: positions that one query asks at most; None: no limit.
    """

    more_queries: int
    more_keys: int
    added: int
    window: int | None

    def square(self, tokens: int) -> int:
        """Pairs of a query and a key, masked or not."""
        return (tokens + self.more_queries) * (tokens + self.more_keys + self.added)

    def kept(self, tokens: int) -> int:
        """Positions whose keys and values the newest token asks, and so a cache keeps."""
        return cached_positions(tokens + self.more_keys, self.window)

    def asked(self, tokens: int) -> int:
        """Keys that the newest token asks."""
        return self.kept(tokens) + self.added


@dataclass(frozen=True, slots=True)
class Growth:
    """Multiply-accumulates of a network by its number of tokens T.

    Args:
        once: of the layers that do not depend on the tokens.
        fixed: of the others, what no token adds to.
        repeated: of that, what every step calculates anew: layers behind the choice of one position.
        per_token: what every token adds.
        pairs: how attention asks -> MACs per query and key.
    """

    once: int
    fixed: int
    repeated: int
    per_token: int
    pairs: "Mapping[Asking, int]"

    def macs(self, tokens: int) -> int:
        """MACs of all tokens at once."""
        squares = sum(macs * asking.square(tokens) for asking, macs in self.pairs.items())
        return self.once + self.fixed + tokens * self.per_token + squares

    def step_macs(self, tokens: int) -> int:
        """MACs of the newest of so many tokens, with the keys and values of those before at hand."""
        asked = sum(macs * asking.asked(tokens) for asking, macs in self.pairs.items())
        return self.repeated + self.per_token + asked


def growth(traces: "Mapping[int, Trace]", tokens: str) -> Growth:
    """How the MACs of a network grow with an input.

    Args:
        traces: number of tokens -> the network with so many.
        tokens: name of the input.

    Raises:
        Fault: a layer's MACs are not known, are no such function, or the network has other layers at another
            length.
    """
    first = next(iter(traces))
    behind_tokens = traces[first].behind(tokens)
    once, lines, pairs = 0, list[tuple[int, int]](), Counter[Asking]()
    for layers in _columns(traces):
        layer = layers[first]
        if layer.name not in behind_tokens:
            once += known_macs(layer)
            continue
        asks = asking(layer, first, behind_tokens)
        pair = _scoring(layer) // asks.square(first) if asks else 0
        if asks is not None:
            pairs[asks] += pair
        squares = {length: pair * asks.square(length) if asks else 0 for length in traces}
        lines.append(_line(layers, squares))
    return Growth(
        once,
        fixed=sum(fixed for fixed, _ in lines),
        repeated=sum(fixed for fixed, slope in lines if not slope),
        per_token=sum(slope for _, slope in lines),
        pairs=pairs,
    )


def _line(layers: "Mapping[int, TracedLayer]", squares: "Mapping[int, int]") -> tuple[int, int]:
    """A layer's MACs beside its squares: a and b of ``a + b T``, the same line at every length."""
    rest = {length: known_macs(layer) - squares[length] for length, layer in layers.items()}
    first, *more = rest
    slope = (rest[more[-1]] - rest[first]) // (more[-1] - first) if more else 0
    fixed = rest[first] - slope * first
    for length in more:
        if rest[length] != fixed + slope * length:
            layer, few, many = layers[first], *(known_macs(layers[at]) for at in sorted((first, length)))
            fact = f"the MACs of {layer.name} ({layer.type}) do not grow by the same number with every token"
            short, long = sorted((first, length))
            raise Fault(f"{fact}: {few:,} with {short:,}, {many:,} with {long:,}")
    return fixed, slope


def _columns(traces: "Mapping[int, Trace]") -> "Iterator[dict[int, TracedLayer]]":
    """The same layer at every length."""
    names = {length: tuple(layer.name for layer in trace.layers) for length, trace in traces.items()}
    first = min(names)
    for length, found in names.items():
        if found != names[first]:
            fact = f"the network has {len(names[first])} layers at length {first:,}, and at {length:,}"
            raise Fault(f"{fact} {len(found)}, not all the same")
    for layers in zip(*(trace.layers for trace in traces.values()), strict=True):
        yield dict(zip(traces, layers, strict=True))


def known_macs(layer: "TracedLayer") -> int:
    """MACs of a layer.

    Raises:
        Fault: they are not known.
    """
    if layer.facts.macs is None:
        raise Fault(f"the MACs of {layer.name} ({layer.type}) are not known")
    return layer.facts.macs


def _scoring(layer: "TracedLayer") -> int:
    """MACs of the scores and of mixing the values."""
    parts = layer.facts.parts
    return parts["scores"].macs + parts["mixing"].macs


def asking(layer: "TracedLayer", tokens: int, behind_tokens: frozenset[str]) -> Asking | None:
    """How a layer attends to the past of the tokens themselves; None: it does not."""
    found = layer.facts.attention
    if found is None or not found.causal or reads_memory(layer, behind_tokens):
        return None
    return Asking(found.queries - tokens, found.keys - found.added - tokens, found.added, found.window)


def streams(layer: "TracedLayer") -> int:
    """Sequences that an attention layer reads side by side, in axes before the positions."""
    found = layer.facts.attention
    if found is None:
        return 0
    one = found.heads * found.queries * found.keys * (found.head_dim + found.value_dim)
    return _scoring(layer) // one


def reads_memory(layer: "TracedLayer", behind_tokens: frozenset[str]) -> bool:
    """Whether the keys of an attention layer come from what does not grow with the tokens."""
    return len(layer.inputs) > 1 and layer.inputs[1].layer not in behind_tokens


def carries_state(layer: "TracedLayer") -> bool:
    """Whether a layer reads its past without attention, by a recurrence."""
    reads = (read for port in layer.facts.reads for read in port)
    return layer.facts.attention is None and any(isinstance(read.reach, Past) for read in reads)


@dataclass(frozen=True, slots=True)
class Order:
    """In which order the layers of a network read an input.

    Args:
        reads_past: some layer reads the tokens one after another, by causal attention or a recurrence.
        ahead: the first layer that reads a token after its own position; None: none does.
    """

    reads_past: bool
    ahead: "TracedLayer | None"


def order(trace: "Trace", *inputs: str) -> dict[str, Order]:
    """How inputs are read, by name."""
    fields = receptive_fields(trace).layers
    found: dict[str, Order] = {}
    for tokens in inputs:
        layers = trace.behind(tokens)
        axes = {
            layer.name: [
                axis
                for field in fields.get(layer.name, ())
                for axis in field.axes
                if field.input == tokens and axis.axis == 0 and axis.along is not None
            ]
            for layer in trace.layers
        }
        past = any(axes[layer.name] and _reads_own_past(layer, layers) for layer in trace.layers)
        count = trace.inputs[tokens].shape[0]
        early = (
            layer
            for layer in trace.layers
            if any(_ahead(axis, layer.output.shape, count) for axis in axes[layer.name])
        )
        found[tokens] = Order(past, next(early, None))
    return found


def _reads_own_past(layer: "TracedLayer", behind_tokens: frozenset[str]) -> bool:
    found = layer.facts.attention
    attends = found is not None and found.causal and not reads_memory(layer, behind_tokens)
    return attends or carries_state(layer)


def _ahead(axis: "AxisField", shape: tuple[int, ...], count: int) -> bool:
    """Whether a position of a layer reads one that comes later; where not every token has one: it may."""
    if axis.along is None or shape[axis.along] != count:
        return False
    if axis.whole or axis.spans is None:
        return True
    spans = axis.spans
    return spans.shift != len(spans.ends) or any(
        span is not None and span[1] > unit for unit, span in enumerate(spans.ends)
    )
