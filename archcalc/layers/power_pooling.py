"""Power-average pools with a sliding window (torch.nn.LPPool1d-3d)."""

from math import isinf
from typing import TYPE_CHECKING

from archcalc.errors import Fault
from archcalc.facts import Facts, Tensor, Window
from archcalc.keeping import KEEPS_INPUT, Saved, same_shape
from archcalc.layers.base import single_float
from archcalc.layers.operations import on_each
from archcalc.layers.pooling import Pool, check_bare, keeps_places
from archcalc.work import Work

if TYPE_CHECKING:
    from archcalc.facts import Shape
    from archcalc.work import Worked


class LPPool(Pool, frozen=True):
    """The p-norm of each window: (sum x^p)^(1/p)."""

    norm_type: float
    """p, not 0; 1: the sum, .inf: the maximum of the absolute values."""

    def infer(self, inputs: tuple[Tensor, ...]) -> Facts:
        """(C, *n) -> (C, *floor((n - k) / s) + 1)."""
        if self.norm_type == 0:
            raise Fault("norm_type is 0", key="norm_type")
        if self.rank == 1 and isinstance(self.kernel_size, tuple) and not isinf(self.norm_type):
            # torch multiplies a tensor by it (lp_pool1d), which a list cannot do.
            fact = f"kernel_size is a list for the only axis: {list(self.kernel_size)}"
            raise Fault(fact, key="kernel_size", hint="write a number")
        return self._pool(single_float(inputs), 0, 1)

    def _work(
        self, channels: int, windows: tuple[Window, ...], sizes: "Shape", positions: "Shape"
    ) -> "Worked":
        taken = super()._work(channels, windows, sizes, positions)
        raised = [Work("elementwise", each.count) for each in taken]  # a power of each, a root of each sum
        return *raised, *taken, on_each((channels, *positions))

    def keeping(self, inputs: tuple[Tensor, ...], facts: Facts) -> Saved | None:
        """Its input and the powers of it, and four steps of the way back to the norm."""
        if isinf(self.norm_type):
            return keeps_places(facts).beside(same_shape(inputs[0]))
        (made,) = facts.outputs.values()
        return KEEPS_INPUT.beside(same_shape(inputs[0]), *(same_shape(made) for _ in range(4)))


class LPPool1d(LPPool, frozen=True):
    """Power-average pool over (C, L)."""

    rank = 1


class LPPool2d(LPPool, frozen=True):
    """Power-average pool over (C, H, W)."""

    rank = 2


class LPPool3d(LPPool, frozen=True):
    """Power-average pool over (C, D, H, W)."""

    rank = 3

    def _positions(self, n: int, window: Window) -> int:
        if not isinf(self.norm_type):  # that one is a max pool
            check_bare(n, window.kernel)
        return super()._positions(n, window)
