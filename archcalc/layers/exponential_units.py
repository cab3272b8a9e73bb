"""Exponential linear units (torch.nn): numbers above zero pass, those below approach a limit."""

from math import expm1

from archcalc.errors import Fault
from archcalc.facts import Facts, Tensor
from archcalc.layers.curves import InplaceActivation, Kinked


class ELU(Kinked, InplaceActivation, frozen=True):
    """x above 0, alpha (exp(x) - 1) below."""

    keeps_overwritten = True
    alpha: float = 1.0
    """Limit for x towards minus infinity, negated."""

    def _at(self, x: float) -> float:
        return x if x > 0 else self.alpha * expm1(x)


class CELU(Kinked, InplaceActivation, frozen=True):
    """x above 0, alpha (exp(x / alpha) - 1) below."""

    keeps_overwritten = True
    alpha: float = 1.0
    """Limit for x towards minus infinity, negated; not 0."""

    def infer(self, inputs: tuple[Tensor, ...]) -> Facts:
        """(*) -> (*)."""
        if self.alpha == 0:
            raise Fault("alpha is 0, by which x is divided", key="alpha")
        return super().infer(inputs)

    def _at(self, x: float) -> float:
        return x if x > 0 else self.alpha * expm1(min(x / self.alpha, 700))  # the last power of e in a double


class SELU(InplaceActivation, frozen=True):
    """1.0507 x above 0, 1.0507 * 1.6733 (exp(x) - 1) below: keeps mean 0 and variance 1."""

    keeps_overwritten = True
    rectifies = True
    keeps_moments = True

    def _at(self, x: float) -> float:
        return 1.0507009873554805 * (x if x > 0 else 1.6732632423543772 * expm1(x))
