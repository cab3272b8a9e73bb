"""Axes joined into one (torch.nn.Flatten)."""

from math import prod
from typing import TYPE_CHECKING

from archcalc.errors import Fault
from archcalc.facts import IDENTITY, WHOLE, AxisRead, Facts, Reads, Shape, Tensor, Window
from archcalc.keeping import KEEPS_NOTHING, Aliasing
from archcalc.layers.axes import module_axis
from archcalc.layers.base import Regrouping, single

if TYPE_CHECKING:
    from collections.abc import Iterator


class Flatten(Regrouping, frozen=True):
    """Join the axes from ``start_dim`` to ``end_dim`` into one."""

    saves = KEEPS_NOTHING
    shares = Aliasing.SHAPE

    start_dim: int = 1
    """First axis, counted as torch does: 0 is the batch, 1 the first axis of a shape written here."""
    end_dim: int = -1
    """Last axis, counted alike."""

    def infer(self, inputs: tuple[Tensor, ...]) -> Facts:
        """(*a, *b, *c) -> (*a, prod(b), *c)."""
        tensor = single(inputs)
        shape = tensor.shape
        first = module_axis(self.start_dim, len(shape), "start_dim")
        last = module_axis(self.end_dim, len(shape), "end_dim")
        if last < first:
            raise Fault(f"start_dim {self.start_dim} comes after end_dim {self.end_dim}", key="end_dim")
        return regrouped(tensor, (*shape[:first], prod(shape[first : last + 1]), *shape[last + 1 :]))


def regrouped(tensor: Tensor, output: Shape) -> Facts:
    """Facts of a layer that reads the same elements in the same order as another shape."""
    return Facts({"output": Tensor(output, tensor.dtype)}, (), (_reads(tensor.shape, output),))


def _reads(shape: Shape, output: Shape) -> Reads:
    """What the units of ``output`` read along each axis of ``shape``.

    Axes split in two or more run along the outermost one; the inner ones pick a place within it. Axes joined
    with others have no position of their own any more.
    """
    reads = [AxisRead(None, IDENTITY) for _ in shape]
    for before, after in _groups(shape, output):
        long = [axis for axis in before if shape[axis] > 1]
        if len(before) == len(after) == 1:
            reads[before[0]] = AxisRead(after[0], IDENTITY)
        elif len(long) == 1:
            inner = shape[long[0]] // output[after[0]]
            window = Window(inner, inner)
            reads[long[0]] = AxisRead(
                after[0], window, sampled=True, divided=tuple(after[1:]), holds="anything"
            )
        else:
            for axis in long:
                reads[axis] = AxisRead(None, WHOLE)
    return tuple(reads)


def _groups(shape: Shape, output: Shape) -> "Iterator[tuple[range, range]]":
    """The shortest runs of axes that hold equally many elements; lone axes of size 1 come and go."""
    at = to = 0
    while at < len(shape) and to < len(output):
        if shape[at] != output[to] and 1 in (shape[at], output[to]):
            at, to = (at + 1, to) if shape[at] == 1 else (at, to + 1)
            continue
        start, goal = at, to
        left, right = shape[at], output[to]
        at, to = at + 1, to + 1
        while left != right:
            if left < right:
                left, at = left * shape[at], at + 1
            else:
                right, to = right * output[to], to + 1
        yield range(start, at), range(goal, to)
