"""Sums that go on along an axis (torch.cumsum); axes count without the batch."""

from archcalc.facts import IDENTITY, PAST, Facts, Tensor, along
from archcalc.keeping import KEEPS_NOTHING
from archcalc.layers.axes import sample_axis
from archcalc.layers.base import Layer, single
from archcalc.layers.mathematics import Ends, multiples
from archcalc.layers.operations import fold_work


class Cumsum(Layer, frozen=True):
    """The sum of every position of an axis and all before it."""

    saves = KEEPS_NOTHING

    dim: int
    """The axis, counted without the batch: 0 is the first axis of a shape written here."""

    def infer(self, inputs: tuple[Tensor, ...]) -> Facts:
        """(*) -> (*); whole numbers add up in int64."""
        tensor = single(inputs)
        axes = len(tensor.shape)
        axis = sample_axis(self.dim, axes)
        output = tensor if tensor.is_float else Tensor(tensor.shape, "int64")
        reads = along(*(PAST if at == axis else IDENTITY for at in range(axes)))
        return Facts({"output": output}, fold_work(tensor.shape), (reads,))

    def image(self, *read: Ends) -> Ends:
        """Sums, of which the sign is known."""
        return multiples(read[0])
