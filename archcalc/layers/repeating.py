"""Layers that repeat what they read (Tensor.expand, repeat; torch.repeat_interleave), without the batch."""

from dataclasses import replace
from typing import TYPE_CHECKING

from archcalc.errors import Fault
from archcalc.facts import FIRST, IDENTITY, AxisRead, Facts, Reach, Tensor
from archcalc.keeping import KEEPS_NOTHING, Aliasing
from archcalc.layers.arguments import Counts, ExpandedSizes, Positive
from archcalc.layers.axes import sample_axis
from archcalc.layers.base import Taking, single
from archcalc.layers.operations import copy_work
from archcalc.layers.phases import read_at, repeated

if TYPE_CHECKING:
    from collections.abc import Sequence


class Expand(Taking, frozen=True):
    """Repeat axes of size 1, and put further axes in front."""

    saves = KEEPS_NOTHING
    shares = Aliasing.AXES

    takes_numbers = True

    size: ExpandedSizes
    """The new sizes, without the batch; -1: the axis stays. More of them than axes: new ones in front."""

    def infer(self, inputs: tuple[Tensor, ...]) -> Facts:
        """(*a), each of a equal or 1 -> size."""
        tensor = single(inputs)
        added = _added_axes(len(self.size), tensor, "size")
        if -1 in self.size[:added]:
            fact = f"axis {self.size.index(-1)} of size {list(self.size)} is a new one, which needs a size"
            raise Fault(fact, key="size")
        pairs = [(n, n if m == -1 else m) for n, m in zip(tensor.shape, self.size[added:], strict=True)]
        for axis, (n, m) in enumerate(pairs):
            if n not in (1, m):
                fact = f"size {m} for axis {axis}, which has {n}: only an axis of size 1 is repeated"
                raise Fault(fact, key="size", hint="-1 leaves an axis as it is; Repeat takes any")
        shape = (*self.size[:added], *(m for _, m in pairs))
        return spread_out(tensor, shape, [IDENTITY if n == m else FIRST for n, m in pairs])


class Repeat(Taking, frozen=True):
    """Put what is read side by side several times."""

    saves = KEEPS_NOTHING

    takes_numbers = True

    repeats: Counts
    """How often, per axis and without the batch. More of them than axes: new axes in front."""

    def infer(self, inputs: tuple[Tensor, ...]) -> Facts:
        """(*n) -> (*(n_i repeats_i))."""
        tensor = single(inputs)
        added = _added_axes(len(self.repeats), tensor, "repeats")
        pairs = list(zip(tensor.shape, self.repeats[added:], strict=True))
        shape = (*self.repeats[:added], *(n * times for n, times in pairs))
        reads = tuple(
            read_at(axis, range(int(n) if times > 1 else n), times)
            for axis, (n, times) in enumerate(pairs, added)
        )
        return Facts({"output": Tensor(shape, tensor.dtype)}, copy_work(shape), (reads,))


class RepeatInterleave(Taking, frozen=True):
    """Repeat every position of an axis, each beside itself."""

    saves = KEEPS_NOTHING

    repeats: Positive
    """How often."""
    dim: int
    """The axis, counted without the batch: 0 is the first axis of a shape written here."""

    def infer(self, inputs: tuple[Tensor, ...]) -> Facts:
        """(*a, n, *b) -> (*a, n repeats, *b)."""
        tensor = single(inputs)
        axis = sample_axis(self.dim, len(tensor.shape))
        shape = tuple(n * self.repeats if at == axis else n for at, n in enumerate(tensor.shape))
        beside = repeated(self.repeats, "repeats")
        facts = spread_out(tensor, shape, [beside if at == axis else IDENTITY for at in range(len(shape))])
        return replace(facts, work=copy_work(shape))


def _added_axes(written: int, tensor: Tensor, key: str) -> int:
    """How many axes of an argument with one value per axis stand before those of the tensor.

    Raises:
        Fault: the tensor has more axes.
    """
    axes = len(tensor.shape)
    if written < axes:
        raise Fault(f"{key} has {written} values for {axes} axes: {list(tensor.shape)}", key=key)
    return written - axes


def spread_out(tensor: Tensor, shape: tuple[int, ...], reaches: "Sequence[Reach]") -> Facts:
    """Facts of a layer whose last axes are those of what it reads, which it need not copy."""
    added = len(shape) - len(reaches)
    reads = tuple(AxisRead(axis, reach) for axis, reach in enumerate(reaches, added))
    return Facts({"output": Tensor(shape, tensor.dtype)}, (), (reads,))
