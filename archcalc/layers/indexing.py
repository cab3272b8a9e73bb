"""Positions that whole numbers say (torch.index_select, gather); axes count without the batch."""

from archcalc.errors import Fault
from archcalc.facts import IDENTITY, WHOLE, AxisRead, Facts, Reads, Shape, Tensor, along
from archcalc.formulas.elementwise import each_number
from archcalc.keeping import INDEX, Saved, same_shape
from archcalc.layers.axes import sample_axis
from archcalc.layers.base import Taking
from archcalc.layers.broadcasting import shapes_listed
from archcalc.work import Work, Worked

PAIR = 2
PLACES = ("int32", "int64")
"""Whole numbers that torch takes for positions."""


class Indexed(Taking, frozen=True):
    """A layer that takes positions of its first input as its second one says."""

    dim: int = 0
    """The axis, counted without the batch: 0 is the first axis of a shape written here."""

    def _read(self, inputs: tuple[Tensor, ...]) -> tuple[Tensor, Tensor, int]:
        """What is taken from, the positions, and the axis."""
        if len(inputs) != PAIR:
            fact = f"takes 2 inputs (numbers, positions), got {len(inputs)}"
            raise Fault(fact, key="from", hint="name them: from: [numbers, positions]")
        tensor, places = inputs
        if places.dtype not in PLACES:
            fact = f"needs {' or '.join(PLACES)} as the second input, got {places.dtype}"
            raise Fault(fact, key="from", hint="a Cast to int64 makes positions of whole numbers")
        return tensor, places, sample_axis(self.dim, len(tensor.shape))


class IndexSelect(Indexed, frozen=True):
    """Take positions of an axis, which the second input lists."""

    saves = Saved(inputs=(1,))

    def infer(self, inputs: tuple[Tensor, ...]) -> Facts:
        """(*a, n, *b), (k) -> (*a, k, *b)."""
        tensor, places, axis = self._read(inputs)
        if len(places.shape) != 1:
            fact = f"needs a list of positions as the second input, got {list(places.shape)}"
            raise Fault(fact, key="from", hint="Flatten makes one of several axes, Gather takes them all")
        shape = (*tensor.shape[:axis], *places.shape, *tensor.shape[axis + 1 :])
        reads = (_anywhere(len(shape), axis), (AxisRead(axis, IDENTITY),))
        return Facts({"output": Tensor(shape, tensor.dtype)}, _fetched(shape), reads)


class Gather(Indexed, frozen=True):
    """Take for every number of the second input the position of an axis that it says, at its own place."""

    def keeping(self, inputs: tuple[Tensor, ...], facts: Facts) -> Saved | None:
        """What is taken from, and the positions, a copy of them where they are no int64."""
        del facts
        _, places = inputs
        return (
            Saved(inputs=(0, 1))
            if places.dtype == INDEX
            else Saved((0,), others=(same_shape(places, INDEX),))
        )

    def infer(self, inputs: tuple[Tensor, ...]) -> Facts:
        """(*a, n, *b), (*c, k, *d) -> (*c, k, *d), no axis of c and d longer than those of a and b."""
        tensor, places, axis = self._read(inputs)
        axes = len(tensor.shape)
        if len(places.shape) != axes:
            raise Fault(f"inputs have different numbers of axes: {shapes_listed(inputs)}", key="from")
        for at, (n, m) in enumerate(zip(tensor.shape, places.shape, strict=True)):
            if at != axis and m > n:
                raise Fault(f"{m} positions are asked of axis {at}, which has {n}", key="from")
        reads = (_anywhere(axes, axis), along(*(IDENTITY for _ in range(axes))))
        return Facts({"output": Tensor(places.shape, tensor.dtype)}, _fetched(places.shape), reads)


def _fetched(shape: Shape) -> Worked:
    return (Work("gather", each_number(shape)),)


def _anywhere(axes: int, axis: int) -> Reads:
    """Reads of units that have one position of an axis, which nobody knows."""
    return tuple(
        AxisRead(at, WHOLE, sampled=True) if at == axis else AxisRead(at, IDENTITY) for at in range(axes)
    )
