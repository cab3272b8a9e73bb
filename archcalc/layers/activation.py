"""Activations (torch.nn): the same shape, number by number, and no multiply-accumulates."""

from typing import Annotated, Literal

from pydantic import Field

from archcalc.errors import Fault
from archcalc.facts import Facts, Tensor, pointwise
from archcalc.layers.arguments import Positive
from archcalc.layers.base import Layer, single_float


class Activation(Layer, frozen=True):
    """Map every number by itself."""

    def infer(self, inputs: tuple[Tensor, ...]) -> Facts:
        """(*) -> (*)."""
        return pointwise(single_float(inputs))


class InplaceActivation(Activation, frozen=True):
    """An activation that can overwrite its input."""

    inplace: bool = False
    """Overwrite the input in training; no number here depends on it."""


class ReLU(InplaceActivation, frozen=True):
    """max(0, x)."""


class ReLU6(InplaceActivation, frozen=True):
    """min(max(0, x), 6)."""


class LeakyReLU(InplaceActivation, frozen=True):
    """x above 0, negative_slope x below."""

    negative_slope: float = 0.01
    """Slope below 0."""


class ELU(InplaceActivation, frozen=True):
    """x above 0, alpha (exp(x) - 1) below."""

    alpha: float = 1.0
    """Limit for x towards minus infinity, negated."""


class CELU(InplaceActivation, frozen=True):
    """x above 0, alpha (exp(x / alpha) - 1) below."""

    alpha: float = 1.0
    """Limit for x towards minus infinity, negated; not 0."""

    def infer(self, inputs: tuple[Tensor, ...]) -> Facts:
        """(*) -> (*)."""
        if self.alpha == 0:
            raise Fault("alpha is 0, by which x is divided", key="alpha")
        return super().infer(inputs)


class SELU(InplaceActivation, frozen=True):
    """1.0507 x above 0, 1.0507 * 1.6733 (exp(x) - 1) below: keeps mean 0 and variance 1."""


class RReLU(InplaceActivation, frozen=True):
    """x above 0, a x below, with a random slope a in training and its mean at inference."""

    lower: float = 1 / 8
    """Smallest slope."""
    upper: float = 1 / 3
    """Largest slope."""

    def infer(self, inputs: tuple[Tensor, ...]) -> Facts:
        """(*) -> (*)."""
        if self.lower > self.upper:
            raise Fault(f"lower {self.lower:g} is above upper {self.upper:g}", key="lower")
        return super().infer(inputs)


class PReLU(Layer, frozen=True):
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


class GELU(Activation, frozen=True):
    """x Phi(x) with Phi the normal distribution function."""

    approximate: Literal["none", "tanh"] = "none"
    """'tanh' uses the hyperbolic approximation."""


class SiLU(InplaceActivation, frozen=True):
    """x sigmoid(x), also called swish."""


class Mish(InplaceActivation, frozen=True):
    """x tanh(softplus(x))."""


class Hardswish(InplaceActivation, frozen=True):
    """x min(max(x + 3, 0), 6) / 6."""


class Hardsigmoid(InplaceActivation, frozen=True):
    """min(max(x + 3, 0), 6) / 6."""


class Sigmoid(Activation, frozen=True):
    """1 / (1 + exp(-x))."""


class Tanh(Activation, frozen=True):
    """(exp(x) - exp(-x)) / (exp(x) + exp(-x))."""


class Softplus(Activation, frozen=True):
    """log(1 + exp(beta x)) / beta."""

    beta: float = 1.0
    """Sharpness."""
    threshold: float = 20.0
    """Above it the function is taken as linear."""


class LogSigmoid(Activation, frozen=True):
    """log(1 / (1 + exp(-x)))."""


class Softsign(Activation, frozen=True):
    """x / (1 + |x|)."""


class Tanhshrink(Activation, frozen=True):
    """x - tanh(x)."""


class Hardshrink(Activation, frozen=True):
    """x where |x| > lambd, else 0."""

    lambd: float = 0.5
    """Half width of the range that becomes 0."""


class Softshrink(Activation, frozen=True):
    """x - lambd above lambd, x + lambd below -lambd, else 0."""

    lambd: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 0.5
    """Half width of the range that becomes 0."""


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


class Threshold(InplaceActivation, frozen=True):
    """x above threshold, else value."""

    threshold: float
    """Where x passes from there on."""
    value: float
    """Output below it."""
