"""Functions of single numbers that activations are made of, finite at both far ends.

Source: torch.nn (Sigmoid, Softplus, Hardtanh, LayerNorm).
"""

from math import exp, log1p, pi, sqrt
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

PLACES, WIDEST = 1600, 8.0
"""Places of an integral, an even number, and how many standard deviations away the last ones lie."""
SMALLEST, APART = 1e-12, 1e-4
"""Mean square below which a function is taken as it is there, and how far a slope is taken."""


def logistic(x: float) -> float:
    """1 / (1 + exp(-x))."""
    return 1 / (1 + exp(-x)) if x >= 0 else exp(x) / (1 + exp(x))


def softplus(x: float) -> float:
    """log(1 + exp(x))."""
    return max(x, 0.0) + log1p(exp(-abs(x)))


def clamp(x: float, low: float, high: float) -> float:
    """min(max(x, low), high)."""
    return min(max(x, low), high)


def gaussian_moments(function: "Callable[[float], float]", square: float) -> tuple[float, float]:
    """E f(s z)^2 and E f'(s z)^2 with z normal, of mean 0 and variance 1, and s^2 the mean square.

    What a signal and its gradient are multiplied with on their way through f (Poole et al. 2016, arXiv
    1606.05340, equations 3 and 6; Schoenholz et al. 2017, arXiv 1611.01232), by the midpoint rule. A jump has
    no slope: of both sides of a place the flatter one counts.
    """
    deviation = sqrt(max(square, SMALLEST))
    step, power, slope = 2 * WIDEST / PLACES, 0.0, 0.0
    for place in range(PLACES):
        z = (place + 0.5) * step - WIDEST
        weight = exp(-z * z / 2) / sqrt(2 * pi) * step
        x, apart = deviation * z, deviation * APART
        here = function(x)
        rise = min(abs(function(x + apart) - here), abs(here - function(x - apart)))
        power += weight * here**2
        slope += weight * (rise / apart) ** 2
    return power, slope
