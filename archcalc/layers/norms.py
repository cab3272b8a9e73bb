"""Lengths and spreads along axes (torch.norm, normalize, var, std); axes count without the batch."""

from dataclasses import replace
from math import inf, prod
from typing import TYPE_CHECKING, ClassVar

from archcalc.facts import FEATURES, IDENTITY, Facts, Tensor, along
from archcalc.keeping import KEEPS_INPUT, Saved, per_sample
from archcalc.layers.arguments import Number
from archcalc.layers.axes import sample_axis
from archcalc.layers.base import Layer, single_float
from archcalc.layers.mathematics import Ends
from archcalc.layers.operations import fold_work, on_each
from archcalc.layers.reduction import AxisFold

if TYPE_CHECKING:
    from archcalc.facts import Shape


class Norm(AxisFold, frozen=True):
    """The length (sum |x|^p)^(1/p) along one axis or several."""

    saves = Saved(inputs=(0,), outputs=(0,))

    p: Number = 2
    """2: Euclid's length; 1: the sum of |x|; .inf: the largest |x|."""

    def infer(self, inputs: tuple[Tensor, ...]) -> Facts:
        """(*a, n, *b) -> (*a, *b), or (*a, 1, *b) with keepdim."""
        tensor = single_float(inputs)
        facts = self._folded(tensor, tensor.dtype)
        # A power of each number, the sum of them, and a root.
        return replace(facts, work=(on_each(tensor.shape), *fold_work(tensor.shape, _made(facts))))

    def image(self, *read: Ends) -> Ends:
        """Never below 0."""
        del read
        return 0.0, inf


class Var(AxisFold, frozen=True):
    """The mean square of what differs from the mean, along one axis or several."""

    saves = KEEPS_INPUT
    rooted: ClassVar[bool] = False
    """It takes the root besides."""

    correction: int = 1
    """Taken off the number of values by which is divided: 1 as torch has it, 0 in norms."""

    def infer(self, inputs: tuple[Tensor, ...]) -> Facts:
        """(*a, n, *b) -> (*a, *b), or (*a, 1, *b) with keepdim."""
        tensor = single_float(inputs)
        facts = self._folded(tensor, tensor.dtype)
        mean, made = fold_work(tensor.shape, _made(facts)), _made(facts)
        # Of each number the difference from the mean, and the square, whose mean is taken again.
        work = (*mean, on_each(tensor.shape, 2), *fold_work(tensor.shape, made))
        return replace(facts, work=(*work, on_each(made)) if self.rooted else work)

    def image(self, *read: Ends) -> Ends:
        """Never below 0."""
        del read
        return 0.0, inf


class Std(Var, frozen=True):
    """The root of the variance along one axis or several."""

    rooted = True
    saves = Saved(inputs=(0,), outputs=(0,))


def _made(facts: Facts) -> "Shape":
    return facts.outputs["output"].shape


class Normalize(Layer, frozen=True):
    """Divide by the length along an axis, but by no less than eps (torch.nn.functional.normalize)."""

    p: Number = 2
    """Which length: see Norm."""
    dim: int = 0
    """The axis, counted without the batch: 0 is the first axis of a shape written here."""
    eps: float = 1e-12
    """Smallest divisor."""

    def infer(self, inputs: tuple[Tensor, ...]) -> Facts:
        """(*) -> (*)."""
        tensor = single_float(inputs)
        axis = sample_axis(self.dim, len(tensor.shape))
        reads = along(*(FEATURES if each == axis else IDENTITY for each in range(len(tensor.shape))))
        lengths = tuple(1 if each == axis else size for each, size in enumerate(tensor.shape))
        # A power of each number, their sum, its root, and each divided by it.
        work = (on_each(tensor.shape), *fold_work(tensor.shape, lengths), on_each(tensor.shape))
        return Facts({"output": tensor}, work, (reads,))

    def keeping(self, inputs: tuple[Tensor, ...], facts: Facts) -> Saved | None:
        """Its input, the length of every row, and that of those that are not too short."""
        del facts
        (tensor,) = inputs
        lengths = per_sample(
            prod(tensor.shape) // tensor.shape[sample_axis(self.dim, len(tensor.shape))], tensor.dtype
        )
        return KEEPS_INPUT.beside(lengths, lengths)
