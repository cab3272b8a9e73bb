"""Max pools that state their output size (torch.nn.AdaptiveMaxPool1d-3d)."""

from typing import TYPE_CHECKING

from archcalc.facts import Facts, Tensor
from archcalc.keeping import Saved
from archcalc.layers.adaptive_pooling import AdaptivePool
from archcalc.layers.mathematics import Passing
from archcalc.layers.pooling import keeps_places

if TYPE_CHECKING:
    from archcalc.moments import Arrived, Drawn, Propagated, Unruled


class AdaptiveMaxPool(AdaptivePool, frozen=True):
    """The largest number of each window."""

    passes = Passing.CHOSEN

    return_indices: bool = False
    """Also give the place of each maximum, as the output ``indices``."""

    def infer(self, inputs: tuple[Tensor, ...]) -> Facts:
        """(C, *n) -> (C, *output_size)."""
        return self._pool(inputs, return_indices=self.return_indices)

    def keeping(self, inputs: tuple[Tensor, ...], facts: Facts) -> Saved | None:
        """Its input, and the place of every maximum."""
        del inputs
        return keeps_places(facts)

    def carry(self, read: "tuple[Arrived, ...]", facts: Facts, drawn: "Drawn") -> "Propagated | Unruled":
        """The largest of normal numbers, or of what a function made of them."""
        del drawn
        from archcalc.layers.carrying.passing import carried_largest

        return carried_largest(read, facts)


class AdaptiveMaxPool1d(AdaptiveMaxPool, frozen=True):
    """Max pool from (C, L) to a given L."""

    rank = 1


class AdaptiveMaxPool2d(AdaptiveMaxPool, frozen=True):
    """Max pool from (C, H, W) to a given (H, W)."""

    rank = 2


class AdaptiveMaxPool3d(AdaptiveMaxPool, frozen=True):
    """Max pool from (C, D, H, W) to a given (D, H, W)."""

    rank = 3
