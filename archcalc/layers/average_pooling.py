"""Average pools with a sliding window (torch.nn.AvgPool1d-3d)."""

from archcalc.errors import Fault
from archcalc.facts import Facts, Tensor, Window
from archcalc.keeping import KEEPS_INPUT
from archcalc.layers.base import single_float
from archcalc.layers.mathematics import Ends, Passing, multiples, with_zero
from archcalc.layers.pooling import PaddedPool, check_bare


class AvgPool(PaddedPool, frozen=True):
    """The mean of each window."""

    saves = KEEPS_INPUT

    passes = Passing.AVERAGED

    count_include_pad: bool = True
    """Divide by the whole window, padding included."""

    def infer(self, inputs: tuple[Tensor, ...]) -> Facts:
        """(C, *n) -> (C, *floor((n + 2 p - k) / s) + 1)."""
        return self._pool(single_float(inputs), self.padding, 1)

    def image(self, *read: Ends) -> Ends:
        """Zeros too where it pads and counts them."""
        padded = self.count_include_pad and self.padding != 0
        return with_zero(read[0]) if padded else read[0]


class DividedAvgPool(AvgPool, frozen=True):
    """The mean of each window, or its sum over a divisor of one's own."""

    divisor_override: int | None = None
    """Divide by this number instead of the window's size; not 0."""

    def infer(self, inputs: tuple[Tensor, ...]) -> Facts:
        """(C, *n) -> (C, *floor((n + 2 p - k) / s) + 1)."""
        if self.divisor_override == 0:
            raise Fault("divisor_override is 0", key="divisor_override")
        return super().infer(inputs)

    def image(self, *read: Ends) -> Ends:
        """A multiple of the mean where the divisor is written."""
        if self.divisor_override is None:
            return super().image(*read)
        low, high = with_zero(read[0])
        return multiples((low, high)) if self.divisor_override > 0 else multiples((-high, -low))


class AvgPool1d(AvgPool, frozen=True):
    """Average pool over (C, L)."""

    rank = 1


class AvgPool2d(DividedAvgPool, frozen=True):
    """Average pool over (C, H, W)."""

    rank = 2


class AvgPool3d(DividedAvgPool, frozen=True):
    """Average pool over (C, D, H, W)."""

    rank = 3

    def _positions(self, n: int, window: Window) -> int:
        check_bare(n, window.kernel)
        return super()._positions(n, window)
