"""Layers that fold axes into one number (torch.mean, sum, max); axes count without the batch."""

from typing import TYPE_CHECKING

from archcalc.errors import Fault
from archcalc.facts import IDENTITY, WHOLE, AxisRead, Facts, Reads, Shape, Tensor
from archcalc.keeping import KEEPS_NOTHING, Saved
from archcalc.layers.arguments import AxisOrList
from archcalc.layers.axes import sample_axes
from archcalc.layers.base import Layer, single, single_float
from archcalc.layers.mathematics import Ends, Passing, multiples
from archcalc.layers.operations import fold_work

if TYPE_CHECKING:
    from archcalc.moments import Arrived, Drawn, Propagated, Unruled


class AxisFold(Layer, frozen=True):
    """One number in the place of one axis or several."""

    dim: AxisOrList | None = None
    """The axis or axes, counted without the batch: 0 is the first axis of a shape written here. null: all."""
    keepdim: bool = False
    """Keep every folded axis with size 1."""

    def _folded(self, tensor: Tensor, dtype: str) -> Facts:
        """Facts of one number for many; a kind whose work is another one states it."""
        dims = tuple(range(len(tensor.shape))) if self.dim is None else self.dim
        shape, reads = reduction(tensor.shape, dims, keepdim=self.keepdim)
        work = fold_work(tensor.shape, shape if self.passes is Passing.AVERAGED else ())
        return Facts({"output": Tensor(shape, dtype)}, work, (reads,), inferred={"dim": dims})


class Mean(AxisFold, frozen=True):
    """The mean over one axis or several."""

    saves = KEEPS_NOTHING

    passes = Passing.AVERAGED

    def infer(self, inputs: tuple[Tensor, ...]) -> Facts:
        """(*a, n, *b) -> (*a, *b), or (*a, 1, *b) with keepdim."""
        tensor = single_float(inputs)
        return self._folded(tensor, tensor.dtype)


class Sum(AxisFold, frozen=True):
    """The sum over one axis or several."""

    saves = KEEPS_NOTHING

    def infer(self, inputs: tuple[Tensor, ...]) -> Facts:
        """(*a, n, *b) -> (*a, *b), or (*a, 1, *b) with keepdim; whole numbers add up in int64."""
        tensor = single(inputs)
        return self._folded(tensor, tensor.dtype if tensor.is_float else "int64")

    def image(self, *read: Ends) -> Ends:
        """Sums, of which the sign is known."""
        return multiples(read[0])

    def carry(self, read: "tuple[Arrived, ...]", facts: Facts, drawn: "Drawn") -> "Propagated | Unruled":
        """A mean, times how many there are."""
        del drawn
        from archcalc.layers.carrying.passing import carried_total

        return carried_total(read, facts)


class Max(Layer, frozen=True):
    """The largest number along an axis, and its place."""

    saves = Saved(outputs=(1,))

    passes = Passing.CHOSEN

    dim: int
    """The axis, counted without the batch: 0 is the first axis of a shape written here."""
    keepdim: bool = False
    """Keep the folded axis with size 1."""

    def infer(self, inputs: tuple[Tensor, ...]) -> Facts:
        """(*a, n, *b) -> ``values`` and ``indices`` of (*a, *b), or (*a, 1, *b) with keepdim."""
        tensor = single(inputs)
        shape, reads = reduction(tensor.shape, self.dim, keepdim=self.keepdim)
        outputs = {"values": Tensor(shape, tensor.dtype), "indices": Tensor(shape, "int64")}
        return Facts(outputs, fold_work(tensor.shape), (reads,))

    def carry(self, read: "tuple[Arrived, ...]", facts: Facts, drawn: "Drawn") -> "Propagated | Unruled":
        """The largest of normal numbers, or of what a function made of them."""
        del drawn
        from archcalc.layers.carrying.passing import carried_largest

        return carried_largest(read, facts)


class Min(Max, frozen=True):
    """The smallest number along an axis, and its place."""

    def carry(self, read: "tuple[Arrived, ...]", facts: Facts, drawn: "Drawn") -> "Propagated | Unruled":
        """Of normal numbers as the largest one, with the other sign; of other ones nothing is said."""
        del drawn
        from archcalc.layers.carrying.passing import carried_smallest

        return carried_smallest(read, facts)


def reduction(shape: Shape, dims: int | tuple[int, ...], *, keepdim: bool) -> tuple[Shape, Reads]:
    """The shape behind a fold over ``dims``, and what its units read."""
    axes = range(len(shape))
    gone = sample_axes(dims, len(axes))
    kept = [axis for axis in axes if keepdim or axis not in gone]
    if not kept:
        hint = "keepdim: true keeps it as size 1"
        raise Fault(f"no axis of {list(shape)} would be left", key="dim", hint=hint)
    places = {axis: place for place, axis in enumerate(kept)}
    reads = tuple(AxisRead(places.get(axis), WHOLE if axis in gone else IDENTITY) for axis in axes)
    return tuple(1 if axis in gone else shape[axis] for axis in kept), reads
