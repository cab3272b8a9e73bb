"""Batch normalisation (torch.nn.BatchNorm1d-3d)."""

from archcalc.errors import Fault
from archcalc.facts import Shape, Tensor
from archcalc.layers.mathematics import Statistics
from archcalc.layers.normalization import RunningNorm


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
