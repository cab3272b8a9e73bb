"""Activations that multiply a number by a gate of itself (torch.nn, CLIP's QuickGELU)."""

from abc import abstractmethod
from math import erfc, inf, pi, sqrt, tanh
from typing import TYPE_CHECKING, Literal

from archcalc.formulas.activations import clamp, logistic, softplus
from archcalc.layers.curves import Activation, InplaceActivation

if TYPE_CHECKING:
    from archcalc.formulas.gaussian import Bent


class SelfGated(Activation, frozen=True):
    """x g(x) with a rising g from 0 to 1."""

    rectifies = True

    def _at(self, x: float) -> float:
        return x * self._gate(x)

    @abstractmethod
    def _gate(self, x: float) -> float:
        """The second factor."""


class GELU(SelfGated, frozen=True):
    """x Phi(x) with Phi the normal distribution function."""

    turns = (-0.7524614, -0.7517916)

    approximate: Literal["none", "tanh"] = "none"
    """'tanh' uses the hyperbolic approximation."""

    def _gate(self, x: float) -> float:
        if self.approximate == "tanh":
            return 0.5 * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 * x * x * x)))
        return 0.5 * erfc(-x / sqrt(2))

    def bent(self, square: float) -> "Bent":
        """The mean squares in closed form, which the hyperbolic form is near to as well."""
        found = super().bent(square)
        if self.approximate == "tanh":
            return found
        from archcalc.formulas.gaussian import gelu_product, gelu_slopes

        return found._replace(power=gelu_product(square, square), slope=gelu_slopes(square, square))

    def product(self, square: float, common: float) -> float:
        """In closed form."""
        from archcalc.formulas.gaussian import gelu_product

        return gelu_product(square, common)

    def slopes(self, square: float, common: float) -> float:
        """In closed form."""
        from archcalc.formulas.gaussian import gelu_slopes

        return gelu_slopes(square, common)


class QuickGELU(SelfGated, frozen=True):
    """x sigmoid(1.702 x), near to GELU (Hendrycks & Gimpel 2016, arXiv 1606.08415, section 2; CLIP)."""

    keeps_more = True

    turns = (-0.7511542,)

    def _gate(self, x: float) -> float:
        return logistic(1.702 * x)


class SiLU(SelfGated, InplaceActivation, frozen=True):
    """x sigmoid(x), also called swish."""

    turns = (-1.2784645,)

    def _gate(self, x: float) -> float:
        return logistic(x)


class Mish(SelfGated, InplaceActivation, frozen=True):
    """x tanh(softplus(x))."""

    turns = (-1.1924312,)

    def _gate(self, x: float) -> float:
        return tanh(softplus(x))


class Hardswish(SelfGated, InplaceActivation, frozen=True):
    """x min(max(x + 3, 0), 6) / 6."""

    turns = (-1.5,)
    kept = (3.0, inf)

    def _gate(self, x: float) -> float:
        return clamp(x + 3, 0.0, 6.0) / 6
