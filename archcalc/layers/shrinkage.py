"""Activations that draw numbers towards 0 (torch.nn.Tanhshrink, Hardshrink, Softshrink)."""

from math import tanh
from typing import Annotated

from pydantic import Field

from archcalc.formulas.activations import clamp
from archcalc.keeping import KEEPS_NOTHING
from archcalc.layers.curves import Activation, jump


class Tanhshrink(Activation, frozen=True):
    """x - tanh(x)."""

    saves = KEEPS_NOTHING
    keeps_more = True

    def _at(self, x: float) -> float:
        return x - tanh(x)


class Hardshrink(Activation, frozen=True):
    """x where |x| > lambd, else 0."""

    lambd: float = 0.5
    """Half width of the range that becomes 0."""

    def _at(self, x: float) -> float:
        return x if abs(x) > self.lambd else 0.0

    def _turns(self) -> tuple[float, ...]:
        return (*jump(self.lambd), *jump(-self.lambd))


class Softshrink(Activation, frozen=True):
    """x - lambd above lambd, x + lambd below -lambd, else 0."""

    lambd: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 0.5
    """Half width of the range that becomes 0."""

    def _at(self, x: float) -> float:
        return x - clamp(x, -self.lambd, self.lambd)
