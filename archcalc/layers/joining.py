"""Layers that put several inputs beside each other: Concat, Stack."""

from itertools import accumulate

from archcalc.errors import Fault
from archcalc.facts import IDENTITY, AxisRead, Facts, Shape, Tensor, Window
from archcalc.keeping import KEEPS_NOTHING
from archcalc.layers.axes import sample_axis
from archcalc.layers.base import Layer
from archcalc.layers.broadcasting import columns, shapes_listed
from archcalc.layers.mathematics import Merge
from archcalc.layers.merging import at_least_two, promote
from archcalc.layers.operations import copy_work


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


def _columns(inputs: tuple[Tensor, ...]) -> list[Shape]:
    if len({len(tensor.shape) for tensor in inputs}) > 1:
        raise Fault(f"inputs have different numbers of axes: {shapes_listed(inputs)}", key="from")
    return columns([tensor.shape for tensor in inputs])
