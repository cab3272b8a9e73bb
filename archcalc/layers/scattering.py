"""A part of an axis replaced (torch.slice_scatter), as an assignment to a slice does."""

from archcalc.errors import Fault
from archcalc.facts import IDENTITY, NOTHING, AxisRead, Facts, Phased, Reads, Tensor
from archcalc.formulas.rounding import ceil_divided
from archcalc.keeping import KEEPS_NOTHING
from archcalc.layers.arguments import Positive
from archcalc.layers.axes import sample_axis
from archcalc.layers.base import Layer
from archcalc.layers.broadcasting import shapes_listed
from archcalc.layers.cutting import slice_bounds
from archcalc.layers.mathematics import Ends, hull
from archcalc.layers.operations import copy_work
from archcalc.layers.phases import check_windows, phased, read_where

PAIR = 2


class SliceScatter(Layer, frozen=True):
    """Put the second input in the place of the positions ``start:stop:step`` of the first one's axis."""

    saves = KEEPS_NOTHING

    dim: int = 0
    """The axis, counted without the batch: 0 is the first axis of a shape written here."""
    start: int | None = None
    """First position; negative: from the end; null: the first."""
    stop: int | None = None
    """First position behind the part; negative: from the end; null: to the end."""
    step: Positive = 1
    """Positions from one replaced to the next."""

    def infer(self, inputs: tuple[Tensor, ...]) -> Facts:
        """(*a, n, *b), (*a, ceil((stop - start) / step), *b) -> (*a, n, *b)."""
        if len(inputs) != PAIR:
            fact = f"takes 2 inputs (all, the part to put in), got {len(inputs)}"
            raise Fault(fact, key="from", hint="name them: from: [all, part]")
        tensor, part = inputs
        axes = len(tensor.shape)
        axis = sample_axis(self.dim, axes)
        start, stop = slice_bounds(self.start, self.stop, tensor.shape[axis])
        length = ceil_divided(stop - start, self.step)
        expected = (*tensor.shape[:axis], length, *tensor.shape[axis + 1 :])
        if part.shape != expected:
            fact = f"the part to put in needs shape {list(expected)}, got {shapes_listed(inputs)}"
            raise Fault(fact, key="from")
        kept, put = self._kept(axis, tensor.shape[axis], start, stop), self._put(axis, start)
        reads = (_along(axes, axis, kept), _along(axes, axis, put))
        return Facts({"output": Tensor(tensor.shape, tensor.dtype)}, copy_work(tensor.shape), reads)

    def _kept(self, axis: int, n: int, start: int, stop: int) -> AxisRead:
        """What is read of the first input: all that is not replaced."""
        if start == 0 and stop == n and (self.step == 1 or n == 1):
            return AxisRead(axis, NOTHING, "absent")
        n, replaced = int(n), range(int(start), int(stop), self.step)
        return read_where(axis, n, set(range(n)).difference(replaced), "absent")

    def _put(self, axis: int, start: int) -> AxisRead:
        """What is read of the part: position (o - start) / step, where that is whole and there."""
        check_windows(self.step, f"steps of {self.step}", "step")
        begin, phase = start // self.step, start % self.step
        if self.step == 1:
            return AxisRead(axis, phased(1, (range(-begin, 1 - begin),)), "absent")
        turns = tuple(range(-begin, -begin + (at == phase)) for at in range(self.step))
        return AxisRead(axis, Phased(1, turns), "absent")

    def image(self, *read: Ends) -> Ends:
        """The numbers of both."""
        return hull(*read)


def _along(axes: int, axis: int, read: AxisRead) -> Reads:
    return tuple(read if at == axis else AxisRead(at, IDENTITY) for at in range(axes))
