"""What activations make of numbers between two ends: the image of a range."""

from functools import partial
from math import exp, expm1, inf, log1p, tanh
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from archcalc.layers.base import Layer

    Image = Callable[[Layer, float, float], tuple[float, float]]

FAR = 700.0
"""exp of more than this is beyond a double."""
NOTHING = (-inf, inf)


def argument(layer: "Layer", name: str) -> float:
    """A number among the layer's arguments."""
    return cast("float", getattr(layer, name))


def logistic(x: float) -> float:
    """1 / (1 + exp(-x))."""
    return 1 / (1 + exp(-x)) if x > -FAR else 0.0


def softplus(x: float) -> float:
    """log(1 + exp(x))."""
    return log1p(exp(x)) if x < FAR else x


def clamp(x: float, low: float, high: float) -> float:
    """min(max(x, low), high)."""
    return min(max(x, low), high)


def _rising(function: "Callable[[float], float]") -> "Image":
    """The image under a function that never falls and has no arguments."""
    return lambda _, low, high: (function(low), function(high))


def _softsign(x: float) -> float:
    return x / (1 + abs(x)) if abs(x) < inf else clamp(x, -1, 1)


def _fixed(low_end: float, high_end: float) -> "Image":
    return lambda _layer, _low, _high: (low_end, high_end)


def _dipping(least: float) -> "Image":
    """Of x g(x) with a gate g from 0 to 1 (GELU, SiLU ...): x at most, never below ``least``."""
    return lambda _, low, high: (0.0 if low >= 0 else least, max(high, 0.0))


def _sloped(name: str, layer: "Layer", low: float, high: float) -> tuple[float, float]:
    slope = argument(layer, name)
    bent = [x if x > 0 else slope * x if slope else 0.0 for x in (low, high)]
    return (bent[0], bent[1]) if slope >= 0 else NOTHING


def _exponential(layer: "Layer", low: float, high: float) -> tuple[float, float]:
    """ELU; CELU has the same ends to a scale below 0."""
    alpha = argument(layer, "alpha")
    bent = [x if x > 0 else alpha * expm1(x) for x in (low, high)]
    return (bent[0], bent[1]) if 0 <= alpha < inf else NOTHING


def _celu(layer: "Layer", low: float, high: float) -> tuple[float, float]:
    alpha = argument(layer, "alpha")
    if not 0 < alpha < inf:
        return NOTHING
    return low if low >= 0 else max(low, -alpha), max(high, 0.0) if low < 0 else high


def _learned(layer: "Layer", low: float, high: float) -> tuple[float, float]:
    """PReLU, RReLU: nothing is sure of the slope but that it is not used from 0 on."""
    del layer
    return (low, high) if low >= 0 else NOTHING


def _selu(_: "Layer", low: float, high: float) -> tuple[float, float]:
    scale, alpha = 1.0507009873554805, 1.6732632423543772
    bent = [scale * (x if x > 0 else alpha * expm1(x)) for x in (low, high)]
    return bent[0], bent[1]


def _hardtanh(layer: "Layer", low: float, high: float) -> tuple[float, float]:
    ends = argument(layer, "min_val"), argument(layer, "max_val")
    return clamp(low, *ends), clamp(high, *ends)


def _towards_zero(layer: "Layer", low: float, high: float) -> tuple[float, float]:
    del layer
    return min(low, 0.0), max(high, 0.0)


ELEMENTWISE: "Mapping[str, Image]" = {
    "ReLU": _rising(lambda x: max(x, 0.0)),
    "ReLU6": _rising(lambda x: clamp(x, 0.0, 6.0)),
    "LeakyReLU": partial(_sloped, "negative_slope"),
    "PReLU": _learned,
    "RReLU": _learned,
    "ELU": _exponential,
    "CELU": _celu,
    "SELU": _selu,
    "GELU": _dipping(-0.171),
    "SiLU": _dipping(-0.279),
    "Mish": _dipping(-0.309),
    "Hardswish": _dipping(-0.375),
    "Hardsigmoid": _rising(lambda x: clamp(x + 3, 0.0, 6.0) / 6),
    "Sigmoid": _rising(logistic),
    "Tanh": _rising(tanh),
    "Softplus": lambda layer, _low, _high: (0.0, inf) if argument(layer, "beta") > 0 else NOTHING,
    "LogSigmoid": _rising(lambda x: -softplus(-x)),
    "Softsign": _rising(_softsign),
    "Hardshrink": _towards_zero,
    "Softshrink": _towards_zero,
    "Hardtanh": _hardtanh,
    "Softmax": _fixed(0.0, 1.0),
    "Softmax2d": _fixed(0.0, 1.0),
    "Softmin": _fixed(0.0, 1.0),
    "LogSoftmax": _fixed(-inf, 0.0),
}
"""Kind -> the smallest and the largest number that it gives for numbers from ``low`` to ``high``."""
