"""Instance normalisation (torch.nn.InstanceNorm1d-3d)."""

from math import prod

from archcalc.errors import Fault
from archcalc.facts import Shape
from archcalc.layers.mathematics import Statistics
from archcalc.layers.normalization import RunningNorm


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
