"""Rectifiers (torch.nn): numbers above zero pass, those below by a slope or not at all."""

from archcalc.errors import Fault
from archcalc.facts import Facts, Tensor, pointwise
from archcalc.keeping import KEEPS_OUTPUT
from archcalc.layers.arguments import Positive
from archcalc.layers.base import single_float
from archcalc.layers.curves import InplaceActivation, Kinked, Sloped


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
        from archcalc.formulas.activations import clamp

        return clamp(x, 0.0, 6.0)


class LeakyReLU(Kinked, InplaceActivation, frozen=True):
    """x above 0, negative_slope x below."""

    keeps_overwritten = True
    homogeneous = True

    negative_slope: float = 0.01
    """Slope below 0."""

    def _at(self, x: float) -> float:
        return x if x > 0 else self.negative_slope * x


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
