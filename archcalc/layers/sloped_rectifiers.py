"""Rectifiers (torch.nn) with a slope: numbers above zero pass, those below by a part."""

from abc import abstractmethod
from math import nan

from archcalc.errors import Fault
from archcalc.facts import Facts, Tensor, pointwise
from archcalc.layers.arguments import Positive
from archcalc.layers.base import single_float
from archcalc.layers.curves import InplaceActivation, Kinked


class LeakyReLU(Kinked, InplaceActivation, frozen=True):
    """x above 0, negative_slope x below."""

    keeps_overwritten = True
    homogeneous = True

    negative_slope: float = 0.01
    """Slope below 0."""

    def _at(self, x: float) -> float:
        return x if x > 0 else self.negative_slope * x


class Sloped(Kinked, frozen=True):
    """x above 0, a x below, with a slope a that is learned or drawn."""

    homogeneous = True

    def _at(self, x: float) -> float:
        return x if x >= 0 else nan  # nothing is sure of the slope

    @abstractmethod
    def before_training(self, x: float) -> float:
        """With the slope that it begins with, or the mean of those that are drawn."""


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
