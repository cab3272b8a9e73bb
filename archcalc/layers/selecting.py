"""Layers that take single positions of an axis (an index, torch.unbind); axes count without the batch."""

from archcalc.errors import Fault
from archcalc.facts import IDENTITY, AxisRead, Facts, Reads, Tensor, Window
from archcalc.keeping import KEEPS_NOTHING, Aliasing
from archcalc.layers.axes import sample_axis
from archcalc.layers.base import Taking, single
from archcalc.layers.cutting import MAX_PARTS


class Select(Taking, frozen=True):
    """Take one position of an axis, which is gone then."""

    saves = KEEPS_NOTHING
    shares = Aliasing.AXES

    dim: int
    """The axis, counted without the batch: 0 is the first axis of a shape written here."""
    index: int
    """The position; negative: from the end."""

    def infer(self, inputs: tuple[Tensor, ...]) -> Facts:
        """(*a, n, *b) -> (*a, *b)."""
        tensor = single(inputs)
        axis = sample_axis(self.dim, len(tensor.shape))
        n = tensor.shape[axis]
        if not -n <= self.index < n:
            raise Fault(f"index {self.index} is outside the {n} positions of axis {axis}", key="index")
        reads = _one_position(len(tensor.shape), axis, self.index if self.index >= 0 else n + self.index)
        return Facts({"output": _without(tensor, axis)}, (), (reads,))


class Unbind(Taking, frozen=True):
    """Take all positions of an axis apart, which is gone then."""

    saves = KEEPS_NOTHING
    shares = Aliasing.AXES

    dim: int = 0
    """The axis, counted without the batch: 0 is the first axis of a shape written here."""

    def infer(self, inputs: tuple[Tensor, ...]) -> Facts:
        """(*a, n, *b) -> outputs ``0``, ``1``, ... of (*a, *b)."""
        tensor = single(inputs)
        axes = len(tensor.shape)
        axis = sample_axis(self.dim, axes)
        count = int(tensor.shape[axis])
        if count > MAX_PARTS:
            raise Fault(f"makes {count:,} outputs, the most is {MAX_PARTS:,}", key="dim")
        output = _without(tensor, axis)
        return Facts(
            outputs={str(index): output for index in range(count)},
            work=(),
            reads=(_one_position(axes, axis, 0),),
            other_reads={str(index): (_one_position(axes, axis, index),) for index in range(1, count)},
        )


def _without(tensor: Tensor, axis: int) -> Tensor:
    return Tensor((*tensor.shape[:axis], *tensor.shape[axis + 1 :]), tensor.dtype)


def _one_position(axes: int, gone: int, index: int) -> Reads:
    """Reads of units that have position ``index`` of an axis that is gone behind them."""
    return tuple(
        AxisRead(None, Window(padding=-index)) if axis == gone else AxisRead(axis - (axis > gone), IDENTITY)
        for axis in range(axes)
    )
