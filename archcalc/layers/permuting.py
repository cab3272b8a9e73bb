"""Layers that move axes (torch.permute, transpose, squeeze, unsqueeze); axes count without the batch."""

from dataclasses import replace
from typing import TYPE_CHECKING

from archcalc.errors import Fault
from archcalc.facts import IDENTITY, AxisRead, Facts, Tensor
from archcalc.keeping import KEEPS_NOTHING, Aliasing
from archcalc.layers.arguments import AxisList, AxisOrList
from archcalc.layers.axes import sample_axes, sample_axis
from archcalc.layers.base import Regrouping, single

if TYPE_CHECKING:
    from collections.abc import Sequence


class Permute(Regrouping, frozen=True):
    """Put the axes of a sample in another order."""

    saves = KEEPS_NOTHING
    shares = Aliasing.AXES

    dims: AxisList
    """The axes in their new order, counted without the batch: 0 is the first axis of a shape written here."""

    def infer(self, inputs: tuple[Tensor, ...]) -> Facts:
        """(n_0, n_1, ...) -> (n_dims[0], n_dims[1], ...)."""
        tensor = single(inputs)
        axes = len(tensor.shape)
        order = sample_axes(self.dims, axes, "dims")
        if len(order) < axes:
            raise Fault(f"dims names {len(order)} axes, but a sample has {axes}", key="dims")
        return arranged(tensor, order)


class Transpose(Regrouping, frozen=True):
    """Swap two axes."""

    saves = KEEPS_NOTHING
    shares = Aliasing.AXES

    dim0: int
    """One axis, counted without the batch: 0 is the first axis of a shape written here."""
    dim1: int
    """The other axis, counted alike."""

    def infer(self, inputs: tuple[Tensor, ...]) -> Facts:
        """(*a, n, *b, m, *c) -> (*a, m, *b, n, *c)."""
        tensor = single(inputs)
        order = list(range(len(tensor.shape)))
        first, second = (
            sample_axis(dim, len(order), key) for key, dim in (("dim0", self.dim0), ("dim1", self.dim1))
        )
        order[first], order[second] = second, first
        return arranged(tensor, order)


class Squeeze(Regrouping, frozen=True):
    """Leave out axes of size 1."""

    saves = KEEPS_NOTHING
    shares = Aliasing.AXES

    dim: AxisOrList | None = None
    """The axis or axes, counted without the batch; longer ones stay, as in torch. null: all of size 1."""

    def infer(self, inputs: tuple[Tensor, ...]) -> Facts:
        """(*a, 1, *b) -> (*a, *b)."""
        tensor = single(inputs)
        axes = range(len(tensor.shape))
        chosen = axes if self.dim is None else sample_axes(self.dim, len(axes))
        kept = [axis for axis in axes if axis not in chosen or tensor.shape[axis] > 1]
        if not kept:
            fact = f"no axis of {list(tensor.shape)} would be left"
            raise Fault(fact, key="dim", hint="a sample keeps at least one axis: name those to leave out")
        return replace(arranged(tensor, kept), inferred={"dim": tuple(chosen)})


class Unsqueeze(Regrouping, frozen=True):
    """Put in an axis of size 1."""

    saves = KEEPS_NOTHING
    shares = Aliasing.AXES

    dim: int
    """Where it stands in the output, counted without the batch: 0 is the first axis."""

    def infer(self, inputs: tuple[Tensor, ...]) -> Facts:
        """(*a, *b) -> (*a, 1, *b)."""
        tensor = single(inputs)
        axes = len(tensor.shape)
        place = sample_axis(self.dim, axes + 1, of="the output")
        order: list[int | None] = list(range(axes))
        order.insert(place, None)
        return arranged(tensor, order)


def arranged(tensor: Tensor, order: "Sequence[int | None]") -> Facts:
    """Facts of a layer whose output axis i is the input axis ``order[i]``; None: a new axis of size 1."""
    shape = tuple(1 if axis is None else tensor.shape[axis] for axis in order)
    places = {axis: place for place, axis in enumerate(order)}
    reads = tuple(AxisRead(places.get(axis), IDENTITY) for axis in range(len(tensor.shape)))
    return Facts({"output": Tensor(shape, tensor.dtype)}, (), (reads,))
