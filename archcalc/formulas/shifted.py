"""A line with a bend at 0 over normal numbers of a mean: f(x) = a x from 0 on, b x under it.

With x = c + s z, z standard normal and t = c / s, the moments of x above 0 are M0 = Phi(t),
M1 = c M0 + s phi(t) and Mn = c M(n-1) + (n - 1) s^2 M(n-2) by parts; those below are what is left of the
whole ones. Two such numbers that share z are independent behind it, so that their mean product is E m(z)^2 of
the mean m over what they do not share, for which there is the same formula.

Source: Horrace, Moments of the truncated normal distribution, 2015 (the recursion); Poole et al.,
Exponential expressivity in deep neural networks through transient chaos, 2016, equation 6 (products of two).
"""

from math import erfc, exp, pi, sqrt
from typing import TYPE_CHECKING

from archcalc.formulas.gaussian import SMALLEST, Bent, settled_sums
from archcalc.tuples import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

    from archcalc.formulas.gaussian import Places, Sums


class Bend(NamedTuple):
    """A line with a bend: the mean of the numbers, and the slopes below 0 and above."""

    centre: float
    below: float
    above: float

    @property
    def rises(self) -> bool:
        """Whether what it gives has the sign of what it is given, or is 0."""
        return self.below >= 0 < self.above

    def behind(self, below: float, above: float) -> "Bend":
        """Another bend of what this one gives, which rises: slopes multiply."""
        return Bend(self.centre, self.below * below, self.above * above)

    def slopes_behind(self, below: float, above: float) -> "Bend":
        """The slopes of the other one there, as one; where this one is flat, of both the flatter."""
        return Bend(self.centre, below if self.below else min(below, above, key=abs), above)

    def bent(self, square: float) -> Bent:
        """E f^2, E f'^2, E f and the fourth moment, by the variance of the numbers."""
        deviation = _deviation(square)
        whole, above = _moments(self.centre, deviation, 1.0, 0.0), self._above(deviation)
        gates, means, squares, _, fourths = ((up, full - up) for up, full in zip(above, whole, strict=True))
        power, fourth = self._weighed(squares, 2), self._weighed(fourths, 4)
        kurtosis = fourth / power**2 if power else 1.0
        return Bent(power, self._weighed(gates, 2), self._weighed(means, 1), kurtosis)

    def product(self, square: float, common: float) -> float:
        """E f(u) f(v), by the variance of both and their covariance."""
        if common >= square:
            return self.bent(square).power
        return _squared(self.centre, common, _deviation(square - max(common, 0.0)), self._mean)

    def slopes(self, square: float, common: float) -> float:
        """E f'(u) f'(v)."""
        if common >= square:
            return self.bent(square).slope
        return _squared(self.centre, common, _deviation(square - max(common, 0.0)), self._slope)

    def tilt(self, square: float) -> float:
        """E z f'(c + s z) = (a - b) phi(t)."""
        return (self.above - self.below) * _density(self.centre / _deviation(square))

    def _above(self, deviation: float) -> tuple[float, ...]:
        turn = self.centre / deviation
        return _moments(self.centre, deviation, _share(turn), _density(turn))

    def _weighed(self, parts: tuple[float, float], power: int) -> float:
        return self.above**power * parts[0] + self.below**power * parts[1]

    def _mean(self, centre: float, deviation: float) -> float:
        """E f of normal numbers of another mean and deviation."""
        turn = centre / deviation
        above = centre * _share(turn) + deviation * _density(turn)
        return self.above * above + self.below * (centre - above)

    def _slope(self, centre: float, deviation: float) -> float:
        """E f' of them."""
        gates = _share(centre / deviation)
        return self._weighed((gates, 1 - gates), 1)


def _squared(centre: float, common: float, alone: float, mean: "Callable[[float, float], float]") -> float:
    """E m^2 of the mean over what two numbers do not share, over what they do."""
    if common <= 0:
        return mean(centre, alone) ** 2
    shared = sqrt(common)

    def over(places: "Places") -> "Sums":
        total = sum([weight * mean(centre + shared * z, alone) ** 2 for z, weight in places])
        return ((total, total),)

    return settled_sums(over)[0][0]


def _moments(centre: float, deviation: float, share: float, density: float) -> tuple[float, ...]:
    """M0 to M4."""
    square = deviation**2
    first = centre * share + deviation * density
    second = centre * first + square * share
    third = centre * second + 2 * square * first
    return share, first, max(0.0, second), third, max(0.0, centre * third + 3 * square * second)


def _deviation(square: float) -> float:
    return sqrt(max(square, SMALLEST))


def _share(turn: float) -> float:
    """The share of standard normal numbers below t: Phi(t)."""
    return erfc(-turn / sqrt(2)) / 2


def _density(turn: float) -> float:
    """Their density at t: phi(t)."""
    return exp(-turn * turn / 2) / sqrt(2 * pi)
