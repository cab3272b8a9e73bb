"""Normalisation layers (torch.nn.BatchNorm1d, 2d, 3d)."""

from typing import TYPE_CHECKING, ClassVar

from archcalc.errors import Fault
from archcalc.facts import IDENTITY, WHOLE, Facts, along
from archcalc.layers.arguments import Positive
from archcalc.layers.base import Layer, agree, channels_first, single_float

if TYPE_CHECKING:
    from archcalc.facts import Shape, Tensor


class BatchNorm(Layer, frozen=True):
    """Scale each channel to mean 0 and variance 1 over the batch and the positions, then scale and shift."""

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
    """Keep running statistics for inference; false: use the batch's own there too."""

    def infer(self, inputs: "tuple[Tensor, ...]") -> Facts:
        """(C, *n) -> (C, *n)."""
        tensor = single_float(inputs)
        channels, sizes = self._split(tensor)
        agree("num_features", self.num_features, channels)
        weights: dict[str, Shape] = {"weight": (channels,), "bias": (channels,)} if self.affine else {}
        buffers: dict[str, Shape] = {}
        if self.track_running_stats:
            buffers = {"running_mean": (channels,), "running_var": (channels,), "num_batches_tracked": ()}
        # Without running statistics every number depends on the mean over all positions, at inference too.
        position = IDENTITY if self.track_running_stats else WHOLE
        reads = along(IDENTITY, *(position for _ in sizes))
        return Facts({"output": tensor}, 0, (reads,), weights, buffers)

    def _split(self, tensor: "Tensor") -> tuple[int, tuple[int, ...]]:
        return channels_first(tensor, self.rank)


class BatchNorm1d(BatchNorm, frozen=True):
    """Batch normalisation over (C) or (C, L)."""

    rank = 1

    def _split(self, tensor: "Tensor") -> tuple[int, tuple[int, ...]]:
        if len(tensor.shape) not in (1, 2):
            raise Fault(
                f"needs 1 axis (C) or 2 axes (C, L), got {len(tensor.shape)}: {list(tensor.shape)}",
                hint="shapes are written without the batch axis",
            )
        return tensor.shape[0], tensor.shape[1:]


class BatchNorm2d(BatchNorm, frozen=True):
    """Batch normalisation over (C, H, W)."""

    rank = 2


class BatchNorm3d(BatchNorm, frozen=True):
    """Batch normalisation over (C, D, H, W)."""

    rank = 3
