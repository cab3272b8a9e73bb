"""Windows of an axis side by side (Tensor.unfold); axes count without the batch."""

from archcalc.errors import Fault
from archcalc.facts import IDENTITY, AxisRead, Facts, Tensor, Window
from archcalc.keeping import KEEPS_NOTHING, Aliasing
from archcalc.layers.arguments import Positive
from archcalc.layers.axes import sample_axis
from archcalc.layers.base import Taking, single


class UnfoldAxis(Taking, frozen=True):
    """Take windows of an axis, whose positions become a new last axis; windows may overlap."""

    saves = KEEPS_NOTHING
    shares = Aliasing.AXES

    dimension: int
    """The axis, counted without the batch: 0 is the first axis of a shape written here."""
    size: Positive
    """Positions of a window."""
    step: Positive
    """Positions from one window to the next."""

    def infer(self, inputs: tuple[Tensor, ...]) -> Facts:
        """(*a, n, *b) -> (*a, floor((n - size) / step) + 1, *b, size)."""
        tensor = single(inputs)
        axes = len(tensor.shape)
        axis = sample_axis(self.dimension, axes, "dimension")
        n = tensor.shape[axis]
        if self.size > n:
            raise Fault(f"windows of {self.size} positions do not fit {n} positions", key="size")
        windows = (n - self.size) // self.step + 1
        shape = (*tensor.shape[:axis], windows, *tensor.shape[axis + 1 :], self.size)
        several = self.size > 1
        # Which position of its window a unit reads follows from the last axis.
        read = AxisRead(
            axis,
            Window(self.size, self.step),
            sampled=several,
            divided=(axes,) if several else (),
            holds="anything",
        )
        reads = tuple(read if at == axis else AxisRead(at, IDENTITY) for at in range(axes))
        return Facts({"output": Tensor(shape, tensor.dtype)}, (), (reads,))
