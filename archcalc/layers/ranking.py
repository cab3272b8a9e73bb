"""The largest numbers of an axis, and where they stand (torch.topk, argmax, argmin), without the batch."""

from math import inf

from archcalc.errors import Fault
from archcalc.facts import IDENTITY, NOTHING, WHOLE, AxisRead, Facts, Reads, Tensor
from archcalc.keeping import KEEPS_NOTHING, Saved
from archcalc.layers.arguments import Positive
from archcalc.layers.axes import sample_axis
from archcalc.layers.base import Layer, Taking, single
from archcalc.layers.elementary import no_truths
from archcalc.layers.mathematics import Ends
from archcalc.layers.operations import fold_work
from archcalc.layers.reduction import reduction


class TopK(Taking, frozen=True):
    """The largest numbers of an axis in falling order, and where they stand."""

    saves = Saved(outputs=(1,))

    k: Positive
    """How many."""
    dim: int = -1
    """The axis, counted without the batch; -1: the last one."""
    largest: bool = True
    """false: the smallest ones, in rising order."""

    def infer(self, inputs: tuple[Tensor, ...]) -> Facts:
        """(*a, n, *b) -> ``values`` and ``indices`` of (*a, k, *b)."""
        tensor = no_truths(single(inputs))
        axes = len(tensor.shape)
        axis = sample_axis(self.dim, axes)
        n = tensor.shape[axis]
        if self.k > n:
            raise Fault(f"k is {self.k}, but axis {axis} has {n}", key="k")
        shape = (*tensor.shape[:axis], self.k, *tensor.shape[axis + 1 :])
        reads = tuple(AxisRead(at, WHOLE if at == axis else IDENTITY) for at in range(axes))
        outputs = {"values": Tensor(shape, tensor.dtype), "indices": Tensor(shape, "int64")}
        return Facts(outputs, fold_work(tensor.shape), (reads,))


class Argmax(Layer, frozen=True):
    """Where the largest number of an axis stands."""

    saves = KEEPS_NOTHING

    dim: int
    """The axis, counted without the batch: 0 is the first axis of a shape written here."""
    keepdim: bool = False
    """Keep the folded axis with size 1."""

    def infer(self, inputs: tuple[Tensor, ...]) -> Facts:
        """(*a, n, *b) -> (*a, *b), or (*a, 1, *b) with keepdim."""
        tensor = no_truths(single(inputs))
        shape, reads = reduction(tensor.shape, self.dim, keepdim=self.keepdim)
        work = fold_work(tensor.shape)
        return Facts({"output": Tensor(shape, "int64")}, work, (_of_several(tensor, reads),))

    def image(self, *read: Ends) -> Ends:
        """Positions."""
        del read
        return 0.0, inf


class Argmin(Argmax, frozen=True):
    """Where the smallest number of an axis stands."""


def _of_several(tensor: Tensor, reads: Reads) -> Reads:
    """The reads, where a lone position is known without a look at it."""
    return tuple(
        AxisRead(read.to, NOTHING) if read.reach == WHOLE and n == 1 else read
        for read, n in zip(reads, tensor.shape, strict=True)
    )
