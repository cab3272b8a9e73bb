"""Layers that join several inputs: Add, Multiply, Concat, Stack, MatMul."""

from functools import reduce
from itertools import accumulate
from typing import TYPE_CHECKING

from archcalc.errors import Fault, Unequal
from archcalc.facts import IDENTITY, WHOLE, AxisRead, Facts, Shape, Tensor, Window
from archcalc.formulas.counts import linear_macs
from archcalc.keeping import KEEPS_NOTHING, Saved
from archcalc.layers.axes import sample_axis
from archcalc.layers.base import Layer
from archcalc.layers.broadcasting import (
    broadcast_reads,
    columns,
    meeting,
    paired_size,
    repeated_reads,
    shapes_listed,
)
from archcalc.layers.mathematics import ANYTHING, Ends, Merge, hull
from archcalc.layers.operations import copy_work, on_each
from archcalc.work import Work

if TYPE_CHECKING:
    from collections.abc import Iterable

    from archcalc.moments import Arrived, Drawn, Propagated, Unruled

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


class Concat(Layer, frozen=True):
    """Put the inputs one behind the other along an axis."""

    saves = KEEPS_NOTHING

    merges = Merge.CONCATENATION

    dim: int = 0
    """The axis, counted without the batch: 0 is the first axis of a shape written here (the channels)."""

    def infer(self, inputs: tuple[Tensor, ...]) -> Facts:
        """(*a, n_1, *b), (*a, n_2, *b), ... -> (*a, n_1 + n_2 + ..., *b)."""
        at_least_two(inputs)
        sizes_along = _columns(inputs)
        dim = sample_axis(self.dim, len(sizes_along))
        for axis, sizes in enumerate(sizes_along):
            if axis != dim and any(size != sizes[0] for size in sizes):
                raise Fault(f"inputs differ in axis {axis}: {shapes_listed(inputs)}", key="from")
        shape = tuple(sum(sizes) if axis == dim else sizes[0] for axis, sizes in enumerate(sizes_along))
        offsets = accumulate(sizes_along[dim][:-1], initial=0)
        plain = tuple(AxisRead(axis, IDENTITY) for axis in range(len(shape)))
        before, behind = plain[:dim], plain[dim + 1 :]
        along = (AxisRead(dim, Window(padding=offset), border="absent") for offset in offsets)
        reads = tuple((*before, each, *behind) for each in along)
        return Facts({"output": Tensor(shape, promote(inputs))}, copy_work(shape), reads)


class Stack(Layer, frozen=True):
    """Put inputs of one shape side by side along a new axis."""

    saves = KEEPS_NOTHING

    merges = Merge.STACK
    takes_numbers = True

    dim: int = 0
    """Where the new axis stands in the output, counted without the batch: 0 is the first axis."""

    def infer(self, inputs: tuple[Tensor, ...]) -> Facts:
        """(*a, *b), k times -> (*a, k, *b)."""
        at_least_two(inputs)
        first = inputs[0].shape
        if any(tensor.shape != first for tensor in inputs):
            raise Fault(f"inputs differ in shape: {shapes_listed(inputs)}", key="from")
        place = sample_axis(self.dim, len(first) + 1, of="the output")
        reads = tuple(
            tuple(
                AxisRead(axis + (axis >= place), IDENTITY, only=(place, layer)) for axis in range(len(first))
            )
            for layer in range(len(inputs))
        )
        output = Tensor((*first[:place], len(inputs), *first[place:]), promote(inputs))
        return Facts({"output": output}, copy_work(output.shape), reads)


class MatMul(Layer, frozen=True):
    """Matrix products over the last two axes of two inputs; the axes before are paired."""

    pairs_axes = True

    def infer(self, inputs: tuple[Tensor, ...]) -> Facts:
        """(*b, n, k), (*b, k, m) -> (*b, n, m), each axis of b equal or 1."""
        if len(inputs) != 2:  # noqa: PLR2004  left and right
            raise Fault(
                f"takes 2 inputs, got {len(inputs)}", key="from", hint="name them: from: [one, other]"
            )
        left, right = shapes = meeting(inputs)
        if min(len(tensor.shape) for tensor in inputs) < 2:  # noqa: PLR2004  rows and columns
            raise Fault(f"needs inputs of 2 or more axes: {shapes_listed(inputs)}", key="from")
        if left[-1] != right[-2]:
            fact = f"{left[-1]} columns meet {right[-2]} rows: {shapes_listed(inputs)}"
            hint = "a Transpose before it swaps rows and columns"
            raise Fault(fact, key="from", hint=hint, unequal=Unequal("from", left[-1], right[-2]))
        lead = tuple(
            paired_size(sizes, axis, inputs)
            for axis, sizes in enumerate(columns([each[:-2] for each in shapes]))
        )
        shape = (*lead, left[-2], right[-1])
        contracted = AxisRead(None, WHOLE)
        row, column = (AxisRead(len(shape) - places, IDENTITY) for places in (2, 1))
        before, after = (
            repeated_reads(lead, fitted[:-2], Tensor(tensor.shape[:-2]))
            for fitted, tensor in zip(shapes, inputs, strict=True)
        )
        reads = ((*before, row, contracted), (*after, contracted, column))
        work = (Work("product", linear_macs(left[-1], shape)),)
        return Facts({"output": Tensor(shape, _one_dtype(inputs))}, work, reads)

    def keeping(self, inputs: tuple[Tensor, ...], facts: Facts) -> Saved | None:
        """Both inputs, each for the gradient of the other; a copy of one that is repeated for the other."""
        lead = next(iter(facts.outputs.values())).shape[:-2]
        ends = [each[-2:] for each in meeting(inputs)]
        as_they_are = [not t.batched or t.shape[:-2] == lead for t in inputs]
        copies = (
            Tensor((*lead, *end), tensor.dtype)
            for same, end, tensor in zip(as_they_are, ends, inputs, strict=True)
            if not same
        )
        kept = tuple(place for place, same in enumerate(as_they_are) if same)
        return Saved(for_others=kept, others=tuple(copies), ending=2)

    def carry(self, read: "tuple[Arrived, ...]", facts: Facts, drawn: "Drawn") -> "Propagated | Unruled":
        """Sums of products."""
        del facts, drawn
        from archcalc.layers.carrying.joining import carried_product_of_matrices

        return carried_product_of_matrices(read)


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


def _columns(inputs: tuple[Tensor, ...]) -> list[Shape]:
    if len({len(tensor.shape) for tensor in inputs}) > 1:
        raise Fault(f"inputs have different numbers of axes: {shapes_listed(inputs)}", key="from")
    return columns([tensor.shape for tensor in inputs])


def _one_dtype(inputs: tuple[Tensor, ...]) -> str:
    """The dtype of all inputs of a matrix product, which torch wants to be one and not bool.

    Raises:
        Fault: they have several, or bool.
    """
    dtypes = [tensor.dtype for tensor in inputs]
    if len(set(dtypes)) > 1:
        raise Fault(f"inputs have different dtypes: {' and '.join(dtypes)}", key="from")
    if dtypes[0] == "bool":
        raise Fault("needs numbers, got bool", key="from")
    return dtypes[0]
