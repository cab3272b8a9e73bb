"""Normalisation of groups of channels (torch.nn.GroupNorm)."""

from math import prod

from archcalc.averages import Averages
from archcalc.errors import Fault
from archcalc.facts import FEATURES, IDENTITY, AxisRead, Facts, Groups, Tensor
from archcalc.keeping import KEEPS_INPUT, Saved, per_sample
from archcalc.layers.arguments import Positive
from archcalc.layers.base import Layer, agree, single_float
from archcalc.layers.mathematics import Statistics
from archcalc.layers.normalization import affine_weights, averaged
from archcalc.layers.operations import norm_work


class GroupNorm(Layer, frozen=True):
    """Scale each group of channels to mean 0 and variance 1 over the group and the positions."""

    normalizes = Statistics.GROUP

    num_groups: Positive
    """Groups of neighbouring channels; the channels divide into them."""
    num_channels: Positive | None = None
    """Channels that arrive; inferred, checked when written."""
    eps: float = 1e-5
    """Added to the variance."""
    affine: bool = True
    """Learn a scale and a shift per channel."""
    bias: bool = True
    """With ``affine``: learn the shift too."""

    def infer(self, inputs: tuple[Tensor, ...]) -> Facts:
        """(C, *n) -> (C, *n)."""
        tensor = single_float(inputs)
        channels, *sizes = tensor.shape
        agree("num_channels", self.num_channels, channels)
        if channels % self.num_groups:
            raise Fault(f"{channels} channels do not divide into {self.num_groups} groups", key="num_groups")
        own = AxisRead(0, IDENTITY)
        channel = own if channels == self.num_groups else AxisRead(0, FEATURES, group=Groups(self.num_groups))
        reads = (channel, *averaged(1, len(sizes)))
        weights = affine_weights((channels,), affine=self.affine, bias=self.bias)
        means = Averages(tuple(range(1, len(tensor.shape))), channels=channels // self.num_groups)
        inferred = {"num_channels": channels}
        work = norm_work(prod(tensor.shape), weights)
        return Facts({"output": tensor}, work, (reads,), weights, inferred=inferred, averages=means)

    def keeping(self, inputs: tuple[Tensor, ...], facts: Facts) -> Saved | None:
        """Its input, with the mean and the deviation of every group."""
        del facts
        return KEEPS_INPUT.with_results(per_sample(2 * self.num_groups, inputs[0].dtype))
