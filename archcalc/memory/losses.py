"""What torch's losses keep of the output that they judge, and need beside it (torch 2.13 on a CPU)."""

from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from archcalc.facts import Tensor
    from archcalc.memory.storages import Setting

PLACE = 8
"""Bytes of the number of a class."""
SEQUENCE = 2
"""Axes of an output whose classes are its last axis; elsewhere they are the first one."""


@dataclass(frozen=True, slots=True)
class Loss:
    """A loss of one output; what is kept is as large as that.

    Args:
        name: as the command line calls it.
        apart: it keeps a tensor of its own (the logarithm of a softmax) in the output's place.
        classes: its targets are numbers of classes, one a position; else they are as large as the output.
        weighed: beside it the sum of the weights of its classes is kept.
        whole: the loss lies in a storage as large as the output, of which it is the first number.
        forward: tensors as large as the output that are there beside it when the loss is calculated.
        backward: tensors as large as the output that are there beside what is kept when its gradient is made.
    """

    name: str
    apart: bool
    classes: bool
    weighed: bool
    whole: bool
    forward: int
    backward: int

    def target_bytes(self, setting: "Setting", output: "Tensor") -> int:
        """Bytes of the targets of a batch, where this is the output that the loss judges."""
        if not self.classes:
            return setting.bytes(output)
        axis = -1 if len(output.shape) == SEQUENCE else 0
        positions = prod(output.shape) // output.shape[axis]
        return PLACE * positions * (setting.batch if output.batched else 1)


LOSSES = {
    loss.name: loss
    for loss in (
        Loss("cross_entropy", apart=True, classes=True, weighed=True, whole=False, forward=1, backward=2),
        Loss("nll", apart=False, classes=True, weighed=True, whole=False, forward=0, backward=1),
        Loss("mse", apart=False, classes=False, weighed=False, whole=True, forward=0, backward=1),
        Loss("smooth_l1", apart=False, classes=False, weighed=False, whole=True, forward=0, backward=1),
        Loss("huber", apart=False, classes=False, weighed=False, whole=False, forward=0, backward=1),
    )
}
