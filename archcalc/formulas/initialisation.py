"""Mean squares of first weights: what each way to draw them makes of the sizes of a weight.

``fan_in`` are the numbers that an output reads through the weight, ``fan_out`` the outputs that a number
goes to.
"""

from math import prod
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def fans(shape: "Sequence[int]") -> tuple[int, int]:
    """Fan in and fan out of a weight (out, in, *kernel).

    Source: torch.nn.init, ``_calculate_fan_in_and_fan_out``; a transposed weight is read as it lies, too.
    """
    taps = prod(shape[2:])
    return shape[1] * taps, shape[0] * taps


def kaiming(fan: int, gain: float = 2.0) -> float:
    """``gain / fan``. Source: He et al. 2015 (arXiv 1502.01852), equations 10 and 14."""
    return gain / fan


def xavier(fan_in: int, fan_out: int) -> float:
    """2 / (fan_in + fan_out). Source: Glorot & Bengio 2010, equation 12."""
    return 2 / (fan_in + fan_out)


def lecun(fan_in: int) -> float:
    """1 / fan_in. Source: LeCun et al., Efficient BackProp, 1998, section 4.6."""
    return 1 / fan_in


def orthogonal(shape: "Sequence[int]") -> float:
    """1 over the longer side: rows or columns of length 1. Source: Saxe et al. 2013 (arXiv 1312.6120)."""
    return 1 / max(shape[0], prod(shape[1:]))


def uniform(bound: float) -> float:
    """bound^2 / 3: numbers from -bound to bound, all as likely. Source: textbook."""
    return bound**2 / 3


def truncated(deviation: float, bound: float = 2.0) -> float:
    """Variance of normal numbers of which those beyond -bound and bound are drawn again.

    Source: torch.nn.init.trunc_normal_, whose bounds are numbers and no multiples of the deviation.
    """
    from math import erf, exp, pi, sqrt

    if not deviation:
        return 0.0
    end = bound / deviation
    density = exp(-min(end * end / 2, 700)) / sqrt(2 * pi)
    return deviation**2 * (1 - 2 * end * density / erf(end / sqrt(2)))
