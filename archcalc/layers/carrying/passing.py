"""What hands numbers on: reshapes, cuts, paddings, repeats, means, maxima, droppings."""

from dataclasses import replace
from functools import lru_cache
from math import prod, sqrt
from typing import TYPE_CHECKING

from archcalc.effort import spend, spend_once
from archcalc.facts import Phased, Whole, Window, unmoved
from archcalc.formulas.gaussian import largest_of
from archcalc.formulas.propagation import square_of_sum
from archcalc.layers.carrying.kernels import FunctionOfNumbers, to_six_digits
from archcalc.layers.carrying.maps import taps_inside
from archcalc.layers.carrying.norms import times_square
from archcalc.layers.mathematics import Passing
from archcalc.moments import (
    NO_GRADIENT,
    Composed,
    Gradient,
    Moments,
    Propagated,
    Unruled,
    by_gain,
    nothing_back,
)

if TYPE_CHECKING:
    from archcalc.facts import Facts, Reads, Tensor
    from archcalc.moments import Arrived

LARGEST = 25_000
"""Steps in the time of which what is known of a largest number is calculated."""


def carried_passing(passing: Passing, read: "tuple[Arrived, ...]", facts: "Facts") -> Propagated | Unruled:
    """The numbers of the first input, in another place, or means of them."""
    state, arriving = read[0].state, read[0].tensor
    if state is None:
        return Propagated((Moments(1.0, 0.0),) * len(facts.outputs), nothing_back(len(read)))
    if passing is Passing.AVERAGED:
        return carried_mean(read, facts)
    outputs = facts.outputs
    after = [_moved(state, arriving, facts.reads_of(name)[0], each) for name, each in outputs.items()]
    sizes = [prod(each.shape) for each in outputs.values()]
    shares = [_share(arriving, facts.reads_of(name)[0], each) for name, each in outputs.items()]
    whole = prod(arriving.shape)
    joins = _positions(arriving) > 1 and all(_positions(each) == 1 for each in outputs.values())

    def back(gradients: tuple[Gradient, ...]) -> tuple[Gradient, ...]:
        square = common = 0.0
        steeper = gradients[0].steeper if len(gradients) == 1 else 1.0
        for gradient, size, share in zip(gradients, sizes, shares, strict=True):
            times = size * share / whole
            square += gradient.square * times
            if times > 1:  # copies, whose gradients have a part in common
                square += gradient.common * times * (times - 1)
            common += gradient.common * times * max(times, 1.0)
        return (
            Gradient(square, 0.0 if joins else min(common, square), steeper),
            *(NO_GRADIENT,) * (len(read) - 1),
        )

    return Propagated(tuple(after), back)


def _positions(tensor: "Tensor") -> int:
    """Positions of a sample: none of a vector of features, nor of (C, 1, 1)."""
    return prod(tensor.shape[1:]) if len(tensor.shape) > 1 else 1


def _moved(state: Moments, arriving: "Tensor", reads: "Reads", output: "Tensor") -> Moments:
    if reads == unmoved(len(arriving.shape)) and arriving.shape == output.shape:
        return state
    if _swaps(arriving, reads, output):
        common = state.mean**2 if state.turned > 1 else state.common
        return replace(state, common=common, turned=0 if state.turned else 1, source="")
    share = _share(arriving, reads, output)
    common = state.common * share
    if _positions(output) == 1:
        common = state.square * share
    elif _positions(arriving) == 1:
        common = state.mean**2 if prod(output.shape) == prod(arriving.shape) else common
    return replace(
        state,
        square=state.square * share,
        common=common,
        shared=state.shared * share,
        mean=state.mean * share,
        made=state.made if share == 1 else None,
        source="",
    )


def _swaps(arriving: "Tensor", reads: "Reads", output: "Tensor") -> bool:
    """Whether (T, F) becomes (F, T)."""
    return len(arriving.shape) == len(output.shape) == 2 and [each.to for each in reads] == [1, 0]  # noqa: PLR2004  both axes


def _share(arriving: "Tensor", reads: "Reads", output: "Tensor") -> float:
    """Share of the outputs that have a number: the others are zeros of a padding."""
    share = 1.0
    for axis, read in enumerate(reads):
        window = read.reach if isinstance(read.reach, Window) else None
        if window is not None and window.kernel == 1 and read.to is not None and read.border == "padding":
            share *= taps_inside(read, int(arriving.shape[axis]), int(output.shape[read.to])).mean
    return share


def carried_mean(
    read: "tuple[Arrived, ...]", facts: "Facts", taken: float | None = None
) -> Propagated | Unruled:
    """Means over positions: what they have in common stays, the rest is divided by how many there are.

    Args:
        read: what arrives.
        facts: of the layer.
        taken: as how many equal weights those of a mean count; None: as many as are read.
    """
    state, arriving, output = read[0].state, read[0].tensor, next(iter(facts.outputs.values()))
    if state is None:
        return Unruled("it reads no real numbers")
    counts = _counts(facts.first_reads, arriving, output)
    if counts is None:
        return Unruled("of how many numbers it takes the mean is not known")
    inside, whole = counts
    whole = taken or whole
    inside = min(inside, whole)
    common = state.common if len(arriving.shape) > 1 else state.mean**2
    square = square_of_sum(inside, state.square, common) / whole**2
    share = inside / whole
    after = Moments(
        square,
        square if _positions(output) == 1 else min(square, common * share**2),
        min(square, state.shared * share**2),
        state.mean * share,
        state.spread,
    )
    covering = inside * prod(output.shape) / prod(arriving.shape)

    def back(gradients: tuple[Gradient, ...]) -> tuple[Gradient, ...]:
        (gradient, *_) = gradients
        pairs = max(covering - 1, 0.0) * gradient.common
        own = covering * (gradient.square + pairs) / whole**2
        return (Gradient(own, min(own, covering**2 * gradient.common / whole**2)),)

    return Propagated((after,), back)


def _counts(reads: "Reads", arriving: "Tensor", output: "Tensor") -> tuple[float, float] | None:
    """Numbers that an output of a mean reads, and those in its window, padding included."""
    inside = whole = 1.0
    for axis, read in enumerate(reads):
        size, outputs = int(arriving.shape[axis]), 1 if read.to is None else int(output.shape[read.to])
        reach = read.reach
        if isinstance(reach, Whole):
            inside, whole = inside * size, whole * size
        elif isinstance(reach, Window | Phased) and not read.sampled:
            inside *= taps_inside(read, size, outputs).mean
            phases = reach.phases
            whole *= sum(map(len, phases)) / len(phases)
        else:
            return None
    return inside, whole


def carried_largest(read: "tuple[Arrived, ...]", facts: "Facts") -> Propagated | Unruled:
    """The largest of each window: of rising functions it is the function of the largest normal number."""
    state, arriving, output = read[0].state, read[0].tensor, next(iter(facts.outputs.values()))
    if state is None:
        return Unruled("it reads no real numbers")
    counts = _counts(facts.first_reads, arriving, output)
    if counts is None:
        return Unruled("of how many numbers it takes the largest is not known")
    count = max(1, round(counts[0]))
    made = state.made or Composed(_itself, state, 1.0, "x", homogeneous=True)
    slope = made.slope
    power, mean, rise, both = _largest_of(made, count)
    common = power if _positions(output) == 1 else both
    after = Moments(power, common, min(mean**2, power), mean, state.spread, 2.0)
    gain, steeper = prod(output.shape) / prod(arriving.shape), rise / slope if slope else 1.0
    extra = len(facts.outputs) - 1

    def back(gradients: tuple[Gradient, ...]) -> tuple[Gradient, ...]:
        return (gradients[0].times(gain)._replace(steeper=steeper),)

    return Propagated((after, *(Moments(1.0, 0.0),) * extra), back)


def _largest_of(made: Composed, count: int) -> tuple[float, float, float, float]:
    """Of a function of normal numbers; of one that follows its scale that of variance 1, scaled."""
    before = made.before
    square = before.square
    if square <= 0:
        spend(LARGEST)
        return largest_of(made.function, count, square, before.common)
    own = 1.0 if made.homogeneous else to_six_digits(square)
    scale = square / own
    asked = FunctionOfNumbers(made.function, made.name), count, own, to_six_digits(before.common / scale)
    spend_once(("largest", *asked), LARGEST)
    power, mean, rise, both = _largest(*asked)
    return power * scale, mean * sqrt(scale), rise, both * scale


@lru_cache(maxsize=1024)
def _largest(
    function: FunctionOfNumbers, count: int, square: float, common: float
) -> tuple[float, float, float, float]:
    return largest_of(function.before_training, count, square, common)


def _itself(x: float) -> float:
    return x


def carried_drop(read: "tuple[Arrived, ...]", dropped: float, *, channels: bool) -> Propagated | Unruled:
    """Numbers left out in training with probability p, the others over 1 - p; of channels all positions."""
    state = read[0].state
    if state is None:
        return Unruled("it reads no real numbers")
    if dropped >= 1:
        return Propagated((Moments(0.0, 0.0),), nothing_back(1))
    grown = 1 / (1 - dropped)
    alike = grown if channels else 1.0
    after = replace(
        state,
        square=state.square * grown,
        common=min(state.common * alike, state.square * grown),
        fourth=state.fourth * grown,
        made=state.made if grown == 1 else None,
    )

    def back(gradients: tuple[Gradient, ...]) -> tuple[Gradient, ...]:
        return (gradients[0].times(grown, alike)._replace(steeper=gradients[0].steeper),)

    return Propagated((after,), back)


def carried_smallest(read: "tuple[Arrived, ...]", facts: "Facts") -> Propagated | Unruled:
    """The smallest of normal numbers."""
    state = read[0].state
    if state is None or state.made is not None:
        return Unruled("of other than normal numbers the smallest is not known")
    found = carried_largest(read, facts)
    if isinstance(found, Unruled):
        return found
    return found._replace(states=tuple(replace(each, mean=-each.mean) for each in found.states))


def carried_total(read: "tuple[Arrived, ...]", facts: "Facts") -> Propagated | Unruled:
    """A sum over axes: as many times their mean as there are numbers."""
    found = carried_mean(read, facts)
    if isinstance(found, Unruled):
        return found
    output = next(iter(facts.outputs.values()))
    counts = _counts(facts.first_reads, read[0].tensor, output)
    factor = (counts[1] if counts else 1.0) ** 2
    grown = times_square(found.states[0], factor).states

    def back(gradients: tuple[Gradient, ...]) -> tuple[Gradient, ...]:
        return tuple(each.times(factor) for each in found.back(gradients))

    return Propagated(grown, back)


def carried_keeping_drop(read: "tuple[Arrived, ...]", dropped: float) -> Propagated | Unruled:
    """A dropout that keeps mean 0 and variance 1: the numbers that it sets, and what it scales and moves.

    Source: Klambauer et al., Self-Normalizing Neural Networks, 2017 (arXiv 1706.02515), section 2.
    """
    state = read[0].state
    if state is None:
        return Unruled("it reads no real numbers")
    if dropped >= 1:
        return Propagated((Moments(0.0, 0.0),), nothing_back(1))
    kept, limit = 1 - dropped, -1.7580993408473766
    scale = 1 / (kept * (1 + dropped * limit**2))
    shift = -(scale**0.5) * dropped * limit
    square = scale * (kept * state.square + dropped * limit**2)
    mean = scale**0.5 * (kept * state.mean + dropped * limit)
    total = square + 2 * shift * mean + shift**2
    alike = scale * kept**2 * (state.common - state.mean**2) + (mean + shift) ** 2
    after = Moments(total, min(total, alike), min(total, alike), mean + shift, state.spread)
    return Propagated((after,), by_gain(scale * kept, scale * kept**2))
