"""Functions of single numbers that activations are made of, finite at both far ends.

Source: torch.nn (Sigmoid, Softplus, Hardtanh, LayerNorm).
"""

from math import exp, log1p


def logistic(x: float) -> float:
    """1 / (1 + exp(-x))."""
    return 1 / (1 + exp(-x)) if x >= 0 else exp(x) / (1 + exp(x))


def softplus(x: float) -> float:
    """log(1 + exp(x))."""
    return max(x, 0.0) + log1p(exp(-abs(x)))


def clamp(x: float, low: float, high: float) -> float:
    """min(max(x, low), high)."""
    return min(max(x, low), high)
