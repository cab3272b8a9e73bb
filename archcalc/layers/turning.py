"""Layers that turn axes round (torch.roll, flip); axes count without the batch."""

from archcalc.errors import Fault
from archcalc.facts import IDENTITY, AxisRead, Facts, Shape, Tensor, Window
from archcalc.keeping import KEEPS_NOTHING
from archcalc.layers.arguments import AxisOrList, WholeList
from archcalc.layers.axes import sample_axes, sample_axis
from archcalc.layers.base import Regrouping, single
from archcalc.layers.operations import copy_work
from archcalc.layers.phases import read_at


class Roll(Regrouping, frozen=True):
    """Move all positions of an axis on; what leaves it behind comes in again at its front."""

    saves = KEEPS_NOTHING

    shifts: WholeList
    """Positions by which everything moves; negative: towards the front. A list has one per axis."""
    dim: AxisOrList
    """The axis or axes, counted without the batch: 0 is the first axis of a shape written here."""

    def infer(self, inputs: tuple[Tensor, ...]) -> Facts:
        """(*) -> (*)."""
        tensor = single(inputs)
        shifts = self._shifts(len(tensor.shape))
        reads = tuple(
            AxisRead(axis, IDENTITY)
            if shift % n == 0
            else AxisRead(axis, Window(padding=shift if -n < shift < n else shift % n), border="circular")
            for axis, (shift, n) in enumerate(zip(shifts, tensor.shape, strict=True))
        )
        return Facts({"output": tensor}, copy_work(tensor.shape), (reads,))

    def _shifts(self, axes: int) -> list[int]:
        """Per axis how far it moves in all."""
        shifts = self.shifts if isinstance(self.shifts, tuple) else (self.shifts,)
        dims = self.dim if isinstance(self.dim, tuple) else (self.dim,)
        if len(shifts) != len(dims):
            raise Fault(f"shifts has {len(shifts)} values for {len(dims)} axes of dim", key="shifts")
        found = [0] * axes
        for shift, dim in zip(shifts, dims, strict=True):
            found[sample_axis(dim, axes)] += shift
        return found


class Flip(Regrouping, frozen=True):
    """Turn the order of the positions of an axis round."""

    saves = KEEPS_NOTHING

    dim: AxisOrList
    """The axis or axes, counted without the batch: 0 is the first axis of a shape written here."""

    def infer(self, inputs: tuple[Tensor, ...]) -> Facts:
        """(*) -> (*)."""
        tensor = single(inputs)
        turned = sample_axes(self.dim, len(tensor.shape))
        reads = tuple(
            read_at(axis, range(n - 1, -1, -1)) if axis in turned else AxisRead(axis, IDENTITY)
            for axis, n in enumerate(_plain(tensor.shape, turned))
        )
        return Facts({"output": tensor}, copy_work(tensor.shape), (reads,))


def _plain(shape: Shape, axes: tuple[int, ...]) -> list[int]:
    """The sizes, of which those of these axes are written out place by place."""
    return [int(n) if axis in axes else n for axis, n in enumerate(shape)]
