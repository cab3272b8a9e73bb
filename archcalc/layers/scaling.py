"""A fixed factor, or a learned one per channel (timm.layers.LayerScale; Touvron et al. 2021, CaiT)."""

from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from archcalc.facts import Facts, Tensor, pointwise
from archcalc.keeping import KEEPS_NOTHING, Saved, same_shape
from archcalc.layers.arguments import Positive
from archcalc.layers.base import Layer, agree, channels_first, single_float
from archcalc.layers.mathematics import Ends

if TYPE_CHECKING:
    from archcalc.moments import Arrived, Drawn, Propagated, Unruled


class Scale(Layer, frozen=True):
    """Multiply every number by the same one, which is not learned: c x.

    Embeddings by the root of their width (Vaswani et al. 2017, section 3.4), as Gemma has them too.
    """

    saves = KEEPS_NOTHING

    factor: Annotated[float, Field(allow_inf_nan=False)]
    """c."""

    def infer(self, inputs: tuple[Tensor, ...]) -> Facts:
        """(*) -> (*)."""
        return pointwise(single_float(inputs))

    def image(self, *read: Ends) -> Ends:
        """Both ends times c."""
        ends = [self.factor * end if self.factor else 0.0 for end in read[0]]
        return min(ends), max(ends)

    def carry(self, read: "tuple[Arrived, ...]", facts: Facts, drawn: "Drawn") -> "Propagated | Unruled":
        """Times c^2."""
        del facts, drawn
        from archcalc.layers.carrying.norms import scaled_moments

        return scaled_moments(read, self.factor**2)


class LayerScale(Layer, frozen=True):
    """Multiply the features of the last axis by a learned factor each."""

    dim: Positive | None = None
    """Features that arrive (timm's name); inferred, checked when written."""
    init_values: float = 1e-5
    """Value of the factors before training."""
    inplace: bool = False
    """Overwrite the input in training; no number here depends on it."""

    def infer(self, inputs: tuple[Tensor, ...]) -> Facts:
        """(*, C) -> (*, C)."""
        tensor = single_float(inputs)
        return self._scaled(tensor, tensor.shape[-1])

    def _scaled(self, tensor: Tensor, features: int) -> Facts:
        agree("dim", self.dim, features)
        return pointwise(tensor, {"gamma": (features,)}, {"dim": features})

    def keeping(self, inputs: tuple[Tensor, ...], facts: Facts) -> Saved | None:
        """Its input, for the gradient of the factors; a copy where it is overwritten."""
        del facts
        if self.inplace:
            return Saved(others=(same_shape(inputs[0]),))
        return Saved(for_weights=(0,))

    def drawn(self, facts: Facts) -> "Drawn":
        """All factors begin as ``init_values``."""
        return dict.fromkeys(facts.weights, self.init_values**2)

    def carry(self, read: "tuple[Arrived, ...]", facts: Facts, drawn: "Drawn") -> "Propagated | Unruled":
        """Times the square of a factor."""
        del facts
        from archcalc.layers.carrying.norms import scaled_moments

        return scaled_moments(read, drawn["gamma"])


class LayerScale2d(LayerScale, frozen=True):
    """Multiply the channels of (C, H, W) by a learned factor each."""

    def infer(self, inputs: tuple[Tensor, ...]) -> Facts:
        """(C, H, W) -> (C, H, W)."""
        tensor = single_float(inputs)
        return self._scaled(tensor, channels_first(tensor, 2)[0])
