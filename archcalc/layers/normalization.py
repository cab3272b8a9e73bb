"""Normalisation of channels (torch.nn.BatchNorm1d-3d, InstanceNorm1d-3d, GroupNorm, LocalResponseNorm).

Where a mean over positions is taken at inference too, a unit reads its own place and, through the mean, all
of them: ``statistic`` in the reads.
"""

from math import prod
from typing import TYPE_CHECKING, ClassVar

from archcalc.averages import Averages
from archcalc.errors import Fault
from archcalc.facts import (
    FEATURES,
    IDENTITY,
    AxisRead,
    Facts,
    Groups,
    Reads,
    Shape,
    Tensor,
    Window,
    along,
    unmoved,
)
from archcalc.formulas.elementwise import each_number
from archcalc.keeping import KEEPS_INPUT, Saved, per_batch, per_sample, same_shape
from archcalc.layers.arguments import Positive
from archcalc.layers.base import Layer, agree, channels_first, single_float
from archcalc.layers.mathematics import Statistics
from archcalc.layers.operations import norm_work, on_each
from archcalc.work import Work

if TYPE_CHECKING:
    from archcalc.moments import Arrived, Drawn, Propagated, Unruled

FROZEN = ("weight", "bias", "running_mean", "running_var")
"""Buffers of a batch normalisation that learns nothing."""


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
        reads = (AxisRead(0, IDENTITY), *averaged(1, len(sizes), statistic=not self.track_running_stats))
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


class BatchNorm(RunningNorm, frozen=True):
    """Scale each channel to mean 0 and variance 1 over the batch and the positions, then scale and shift."""

    normalizes = Statistics.BATCH


class BatchNorm1d(BatchNorm, frozen=True):
    """Batch normalisation over (C) or (C, L)."""

    rank = 1

    def _split(self, tensor: Tensor) -> tuple[int, Shape]:
        if len(tensor.shape) not in (1, 2):
            raise Fault(
                f"needs 1 axis (C) or 2 axes (C, L), got {len(tensor.shape)}: {list(tensor.shape)}",
                hint="shapes are written without the batch axis",
                axes=(1, 2),
            )
        return tensor.shape[0], tensor.shape[1:]


class BatchNorm2d(BatchNorm, frozen=True):
    """Batch normalisation over (C, H, W)."""

    rank = 2


class BatchNorm3d(BatchNorm, frozen=True):
    """Batch normalisation over (C, D, H, W)."""

    rank = 3


class FrozenBatchNorm2d(Layer, frozen=True):
    """Batch normalisation over (C, H, W) with statistics, scale and shift that stay as they are.

    After torchvision.ops: four buffers make a factor and a term per channel, in training too.
    """

    rank: ClassVar[int] = 2

    num_features: Positive | None = None
    """Channels that arrive; inferred, checked when written."""
    eps: float = 1e-5
    """Added to the variance."""

    def infer(self, inputs: tuple[Tensor, ...]) -> Facts:
        """(C, H, W) -> (C, H, W)."""
        tensor = single_float(inputs)
        channels, _ = channels_first(tensor, self.rank)
        agree("num_features", self.num_features, channels)
        buffers: dict[str, Shape] = dict.fromkeys(FROZEN, (channels,))
        return Facts(
            {"output": tensor},
            (on_each(tensor.shape, 2),),  # a factor and a term
            (unmoved(len(tensor.shape)),),
            buffers=buffers,
            inferred={"num_features": channels},
        )

    def keeping(self, inputs: tuple[Tensor, ...], facts: Facts) -> Saved | None:
        """The factor of every channel."""
        del facts
        return Saved(others=(per_batch(inputs[0].shape[0], inputs[0].dtype),))

    def carry(self, read: "tuple[Arrived, ...]", facts: Facts, drawn: "Drawn") -> "Propagated | Unruled":
        """Its first statistics are a mean of 0 and a variance of 1."""
        del facts, drawn
        from archcalc.layers.carrying.norms import scaled_moments

        return scaled_moments(read, 1 / (1 + self.eps))


class InstanceNorm(RunningNorm, frozen=True):
    """Scale each channel of each sample to mean 0 and variance 1 over the positions."""

    normalizes = Statistics.CHANNEL

    affine: bool = False
    """Learn a scale and a shift per channel."""
    track_running_stats: bool = False
    """Keep running statistics for inference; false: use those of the sample there too."""

    def _check(self, sizes: Shape) -> None:
        if not self.track_running_stats and prod(sizes) == 1:
            hint = "a channel of 1 position is its own mean"
            raise Fault(f"needs more than 1 position, got {list(sizes)}", hint=hint)


class InstanceNorm1d(InstanceNorm, frozen=True):
    """Instance normalisation over (C, L)."""

    rank = 1


class InstanceNorm2d(InstanceNorm, frozen=True):
    """Instance normalisation over (C, H, W)."""

    rank = 2


class InstanceNorm3d(InstanceNorm, frozen=True):
    """Instance normalisation over (C, D, H, W)."""

    rank = 3


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


class LocalResponseNorm(Layer, frozen=True):
    """x_c / (k + alpha mean_c' x_c'^2)^beta over ``size`` neighbouring channels c'."""

    normalizes = Statistics.NEIGHBOURS

    size: Positive
    """Neighbouring channels in the mean, zeros beyond the first and the last one."""
    alpha: float = 1e-4
    """Weight of the mean square."""
    beta: float = 0.75
    """Exponent."""
    k: float = 1.0
    """Added to the mean square."""

    def infer(self, inputs: tuple[Tensor, ...]) -> Facts:
        """(C, *n) -> (C, *n) with at least one n."""
        tensor = single_float(inputs)
        axes = len(tensor.shape)
        if axes == 1:
            raise Fault(
                f"needs 2 or more axes (C, *), got 1: {list(tensor.shape)}",
                hint="shapes are written without the batch axis",
            )
        own, *positions = along(*(IDENTITY,) * axes)
        near = Window(self.size, padding=self.size // 2)
        reads = (own if self.size == 1 else AxisRead(0, FEATURES, group=near), *positions)
        taken = Work("reduction", each_number(tensor.shape, self.size))
        # A square, then the weight and the term, a power, and the quotient.
        work = (on_each(tensor.shape), taken, on_each(tensor.shape, 4))
        means = Averages((), channels=self.size, sliding=True)
        return Facts({"output": tensor}, work, (reads,), averages=means)

    def keeping(self, inputs: tuple[Tensor, ...], facts: Facts) -> Saved | None:
        """Its input, the sum and what it is divided by, and the squares with their padding."""
        del facts
        (tensor,) = inputs
        channels, *sizes = tensor.shape
        padded = Tensor((channels + self.size - 1, *sizes), tensor.dtype)
        return KEEPS_INPUT.beside(same_shape(tensor), same_shape(tensor), padded)

    def carry(self, read: "tuple[Arrived, ...]", facts: Facts, drawn: "Drawn") -> "Propagated | Unruled":
        """By the mean square of all channels."""
        del facts, drawn
        from archcalc.layers.carrying.norms import carried_neighbours

        return carried_neighbours(read, self.alpha, self.beta, self.k)


def affine_weights(shape: Shape, *, affine: bool, bias: bool) -> dict[str, Shape]:
    """The learned scale and shift."""
    if not affine:
        return {}
    return {"weight": shape, "bias": shape} if bias else {"weight": shape}


def averaged(first: int, count: int, *, statistic: bool = True) -> Reads:
    """Reads of ``count`` axes from ``first`` on: the own place, and the mean over all places."""
    return tuple(AxisRead(axis, IDENTITY, statistic=statistic) for axis in range(first, first + count))
