"""Rectifiers (torch.nn): numbers above zero pass, those below do not."""

from archcalc.keeping import KEEPS_OUTPUT
from archcalc.layers.curves import InplaceActivation, Kinked


class ReLU(Kinked, InplaceActivation, frozen=True):
    """max(0, x)."""

    saves = KEEPS_OUTPUT

    homogeneous = True

    def _at(self, x: float) -> float:
        return max(x, 0.0)


class ReLU6(InplaceActivation, frozen=True):
    """min(max(0, x), 6)."""

    rectifies = True
    kept = (0.0, 6.0)

    def _at(self, x: float) -> float:
        from archcalc.formulas.activations import clamp

        return clamp(x, 0.0, 6.0)
