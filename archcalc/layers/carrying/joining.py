"""Merges of what knows nothing of each other, or comes from the same numbers."""

from dataclasses import replace
from math import comb, exp, prod
from typing import TYPE_CHECKING

from archcalc.effort import spend
from archcalc.formulas.gaussian import gaussian_moments
from archcalc.formulas.propagation import square_of_sum
from archcalc.layers.carrying.bending import of_normals
from archcalc.layers.carrying.kernels import MOMENTS
from archcalc.layers.mathematics import Merge
from archcalc.moments import Composed, Gradient, Moments, Propagated, Strand, Unruled, handed_on

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from archcalc.facts import Facts, Tensor
    from archcalc.moments import Arrived, Back


LARGEST = 600.0
"""Where exp(x) is still a double."""


def carried_merge(merge: Merge, read: "tuple[Arrived, ...]", output: "Tensor") -> Propagated | Unruled:
    """Several inputs become one."""
    states = [each.state for each in read if each.state is not None]
    if len(states) < len(read):
        return Unruled(
            "it reads no real numbers" if len(states) == 0 else "one of its inputs has no real numbers"
        )
    if merge is Merge.SUM:
        return Propagated((_sum(states),), _summed([_repeats(each.tensor, output) for each in read], states))
    if merge is Merge.PRODUCT:
        return _product(read, states, output)
    return Propagated((_side_by_side(states, [prod(each.tensor.shape) for each in read]),), _parted(states))


def _parted(states: "list[Moments]") -> "Back":
    """Every part of a concatenation gets its own gradient, where those of the parts differ."""

    def back(gradients: tuple[Gradient, ...]) -> tuple[Gradient, ...]:
        (gradient,) = gradients
        if not gradient.parts:
            return (gradient,) * len(states)
        found: list[Gradient] = []
        start = 0
        for each in states:
            own = gradient.parts[start : start + max(1, len(each.parts))]
            start += len(own)
            shares = [part.share for part in each.parts] or [1.0]
            square = _mean(shares, list(own))
            common = gradient.common * square / gradient.square if gradient.square else 0.0
            found.append(Gradient(square, common, parts=own if len(own) > 1 else ()))
        return tuple(found)

    return back


def _sum(states: "list[Moments]") -> Moments:
    rest = [each for each in states if each.square > 0]
    if len(rest) == 1:
        return rest[0]
    square, common, shared, excess = (0.0,) * 4
    for one, others in _with_related(states):
        square, common, shared = square + one.square, common + one.common, shared + one.shared
        excess += (one.fourth - 3) * one.square**2
        for other in others:
            both = _together(one, other)
            square, common, shared = square + 2 * both[0], common + 2 * both[1], shared + 2 * both[2]
    mean = sum(each.mean for each in states)
    varying = sum(each.spread * each.square**2 for each in states)
    if square <= 0:
        return Moments(0.0, 0.0)
    return Moments(
        *(square, min(common, square), min(shared, square), mean),
        spread=varying / square**2,
        fourth=max(1.0, 3 + excess / square**2),
        places=sum(each.places**0.5 * each.square for each in states) ** 2 / square**2,
        turned=max(each.turned for each in states),
    )


def _with_related(states: "list[Moments]") -> "Iterator[tuple[Moments, list[Moments]]]":
    """Each, and those before it that may share something with it: numbers that they come from, or a mean."""
    met: dict[str | bool, list[int]] = {}
    for index, one in enumerate(states):
        shares: set[str | bool] = {one.source, one.made.before.source if one.made else "", one.mean != 0}
        shares -= {"", False}
        related = sorted({at for each in shares for at in met.get(each, ())})
        spend(max(0, len(related) - 1))
        yield one, [states[at] for at in related]
        for each in shares:
            met.setdefault(each, []).append(index)


def _together(one: Moments, other: Moments) -> tuple[float, float, float]:
    """E x y at one place, at two positions and in two samples."""
    if one.source and one.source == other.source:
        return one.square, one.common, one.shared
    means = one.mean * other.mean
    for plain, bent in ((one, other), (other, one)):
        made = bent.made
        if made is not None and plain.source and made.before.source == plain.source:
            return _with_function(plain, made), means, means
    return means, means, means


def _with_function(plain: Moments, made: Composed) -> float:
    """E x f(x), from E (x + f)^2 less both squares."""
    spend(2 * MOMENTS)
    both = gaussian_moments(lambda x: x + made.function(x), plain.square).power
    own = gaussian_moments(made.function, plain.square).power
    return (both - plain.square - own) / 2


def _repeats(arriving: "Tensor", output: "Tensor") -> tuple[float, float]:
    """How often a number of an input is taken, along positions and along features."""
    shape = (1,) * (len(output.shape) - len(arriving.shape)) + tuple(arriving.shape)
    feature = 0 if len(output.shape) > 2 else len(output.shape) - 1  # noqa: PLR2004  (C, H, W) or (T, F)
    positions = features = 1.0
    for axis, (own, whole) in enumerate(zip(shape, output.shape, strict=True)):
        if axis == feature:
            features *= whole / own
        else:
            positions *= whole / own
    return positions, features


def _gathered(
    gradient: Gradient, repeats: tuple[float, float], square: float = 1.0, common: float = 1.0
) -> Gradient:
    """The gradient of a number that is taken several times, each time by a factor with these moments."""
    positions, features = repeats
    own = gradient.square * square
    if positions <= 1:
        return Gradient(features * own, features * gradient.common * common)
    total = features * square_of_sum(positions, own, gradient.common * common)
    return Gradient(total, total)


def _summed(repeats: "list[tuple[float, float]]", states: "list[Moments]") -> "Back":
    """The gradient of the sum for every input; what zeros are added to is handed on as it is."""
    alone = sum(each.square > 0 for each in states) == 1

    def back(gradients: tuple[Gradient, ...]) -> tuple[Gradient, ...]:
        steeper = gradients[0].steeper if alone else 1.0
        return tuple(_gathered(gradients[0], each)._replace(steeper=steeper) for each in repeats)

    return back


def _product(read: "tuple[Arrived, ...]", states: "list[Moments]", output: "Tensor") -> Propagated | Unruled:
    spend(comb(len(read) - 1, 2))  # on the way back each is one of all the others
    made = _of_the_same(states)
    if isinstance(made, Unruled):
        return made
    after = made or Moments(
        prod(each.square for each in states),
        prod(each.common for each in states),
        prod(each.shared for each in states),
        prod(each.mean for each in states),
        sum(each.spread for each in states),
        prod(each.fourth for each in states),
    )

    def back(gradients: tuple[Gradient, ...]) -> tuple[Gradient, ...]:
        found: list[Gradient] = []
        for index, each in enumerate(read):
            others = [*states[:index], *states[index + 1 :]]
            square, common = (prod(each.square for each in others), prod(each.common for each in others))
            found.append(_gathered(gradients[0], _repeats(each.tensor, output), square, common))
        return tuple(found)

    return Propagated((after,), back)


def _of_the_same(states: "list[Moments]") -> Moments | Unruled | None:
    """The product of a number with a function of itself, or of two functions of it; None: it is none."""
    if len(states) != 2:  # noqa: PLR2004  a pair
        return None
    one, other = states
    for plain, bent in ((one, other), (other, one)):
        made, inner = bent.made, plain.made
        if made is None:
            continue
        if plain.source and made.before.source == plain.source and inner is None:
            return _state_of(_times_itself(made.function), f"x times {made.name}", made.before)
        if inner is not None and made.before.source and inner.before.source == made.before.source:
            name = f"{made.name} times {inner.name}"
            return _state_of(_times(made.function, inner.function), name, made.before)
    return None


def _state_of(function: "Callable[[float], float]", name: str, before: Moments) -> Moments | Unruled:
    found = of_normals(function, name, before)
    return found if isinstance(found, Unruled) else found.states[0]


def _times_itself(function: "Callable[[float], float]") -> "Callable[[float], float]":
    return lambda x: x * function(x)


def _times(one: "Callable[[float], float]", other: "Callable[[float], float]") -> "Callable[[float], float]":
    return lambda x: one(x) * other(x)


def _side_by_side(states: "list[Moments]", sizes: "list[int]") -> Moments:
    total = sum(sizes)
    shares = [size / total for size in sizes]
    square = _mean(shares, [each.square for each in states])
    if square <= 0:
        return Moments(0.0, 0.0)
    pairs = list(zip(shares, states, strict=True))
    return Moments(
        square,
        _mean(shares, [each.common for each in states]),
        _mean(shares, [each.shared for each in states]),
        _mean(shares, [each.mean for each in states]),
        sum((share * each.square) ** 2 * each.spread for share, each in pairs) / square**2,
        sum(share * each.square**2 * each.fourth for share, each in pairs) / square**2,
        parts=tuple(
            Strand(share * own.share, own.varying)
            for share, each in pairs
            for own in each.parts or (Strand(1.0, max(0.0, each.square - each.shared)),)
        ),
    )


def _mean(shares: "list[float]", numbers: "list[float]") -> float:
    return sum(share * number for share, number in zip(shares, numbers, strict=True))


def carried_difference(read: "tuple[Arrived, ...]", facts: "Facts") -> Propagated | Unruled:
    """The first input and the second one with the other sign, added."""
    first, *others = read
    if first.state is None or any(each.state is None for each in others):
        return Unruled("one of its inputs has no real numbers")
    turned = [
        each._replace(state=replace(each.state, mean=-each.state.mean, made=None, source=""))
        for each in others
        if each.state
    ]
    return carried_merge(Merge.SUM, (first, *turned), next(iter(facts.outputs.values())))


def carried_offset(read: "tuple[Arrived, ...]", value: float) -> Propagated | Unruled:
    """The same number added to every one."""
    state = read[0].state
    if state is None:
        return Unruled("it reads no real numbers")
    more = value**2 + 2 * value * state.mean
    after = replace(
        state,
        square=state.square + more,
        common=state.common + more,
        shared=state.shared + more,
        mean=state.mean + value,
        made=None,
        source="",
    )
    return Propagated((after,), handed_on)


def carried_product_of_matrices(read: "tuple[Arrived, ...]") -> Propagated | Unruled:
    """Sums of products over an axis: of what has a mean, what the other side has in common adds up."""
    left, right = read[0].state, read[1].state
    if left is None or right is None:
        return Unruled("one of its inputs has no real numbers")
    count, columns, rows = read[0].tensor.shape[-1], read[1].tensor.shape[-1], read[0].tensor.shape[-2]
    even, other = left.mean**2, right.mean**2
    added = max(even * right.common, other * left.common)
    square = square_of_sum(count, left.square * right.square, added)
    common = square_of_sum(count, left.common * right.common, added)
    after = Moments(square, min(square, common), min(square, common))

    def back(gradients: tuple[Gradient, ...]) -> tuple[Gradient, ...]:
        (gradient,) = gradients
        more = square_of_sum(rows, 0.0, even * gradient.common)
        one = gradient.times(columns * right.square)
        return one, Gradient(rows * left.square * gradient.square + more, more)

    return Propagated((after,), back)


def carried_noise(read: "tuple[Arrived, ...]") -> Propagated | Unruled:
    """A mean and noise times exp(l / 2): E exp(l) = exp(v / 2) of a normal logarithm l of variance v."""
    mean, logarithm = read[0].state, read[1].state
    if mean is None or logarithm is None:
        return Unruled("one of its inputs has no real numbers")
    noise = exp(min(logarithm.square / 2 + logarithm.mean, LARGEST))
    after = Moments(mean.square + noise, mean.common, mean.shared, mean.mean, mean.spread)

    def back(gradients: tuple[Gradient, ...]) -> tuple[Gradient, ...]:
        return gradients[0], gradients[0].times(noise / 4, 0.0)

    return Propagated((after,), back)
