"""Integrals of functions over normal numbers, each calculated once and paid for."""

from functools import lru_cache
from math import sqrt
from typing import TYPE_CHECKING

from archcalc.effort import spend_once
from archcalc.formulas.gaussian import Bent, gaussian_moments, product_of_two, slopes_of_two, tilt
from archcalc.formulas.shifted import Bend
from archcalc.tuples import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

    from archcalc.layers.curves import Activation

PLACE = 7
"""Steps in the time of which a function and its slope are looked at in one place."""
PRODUCT, SLOPES, TILT = 2000, 3400, 1000
"""And in that of which each of the other integrals is calculated."""
MOMENTS = 5000
"""And in that of which a function with kinks may be integrated whose places nobody counts."""


class FunctionOfNumbers:
    """A function that is put together of others: one name stands for one function.

    Args:
        before_training: the function.
        name: of it.
        homogeneous: f(c x) = c f(x) for every positive c.
        depth: of how many others.
    """

    __slots__ = ("before_training", "depth", "homogeneous", "name")

    def __init__(
        self,
        before_training: "Callable[[float], float]",
        name: str,
        *,
        homogeneous: bool = False,
        depth: int = 1,
    ) -> None:
        self.before_training, self.name, self.homogeneous = before_training, name, homogeneous
        self.depth = depth

    def __eq__(self, other: object) -> bool:
        return isinstance(other, FunctionOfNumbers) and self.name == other.name

    def __hash__(self) -> int:
        return hash(self.name)

    def bent(self, square: float) -> Bent:
        """What it makes of one normal number."""
        return gaussian_moments(self.before_training, square)

    def product(self, square: float, common: float) -> float:
        """E f(u) f(v)."""
        return product_of_two(self.before_training, square, common)

    def slopes(self, square: float, common: float) -> float:
        """E f'(u) f'(v)."""
        return slopes_of_two(self.before_training, square, common)

    def tilt(self, square: float) -> float:
        """E z f'(s z)."""
        return tilt(self.before_training, square)


class Shifted(FunctionOfNumbers):
    """A line with a bend at 0 of normal numbers of a mean: for what it makes of them there are formulas."""

    __slots__ = ("bend",)

    def __init__(self, before_training: "Callable[[float], float]", name: str, bend: Bend) -> None:
        super().__init__(before_training, name, homogeneous=not bend.centre)
        self.bend = bend

    def bent(self, square: float) -> Bent:
        """What it makes of one normal number."""
        return self.bend.bent(square)

    def product(self, square: float, common: float) -> float:
        """E f(u) f(v)."""
        return self.bend.product(square, common)

    def slopes(self, square: float, common: float) -> float:
        """E f'(u) f'(v)."""
        return self.bend.slopes(square, common)

    def tilt(self, square: float) -> float:
        """E z f'(s z)."""
        return self.bend.tilt(square)


class Kernel(NamedTuple):
    """What a function makes of one normal number, and of two; each integral is calculated once."""

    function: "Activation | FunctionOfNumbers"

    def one(self, square: float) -> Bent:
        """Of one."""
        own = self._unit(square)
        unit, scale = _one(self.function, own), square / own if self._scales else 1.0
        self._pay("one", own, PLACE * unit.places)
        return Bent(unit.power * scale, unit.slope, unit.mean * sqrt(scale), unit.fourth, unit.places)

    def product(self, square: float, common: float) -> float:
        """E f(u) f(v)."""
        own = self._unit(square)
        scale = square / own if self._scales else 1.0
        numbers = own, to_six_digits(common / scale)
        self._pay("product", numbers, PRODUCT)
        return scale * _two(self.function, *numbers)

    def slopes(self, square: float, common: float) -> float:
        """E f'(u) f'(v)."""
        own = self._unit(square)
        numbers = own, to_six_digits(common * own / square if self._scales else common)
        self._pay("slopes", numbers, SLOPES)
        return _sloped(self.function, *numbers)

    def tilt(self, square: float) -> float:
        """E z f'(s z), which no scale changes where it changes no slope."""
        square = 1.0 if self.function.homogeneous else to_six_digits(square)
        self._pay("tilt", square, TILT)
        return _tilt(self.function, square)

    @property
    def _scales(self) -> bool:
        """Whether it is calculated at a mean square of 1: it has no formula, and follows its scale."""
        return self.function.homogeneous and isinstance(self.function, FunctionOfNumbers)

    def _unit(self, square: float) -> float:
        return 1.0 if self._scales and square > 0 else to_six_digits(square)

    def _pay(self, what: str, numbers: object, steps: int) -> None:
        """Those of a homogeneous kind are formulas, and those of a bend nearly so."""
        if isinstance(self.function, FunctionOfNumbers):
            steps *= 0 if isinstance(self.function, Shifted) else self.function.depth
        elif self.function.homogeneous:
            return
        spend_once((what, self.function, numbers), steps)


@lru_cache(maxsize=4096)
def _tilt(function: "Activation | FunctionOfNumbers", square: float) -> float:
    if isinstance(function, FunctionOfNumbers):
        return function.tilt(square)
    return tilt(function.before_training, square)


def to_six_digits(number: float) -> float:
    """A number to six digits, so that what is nearly the same is integrated once."""
    return float(f"{number:.6g}")


@lru_cache(maxsize=4096)
def _one(function: "Activation | FunctionOfNumbers", square: float) -> Bent:
    return function.bent(square)


@lru_cache(maxsize=4096)
def _two(function: "Activation | FunctionOfNumbers", square: float, common: float) -> float:
    return function.product(square, common)


@lru_cache(maxsize=4096)
def _sloped(function: "Activation | FunctionOfNumbers", square: float, common: float) -> float:
    return function.slopes(square, common)
