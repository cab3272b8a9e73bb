"""Normalisations: whatever arrives has a mean square near 1 behind them."""

from dataclasses import replace
from math import inf, sqrt
from typing import TYPE_CHECKING

from archcalc.formulas.propagation import norm_gain
from archcalc.layers.mathematics import Statistics
from archcalc.moments import Gradient, Moments, Propagated, Unruled, by_gain
from archcalc.tuples import NamedTuple

if TYPE_CHECKING:
    from archcalc.facts import Facts
    from archcalc.moments import Arrived, Drawn

FINEST = 2**-23
"""The smallest step of single precision above 1, which torch adds to a mean square where no eps is given."""


UNEVEN = 0.1
"""Relative variance of a size from position to position from which a norm's mean over them is another."""
PLACES = "positions differ in size, under a causal mask the first ones: the norm gives each another gain"


class Taken(NamedTuple):
    """What a normalisation takes off: the mean square of its means, and what of it is common and shared."""

    square: float
    common: float
    shared: float
    numbers: float
    """Numbers of which one mean is taken."""
    of_gradient: float
    """Share of the gradient's common part that is taken off it."""


def carried_norm(
    over: Statistics,
    read: "tuple[Arrived, ...]",
    facts: "Facts",
    drawn: "Drawn",
    eps: float | None,
    *,
    centred: bool,
) -> Propagated | Unruled:
    """X less its mean, over its deviation, times a scale, and a shift.

    Means over a batch are taken of many samples.
    """
    state = read[0].state
    if state is None or facts.averages is None:
        return Unruled("it reads no real numbers")
    scale = drawn.get("weight", 1.0) if "weight" in facts.weights else 1.0
    shift = drawn.get("bias", 0.0)
    taken = _taken(over, state, facts.averages.count(read[0].tensor.shape), facts.averages.channels)
    if not centred:
        taken = Taken(0.0, 0.0, 0.0, taken.numbers, 0.0)
    variance = max(0.0, state.square - taken.square)
    total = variance + (FINEST if eps is None else eps)
    common, shared = (
        max(0.0, min(one, variance)) / total * scale
        for one in (state.common - taken.common, state.shared - taken.shared)
    )
    square = variance / total * scale
    mean = 0.0 if centred else state.mean / sqrt(total) * sqrt(scale)
    after = Moments(
        *(square + shift, common + shift, shared + shift, mean),
        fourth=state.fourth,
        turned=state.turned,
        doubt=state.doubt or (PLACES if over is Statistics.FEATURES and state.places > UNEVEN else ""),
    )
    gain = scale * norm_gain(variance, total - variance, taken.numbers, 2 if centred else 1)
    gain *= 1 + min(
        1.0, (state.fourth - 1) / taken.numbers
    )  # the mean of 1 / v is more than 1 / the mean of v

    by_part = _by_part(state, total - variance) if over is Statistics.BATCH else ()

    def back(gradients: tuple[Gradient, ...]) -> tuple[Gradient, ...]:
        (gradient,) = gradients
        mean, along = taken.of_gradient * gradient.common, taken.of_gradient * gradient.along
        square = max(0.0, gradient.square - mean - along)
        return (_in_parts(Gradient(square, max(0.0, gradient.common - mean)), by_part).times(gain),)

    return Propagated((after,), back)


def _by_part(state: Moments, eps: float) -> tuple[tuple[float, float], ...]:
    """Of the parts of a concatenation: the share, and 1 / (v + eps) over that of the mean v."""
    mean = sum(part.share * part.varying for part in state.parts) + eps
    return tuple((part.share, mean / (part.varying + eps)) for part in state.parts if part.varying + eps)


def _in_parts(gradient: Gradient, by_part: tuple[tuple[float, float], ...]) -> Gradient:
    """Channels that are smaller get more of the gradient."""
    if len(by_part) < 2:  # noqa: PLR2004  no parts to tell apart
        return gradient
    whole = sum(share * factor for share, factor in by_part)
    parts = tuple(gradient.square * factor for _, factor in by_part)
    return gradient.times(whole)._replace(parts=parts)


def _taken(over: Statistics, state: Moments, count: int, channels: int) -> Taken:
    mean = state.mean**2
    if over is Statistics.BATCH:
        return Taken(state.shared, state.shared, state.shared, inf, 0.0)
    if over is Statistics.FEATURES:
        return Taken(mean + (state.square - mean) / count, mean, mean, count, 0.0)
    own = 1 / channels  # of a channel in its group
    common, shared = (mean + (each - mean) * own for each in (state.common, state.shared))
    return Taken(common + (state.square - state.common) / count, common, shared, count, own)


def carried_neighbours(
    read: "tuple[Arrived, ...]", alpha: float, beta: float, added: float
) -> Propagated | Unruled:
    """``x / (k + alpha mean square)^beta``, the mean square of all channels for that of the neighbours."""
    state = read[0].state
    if state is None:
        return Unruled("it reads no real numbers")
    factor = (added + alpha * state.square) ** (-2 * beta)
    return times_square(state, factor)


def scaled_moments(read: "tuple[Arrived, ...]", factor: float) -> Propagated | Unruled:
    """Every number of the only input by the same one, whose square is the factor."""
    state = read[0].state
    return Unruled("it reads no real numbers") if state is None else times_square(state, factor)


def times_square(state: Moments, factor: float) -> Propagated:
    """Every number by the same one, whose square is the factor."""
    after = replace(
        state,
        square=state.square * factor,
        common=state.common * factor,
        shared=state.shared * factor,
        mean=state.mean * sqrt(factor),
        made=None,
        source="",
    )
    return Propagated((after,), by_gain(factor))
