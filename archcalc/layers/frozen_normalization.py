"""Batch normalisation that learns nothing (torchvision.ops.FrozenBatchNorm2d)."""

from typing import TYPE_CHECKING, ClassVar

from archcalc.facts import Facts, Shape, Tensor, unmoved
from archcalc.keeping import Saved, per_batch
from archcalc.layers.arguments import Positive
from archcalc.layers.base import Layer, agree, channels_first, single_float
from archcalc.layers.operations import on_each

if TYPE_CHECKING:
    from archcalc.moments import Arrived, Drawn, Propagated, Unruled

FROZEN = ("weight", "bias", "running_mean", "running_var")
"""Buffers of a batch normalisation that learns nothing."""


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
