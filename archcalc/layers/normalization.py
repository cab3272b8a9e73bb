"""What normalisations of channels share.

Where a mean over positions is taken at inference too, a unit reads its own place and, through the mean, all
of them: ``statistic`` in the reads.
"""

from math import prod
from typing import ClassVar

from archcalc.averages import Averages
from archcalc.facts import IDENTITY, AxisRead, Facts, Reads, Shape, Tensor, unmoved
from archcalc.keeping import KEEPS_INPUT, Saved, per_batch, per_sample
from archcalc.layers.arguments import Positive
from archcalc.layers.base import Layer, agree, channels_first, single_float
from archcalc.layers.mathematics import Statistics
from archcalc.layers.operations import norm_work


class RunningNorm(Layer, frozen=True):
    """A normalisation per channel that can keep running statistics."""

    rank: ClassVar[int]

    num_features: Positive | None = None
    """Channels that arrive; inferred, checked when written."""
    eps: float = 1e-5
    """Added to the variance."""
    momentum: float | None = 0.1
    """Weight of the newest batch in the running statistics; null: a cumulative average."""
    affine: bool = True
    """Learn a scale and a shift per channel."""
    track_running_stats: bool = True
    """Keep running statistics for inference; false: use those of what arrives there too."""
    bias: bool = True
    """With ``affine``: learn the shift too."""

    def infer(self, inputs: tuple[Tensor, ...]) -> Facts:
        """(C, *n) -> (C, *n)."""
        tensor = single_float(inputs)
        channels, sizes = self._split(tensor)
        agree("num_features", self.num_features, channels)
        self._check(sizes)
        buffers: dict[str, Shape] = {}
        if self.track_running_stats:
            buffers = {"running_mean": (channels,), "running_var": (channels,), "num_batches_tracked": ()}
        weights = affine_weights((channels,), affine=self.affine, bias=self.bias)
        reads = unmoved(len(tensor.shape))  # which norms of many widths share
        if not self.track_running_stats:
            reads = AxisRead(0, IDENTITY), *averaged(1, len(sizes), statistic=True)
        means = Averages(
            axes=tuple(range(1, len(tensor.shape))),
            batch=self.normalizes is Statistics.BATCH,
            running=self.track_running_stats,
        )
        work = norm_work(prod(tensor.shape), weights, running=self.track_running_stats)
        inferred = {"num_features": channels}
        return Facts({"output": tensor}, work, (reads,), weights, buffers, inferred=inferred, averages=means)

    def _split(self, tensor: Tensor) -> tuple[int, Shape]:
        return channels_first(tensor, self.rank)

    def _check(self, sizes: Shape) -> None:
        """Refuse positions that leave nothing to normalise."""

    def keeping(self, inputs: tuple[Tensor, ...], facts: Facts) -> Saved | None:
        """Its input, with the mean and the deviation of every channel."""
        (tensor,) = inputs
        channels = tensor.shape[0]
        if self.normalizes is Statistics.BATCH:
            return KEEPS_INPUT.beside(per_batch(2 * channels, tensor.dtype))
        # A scale and running statistics are repeated for every sample.
        copies = ("weight" in facts.weights) + 2 * self.track_running_stats
        repeated = [per_sample(channels, tensor.dtype)] * copies
        return KEEPS_INPUT.beside(per_sample(2 * channels, tensor.dtype), *repeated)


def affine_weights(shape: Shape, *, affine: bool, bias: bool) -> dict[str, Shape]:
    """The learned scale and shift."""
    if not affine:
        return {}
    return {"weight": shape, "bias": shape} if bias else {"weight": shape}


def averaged(first: int, count: int, *, statistic: bool = True) -> Reads:
    """Reads of ``count`` axes from ``first`` on: the own place, and the mean over all places."""
    return tuple(AxisRead(axis, IDENTITY, statistic=statistic) for axis in range(first, first + count))
