"""Layers that hand on what they read (torch.nn.Identity; torch.detach)."""

from archcalc.facts import Facts, Tensor, pointwise
from archcalc.keeping import KEEPS_NOTHING, Aliasing
from archcalc.layers.base import Regrouping, single


class Identity(Regrouping, frozen=True):
    """x -> x."""

    saves = KEEPS_NOTHING
    shares = Aliasing.SAME

    def infer(self, inputs: tuple[Tensor, ...]) -> Facts:
        """(*) -> (*)."""
        return pointwise(single(inputs), operations=0)


class Detach(Regrouping, frozen=True):
    """x -> x, and no gradient goes back: what stands before it learns nothing through it."""

    saves = KEEPS_NOTHING
    shares = Aliasing.SAME
    detaches = True
    takes_numbers = True

    def infer(self, inputs: tuple[Tensor, ...]) -> Facts:
        """(*) -> (*)."""
        return pointwise(single(inputs), operations=0)
