"""How the cost of a network grows with its tokens: what each further one adds, what it asks of the others.

A layer that maps positions one by one costs ``a + b T`` for T tokens, attention that asks the tokens a term
per query and key besides. Both are followed from one trace, so that a million steps need no more than that.
"""

from collections import Counter
from functools import cached_property
from itertools import pairwise
from math import comb
from typing import TYPE_CHECKING

from archcalc.analyses.receptive_field import receptive_fields
from archcalc.errors import Fault
from archcalc.facts import Past
from archcalc.formulas.attention import cached_positions, padded
from archcalc.records import dataclass
from archcalc.sizes.size import plain
from archcalc.sizes.symbols import symbolic
from archcalc.sizes.terms import term_text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from archcalc.analyses.receptive_field import AxisField
    from archcalc.attended import Attention
    from archcalc.sizes.size import Size
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


@dataclass(frozen=True)
class Growth:
    """Multiply-accumulates and cache of a network by its number of tokens T.

    Args:
        once: of the layers that do not depend on the tokens.
        lines: of every other layer beside its pairs, a and b of a + b T.
        pairs: how attention asks -> MACs per query and key.
        asked: how attention asks -> MACs of the newest query per position of the cache.
        kept: how attention asks -> numbers of the cache per position.
        of_memory: positions of a memory -> numbers that are kept of each.
    """

    once: int
    lines: "Mapping[str, tuple[int, int]]"
    pairs: "Mapping[Asking, int]"
    asked: "Mapping[Asking, int]"
    kept: "Mapping[Asking, int]"
    of_memory: "Mapping[int, int]"

    @cached_property
    def _sums(self) -> tuple[int, int, int]:
        """What no token adds to, what each adds, and what every step calculates anew.

        The last are layers behind the choice of one position.
        """
        fixed, slopes = (sum(each) for each in zip(*self.lines.values(), (0, 0), strict=True))
        return fixed, slopes, sum(fixed for fixed, slope in self.lines.values() if not slope)

    def macs(self, tokens: int) -> int:
        """MACs of all tokens at once."""
        fixed, per_token, _ = self._sums
        squares = sum(macs * asking.square(tokens) for asking, macs in self.pairs.items())
        return self.once + fixed + tokens * per_token + squares

    def step_macs(self, tokens: int) -> int:
        """MACs of the newest of so many tokens, with the keys and values of those before at hand."""
        _, per_token, repeated = self._sums
        return repeated + per_token + sum(macs * asking.asked(tokens) for asking, macs in self.asked.items())

    def macs_of(self, lengths: range) -> int:
        """MACs of runs of all tokens at once, a run for each of these neighbouring lengths."""
        return summed(self.macs, lengths)

    def step_macs_of(self, lengths: range) -> int:
        """MACs of the newest token at each of these lengths, which grow until a window is full."""
        full = {each.window - each.more_keys for each in self.asked if each.window is not None}
        bends = [at + 1 for at in sorted(full) if lengths.start <= at < lengths.stop - 1]
        ends = pairwise((lengths.start, *bends, lengths.stop))
        return sum(summed(self.step_macs, range(first, stop)) for first, stop in ends)

    def cached(self, tokens: int, page: int = 1) -> int:
        """Numbers in the cache behind so many tokens, where positions are kept in whole pages."""
        own = ((asking.kept(tokens), each) for asking, each in self.kept.items())
        kept = (*self.of_memory.items(), *own)
        return sum(each * padded(positions, page) for positions, each in kept)


def summed(square: "Callable[[int], int]", numbers: range) -> int:
    """The sum over neighbouring numbers of what grows with their square at most, by forward differences."""
    total, differences = 0, [square(number) for number in numbers[:3]]
    for order in range(1, len(differences) + 1):
        total += differences[0] * comb(len(numbers), order)
        differences = [later - earlier for earlier, later in pairwise(differences)]
    return total


UNEVEN = "do not grow by the same number with every token"


def growth(trace: "Trace", length: "Size", tokens: str) -> Growth:
    """How the MACs of a network grow with an input.

    Args:
        trace: the network.
        length: its number of tokens, which remembers; on its tape it is called as the input.
        tokens: name of the input.

    Raises:
        Fault: a layer's MACs are not known, or are no such function.
    """
    behind_tokens = trace.behind(tokens)
    if trace.inputs[tokens].shape[0] is not length:
        int(length)  # somebody has made a plain number of it
    once, of_memory, lines = 0, Counter[int](), dict[str, tuple[int, int]]()
    pairs, asked, kept = Counter[Asking](), Counter[Asking](), Counter[Asking]()
    for layer in trace.layers:
        macs = known_macs(layer)
        if layer.name not in behind_tokens:
            once += macs
            continue
        asks = asking(layer, length, behind_tokens)
        if asks is not None:
            pair = plain(_scoring(layer)) // plain(asks.square(length))
            pairs[asks] += pair
            asked[asks] += _asked_macs(layer)
            macs -= pair * asks.square(length)
            kept[asks] += kept_numbers(layer)
        else:
            of_memory[asked_memory(layer, behind_tokens) or 0] += kept_numbers(layer)
        line = length.tape.coefficients(macs, tokens)
        if line is None or len(line) > 2:  # noqa: PLR2004  a and b
            fact = f"the MACs of {layer.name} ({layer.type}) {UNEVEN}"
            raise Fault(f"{fact}: {term_text(symbolic(known_macs(layer)))}")
        lines[layer.name] = sum(line[:1]), sum(line[1:])
    return Growth(once, lines, pairs, asked, kept, of_memory)


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
    if found is None or not found.causal or asked_memory(layer, behind_tokens) is not None:
        return None
    return Asking(found.queries - tokens, found.keys - found.added - tokens, found.added, found.window)


def kept_numbers(layer: "TracedLayer") -> int:
    """Numbers that a cache keeps per position of all sequences that an attention layer reads side by side."""
    found = layer.facts.attention
    return 0 if found is None else _side_by_side(layer, found) * found.cached


def _asked_macs(layer: "TracedLayer") -> int:
    """MACs of the newest queries of all these sequences per position of the cache."""
    found = layer.facts.attention
    return 0 if found is None else _side_by_side(layer, found) * plain(found.asked_macs)


def _side_by_side(layer: "TracedLayer", found: "Attention") -> int:
    """Sequences that an attention layer reads by itself, each with all of its positions."""
    one = found.heads * found.queries * found.keys * (found.head_dim + found.value_dim)
    return plain(_scoring(layer)) // plain(one)


def asked_memory(layer: "TracedLayer", behind_tokens: frozenset[str]) -> int | None:
    """Positions that attention reads of what does not grow with the tokens; None: it reads no such."""
    found = layer.facts.attention
    if found is None or len(layer.inputs) == 1 or layer.inputs[1].layer in behind_tokens:
        return None
    return found.keys - found.added


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
    attends = found is not None and found.causal and asked_memory(layer, behind_tokens) is None
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
