"""Layers that leave out numbers at random in training and are the identity at inference.

torch.nn.Dropout, Dropout1d-3d, AlphaDropout, FeatureAlphaDropout; torchvision.ops.StochasticDepth.
"""

from typing import TYPE_CHECKING, Literal

from archcalc.facts import Facts, Tensor, pointwise
from archcalc.keeping import KEEPS_NOTHING, Aliasing, Saved, per_batch, per_sample, same_shape
from archcalc.layers.arguments import Probability
from archcalc.layers.base import Layer, channels_first, single_float
from archcalc.layers.mathematics import ANYTHING, Ends, hull, with_zero

if TYPE_CHECKING:
    from archcalc.moments import Arrived, Drawn, Propagated, Unruled

VOLUME = 4
"""Axes of (C, D, H, W)."""


class Dropping(Layer, frozen=True):
    """Leave out numbers with probability p in training, and divide the others by 1 - p."""

    drops = True

    p: Probability
    """Probability of a zero."""

    def infer(self, inputs: tuple[Tensor, ...]) -> Facts:
        """(*) -> (*)."""
        return pointwise(single_float(inputs), operations=0)

    def image(self, *read: Ends) -> Ends:
        """What is left out is 0; at inference all stays as it is."""
        (low, high), kept = read[0], 1 - self.p
        if not self.p:
            return low, high
        return hull((low, high), with_zero((low / kept, high / kept) if kept else (0.0, 0.0)))

    def keeping(self, inputs: tuple[Tensor, ...], facts: Facts) -> Saved | None:
        """The mask, or 0 alone where all is left out."""
        del facts
        if not self.p:
            return KEEPS_NOTHING
        return Saved(others=(self._mask(inputs[0]),))

    def sharing(self, *, training: bool) -> Aliasing | None:
        """The input itself where nothing is left out."""
        return super().sharing(training=training) if training and self.p else Aliasing.SAME

    def _mask(self, tensor: Tensor) -> Tensor:
        """A number for every one that may be left out."""
        return same_shape(tensor)


class Dropout(Dropping, frozen=True):
    """Zero every number with probability p in training."""

    p: Probability = 0.5
    """Probability of a zero."""
    inplace: bool = False
    """Overwrite the input in training; no number here depends on it."""

    def _mask(self, tensor: Tensor) -> Tensor:
        """A number for every one; a lone one where all is left out."""
        return per_batch(1, tensor.dtype) if self.p == 1 else self._drawn(tensor)

    def _drawn(self, tensor: Tensor) -> Tensor:
        return same_shape(tensor)


class Dropout1d(Dropout, frozen=True):
    """Zero whole channels of (C, L) with probability p in training."""

    drops_channels = True

    def infer(self, inputs: tuple[Tensor, ...]) -> Facts:
        """(C, L) -> (C, L)."""
        channels_first(single_float(inputs), 1)
        return super().infer(inputs)

    def _drawn(self, tensor: Tensor) -> Tensor:
        return per_sample(tensor.shape[0], tensor.dtype)


class Dropout2d(Dropout, frozen=True):
    """Zero whole channels with probability p in training."""

    drops_channels = True

    def _drawn(self, tensor: Tensor) -> Tensor:
        return per_sample(tensor.shape[0], tensor.dtype)


class Dropout3d(Dropout, frozen=True):
    """Zero whole channels with probability p in training."""

    drops_channels = True

    def _drawn(self, tensor: Tensor) -> Tensor:
        # torch takes the batch for the channels of anything else than (C, D, H, W).
        return per_sample(tensor.shape[0] if len(tensor.shape) == VOLUME else 1, tensor.dtype)


class AlphaDropout(Dropout, frozen=True):
    """Set numbers to SELU's limit with probability p in training, and keep mean and variance."""

    keeps_moments = True

    @property
    def overwrites(self) -> bool:
        """Never: torch's module does not hand ``inplace`` on."""
        return False

    def carry(self, read: "tuple[Arrived, ...]", facts: Facts, drawn: "Drawn") -> "Propagated | Unruled":
        """The mean and the variance stay; the gradient is that of a dropout."""
        del facts, drawn
        from archcalc.layers.carrying.passing import carried_keeping_drop

        return carried_keeping_drop(read, self.p)

    def image(self, *read: Ends) -> Ends:
        """As they are where nothing is dropped."""
        return ANYTHING if self.p else read[0]


class FeatureAlphaDropout(AlphaDropout, frozen=True):
    """Set whole channels to SELU's limit with probability p in training, and keep mean and variance."""

    def _drawn(self, tensor: Tensor) -> Tensor:
        return per_sample(tensor.shape[0], tensor.dtype)


class StochasticDepth(Dropping, frozen=True):
    """Zero the whole input with probability p in training, as the branch of a residual block."""

    drops_channels = True

    mode: Literal["batch", "row"]
    """'batch' decides once for the batch, 'row' for every sample."""

    def _mask(self, tensor: Tensor) -> Tensor:
        """A number a sample, or one for the batch."""
        return per_sample(1, tensor.dtype) if self.mode == "row" else per_batch(1, tensor.dtype)
