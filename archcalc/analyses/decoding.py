"""The auto-regressive decoder, step by step: tokens in, keys read, MACs with and without a cache, its bytes.

Step 1 reads the prompt and gives the first new token; every later one reads the token before it. With a cache
a step calculates that one position alone and reads the kept keys and values of all before (Shazeer 2019,
arXiv 1911.02150); without it the whole sequence is calculated again.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from math import prod
from typing import TYPE_CHECKING

from archcalc.errors import Fault
from archcalc.facts import Past, keeps_order
from archcalc.formulas.attention import cached_positions, mixing_macs, scores_macs

if TYPE_CHECKING:
    from collections.abc import Iterable

    from archcalc.facts import Attention
    from archcalc.tracing import Trace, TracedLayer

TraceAt = Callable[[int], "Trace"]
"""The network with so many tokens."""


@dataclass(frozen=True, slots=True)
class Kept:
    """What a cache keeps of one attention layer.

    Args:
        layer: its name.
        attention: what it attends to.
        numbers: kept per position: a key and a value of every key/value head.
        memory: positions of the memory that it reads; None: it reads its own past.
    """

    layer: str
    attention: "Attention"
    numbers: int
    memory: int | None

    def positions(self, length: int) -> int:
        """Positions that are kept, and read by the newest token, when the sequence is so long."""
        if self.memory is not None:
            return self.memory
        return cached_positions(length, self.attention.window)


@dataclass(frozen=True, slots=True)
class Step:
    """One step, for the whole batch.

    Args:
        tokens: tokens that go in with a cache: the prompt, then one at a time.
        length: tokens so far, and so tokens that go in without a cache.
        macs: multiply-accumulates with a cache.
        macs_uncached: multiply-accumulates without one.
        cache_numbers: numbers in the cache behind the step.
    """

    tokens: int
    length: int
    macs: int
    macs_uncached: int
    cache_numbers: int


@dataclass(frozen=True, slots=True)
class DecodingReport:
    """A decoder's run.

    Args:
        tokens: name of the input that grows.
        batch: sequences at a time.
        kept: the attention layers, in execution order.
        states: layers that carry a state of fixed size instead (recurrences), which the cache leaves out.
        once: MACs of the layers that do not depend on the tokens (an encoder), part of the first step.
        steps: one per new token.
    """

    tokens: str
    batch: int
    kept: tuple[Kept, ...]
    states: tuple[str, ...]
    once: int
    steps: tuple[Step, ...]

    @property
    def numbers_per_token(self) -> int:
        """Numbers that every further token adds to the cache, as long as no window is full."""
        return self.batch * sum(kept.numbers for kept in self.kept if kept.memory is None)


def decode(trace_at: TraceAt, tokens: str, prompt: int, new: int, batch: int = 1) -> DecodingReport:
    """Follow a decoder from its prompt through ``new`` steps.

    Args:
        trace_at: traces the network with a number of tokens.
        tokens: name of the input that grows.
        prompt: tokens of the first step.
        new: tokens to produce.
        batch: sequences at a time.

    Raises:
        Fault: a layer's MACs are not known, or nothing reads the tokens causally.
        SpecError: the network refuses one of the lengths.
    """
    first = trace_at(prompt)
    grows = _behind(first, tokens)
    kept = tuple(_kept(first, grows))
    states = tuple(layer.name for layer in first.layers if layer.name in grows and _carries_state(layer))
    if not states and not any(each.memory is None and each.attention.causal for each in kept):
        raise Fault(f"no causal attention and no recurrence reads {tokens!r}: the network is no decoder")
    whole, single = _Whole(trace_at, (prompt, prompt + new - 1)), trace_at(1)
    one = sum(_macs(layer) - _of_memory(layer, grows) for layer in single.layers if layer.name in grows)
    one -= sum(_square(each.attention, 1, 1) for each in kept if each.memory is None)
    steps = [_step(prompt, prompt, (whole.macs(prompt), whole.macs(prompt)), kept, batch)]
    for length in range(prompt + 1, prompt + new):
        own = (each for each in kept if each.memory is None)
        cached = one + sum(_square(each.attention, 1, each.positions(length)) for each in own)
        steps.append(_step(1, length, (cached, whole.macs(length)), kept, batch))
    once = sum(_macs(layer) for layer in first.layers if layer.name not in grows)
    return DecodingReport(tokens, batch, kept, states, batch * once, tuple(steps))


def _square(attention: "Attention", queries: int, keys: int) -> int:
    """MACs of scores and mixing for so many queries and keys."""
    return scores_macs(attention.heads, queries, keys, attention.head_dim) + mixing_macs(
        attention.heads, queries, keys, attention.value_dim
    )


def _of_memory(layer: "TracedLayer", grows: set[str]) -> int:
    """MACs that an attention layer spends on keys and values of the memory, which a cache keeps."""
    if layer.facts.attention is None or not _reads_memory(layer, grows):
        return 0
    return sum(layer.facts.parts[part].macs for part in ("key", "value") if part in layer.facts.parts)


def _macs(layer: "TracedLayer") -> int:
    if layer.facts.macs is None:
        raise Fault(f"the MACs of {layer.name} ({layer.type}) are not known")
    return layer.facts.macs


@dataclass(slots=True)
class _Whole:
    """MACs of the whole network at any length: a + b T + c T^2 through three lengths, exact for attention.

    The network is traced again at every length where the parabola does not meet a fourth one.
    """

    trace_at: TraceAt
    ends: tuple[int, int]
    known: dict[int, int] = field(default_factory=dict[int, int])
    smooth: bool | None = None

    def macs(self, length: int) -> int:
        """Multiply-accumulates for one sequence of so many tokens."""
        first, last = self.ends
        if last - first < len(_NODES):
            return self._traced(length)
        nodes = (first, (first + last) // 2, last)
        if self.smooth is None:
            check = first + 1
            self.smooth = self._parabola(check, nodes) == self._traced(check)
        return int(self._parabola(length, nodes)) if self.smooth else self._traced(length)

    def _traced(self, length: int) -> int:
        if length not in self.known:
            self.known[length] = sum(_macs(layer) for layer in self.trace_at(length).layers)
        return self.known[length]

    def _parabola(self, length: int, nodes: tuple[int, ...]) -> Fraction:
        total = Fraction(0)
        for node in nodes:
            others = [other for other in nodes if other != node]
            factors = (Fraction(length - other, node - other) for other in others)
            total += self._traced(node) * prod(factors)
        return total


_NODES = range(4)
"""Lengths that a parabola and its check take."""


def _step(tokens: int, length: int, macs: tuple[int, int], kept: tuple[Kept, ...], batch: int) -> Step:
    numbers = sum(each.numbers * each.positions(length) for each in kept)
    return Step(tokens, length, batch * macs[0], batch * macs[1], batch * numbers)


def token_input(trace: "Trace", named: str | None = None) -> str:
    """The input that grows token by token: the one named, or the one that causal layers read.

    Raises:
        Fault: there is no such input, or several fit.
    """
    if named is not None:
        if named not in trace.inputs:
            raise Fault(
                f"the network has no input {named!r}", hint=f"its inputs are {', '.join(trace.inputs)}"
            )
        return named
    fits = [name for name in trace.inputs if _is_causal(trace, name)] or list(trace.inputs)
    if len(fits) != 1:
        raise Fault(
            f"{len(fits)} inputs may be the tokens: {', '.join(fits)}", hint="say which: --tokens NAME"
        )
    return fits[0]


def _is_causal(trace: "Trace", name: str) -> bool:
    along = _along(trace, name)
    return any(
        layer.name in along and (_carries_state(layer) or _reads_own_past(layer, along))
        for layer in trace.layers
    )


def _along(trace: "Trace", name: str) -> set[str]:
    """Names of the layers whose positions run along with those of an input, unlike what reads it as a whole.

    A decoder's positions are not those of the source, whose memory or last state it reads.
    """
    found = {name}
    for layer in trace.layers:
        for port, reads in zip(layer.inputs, layer.facts.reads, strict=True):
            if port.layer in found and keeps_order(reads):
                found.add(layer.name)
    return found


def _reads_own_past(layer: "TracedLayer", grows: set[str]) -> bool:
    found = layer.facts.attention
    return found is not None and found.causal and not _reads_memory(layer, grows)


def _behind(trace: "Trace", name: str) -> set[str]:
    """Names of the layers that depend on an input, and its own."""
    found = {name}
    for layer in trace.layers:
        if any(port.layer in found for port in layer.inputs):
            found.add(layer.name)
    return found


def _carries_state(layer: "TracedLayer") -> bool:
    """Whether a layer reads its past without attention, by a recurrence."""
    reads = (read for port in layer.facts.reads for read in port)
    return layer.facts.attention is None and any(isinstance(read.reach, Past) for read in reads)


def _kept(trace: "Trace", grows: set[str]) -> "Iterable[Kept]":
    for layer in trace.layers:
        found = layer.facts.attention
        if found is not None and layer.name in grows:
            memory = found.keys if _reads_memory(layer, grows) else None
            yield Kept(layer.name, found, found.cached, memory)


def _reads_memory(layer: "TracedLayer", grows: set[str]) -> bool:
    """Whether the keys of an attention layer come from what does not grow with the tokens."""
    return len(layer.inputs) > 1 and layer.inputs[1].layer not in grows
