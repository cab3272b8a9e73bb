"""Layers that join several inputs number by number: Add, Multiply."""

from functools import reduce
from typing import TYPE_CHECKING

from archcalc.errors import Fault
from archcalc.facts import Facts, Tensor
from archcalc.keeping import KEEPS_NOTHING, Saved
from archcalc.layers.base import Layer
from archcalc.layers.broadcasting import broadcast_reads
from archcalc.layers.mathematics import ANYTHING, Ends, Merge, hull
from archcalc.layers.operations import on_each

if TYPE_CHECKING:
    from collections.abc import Iterable

WIDER = (
    *("bool", "uint8", "int8", "int16", "int32", "int64", "float16", "bfloat16", "float32", "float64"),
    *("complex64", "complex128"),
)


class Elementwise(Layer, frozen=True):
    """Join inputs number by number; an axis of size 1 is repeated along the other inputs' axis."""

    takes_numbers = True
    pairs_axes = True

    def infer(self, inputs: tuple[Tensor, ...]) -> Facts:
        """(*), (*), ... -> (*), each axis equal or 1; what is one for all samples may have fewer axes."""
        at_least_two(inputs)
        shape, reads = broadcast_reads(inputs)
        work = (on_each(shape, len(inputs) - 1),)
        return Facts({"output": Tensor(shape, promote(inputs))}, work, reads)


class Add(Elementwise, frozen=True):
    """Sum of the inputs."""

    saves = KEEPS_NOTHING

    merges = Merge.SUM

    def image(self, *read: Ends) -> Ends:
        """Sums of the ends."""
        return sum(low for low, _ in read), sum(high for _, high in read)


class Multiply(Elementwise, frozen=True):
    """Product of the inputs."""

    merges = Merge.PRODUCT

    def image(self, *read: Ends) -> Ends:
        """Products of the ends, where none is below 0."""
        if hull(*read)[0] < 0:
            return ANYTHING
        return _product(low for low, _ in read), _product(high for _, high in read)

    def keeping(self, inputs: tuple[Tensor, ...], facts: Facts) -> Saved | None:
        """All inputs, each for the gradients of the others, and the products on the way."""
        del facts
        before = [inputs[:many] for many in range(2, len(inputs)) if inputs[many].is_float]
        products = tuple(Tensor(broadcast_reads(each)[0], promote(each)) for each in before)
        return Saved(for_others=tuple(range(len(inputs))), others=products)


def _product(ends: "Iterable[float]") -> float:
    """Of ends, of which 0 leaves nothing of an infinity."""
    return reduce(lambda one, other: one * other if one and other else 0.0, ends)


def at_least_two(inputs: tuple[Tensor, ...]) -> None:
    """Refuse a merge of fewer than two inputs."""
    if len(inputs) < 2:  # noqa: PLR2004  said in the name
        raise Fault(
            f"joins 2 or more inputs, got {len(inputs)}", key="from", hint="name them: from: [one, other]"
        )


def promote(inputs: tuple[Tensor, ...]) -> str:
    """The dtype that torch gives a result of several dtypes.

    A lone number only makes real numbers of whole ones, and whole ones of truths.
    """
    sized = {tensor.dtype for tensor in inputs if tensor.shape or tensor.batched}
    highest = max(map(_category, sized), default=-1)
    dtypes = sized | {tensor.dtype for tensor in inputs if _category(tensor.dtype) > highest}
    widest = max(dtypes, key=WIDER.index)
    if widest == "complex64" and "float64" in dtypes:
        return "complex128"
    if {"float16", "bfloat16"} <= dtypes and widest == "bfloat16":
        return "float32"
    return "int16" if {"uint8", "int8"} <= dtypes and widest == "int8" else widest


def _category(dtype: str) -> int:
    """Truths, whole numbers, real ones, complex ones."""
    return 0 if dtype == "bool" else 2 if "float" in dtype else 3 if "complex" in dtype else 1
