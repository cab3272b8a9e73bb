"""Activations (torch.nn): the same shape, number by number, and no multiply-accumulates."""

from typing import Literal

from archcalc.errors import Fault
from archcalc.facts import FEATURES, IDENTITY, Facts, Tensor, along, pointwise
from archcalc.layers.arguments import Positive
from archcalc.layers.base import Layer, single_float

SEQUENCE_BATCH = 3
"""Axes of a batch for which torch's softmax without a ``dim`` takes axis 0 (``_get_softmax_dim``)."""


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


class AxisActivation(Layer, frozen=True):
    """An activation that normalises along one axis."""

    dim: int | None = None
    """The axis, counted as torch does: 0 is the batch, 1 the first axis of a shape written here.

    null follows torch's old rule: axis 0 for three axes with the batch, axis 1 otherwise.
    """

    def infer(self, inputs: tuple[Tensor, ...]) -> Facts:
        """(*) -> (*)."""
        tensor = single_float(inputs)
        batched = len(tensor.shape) + 1
        dim = (0 if batched == SEQUENCE_BATCH else 1) if self.dim is None else self.dim
        if not -batched <= dim < batched:
            raise Fault(f"dim {dim} is outside the {batched} axes of the input with its batch", key="dim")
        axis = dim % batched - 1
        reads = along(*(FEATURES if index == axis else IDENTITY for index in range(len(tensor.shape))))
        return Facts({"output": tensor}, 0, (reads,))


class Softmax(AxisActivation, frozen=True):
    """exp(x_i) / sum_j exp(x_j) along an axis."""


class LogSoftmax(AxisActivation, frozen=True):
    """log of softmax along an axis."""
