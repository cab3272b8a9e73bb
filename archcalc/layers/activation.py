"""Activations (torch.nn): the same shape, number by number, and no multiply-accumulates."""

from math import erfc, expm1, inf, nan, pi, sqrt, tanh
from typing import TYPE_CHECKING, Literal

from archcalc.errors import Fault
from archcalc.facts import Facts, Tensor, pointwise
from archcalc.formulas.activations import clamp, logistic, softplus
from archcalc.formulas.gaussian import Bent, gelu_product, gelu_slopes
from archcalc.keeping import KEEPS_OUTPUT
from archcalc.layers.arguments import Positive
from archcalc.layers.base import single_float
from archcalc.layers.curves import Activation, InplaceActivation, Kinked, SelfGated, Sloped, jump

if TYPE_CHECKING:
    from archcalc.layers.mathematics import Ends


class ReLU(Kinked, InplaceActivation, frozen=True):
    """max(0, x)."""

    saves = KEEPS_OUTPUT

    homogeneous = True

    def _at(self, x: float) -> float:
        return max(x, 0.0)


class ReLU6(InplaceActivation, frozen=True):
    """min(max(0, x), 6)."""

    rectifies = True
    kept = (0.0, 6.0)

    def _at(self, x: float) -> float:
        return clamp(x, 0.0, 6.0)


class LeakyReLU(Kinked, InplaceActivation, frozen=True):
    """x above 0, negative_slope x below."""

    keeps_overwritten = True
    homogeneous = True

    negative_slope: float = 0.01
    """Slope below 0."""

    def _at(self, x: float) -> float:
        return x if x > 0 else self.negative_slope * x


class ELU(Kinked, InplaceActivation, frozen=True):
    """x above 0, alpha (exp(x) - 1) below."""

    keeps_overwritten = True
    alpha: float = 1.0
    """Limit for x towards minus infinity, negated."""

    def _at(self, x: float) -> float:
        return x if x > 0 else self.alpha * expm1(x)


class CELU(Kinked, InplaceActivation, frozen=True):
    """x above 0, alpha (exp(x / alpha) - 1) below."""

    keeps_overwritten = True
    alpha: float = 1.0
    """Limit for x towards minus infinity, negated; not 0."""

    def infer(self, inputs: tuple[Tensor, ...]) -> Facts:
        """(*) -> (*)."""
        if self.alpha == 0:
            raise Fault("alpha is 0, by which x is divided", key="alpha")
        return super().infer(inputs)

    def _at(self, x: float) -> float:
        return x if x > 0 else self.alpha * expm1(min(x / self.alpha, 700))  # the last power of e in a double


class SELU(InplaceActivation, frozen=True):
    """1.0507 x above 0, 1.0507 * 1.6733 (exp(x) - 1) below: keeps mean 0 and variance 1."""

    keeps_overwritten = True
    rectifies = True
    keeps_moments = True

    def _at(self, x: float) -> float:
        return 1.0507009873554805 * (x if x > 0 else 1.6732632423543772 * expm1(x))


class RReLU(Sloped, InplaceActivation, frozen=True):
    """x above 0, a x below, with a random slope a in training and its mean at inference."""

    keeps_more = True

    keeps_overwritten = True
    lower: float = 1 / 8
    """Smallest slope."""
    upper: float = 1 / 3
    """Largest slope."""

    def infer(self, inputs: tuple[Tensor, ...]) -> Facts:
        """(*) -> (*)."""
        if self.lower > self.upper:
            raise Fault(f"lower {self.lower:g} is above upper {self.upper:g}", key="lower")
        return super().infer(inputs)

    def before_training(self, x: float) -> float:
        """X above 0, below with the mean of the slopes."""
        return x if x >= 0 else (self.lower + self.upper) / 2 * x


class PReLU(Sloped, frozen=True):
    """x above 0, a x below, with a learned slope a: one for all channels or one per channel."""

    num_parameters: Positive = 1
    """1, or the number of channels."""
    init: float = 0.25
    """Value of the slopes before training."""

    def infer(self, inputs: tuple[Tensor, ...]) -> Facts:
        """(C, *) -> (C, *)."""
        tensor = single_float(inputs)
        if self.num_parameters not in (1, tensor.shape[0]):
            raise Fault(
                f"num_parameters is {self.num_parameters}, but {tensor.shape[0]} channels arrive",
                key="num_parameters",
                hint=f"write 1 or {tensor.shape[0]} (=in_channels)",
            )
        return pointwise(tensor, {"weight": (self.num_parameters,)})

    def before_training(self, x: float) -> float:
        """X above 0, init x below."""
        return x if x >= 0 else self.init * x


class GELU(SelfGated, frozen=True):
    """x Phi(x) with Phi the normal distribution function."""

    turns = (-0.7524614, -0.7517916)

    approximate: Literal["none", "tanh"] = "none"
    """'tanh' uses the hyperbolic approximation."""

    def _gate(self, x: float) -> float:
        if self.approximate == "tanh":
            return 0.5 * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 * x * x * x)))
        return 0.5 * erfc(-x / sqrt(2))

    def bent(self, square: float) -> Bent:
        """The mean squares in closed form, which the hyperbolic form is near to as well."""
        found = super().bent(square)
        if self.approximate == "tanh":
            return found
        return found._replace(power=gelu_product(square, square), slope=gelu_slopes(square, square))

    def product(self, square: float, common: float) -> float:
        """In closed form."""
        return gelu_product(square, common)

    def slopes(self, square: float, common: float) -> float:
        """In closed form."""
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


class Hardtanh(InplaceActivation, frozen=True):
    """min(max(x, min_val), max_val)."""

    min_val: float = -1.0
    """Smallest output."""
    max_val: float = 1.0
    """Largest output."""

    def infer(self, inputs: tuple[Tensor, ...]) -> Facts:
        """(*) -> (*)."""
        if self.max_val <= self.min_val:
            raise Fault(f"max_val {self.max_val:g} is not above min_val {self.min_val:g}", key="max_val")
        return super().infer(inputs)

    def unchanged(self) -> "Ends":
        """From min_val to max_val."""
        return self.min_val, self.max_val

    def _at(self, x: float) -> float:
        return clamp(x, self.min_val, self.max_val)


class Threshold(InplaceActivation, frozen=True):
    """x above threshold, else value."""

    threshold: float
    """Where x passes from there on."""
    value: float
    """Output below it."""

    def _at(self, x: float) -> float:
        return x if x > self.threshold else self.value

    def _turns(self) -> tuple[float, ...]:
        return jump(self.threshold)
