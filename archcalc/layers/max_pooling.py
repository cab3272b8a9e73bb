"""Max pools with a sliding window (torch.nn.MaxPool1d-3d)."""

from typing import TYPE_CHECKING

from archcalc.facts import Facts, Tensor
from archcalc.keeping import Saved
from archcalc.layers.arguments import Sizes
from archcalc.layers.base import single_float
from archcalc.layers.mathematics import Passing
from archcalc.layers.pooling import PaddedPool, keeps_places

if TYPE_CHECKING:
    from archcalc.moments import Arrived, Drawn, Propagated, Unruled


class MaxPool(PaddedPool, frozen=True):
    """The largest number of each window."""

    passes = Passing.CHOSEN

    dilation: Sizes = 1
    """Input positions between two neighbouring positions of the window."""
    return_indices: bool = False
    """Also give the place of each maximum, as the output ``indices``."""

    def infer(self, inputs: tuple[Tensor, ...]) -> Facts:
        """(C, *n) -> (C, *floor((n + 2 p - (d (k - 1) + 1)) / s) + 1)."""
        tensor, indices = single_float(inputs), self.return_indices
        return self._pool(tensor, self.padding, self.dilation, return_indices=indices)

    def keeping(self, inputs: tuple[Tensor, ...], facts: Facts) -> Saved | None:
        """Its input, and the place of every maximum."""
        del inputs
        return keeps_places(facts)

    def carry(self, read: "tuple[Arrived, ...]", facts: Facts, drawn: "Drawn") -> "Propagated | Unruled":
        """The largest of normal numbers, or of what a function made of them."""
        del drawn
        from archcalc.layers.carrying.passing import carried_largest

        return carried_largest(read, facts)


class MaxPool1d(MaxPool, frozen=True):
    """Max pool over (C, L)."""

    rank = 1


class MaxPool2d(MaxPool, frozen=True):
    """Max pool over (C, H, W)."""

    rank = 2


class MaxPool3d(MaxPool, frozen=True):
    """Max pool over (C, D, H, W)."""

    rank = 3
