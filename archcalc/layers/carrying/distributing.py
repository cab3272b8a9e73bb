"""Softmax and its kin, and gates between the halves of an axis."""

from math import log
from typing import TYPE_CHECKING

from archcalc.facts import FEATURES, Whole
from archcalc.formulas.propagation import attended
from archcalc.layers.carrying.bending import moments_of
from archcalc.layers.mathematics import Distribution
from archcalc.layers.sigmoids import Sigmoid
from archcalc.moments import Moments, Propagated, Unruled, by_gain

if TYPE_CHECKING:
    from archcalc.facts import Facts
    from archcalc.moments import Arrived

SIGMOID = Sigmoid()


def carried_distribution(
    kind: Distribution, read: "tuple[Arrived, ...]", facts: "Facts"
) -> Propagated | Unruled:
    """Softmax of n normal numbers of variance v: mean 1 / n, and E sum a^2 as in attention."""
    state = read[0].state
    axes = [
        axis
        for axis, each in enumerate(facts.first_reads)
        if each.reach == FEATURES or isinstance(each.reach, Whole)
    ]
    if state is None or len(axes) != 1:
        return Unruled(
            "it reads no real numbers" if state is None else "along which axis it adds up is not known"
        )
    count = int(read[0].tensor.shape[axes[0]])
    varying = max(0.0, state.square - state.mean**2)
    together = attended(varying, count)
    if kind is Distribution.LOG_SOFTMAX:
        level = log(count) + varying / 2
        after = Moments(varying + level**2, min(state.common, varying) + level**2, level**2, -level)
        return Propagated((after,), by_gain(1 - 2 / count + together))
    square, even = together / count, 1 / count**2
    # The slope of a_i in x_j is a_i (1 - a_i) at its own place and -a_i a_j elsewhere.
    gain = square * (1 - 2 * together + together * count * square) if count > 1 else 0.0
    common = min(square, attended(min(state.common, varying), count) / count)
    shared = min(square, attended(min(state.shared, varying), count) / count)
    after = Moments(square, common, shared, 1 / count, fourth=max(1.0, square / even))
    return Propagated((after,), by_gain(max(gain, 0.0)))


def carried_gate(read: "tuple[Arrived, ...]") -> Propagated | Unruled:
    """A half times the sigmoid of the other: E a^2 E f^2 forwards, the mean of both ways backwards."""
    state = read[0].state
    if state is None:
        return Unruled("it reads no real numbers")
    gate = moments_of(SIGMOID, state.square)
    square, even = state.square, gate.mean**2
    after = Moments(
        square * gate.power,
        state.common * even,
        state.shared * even,
        state.mean * gate.mean,
        state.spread,
        state.fourth * gate.fourth,
    )
    gain = (gate.power + square * gate.slope) / 2
    return Propagated((after,), by_gain(gain))
