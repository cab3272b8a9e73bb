"""The auto-regressive decoder, step by step: tokens in, keys read, MACs with and without a cache, its bytes.

Step 1 reads the prompt and gives the first new token; every later one reads the token before it. With a cache
a step calculates that one position alone and reads the kept keys and values of all before (Shazeer 2019,
arXiv 1911.02150); without it the whole sequence is calculated again.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, overload

from archcalc.analyses.growth import (
    UNEVEN,
    Asking,
    asked_memory,
    asking,
    carries_state,
    growth,
    kept_numbers,
    order,
)
from archcalc.analyses.latents import Latent, latents
from archcalc.effort import one_by_one
from archcalc.errors import Fault
from archcalc.formulas.attention import padded
from archcalc.records import dataclass
from archcalc.sizes.pieces import Pieces

if TYPE_CHECKING:
    from archcalc.analyses.growth import Growth
    from archcalc.attended import Attention
    from archcalc.tracing import Trace

TraceAt = Callable[[int], "Trace"]
"""The network with so many tokens, a number that is handed on to ``trace`` as it is: it may remember."""


@dataclass(frozen=True, slots=True)
class Kept:
    """What a cache keeps of one attention layer.

    Args:
        layer: its name.
        attention: what it attends to.
        numbers: kept per position: a key and a value of every key/value head.
        memory: positions of the memory that it reads; None: it reads its own past.
        asking: how it reads its own past; None: it reads the memory.
    """

    layer: str
    attention: "Attention"
    numbers: int
    memory: int | None
    asking: Asking | None

    def positions(self, length: int) -> int:
        """Positions that are kept, and read by the newest token, when the sequence is so long."""
        return self.asking.kept(length) if self.asking is not None else self.memory or 0

    def paged(self, length: int, page: int) -> int:
        """The same in whole pages of so many positions."""
        return padded(self.positions(length), page)


@dataclass(frozen=True, slots=True)
class DecodingStep:
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
class Steps(Sequence[DecodingStep]):
    """One step per new token, calculated when it is asked for, so that a million need no room.

    Args:
        growths: MACs and cache of one sequence by the number of tokens.
        prompt: tokens of the first step.
        new: steps.
        batch: sequences at a time.
        page: positions that a cache keeps or gives up together.
    """

    growths: "Pieces[Growth]"
    prompt: int
    new: int
    batch: int
    page: int = 1

    def __len__(self) -> int:
        """Steps."""
        return self.new

    def __iter__(self) -> Iterator[DecodingStep]:
        """Every step in turn."""
        return map(self._step, range(self.new))

    @overload
    def __getitem__(self, index: int) -> DecodingStep: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[DecodingStep, ...]: ...
    def __getitem__(self, index: int | slice) -> DecodingStep | tuple[DecodingStep, ...]:
        """A step, or several."""
        found = range(self.new)[index]
        return self._step(found) if isinstance(found, int) else tuple(map(self._step, found))

    def _step(self, index: int) -> DecodingStep:
        length = self.prompt + index
        growth = self.growths.at(length).answer
        whole, numbers = self.batch * growth.macs(length), self.batch * growth.cached(length, self.page)
        if index == 0:
            return DecodingStep(length, length, whole, whole, numbers)
        return DecodingStep(1, length, self.batch * growth.step_macs(length), whole, numbers)


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
        latents: what a cache of the fewest numbers keeps of the tokens; empty: their keys and values.
    """

    tokens: str
    batch: int
    kept: tuple[Kept, ...]
    states: tuple[str, ...]
    once: int
    steps: Steps
    latents: tuple[Latent, ...]

    @property
    def numbers_per_token(self) -> int:
        """Numbers that every further token adds to the cache, as long as no window is full."""
        return self.batch * sum(kept.numbers for kept in self.kept if kept.memory is None)

    @property
    def fewest_per_token(self) -> int:
        """Numbers that every further token adds to a cache of the fewest numbers."""
        return self.batch * sum(latent.numbers for latent in self.latents)

    @property
    def fewest(self) -> int:
        """Numbers in a cache of the fewest numbers behind the last step."""
        last, page = self.steps[-1].length, self.steps.page
        memory = sum(kept.numbers * kept.paged(last, page) for kept in self.kept if kept.memory is not None)
        return self.batch * (memory + sum(latent.kept(last, page) for latent in self.latents))

    def totals(self) -> tuple[int, int]:
        """MACs of all steps together, with a cache and without."""
        steps = self.steps
        first, stop = steps.prompt, steps.prompt + steps.new
        found = [*steps.growths.between(first, stop - 1)]
        cached = uncached = 0
        for (begin, piece), end in zip(found, (*(begin for begin, _ in found[1:]), stop), strict=True):
            uncached += piece.answer.macs_of(range(begin, end))
            cached += piece.answer.step_macs_of(range(max(begin, first + 1), end))
        prompt = steps.growths.at(first).answer.macs(first)
        return self.batch * (prompt + cached), self.batch * uncached


def decode(
    trace_at: TraceAt, tokens: str, prompt: int, new: int, batch: int = 1, page: int = 1
) -> DecodingReport:
    """Follow a decoder from its prompt through ``new`` steps.

    Args:
        trace_at: traces the network with a number of tokens.
        tokens: name of the input that grows.
        prompt: tokens of the first step.
        new: tokens to produce.
        batch: sequences at a time.
        page: positions that the cache keeps or gives up together.

    Raises:
        Fault: a layer's MACs are not known or do not grow token by token, nothing reads the tokens' past, or
            a layer reads tokens after its own.
        SpecError: the network refuses one of the lengths, or has too many layers to take one by one.
    """
    first, last = trace_at(prompt), prompt + new - 1
    one_by_one(first, "what is kept of each step")
    if not order(first, tokens)[tokens].reads_past:
        fact = f"no causal attention and no recurrence reads {tokens!r} along its first axis"
        raise Fault(f"{fact}: the network is no decoder")
    grown = trace_at(last)
    early = order(grown, tokens)[tokens].ahead
    if early is not None:
        fact = f"{early.name} ({early.type}) reads {tokens!r} after its own position"
        raise Fault(f"{fact}: no step could use what those before it calculated")
    growths = Pieces(tokens, lambda length: growth(trace_at(length), length, tokens))
    _check_jumps({length: piece.answer for length, piece in growths.between(prompt, last)})
    grows = first.behind(tokens)
    states = tuple(layer.name for layer in first.layers if layer.name in grows and carries_state(layer))
    kept, steps = tuple(_kept(first, tokens)), Steps(growths, prompt, new, batch, page)
    once = batch * growths.at(prompt).answer.once
    return DecodingReport(tokens, batch, kept, states, once, steps, latents(grown, tokens))


def _check_jumps(growths: "Mapping[int, Growth]") -> None:
    """Refuse a layer that costs other fixed numbers at other lengths: what of them is new nobody can tell."""
    told: dict[str, tuple[int, int]] = {}
    for length, found in growths.items():
        for name, (fixed, slope) in found.lines.items():
            before, few = told.setdefault(name, (length, fixed)) if not slope else (length, fixed)
            if few != fixed:
                fact = f"the MACs of {name} {UNEVEN}"
                raise Fault(f"{fact}: {few:,} with {before:,}, {fixed:,} with {length:,}")


def _kept(trace: "Trace", tokens: str) -> Iterator[Kept]:
    length, grows = trace.inputs[tokens].shape[0], trace.behind(tokens)
    for layer in trace.layers:
        found, asks = layer.facts.attention, asking(layer, length, grows)
        asked = asked_memory(layer, grows)
        if found is not None and layer.name in grows and (asks or asked is not None):
            yield Kept(layer.name, found, kept_numbers(layer), asked, asks)


def token_input(trace: "Trace", named: str | None = None) -> str:
    """The input that grows token by token: the one named, or the one that is read so.

    Raises:
        Fault: there is no such input, none fits, or several do.
    """
    if named is not None:
        if named not in trace.inputs:
            raise Fault(
                f"the network has no input {named!r}", hint=f"its inputs are {', '.join(trace.inputs)}"
            )
        return named
    if len(trace.inputs) == 1:
        return next(iter(trace.inputs))
    orders = order(trace, *(name for name, tensor in trace.inputs.items() if tensor.shape))
    fits = [name for name, found in orders.items() if found.reads_past and found.ahead is None]
    if not fits:
        names = ", ".join(trace.inputs)
        raise Fault(f"none of the inputs {names} is read token by token: the network is no decoder")
    if len(fits) > 1:
        raise Fault(
            f"{len(fits)} inputs may be the tokens: {', '.join(fits)}", hint="say which: --tokens NAME"
        )
    return fits[0]
