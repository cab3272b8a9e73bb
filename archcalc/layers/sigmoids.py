"""Activations between limits, and their logarithms (torch.nn)."""

from math import nan, tanh

from archcalc.formulas.activations import clamp, logistic, softplus
from archcalc.keeping import KEEPS_OUTPUT
from archcalc.layers.curves import Activation, InplaceActivation, jump


class Hardsigmoid(InplaceActivation, frozen=True):
    """min(max(x + 3, 0), 6) / 6."""

    def _at(self, x: float) -> float:
        return clamp(x + 3, 0.0, 6.0) / 6


class Sigmoid(Activation, frozen=True):
    """1 / (1 + exp(-x))."""

    saves = KEEPS_OUTPUT

    def _at(self, x: float) -> float:
        return logistic(x)


class Tanh(Activation, frozen=True):
    """(exp(x) - exp(-x)) / (exp(x) + exp(-x))."""

    saves = KEEPS_OUTPUT

    def _at(self, x: float) -> float:
        return tanh(x)


class Softplus(Activation, frozen=True):
    """log(1 + exp(beta x)) / beta."""

    beta: float = 1.0
    """Sharpness."""
    threshold: float = 20.0
    """Above it the function is taken as linear."""

    def _at(self, x: float) -> float:
        if not self.beta:
            return nan
        return x if self.beta * x > self.threshold else softplus(self.beta * x) / self.beta

    def _turns(self) -> tuple[float, ...]:
        return jump(self.threshold / self.beta) if self.beta else ()


class LogSigmoid(Activation, frozen=True):
    """log(1 / (1 + exp(-x)))."""

    makes_more = True

    def _at(self, x: float) -> float:
        return -softplus(-x)


class Softsign(Activation, frozen=True):
    """x / (1 + |x|)."""

    keeps_more = True

    def _at(self, x: float) -> float:
        return x / (1 + abs(x))
