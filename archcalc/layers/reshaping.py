"""Layers that only rearrange (torch.nn.Flatten, Identity)."""

from math import prod
from typing import TYPE_CHECKING

from archcalc.errors import Fault
from archcalc.facts import IDENTITY, WHOLE, AxisRead, Facts, Tensor, pointwise
from archcalc.layers.base import Layer, single

if TYPE_CHECKING:
    from archcalc.facts import Reads, Shape


class Identity(Layer, frozen=True):
    """x -> x."""

    def infer(self, inputs: tuple[Tensor, ...]) -> Facts:
        """(*) -> (*)."""
        return pointwise(single(inputs))


class Flatten(Layer, frozen=True):
    """Join the axes from ``start_dim`` to ``end_dim`` into one."""

    start_dim: int = 1
    """First axis, counted as torch does: 0 is the batch, 1 the first axis of a shape written here."""
    end_dim: int = -1
    """Last axis, counted alike."""

    def infer(self, inputs: tuple[Tensor, ...]) -> Facts:
        """(*a, *b, *c) -> (*a, prod(b), *c)."""
        tensor = single(inputs)
        first, last = (self._axis(key, len(tensor.shape)) for key in ("start_dim", "end_dim"))
        if last < first:
            raise Fault(f"start_dim {self.start_dim} comes after end_dim {self.end_dim}", key="end_dim")
        shape = tensor.shape
        output = (*shape[:first], prod(shape[first : last + 1]), *shape[last + 1 :])
        return Facts({"output": Tensor(output, tensor.dtype)}, 0, (_reads(shape, first, last),))

    def _axis(self, key: str, axes: int) -> int:
        dim = self.start_dim if key == "start_dim" else self.end_dim
        if not -(axes + 1) <= dim <= axes:
            raise Fault(f"{key} {dim} is outside the {axes + 1} axes of the input with its batch", key=key)
        if dim in (0, -(axes + 1)):
            fact = f"{key} {dim} is the batch axis, which stays"
            raise Fault(fact, key=key, hint="the first axis of a sample is 1")
        return dim % (axes + 1) - 1


def _reads(shape: "Shape", first: int, last: int) -> "Reads":
    """Axes outside keep their units; axes joined with others have no position of their own any more."""
    joined = last - first
    long = [axis for axis in range(first, last + 1) if shape[axis] > 1]
    kept = long[0] if len(long) == 1 else first if not long else None

    def read(axis: int) -> AxisRead:
        if not first <= axis <= last:
            return AxisRead(axis if axis < first else axis - joined, IDENTITY)
        if axis == kept:
            return AxisRead(first, IDENTITY)
        return AxisRead(None, IDENTITY if shape[axis] == 1 else WHOLE)

    return tuple(read(axis) for axis in range(len(shape)))
