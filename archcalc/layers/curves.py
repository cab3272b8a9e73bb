"""Activations as functions of single numbers: what follows from the function alone."""

from abc import abstractmethod
from dataclasses import replace
from functools import lru_cache
from math import copysign, inf, isinf, isnan, nextafter, sqrt
from typing import TYPE_CHECKING, ClassVar

from archcalc.facts import Facts, Tensor, pointwise
from archcalc.formulas.activations import clamp
from archcalc.keeping import KEEPS_INPUT, Saved, same_shape
from archcalc.layers.base import Layer, single_float
from archcalc.layers.mathematics import ANYTHING, Ends

if TYPE_CHECKING:
    from collections.abc import Callable

    from archcalc.formulas.gaussian import Bent
    from archcalc.moments import Arrived, Drawn, Propagated, Unruled

FAR, ENDLESS = 1e300, 1e100
"""Stands for infinity, where a function has its limit; and what is beyond any limit."""


class Activation(Layer, frozen=True):
    """Map every number by itself."""

    bends = True
    saves: ClassVar[Saved | None] = KEEPS_INPUT
    keeps_more: ClassVar[bool] = False
    """Its backward reads a second tensor of the same shape, made on the way."""
    makes_more: ClassVar[bool] = False
    """So, and the operation makes it at inference too."""
    turns: ClassVar[tuple[float, ...]] = ()
    """Where it falls no more, or rises no more."""

    def infer(self, inputs: tuple[Tensor, ...]) -> Facts:
        """(*) -> (*)."""
        return pointwise(single_float(inputs))

    def keeping(self, inputs: tuple[Tensor, ...], facts: Facts) -> Saved | None:
        """Its input or output, and what it makes on the way."""
        kept, same = super().keeping(inputs, facts), same_shape(inputs[0])
        if kept is None or not (self.keeps_more or self.makes_more):
            return kept
        return kept.with_results(same) if self.makes_more else kept.beside(same)

    def image(self, *read: Ends) -> Ends:
        """The hull of the function at both ends, and where it turns between them."""
        return _hull(self, *read)

    def image_between(self, low: float, high: float) -> Ends:
        """What it gives for the numbers of one interval."""
        values = [self._limit(x) for x in (low, high, *(x for x in self._turns() if low < x < high))]
        return ANYTHING if any(map(isnan, values)) else (min(values), max(values))

    def bent(self, square: float) -> "Bent":
        """What it makes of normal numbers of a mean square; a homogeneous function does that of 1 to all."""
        if not self.homogeneous:
            from archcalc.formulas.gaussian import gaussian_moments

            return gaussian_moments(self.plain(), square)
        at_one = _bent_at_one(self)
        return at_one._replace(power=at_one.power * square, mean=at_one.mean * sqrt(square))

    def product(self, square: float, common: float) -> float:
        """E f(u) f(v) of two such numbers of a covariance."""
        from archcalc.formulas.gaussian import product_of_two, two_slopes_product

        if not self.homogeneous:
            return product_of_two(self.plain(), square, common)
        return two_slopes_product(square, common, *self.both_slopes())

    def slopes(self, square: float, common: float) -> float:
        """E f'(u) f'(v)."""
        from archcalc.formulas.gaussian import slopes_of_two, two_slopes_slopes

        if not self.homogeneous:
            return slopes_of_two(self.plain(), square, common)
        return two_slopes_slopes(square, common, *self.both_slopes())

    def both_slopes(self) -> tuple[float, float]:
        """Those of a homogeneous function, below 0 and above."""
        return -self.before_training(-1.0), self.before_training(1.0)

    def carry(self, read: "tuple[Arrived, ...]", facts: Facts, drawn: "Drawn") -> "Propagated | Unruled":
        """E f^2 forwards, and E f'^2 backwards."""
        del facts, drawn
        from archcalc.layers.carrying.bending import carried_bend

        return carried_bend(self, read)

    def before_training(self, x: float) -> float:
        """The function before training."""
        return self._at(x)

    def plain(self) -> "Callable[[float], float]":
        """The function before training, without a step on the way: an integral asks it thousands of times."""
        same = type(self).before_training is Activation.before_training
        return self._at if same else self.before_training

    def _limit(self, x: float) -> float:
        value = self._at(clamp(x, -FAR, FAR)) + 0.0  # no -0
        return copysign(inf, value) if isinf(x) and abs(value) > ENDLESS else value

    @abstractmethod
    def _at(self, x: float) -> float:
        """The function; nan where it is not known."""

    def _turns(self) -> tuple[float, ...]:
        """Its turns, and both sides of its jumps."""
        return self.turns


@lru_cache(maxsize=256)  # layers that are alike have one record of arguments
def _hull(function: Activation, read: Ends) -> Ends:
    return function.image_between(*read)


@lru_cache(maxsize=64)
def _bent_at_one(function: Activation) -> "Bent":
    from archcalc.formulas.gaussian import gaussian_moments

    return gaussian_moments(function.before_training, 1.0)


class Kinked(Activation, frozen=True):
    """x from 0 on, something else below."""

    rectifies = True
    turns = (0.0,)
    kept = (0.0, inf)


class InplaceActivation(Activation, frozen=True):
    """An activation that can overwrite its input."""

    keeps_overwritten: ClassVar[bool] = False
    """In place its backward reads what it has written; else a copy of its input is made for it."""

    inplace: bool = False
    """Overwrite the input in training; no number here depends on it."""

    def keeping(self, inputs: tuple[Tensor, ...], facts: Facts) -> Saved | None:
        """In place what is written over the input, where its backward can do with that; else a copy."""
        kept = super().keeping(inputs, facts)
        if not self.inplace or kept is None or not kept.inputs:
            return kept
        if self.keeps_overwritten:
            return replace(kept, inputs=(), outputs=(0,))
        return replace(kept, inputs=(), others=(*kept.others, same_shape(inputs[0])))


def jump(x: float) -> tuple[float, ...]:
    """Both sides of a jump, of which either may have the place itself."""
    return nextafter(x, -inf), x, nextafter(x, inf)
