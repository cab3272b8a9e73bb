"""Integrals over normal numbers of mean 0: what functions of single numbers make of one, and of two.

``square`` is the variance q of both, ``common`` their covariance p. What a signal and its gradient are
multiplied with on their way through f are E f(u)^2 and E f'(u)^2, and what is common to two signals behind f
is E f(u) f(v).

Source: Poole et al., Exponential expressivity in deep neural networks through transient chaos, 2016 (arXiv
1606.05340), equations 3 and 6; Schoenholz et al., Deep Information Propagation, 2017 (arXiv 1611.01232).
"""

from math import asin, erfc, exp, pi, sqrt
from typing import TYPE_CHECKING

from archcalc.tuples import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    Places = Sequence[tuple[float, float]]
    """Numbers, with their weights."""
    Sums = tuple[tuple[float, float], ...]
    """Each with a size that it cannot be beyond."""
    Settled = tuple[list[float], int]

PLACES, WIDEST = (50, 100, 200, 400, 800, 1600), 8.0
"""Places of an integral, as many as it takes, and how many standard deviations away the last ones lie."""
COARSE = 16, 24, 48
"""Places along each axis of an integral over two numbers."""
CLOSE = 1e-6
"""Share of its size by which a sum over more places may differ to be the last one. Without kinks its error
falls faster than any power of the places; at a kink two sums differ by a share of their distance."""
NOTHING = 1e-10
"""Weight of a place that is left out where there are thousands, of a sum that counts to six digits."""
SMALLEST, APART = 1e-12, 1e-4
"""Mean square below which a function is taken as it is there, and how far a slope is taken."""


NORMAL_FOURTH = 3.0
"""E x^4 / (E x^2)^2 of normal numbers of mean 0."""


class Bent(NamedTuple):
    """What a function makes of normal numbers u: E f^2, E f'^2, E f, and E f^4 / (E f^2)^2.

    ``places`` are those that were looked at; a formula looks at none.
    """

    power: float
    slope: float
    mean: float
    fourth: float
    places: int = 0


def gaussian_moments(function: "Callable[[float], float]", square: float) -> Bent:
    """E f(s z)^2, E f'(s z)^2, E f(s z) and the fourth moment with z normal and s^2 the mean square.

    By the midpoint rule. A jump has no slope: of both sides of a place the flatter one counts.
    """
    deviation = sqrt(max(square, SMALLEST))
    apart = deviation * APART

    def over(places: "Places") -> "Sums":
        power = slope = mean = fourth = 0.0
        numbers = [deviation * z for z, _ in places]
        there = [function(x) for x in numbers]
        above = [function(x + apart) for x in numbers]
        below = [function(x - apart) for x in numbers]
        for (_, weight), here, up, down in zip(places, there, above, below, strict=True):
            squared = here * here
            mean += weight * here
            power += weight * squared
            fourth += weight * squared * squared
            slope += weight * min(abs(up - here), abs(here - down)) ** 2
        return (power, power), (slope, slope), (mean, sqrt(power)), (fourth, fourth)

    (power, slope, mean, fourth), places = settled_sums(over)
    return Bent(power, slope / apart**2, mean, fourth / power**2 if power else 1.0, places)


def slope_behind(
    inner: "Callable[[float], float]", outer: "Callable[[float], float]", square: float
) -> float:
    """E f'(g(u))^2 of a function f behind another one g; at a kink the flatter side counts."""
    deviation = sqrt(max(square, SMALLEST))
    apart = deviation * APART

    def over(places: "Places") -> "Sums":
        slope = sum(weight * _squared_slope(outer, inner(deviation * z), apart) for z, weight in places)
        return ((slope, slope),)

    return settled_sums(over)[0][0]


def tilt(function: "Callable[[float], float]", square: float) -> float:
    """E z f'(s z) of a standard normal number z, from E f(s z) (z^2 - 1) / s (Stein's lemma)."""
    deviation = sqrt(max(square, SMALLEST))

    def over(places: "Places") -> "Sums":
        found = [(weight * function(deviation * z), z * z - 1) for z, weight in places]
        return ((sum(here * turn for here, turn in found), sum(abs(here) for here, _ in found)),)

    return settled_sums(over)[0][0] / deviation


def product_of_two(function: "Callable[[float], float]", square: float, common: float) -> float:
    """E f(u) f(v): the mean over what u and v share of the square of the mean over what they do not."""
    if common >= square or common <= 0:
        together = common >= square

        def over(places: "Places") -> "Sums":
            here = [(weight, function(sqrt(square) * z)) for z, weight in places]
            if together:
                power = sum(weight * value * value for weight, value in here)
                return ((power, power),)
            return (
                (sum(weight * value for weight, value in here), sum(w * abs(value) for w, value in here)),
            )

        (found,), _ = settled_sums(over)
        return found if together else found**2
    shared, alone = sqrt(common), sqrt(square - common)

    def over_both(places: "Places") -> "Sums":
        apart = [(alone * y, own) for y, own in places]
        total = 0.0
        for z, weight in places:
            middle = shared * z
            total += weight * sum([own * function(middle + y) for y, own in apart]) ** 2
        return ((total, total),)

    return settled_sums(over_both, COARSE)[0][0]


def settled_sums(over: "Callable[[Places], Sums]", counts: "Sequence[int]" = PLACES) -> "Settled":
    """Sums over more and more places, until they change no more; and how many places were looked at."""
    places, before = counts[0], over(_places(counts[0]))
    for count in counts[1:]:
        found, places = over(_places(count)), places + count
        if all(abs(new - old) <= CLOSE * size for (new, size), (old, _) in zip(found, before, strict=True)):
            return [value for value, _ in found], places
        before = found
    return [value for value, _ in before], places


def slopes_of_two(function: "Callable[[float], float]", square: float, common: float) -> float:
    """E f'(u) f'(v), with slopes by differences."""
    apart = sqrt(max(square, SMALLEST)) * APART

    def slope(x: float) -> float:
        return (function(x + apart) - function(x - apart)) / (2 * apart)

    return product_of_two(slope, square, common)


def rectified_product(square: float, common: float) -> float:
    """E max(u, 0) max(v, 0) = (sqrt(q^2 - p^2) + p (pi - angle)) / (2 pi), cos angle = p / q: the kernel J_1.

    Source: Cho & Saul, Kernel Methods for Deep Learning, 2009, equation 6.
    """
    return (_length(square, common) + common * (pi / 2 + _turn(square, common))) / (2 * pi)


def absolute_product(square: float, common: float) -> float:
    """E |u| |v| = 2 (sqrt(q^2 - p^2) + p asin(p / q)) / pi."""
    return 2 * (_length(square, common) + common * _turn(square, common)) / pi


def both_positive(square: float, common: float) -> float:
    """P(u > 0 and v > 0) = 1/4 + asin(p / q) / (2 pi), the mean product of two slopes of a rectifier.

    Source: Cho & Saul 2009, equation 6, the kernel J_0.
    """
    return _quadrant(_turn(square, common))


def two_slopes_product(square: float, common: float, below: float, above: float) -> float:
    """E f(u) f(v) of f(x) = above x from 0 on, below x under it."""
    line, bend = (above + below) / 2, (above - below) / 2
    return line**2 * common + bend**2 * absolute_product(square, common)


def two_slopes_slopes(square: float, common: float, below: float, above: float) -> float:
    """E f'(u) f'(v) of the same."""
    line, bend = (above + below) / 2, (above - below) / 2
    return line**2 + bend**2 * (4 * both_positive(square, common) - 1)


def gelu_product(square: float, common: float) -> float:
    """E u Phi(u) v Phi(v), by integration by parts (Stein's lemma) down to E Phi Phi and E phi phi.

    p (1/4 + asin(p / (1 + q)) / (2 pi)) + D (q^2 + p^2 (1 - q) / (1 + q)) with
    D = 1 / (2 pi sqrt((1 + q)^2 - p^2)).
    """
    below = _density(_wide(square, common))
    gates = _quadrant(asin(common / (1 + square)))
    return common * gates + below * (square**2 + common**2 * (1 - square) / (1 + square))


def gelu_slopes(square: float, common: float) -> float:
    """E f'(u) f'(v) of f = x Phi(x), f' = Phi + x phi."""
    wide = _wide(square, common)
    below = _density(wide)
    gates = _quadrant(asin(common / (1 + square)))
    return gates + 2 * common * below / (1 + square) + below * common / wide


def _wide(square: float, common: float) -> float:
    """The determinant of the covariance of u and v, with a standard normal number added to each."""
    return (1 + square) ** 2 - common**2


def _density(determinant: float) -> float:
    """The density of two normal numbers at 0, by the determinant of their covariance."""
    return 1 / (2 * pi * sqrt(determinant))


def _quadrant(turn: float) -> float:
    """P(u > 0 and v > 0) = 1/4 + t / (2 pi), by the arc sine of their correlation."""
    return 1 / 4 + turn / (2 * pi)


def _squared_slope(function: "Callable[[float], float]", x: float, apart: float) -> float:
    """The square of the slope at x, of both sides the flatter one."""
    here = function(x)
    rise = min(abs(function(x + apart) - here), abs(here - function(x - apart)))
    return (rise / apart) ** 2


def largest_of(
    function: "Callable[[float], float]", count: int, square: float, common: float
) -> tuple[float, float, float, float]:
    """E f(m)^2, E f(m), E f'(m)^2 and E f(m) f(m') of the largest m of so many normal numbers.

    The numbers have a covariance, and m' is the largest of as many others with the same. The density of the
    largest of n independent ones is n phi(z) Phi(z)^(n - 1).
    """
    together, alone = sqrt(max(common, 0.0)), sqrt(max(square - common, 0.0))
    apart = sqrt(max(square, SMALLEST)) * APART
    densities = ((y, own * count * (erfc(-y / sqrt(2)) / 2) ** (count - 1)) for y, own in _places(400))
    own_places = [(alone * y, density) for y, density in densities if density > NOTHING]
    power = mean = slope = both = 0.0
    for z, weight in _places(COARSE[-1]) if together else ((0.0, 1.0),):
        if weight <= NOTHING:
            continue
        middle = together * z
        found = [(function(middle + y), function(middle + y + apart), own) for y, own in own_places]
        own_mean = sum([own * here for here, _, own in found])
        power += weight * sum([own * here * here for here, _, own in found])
        slope += weight * sum([own * (above - here) ** 2 for here, above, own in found])
        mean += weight * own_mean
        both += weight * own_mean**2
    return power, mean, slope / apart**2, both


def _length(square: float, common: float) -> float:
    return sqrt(max(square**2 - common**2, 0.0))


def _turn(square: float, common: float) -> float:
    return asin(max(-1.0, min(1.0, common / square))) if square > 0 else 0.0


_KEPT: "dict[int, Sequence[tuple[float, float]]]" = {}


def _places(count: int) -> "Sequence[tuple[float, float]]":
    """Places of a standard normal number, and their weights, which add up to 1."""
    if count not in _KEPT:
        step = 2 * WIDEST / count
        found = [(place + 0.5) * step - WIDEST for place in range(count)]
        weights = [exp(-z * z / 2) / sqrt(2 * pi) * step for z in found]
        _KEPT[count] = tuple(zip(found, weights, strict=True))
    return _KEPT[count]
