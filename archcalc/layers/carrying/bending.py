"""Functions of single numbers: exact on normal numbers, and composed where one follows another."""

from functools import lru_cache
from math import exp, isfinite, sqrt
from typing import TYPE_CHECKING

from archcalc.effort import spend_once
from archcalc.formulas.gaussian import Bent, slope_behind
from archcalc.formulas.shifted import Bend
from archcalc.layers.carrying.kernels import MOMENTS, FunctionOfNumbers, Kernel, Shifted, to_six_digits
from archcalc.moments import Composed, Gradient, Moments, Propagated, Unruled
from archcalc.tuples import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

    from archcalc.layers.curves import Activation
    from archcalc.moments import Arrived

ENOUGH = 0.002
"""Relative variance of a size from which the mean over it is taken."""


CURVED = 0.03
"""Share by which the mean over sizes differs from that of the mean size where a function bends much."""
DEEPEST = 16
"""Functions in a row, with nothing between them, that are followed: each calls the one before it."""
VARIES = "it bends, and sizes differ from draw to draw: gradients are more than the rules say"


def carried_bend(function: "Activation", read: "tuple[Arrived, ...]") -> Propagated | Unruled:
    """A function of every number: E f^2 forwards, E f'^2 backwards."""
    if len(read) != 1 or read[0].state is None:
        return Unruled("it reads no real numbers")
    state = read[0].state
    if state.made is not None:
        return _composed(function, state)
    if state.square <= 0:
        return _of_zero(function, state)
    if state.mean**2 > SHIFTED * state.square:
        return _shifted(function, state)
    return _carried(function, repr(function), state)


SHIFTED = 0.01
"""Share of a mean square that a mean has where it matters."""


def _carried(
    function: "Activation | FunctionOfNumbers", name: str, state: Moments, depth: int = 1
) -> Propagated | Unruled:
    kernel = Kernel(function)
    bent = kernel.one(state.square)
    if not isfinite(bent.power + bent.slope):
        return Unruled("its values on normal numbers have no mean square")
    sized = _over_sizes(kernel, state, bent)
    common, shared = (
        _product(kernel, state.square, each, sized.power) for each in (state.common, state.shared)
    )
    slopes = kernel.slopes(state.square, max(0.0, min(state.common, state.square)))
    made = Composed(
        function.before_training, state, sized.slope, name, depth, function.homogeneous, _bend_of(function)
    )
    curves = abs(sized.power / bent.power - 1) > CURVED if bent.power else False
    after = Moments(
        *(sized.power, common, shared, bent.mean, sized.spread, bent.fourth, made),
        places=state.places,
        turned=state.turned,
        doubt=VARIES if curves else "",
    )
    return Propagated((after,), _scaling(sized.slope, slopes, kernel.tilt(state.square) ** 2))


def _bend_of(function: "Activation | FunctionOfNumbers") -> Bend | None:
    if isinstance(function, FunctionOfNumbers):
        return function.bend if isinstance(function, Shifted) else None
    return Bend(0.0, *function.both_slopes()) if function.homogeneous else None


def _product(kernel: Kernel, square: float, common: float, power: float) -> float:
    return power if common >= square else min(power, kernel.product(square, max(0.0, common)))


class OverSizes(NamedTuple):
    """E f^2 over sizes of what arrives, its relative variance, and E f'^2 at the middle one."""

    power: float
    spread: float
    slope: float


def _over_sizes(kernel: Kernel, state: Moments, bent: Bent) -> OverSizes:
    """Where the size of what arrives varies, log-normally: E f^2 at three places, with Hermite's weights."""
    if state.spread < ENOUGH:
        return OverSizes(bent.power, state.spread, bent.slope)
    spread = min(state.spread, 1.0)
    far = sqrt(3 * spread)
    places = [(1 / 6, -far), (2 / 3, 0.0), (1 / 6, far)]
    found = [(own, kernel.one(state.square * exp(turn - spread / 2))) for own, turn in places]
    mean = sum(own * each.power for own, each in found)
    varying = sum(own * each.power**2 for own, each in found) / mean**2 - 1 if mean else 0.0
    return OverSizes(mean, max(0.0, varying), bent.slope)


def _scaling(
    gain: float, common: float, along: float = 0.0
) -> "Callable[[tuple[Gradient, ...]], tuple[Gradient, ...]]":
    def back(gradients: tuple[Gradient, ...]) -> tuple[Gradient, ...]:
        own = gain * gradients[0].steeper
        after = gradients[0].times(own, min(own, common) if common > 0 else 0.0)
        return (after._replace(along=along * gradients[0].common),)

    return back


@lru_cache(maxsize=4096)
def _behind(inner: FunctionOfNumbers, outer: FunctionOfNumbers, square: float) -> float:
    return slope_behind(inner.before_training, outer.before_training, square)


def _composed(function: "Activation", state: Moments) -> Propagated | Unruled:
    """A function of a function: of the normal numbers before both."""
    made = state.made
    if made is None:
        return Unruled("it follows no function")
    if made.depth >= DEEPEST:
        return Unruled(f"it follows {made.depth} functions in a row")
    scales = made.homogeneous and function.homogeneous
    inner, outer = (
        FunctionOfNumbers(made.function, made.name),
        FunctionOfNumbers(function.before_training, repr(function)),
    )

    def both(x: float) -> float:
        return outer.before_training(inner.before_training(x))

    depth, square = made.depth + 1, 1.0 if scales else to_six_digits(made.before.square)
    name, bend = f"{outer.name} of {inner.name}", made.bend
    if function.homogeneous and bend is not None and bend.rises:
        slopes = function.both_slopes()
        found = _carried(Shifted(both, name, bend.behind(*slopes)), name, made.before, depth)
        own = bend.slopes_behind(*slopes).bent(made.before.square).slope
    else:
        spend_once(("behind", inner, outer, square), depth * MOMENTS)
        numbers = FunctionOfNumbers(both, name, homogeneous=scales, depth=depth)
        found, own = _carried(numbers, name, made.before, depth), _behind(inner, outer, square)
    if isinstance(found, Unruled) or not made.slope:
        return found
    # The way back passes the first function too: where this one has a slope, that one has its own share.
    whole = found.states[0].made.slope if found.states[0].made else 0.0
    steeper = whole / (own * made.slope) if own else 1.0

    def back(gradients: tuple[Gradient, ...]) -> tuple[Gradient, ...]:
        (gradient,) = gradients
        gain = own * gradient.steeper
        return (gradient.times(gain)._replace(steeper=steeper),)

    return Propagated(found.states, back)


def of_normals(both: "Callable[[float], float]", name: str, before: Moments) -> Propagated | Unruled:
    """What a function makes of normal numbers."""
    return _carried(FunctionOfNumbers(both, name), name, before)


def _shifted(function: "Activation", state: Moments) -> Propagated | Unruled:
    """Of normal numbers of another mean."""
    centre, own = to_six_digits(state.mean), state.square - state.mean**2
    plain = function.plain()

    def moved(x: float) -> float:
        return plain(centre + x)

    before = Moments(
        own, max(0.0, state.common - centre**2), max(0.0, state.shared - centre**2), spread=state.spread
    )
    name = f"{function!r} from {centre} on"
    if not function.homogeneous:
        return of_normals(moved, name, before)
    return _carried(Shifted(moved, name, Bend(centre, *function.both_slopes())), name, before)


def _of_zero(function: "Activation", state: Moments) -> Propagated:
    """Zeros: one number everywhere, and the slope there."""
    value, bent = function.before_training(0.0), function.bent(0.0)
    square = value**2
    return Propagated(
        (Moments(square, square, square, value, fourth=1.0, doubt=state.doubt),),
        _scaling(bent.slope, bent.slope),
    )


def moments_of(function: "Activation", square: float) -> Bent:
    """What a kind makes of normal numbers of a mean square."""
    return Kernel(function).one(square)


def product_for(function: "Activation", square: float, common: float) -> float:
    """What a kind makes of two normal numbers of a covariance; of the same number twice, its mean square."""
    return Kernel(function).product(square, max(0.0, min(square, common)))


def mean_slope(function: "Activation", square: float) -> float:
    """(E f')^2."""
    return Kernel(function).slopes(square, 0.0)
