"""Normalisation by neighbouring channels (torch.nn.LocalResponseNorm)."""

from typing import TYPE_CHECKING

from archcalc.averages import Averages
from archcalc.errors import Fault
from archcalc.facts import FEATURES, IDENTITY, AxisRead, Facts, Tensor, Window, along
from archcalc.formulas.elementwise import each_number
from archcalc.keeping import KEEPS_INPUT, Saved, same_shape
from archcalc.layers.arguments import Positive
from archcalc.layers.base import Layer, single_float
from archcalc.layers.mathematics import Statistics
from archcalc.layers.operations import on_each
from archcalc.work import Work

if TYPE_CHECKING:
    from archcalc.moments import Arrived, Drawn, Propagated, Unruled


class LocalResponseNorm(Layer, frozen=True):
    """x_c / (k + alpha mean_c' x_c'^2)^beta over ``size`` neighbouring channels c'."""

    normalizes = Statistics.NEIGHBOURS

    size: Positive
    """Neighbouring channels in the mean, zeros beyond the first and the last one."""
    alpha: float = 1e-4
    """Weight of the mean square."""
    beta: float = 0.75
    """Exponent."""
    k: float = 1.0
    """Added to the mean square."""

    def infer(self, inputs: tuple[Tensor, ...]) -> Facts:
        """(C, *n) -> (C, *n) with at least one n."""
        tensor = single_float(inputs)
        axes = len(tensor.shape)
        if axes == 1:
            raise Fault(
                f"needs 2 or more axes (C, *), got 1: {list(tensor.shape)}",
                hint="shapes are written without the batch axis",
            )
        own, *positions = along(*(IDENTITY,) * axes)
        near = Window(self.size, padding=self.size // 2)
        reads = (own if self.size == 1 else AxisRead(0, FEATURES, group=near), *positions)
        taken = Work("reduction", each_number(tensor.shape, self.size))
        # A square, then the weight and the term, a power, and the quotient.
        work = (on_each(tensor.shape), taken, on_each(tensor.shape, 4))
        means = Averages((), channels=self.size, sliding=True)
        return Facts({"output": tensor}, work, (reads,), averages=means)

    def keeping(self, inputs: tuple[Tensor, ...], facts: Facts) -> Saved | None:
        """Its input, the sum and what it is divided by, and the squares with their padding."""
        del facts
        (tensor,) = inputs
        channels, *sizes = tensor.shape
        padded = Tensor((channels + self.size - 1, *sizes), tensor.dtype)
        return KEEPS_INPUT.beside(same_shape(tensor), same_shape(tensor), padded)

    def carry(self, read: "tuple[Arrived, ...]", facts: Facts, drawn: "Drawn") -> "Propagated | Unruled":
        """By the mean square of all channels."""
        del facts, drawn
        from archcalc.layers.carrying.norms import carried_neighbours

        return carried_neighbours(read, self.alpha, self.beta, self.k)
