"""Layers that take parts of an axis (slicing, torch.chunk, torch.split); axes count without the batch."""

from itertools import accumulate
from typing import TYPE_CHECKING

from archcalc.errors import Fault
from archcalc.facts import IDENTITY, AxisRead, Facts, Reads, Tensor, Window
from archcalc.formulas.rounding import ceil_divided
from archcalc.keeping import KEEPS_NOTHING, Aliasing
from archcalc.layers.arguments import Positive, Sections
from archcalc.layers.axes import sample_axis
from archcalc.layers.base import Taking, single

if TYPE_CHECKING:
    from collections.abc import Sequence

MAX_PARTS = 4096
"""Outputs of one layer; each is a tensor with a name of its own."""


class Slice(Taking, frozen=True):
    """Take the positions ``start:stop:step`` of an axis, as a Python slice does."""

    saves = KEEPS_NOTHING
    shares = Aliasing.AXES

    dim: int = 0
    """The axis, counted without the batch: 0 is the first axis of a shape written here."""
    start: int | None = None
    """First position; negative: from the end; null: the first."""
    stop: int | None = None
    """First position behind the part; negative: from the end; null: to the end."""
    step: Positive = 1
    """Positions from one taken to the next; torch has no negative steps."""

    def infer(self, inputs: tuple[Tensor, ...]) -> Facts:
        """(*a, n, *b) -> (*a, ceil((stop - start) / step), *b), start and stop within 0 .. n."""
        tensor = single(inputs)
        axis = sample_axis(self.dim, len(tensor.shape))
        size = tensor.shape[axis]
        start, stop = slice_bounds(self.start, self.stop, size)
        length = ceil_divided(stop - start, self.step)
        reads = _part_reads(len(tensor.shape), axis, Window(stride=self.step, padding=-start))
        return Facts({"output": _part(tensor, axis, length)}, (), (reads,))


def slice_bounds(start: int | None, stop: int | None, size: int) -> tuple[int, int]:
    """The first position of a part of an axis of this size, and that behind it, as a Python slice means them.

    Raises:
        Fault: the part holds nothing.
    """
    first = _place(start, size) if start is not None else 0
    last = _place(stop, size) if stop is not None else size
    if last <= first:
        fact = f"positions {first} to {last} of {size} hold nothing"
        raise Fault(fact, key="start" if stop is None else "stop")
    return first, last


def _place(written: int, size: int) -> int:
    """The position that a slice's bound means, within 0 .. size."""
    return max(0, written + size) if written < 0 else min(written, size)


class Chunk(Taking, frozen=True):
    """Cut an axis into parts of one size, at most ``chunks`` of them; the last may be shorter."""

    saves = KEEPS_NOTHING
    shares = Aliasing.AXES

    chunks: Positive
    """Parts wanted; there are fewer when parts of ceil(n / chunks) fill the axis earlier."""
    dim: int = 0
    """The axis, counted without the batch: 0 is the first axis of a shape written here."""

    def infer(self, inputs: tuple[Tensor, ...]) -> Facts:
        """(*a, n, *b) -> outputs ``0``, ``1``, ... of (*a, ceil(n / chunks), *b)."""
        tensor = single(inputs)
        axis = sample_axis(self.dim, len(tensor.shape))
        size = tensor.shape[axis]
        return cut(tensor, axis, _even(size, ceil_divided(size, self.chunks), "chunks"))


class Split(Taking, frozen=True):
    """Cut an axis into parts of given sizes."""

    saves = KEEPS_NOTHING
    shares = Aliasing.AXES

    split_size_or_sections: Sections
    """Size of every part, of which the last may be shorter; or a list with the size of each."""
    dim: int = 0
    """The axis, counted without the batch: 0 is the first axis of a shape written here."""

    def infer(self, inputs: tuple[Tensor, ...]) -> Facts:
        """(*a, n, *b) -> outputs ``0``, ``1``, ... of (*a, n_i, *b) with sum n_i = n."""
        tensor = single(inputs)
        axis = sample_axis(self.dim, len(tensor.shape))
        size, parts = tensor.shape[axis], self.split_size_or_sections
        if not isinstance(parts, tuple):
            return cut(tensor, axis, _even(size, parts, "split_size_or_sections"))
        if sum(parts) != size:
            fact = f"the sections add up to {sum(parts)}, but axis {axis} has {size}"
            raise Fault(fact, key="split_size_or_sections")
        return cut(tensor, axis, parts)


def _even(size: int, part: int, key: str) -> "Sequence[int]":
    """Parts of one size, the last one what is left."""
    count = ceil_divided(size, part)
    if count > MAX_PARTS:
        raise Fault(f"makes {count:,} outputs, the most is {MAX_PARTS:,}", key=key)
    return [min(part, size - index * part) for index in range(int(count))]


def cut(tensor: Tensor, axis: int, sizes: "Sequence[int]") -> Facts:
    """Facts of a layer whose outputs ``0``, ``1``, ... are the parts of an axis, in order."""
    starts = accumulate(sizes[:-1], initial=0)
    names = [str(index) for index in range(len(sizes))]
    reads = [(_part_reads(len(tensor.shape), axis, Window(padding=-start)),) for start in starts]
    return Facts(
        outputs={name: _part(tensor, axis, size) for name, size in zip(names, sizes, strict=True)},
        work=(),
        reads=reads[0],
        other_reads=dict(zip(names[1:], reads[1:], strict=True)),
    )


def _part(tensor: Tensor, axis: int, size: int) -> Tensor:
    return Tensor((*tensor.shape[:axis], size, *tensor.shape[axis + 1 :]), tensor.dtype)


def _part_reads(axes: int, cut_axis: int, window: Window) -> Reads:
    return tuple(AxisRead(axis, window if axis == cut_axis else IDENTITY) for axis in range(axes))
