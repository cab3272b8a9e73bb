"""Activations that cut numbers off (torch.nn.Hardtanh, Threshold)."""

from typing import TYPE_CHECKING

from archcalc.errors import Fault
from archcalc.facts import Facts, Tensor
from archcalc.formulas.activations import clamp
from archcalc.layers.curves import InplaceActivation, jump

if TYPE_CHECKING:
    from archcalc.layers.mathematics import Ends


class Hardtanh(InplaceActivation, frozen=True):
    """min(max(x, min_val), max_val)."""

    min_val: float = -1.0
    """Smallest output."""
    max_val: float = 1.0
    """Largest output."""

    def infer(self, inputs: tuple[Tensor, ...]) -> Facts:
        """(*) -> (*)."""
        if self.max_val <= self.min_val:
            raise Fault(f"max_val {self.max_val:g} is not above min_val {self.min_val:g}", key="max_val")
        return super().infer(inputs)

    def unchanged(self) -> "Ends":
        """From min_val to max_val."""
        return self.min_val, self.max_val

    def _at(self, x: float) -> float:
        return clamp(x, self.min_val, self.max_val)


class Threshold(InplaceActivation, frozen=True):
    """x above threshold, else value."""

    threshold: float
    """Where x passes from there on."""
    value: float
    """Output below it."""

    def _at(self, x: float) -> float:
        return x if x > self.threshold else self.value

    def _turns(self) -> tuple[float, ...]:
        return jump(self.threshold)
