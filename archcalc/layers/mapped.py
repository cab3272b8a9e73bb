"""Kinds along leading axes of a sample: every position by itself, with the same weights (torch.vmap).

The axes join the batch, as torch's modules are applied to them: (B, k, *n) -> (B k, *n) and back.
"""

from dataclasses import replace
from functools import cache
from math import prod
from types import new_class
from typing import TYPE_CHECKING, cast

from archcalc.errors import Fault
from archcalc.facts import IDENTITY, AxisRead, Facts, Tensor
from archcalc.layers.base import Layer
from archcalc.work import repeated_work

if TYPE_CHECKING:
    from archcalc.facts import Reads, Shape
    from archcalc.keeping import Saved


@cache
def mapped_kind(kind: "type[Layer]", axes: int) -> "type[Layer]":
    """The kind on samples with so many axes in front, along which it is applied position by position.

    Its fields, and what its function does to numbers, are those of the kind; ``infer`` states the facts of
    all positions together.
    """
    if not axes:
        return kind

    def infer(self: Layer, inputs: tuple[Tensor, ...]) -> Facts:
        leading = leading_sizes(inputs, axes)
        one = tuple(one_position(tensor, axes) for tensor in inputs)
        for tensor, each in zip(inputs, one, strict=True):
            if not each.shape and not kind.takes_numbers:
                fact = f"needs a tensor with axes at each position, of {list(tensor.shape)} there is a number"
                raise Fault(fact, hint="Unsqueeze gives it an axis, or leave Vmap out")
        found = kind.infer(self, one)
        return found if leading is None else _lifted(found, inputs, leading)

    def keeping(self: Layer, inputs: tuple[Tensor, ...], facts: Facts) -> "Saved | None":
        del facts
        one = tuple(one_position(tensor, axes) for tensor in inputs)
        kept, leading = kind.keeping(self, one, kind.infer(self, one)), leading_sizes(inputs, axes)
        return kept if kept is None or leading is None else kept.over(leading)

    infer.__doc__, keeping.__doc__ = kind.infer.__doc__, kind.keeping.__doc__
    fields = {
        "infer": infer,
        "keeping": keeping,
        "mapped": axes,
        "__module__": kind.__module__,
        "__doc__": kind.__doc__,
    }
    return cast(
        "type[Layer]", new_class(kind.__name__, (kind,), {"frozen": True}, lambda own: own.update(fields))
    )


def one_position(tensor: Tensor, axes: int) -> Tensor:
    """What a layer reads at one position of the leading axes; what depends on no input has none."""
    return replace(tensor, shape=tensor.shape[axes:]) if axes and tensor.batched else tensor


def leading_sizes(inputs: tuple[Tensor, ...], axes: int) -> "Shape | None":
    """The sizes of the leading axes, which all inputs share; None: none of them depends on an input.

    Raises:
        Fault: they differ, or there are fewer axes.
    """
    read = [tensor.shape for tensor in inputs if tensor.batched]
    if not read:
        return None
    for shape in read:
        if len(shape) < axes:
            fact = f"is mapped along {axes} axes, but reads {list(shape)}, which has {len(shape)}"
            raise Fault(fact, key="from")
        if shape[:axes] != read[0][:axes]:
            fact = f"is mapped along {list(read[0][:axes])}, but reads {list(shape)} too"
            hint = "what a layer in a Vmap reads begins with the axes along which it is mapped"
            raise Fault(fact, key="from", hint=f"{hint}: Expand or Repeat makes such an axis")
    return read[0][:axes]


def _lifted(found: Facts, inputs: tuple[Tensor, ...], leading: "Shape") -> Facts:
    """The facts of all positions, from those of one."""
    axes, times = len(leading), prod(leading)
    along = _along(found, axes)

    def reads(each: "tuple[Reads, ...]") -> "tuple[Reads, ...]":
        return tuple(
            (*(along if tensor.batched else ()), *(_moved(read, axes) for read in own))
            for own, tensor in zip(each, inputs, strict=True)
        )

    means = found.averages
    if means is not None:
        own = tuple(axis + axes for axis in means.axes)
        joined = tuple(range(axes)) if means.batch else ()
        means = replace(means, axes=(*joined, *own), channel_axis=means.channel_axis + axes)
    return replace(
        found,
        outputs={
            name: replace(tensor, shape=(*leading, *tensor.shape), batched=True)
            for name, tensor in found.outputs.items()
        },
        work=repeated_work(found.work, times),
        reads=reads(found.reads),
        other_reads={name: reads(each) for name, each in found.other_reads.items()},
        averages=means,
    )


def _along(found: Facts, axes: int) -> "Reads":
    """How the leading axes are read: each at its own place, and through a mean over the batch as a whole."""
    means = found.averages
    joined = means is not None and means.batch and not means.running
    return tuple(AxisRead(axis, IDENTITY, statistic=joined) for axis in range(axes))


def _moved(read: AxisRead, axes: int) -> AxisRead:
    """A read whose output axes stand behind the leading ones."""
    return replace(
        read,
        to=None if read.to is None else read.to + axes,
        divided=tuple(axis + axes for axis in read.divided),
        only=None if read.only is None else (read.only[0] + axes, read.only[1]),
    )
