"""Activations along an axis (torch.nn.Softmax and its kin, GLU)."""

from dataclasses import replace
from math import prod
from typing import TYPE_CHECKING, ClassVar

from archcalc.errors import Fault
from archcalc.facts import FEATURES, IDENTITY, Facts, Reads, Tensor, Window, along
from archcalc.keeping import KEEPS_INPUT, KEEPS_OUTPUT
from archcalc.layers.axes import module_axis
from archcalc.layers.base import Layer, channels_first, single_float
from archcalc.layers.mathematics import Distribution
from archcalc.layers.operations import on_each, softmax_work

if TYPE_CHECKING:
    from archcalc.moments import Arrived, Drawn, Propagated, Unruled

SEQUENCE_BATCH = 3
"""Axes of a batch for which torch's softmax without a ``dim`` takes axis 0 (``_get_softmax_dim``)."""


class AxisActivation(Layer, frozen=True):
    """An activation that normalises along one axis."""

    saves = KEEPS_OUTPUT
    negated: ClassVar[bool] = False
    """It turns the signs first, an operation more."""

    dim: int | None = None
    """The axis, counted as torch does: 0 is the batch, 1 the first axis of a shape written here.

    null follows torch's old rule: axis 0 for three axes with the batch, axis 1 otherwise.
    """

    def infer(self, inputs: tuple[Tensor, ...]) -> Facts:
        """(*) -> (*)."""
        tensor = single_float(inputs)
        batched = len(tensor.shape) + 1
        dim = (0 if batched == SEQUENCE_BATCH else 1) if self.dim is None else self.dim
        if not -batched <= dim < batched:
            raise Fault(f"dim {dim} is outside the {batched} axes of the input with its batch", key="dim")
        axis = dim % batched - 1
        turned = (on_each(tensor.shape),) if self.negated else ()
        work = (*turned, *softmax_work(prod(tensor.shape)))
        return Facts({"output": tensor}, work, (mixed(axis, len(tensor.shape)),), inferred={"dim": dim})


class Softmax(AxisActivation, frozen=True):
    """exp(x_i) / sum_j exp(x_j) along an axis."""

    distributes = Distribution.SOFTMAX


class LogSoftmax(AxisActivation, frozen=True):
    """log of softmax along an axis."""

    distributes = Distribution.LOG_SOFTMAX


class Softmin(AxisActivation, frozen=True):
    """exp(-x_i) / sum_j exp(-x_j) along an axis."""

    distributes = Distribution.SOFTMIN
    negated = True


class Softmax2d(Layer, frozen=True):
    """Softmax over the channels of (C, H, W), at every position."""

    saves = KEEPS_OUTPUT

    distributes = Distribution.SOFTMAX
    rank: ClassVar[int] = 2

    def infer(self, inputs: tuple[Tensor, ...]) -> Facts:
        """(C, H, W) -> (C, H, W)."""
        tensor = single_float(inputs)
        channels_first(tensor, self.rank)
        return Facts({"output": tensor}, softmax_work(prod(tensor.shape)), (mixed(0, len(tensor.shape)),))


class GLU(Layer, frozen=True):
    """Cut an axis in halves a and b: a sigmoid(b)."""

    saves = KEEPS_INPUT

    halves = True

    dim: int = -1
    """The axis, counted as torch does: 0 is the batch, 1 the first axis of a shape written here."""

    def infer(self, inputs: tuple[Tensor, ...]) -> Facts:
        """(*a, 2 n, *b) -> (*a, n, *b)."""
        tensor = single_float(inputs)
        axis = module_axis(self.dim, len(tensor.shape))
        size = tensor.shape[axis]
        if size % 2:
            raise Fault(f"axis {axis} of {list(tensor.shape)} has {size}, which has no halves", key="dim")
        output = (*tensor.shape[:axis], size // 2, *tensor.shape[axis + 1 :])
        reads = list(mixed(axis, len(tensor.shape)))
        reads[axis] = replace(reads[axis], group=Window(2, dilation=size // 2))
        work = (on_each(output, 2),)  # a sigmoid and a product
        return Facts({"output": Tensor(output, tensor.dtype)}, work, (tuple(reads),))

    def carry(self, read: "tuple[Arrived, ...]", facts: Facts, drawn: "Drawn") -> "Propagated | Unruled":
        """One half times a sigmoid of the other."""
        del facts, drawn
        from archcalc.layers.carrying.distributing import carried_gate

        return carried_gate(read)


def mixed(axis: int, axes: int) -> Reads:
    """Reads of a layer that mixes the features of one axis."""
    return along(*(FEATURES if index == axis else IDENTITY for index in range(axes)))
