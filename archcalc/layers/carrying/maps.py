"""Linear maps with random weights: of features, and of kernels over positions."""

from dataclasses import replace
from functools import lru_cache
from math import prod
from typing import TYPE_CHECKING

from archcalc.effort import spend, spend_once
from archcalc.facts import AxisRead, Groups, Phased, Whole, Window
from archcalc.formulas.propagation import inside_share, spread_behind
from archcalc.moments import Gradient, Moments, Propagated, Unruled
from archcalc.tuples import NamedTuple

if TYPE_CHECKING:
    from archcalc.facts import Facts, Reads, Tensor
    from archcalc.moments import Arrived, Drawn


class Taps(NamedTuple):
    """Numbers that an output reads along an axis, or all axes.

    Args:
        mean: over the outputs.
        common: those that two outputs at random places read through the same weight.
    """

    mean: float
    common: float

    def times(self, other: "Taps") -> "Taps":
        """Those of two axes."""
        return Taps(self.mean * other.mean, self.common * other.common)


def carried_map(read: "tuple[Arrived, ...]", facts: "Facts", drawn: "Drawn") -> Propagated | Unruled:
    """Every output is a sum of what it reads, with weights of mean 0 that know nothing of each other."""
    (arriving,), output = read, next(iter(facts.outputs.values()))
    weight, shift = drawn.get("weight"), drawn.get("bias", 0.0)
    if arriving.state is None:
        return Unruled("it reads no real numbers")
    if weight is None:
        return Unruled("nobody says how its weights are first drawn")
    taps = _taps_of(facts.first_reads, arriving.tensor, output)
    if taps is None:
        return Unruled("which numbers an output reads is not known")
    state, gain = (
        _turned(arriving.state, facts.first_reads),
        weight * prod(output.shape) / prod(arriving.tensor.shape),
    )
    back_common = gain * taps.common * _per_place(facts.first_reads, arriving.tensor, output)

    def back(gradients: tuple[Gradient, ...]) -> tuple[Gradient, ...]:
        return (gradients[0].times(gain * taps.mean, back_common),)

    return Propagated((_behind(state, taps, weight, shift, taps.mean * _groups(facts.first_reads)),), back)


def _turned(state: Moments, reads: "Reads") -> Moments:
    """What were positions are mixed as features now: features are what they have in common."""
    if state.turned != 1 or not isinstance(reads[-1].reach, Whole):
        return state
    even = state.mean**2
    return replace(state, common=even, turned=2)


def _behind(state: Moments, taps: Taps, weight: float, shift: float, units: float) -> Moments:
    """Normal numbers of mean 0; how far their size varies from draw to draw adds up, over all units."""
    square = weight * taps.mean * state.square + shift
    common, shared = (
        min(square, weight * taps.common * each + shift) for each in (state.common, state.shared)
    )
    return Moments(
        square,
        common,
        shared,
        places=state.places * ((square - shift) / square) ** 2 if square else 0.0,
        turned=state.turned,
        spread=spread_behind(state.spread, state.fourth, max(units, 1.0))
        * ((square - shift) / square if square else 0.0) ** 2,
    )


def _groups(reads: "Reads") -> int:
    """Groups of channels, each of which has outputs of its own."""
    return next((read.group.count for read in reads if isinstance(read.group, Groups)), 1)


def _taps_of(reads: "Reads", arriving: "Tensor", output: "Tensor") -> Taps | None:
    """Numbers that an output of a map reads; None: the reads do not say."""
    found = Taps(1.0, 1.0)
    for axis, read in enumerate(reads):
        size, outputs = int(arriving.shape[axis]), 1 if read.to is None else int(output.shape[read.to])
        taps = _along(read, size, outputs)
        if taps is None:
            return None
        found = found.times(taps)
    return found


def _along(read: AxisRead, size: int, outputs: int) -> Taps | None:
    if read.sampled:
        return None
    if isinstance(read.reach, Whole):
        groups = read.group.count if isinstance(read.group, Groups) else 1
        return None if isinstance(read.group, Window) else Taps(size / groups, size / groups)
    if not isinstance(read.reach, Window | Phased):
        return None
    return taps_inside(read, size, outputs)


def taps_inside(read: AxisRead, size: int, outputs: int) -> Taps:
    """Taps of a window that lie inside of the axis, each at its share of the outputs.

    Args:
        read: how the axis is read, by windows.
        size: positions along it.
        outputs: those along the output's axis.
    """
    reach = read.reach
    if not isinstance(reach, Window | Phased):
        return Taps(0.0, 0.0)
    if isinstance(reach, Window) and reach.kernel == 1 and size == outputs and not reach.padding:
        return Taps(1.0, 1.0)
    spend(len(reach.phases))
    padded = read.border == "padding"
    spend_once((reach, padded, size, outputs), 2 * sum(map(len, reach.phases)))
    return _inside(reach, size, outputs, padded=padded)


@lru_cache(maxsize=256)
def _inside(reach: Window | Phased, size: int, outputs: int, *, padded: bool) -> Taps:
    """The same; windows that are repeated are gone through once."""
    period = len(reach.phases)
    mean = common = 0.0
    for phase, places in enumerate(reach.phases):
        own = max(0, (outputs - phase + period - 1) // period)
        for place in places:
            share = (inside_share(size, own, reach.shift, place) if padded else 1.0) * own / outputs
            mean += share
            common += share**2
    return Taps(mean, common)


def _per_place(reads: "Reads", arriving: "Tensor", output: "Tensor") -> float:
    """Outputs over inputs along all positions: how often a tap is met on the way back."""
    found = 1.0
    for axis, read in enumerate(reads):
        if isinstance(read.reach, Window | Phased) and read.to is not None:
            found *= int(output.shape[read.to]) / int(arriving.shape[axis])
    return found
