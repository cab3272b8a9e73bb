"""Layers that only regroup into other sizes (torch.nn.Unflatten; torch.reshape)."""

from dataclasses import replace
from math import prod

from archcalc.errors import Fault
from archcalc.facts import Facts, Shape, Tensor
from archcalc.keeping import KEEPS_NOTHING, Aliasing
from archcalc.layers.arguments import NewSizes
from archcalc.layers.axes import module_axis
from archcalc.layers.base import Regrouping, single
from archcalc.layers.flattening import regrouped


class Unflatten(Regrouping, frozen=True):
    """Split an axis into several."""

    saves = KEEPS_NOTHING
    shares = Aliasing.SHAPE

    dim: int
    """The axis, counted as torch does: 0 is the batch, 1 the first axis of a shape written here."""
    unflattened_size: NewSizes
    """Sizes of the new axes, outermost first; one of them may be -1: what is left."""

    def infer(self, inputs: tuple[Tensor, ...]) -> Facts:
        """(*a, prod(b), *c) -> (*a, *b, *c)."""
        tensor = single(inputs)
        axis = module_axis(self.dim, len(tensor.shape))
        sizes = completed(self.unflattened_size, tensor.shape[axis], "unflattened_size")
        output = (*tensor.shape[:axis], *sizes, *tensor.shape[axis + 1 :])
        return replace(regrouped(tensor, output), inferred={"unflattened_size": sizes})


class Reshape(Regrouping, frozen=True):
    """Read the numbers of a sample in their order as another shape."""

    saves = KEEPS_NOTHING
    shares = Aliasing.SHAPE
    takes_numbers = True

    shape: NewSizes
    """The new shape, without the batch; one size may be -1: what is left. []: a single number."""

    def infer(self, inputs: tuple[Tensor, ...]) -> Facts:
        """(*a) -> (*b) with prod(a) = prod(b)."""
        tensor = single(inputs)
        sizes = completed(self.shape, prod(tensor.shape), "shape")
        return replace(regrouped(tensor, sizes), inferred={"shape": sizes})


def completed(sizes: Shape, elements: int, key: str) -> Shape:
    """The sizes with -1 replaced, so that they hold as many elements as there are."""
    known = prod(size for size in sizes if size != -1)
    if -1 in sizes and elements % known == 0:
        return tuple(elements // known if size == -1 else size for size in sizes)
    if -1 in sizes:
        raise Fault(f"{elements} elements do not divide by the {known} of {key} {list(sizes)}", key=key)
    if known != elements:
        raise Fault(f"{key} {list(sizes)} holds {known} elements, but {elements} arrive", key=key)
    return sizes
