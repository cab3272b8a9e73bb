"""How a layer hands a divided axis on: which axes of its inputs and outputs are divided with it.

A layer does so where every number that it makes depends on the numbers of one part alone: mapped place by
place along the axis, by heads, cut or joined along it.
"""

from math import prod
from typing import TYPE_CHECKING

from archcalc.effort import spend
from archcalc.facts import FIRST, IDENTITY, Window, unread
from archcalc.keeping import Aliasing
from archcalc.layers.mathematics import Passing
from archcalc.tuples import NamedTuple

if TYPE_CHECKING:
    from archcalc.facts import AxisRead, Reads, Shape
    from archcalc.tracing import TracedLayer


EACH = 2
"""Steps that what an output reads of an input takes."""


class Carried(NamedTuple):
    """What is divided together.

    Args:
        inputs: of each input the axis; None: every device reads all of it.
        outputs: of each output the axis.
        units: of each input, how many units along its axis stay whole; 0: every place is one.
    """

    inputs: tuple[int | None, ...]
    outputs: tuple[int, ...]
    units: tuple[int, ...]


class Carrying:
    """How layers hand divisions on; what runs along an axis of a layer's outputs is looked for once."""

    def __init__(self) -> None:
        self._found: dict[tuple[str, int], Carried | None] = {}

    def carried(self, layer: "TracedLayer", of: int | None, axis: int) -> Carried | None:
        """How a layer hands on a division; None: it joins numbers of several parts.

        Args:
            layer: the layer.
            of: number of the input that is divided; None: an output is.
            axis: of that one the axis, from 0.
        """
        for way in (_by_heads, _halved, _reshaped):
            found = way(layer, of, axis)
            if found is not None:
                return None if _has_weights_along(layer, found) else found
        to = axis if of is None else layer.facts.reads_of(next(iter(layer.facts.outputs)))[of][axis].to
        return None if to is None else self._along(layer, of, axis, to)

    def _along(self, layer: "TracedLayer", of: int | None, axis: int, to: int) -> Carried | None:
        key = layer.name, to
        if key not in self._found:
            found = _along(layer, to)
            self._found[key] = None if found is None or _has_weights_along(layer, found) else found
        found = self._found[key]
        return None if found is None or (of is not None and found.inputs[of] != axis) else found


def _has_weights_along(layer: "TracedLayer", found: Carried) -> bool:
    """Whether a weight or buffer of a layer may run along the divided axis: of that nothing is stated."""
    size = layer.output.shape[found.outputs[0]]
    tensors = (*layer.facts.weights.values(), *layer.facts.buffers.values())
    return any(size in shape for shape in tensors)


def _by_heads(layer: "TracedLayer", of: int | None, axis: int) -> Carried | None:
    """Features that hold heads; terms on the scores have them as their first axis."""
    units = layer.arguments.units(layer.facts)[: len(layer.inputs)]
    if not units:
        return None
    shapes = [port.tensor.shape for port in layer.inputs]
    last = len(layer.output.shape) - 1
    axes: list[int | None] = [last] * len(units[:3])
    for shape, heads in zip(shapes[3:], units[3:], strict=True):
        axes.append(0 if shape[0] == heads else None)
    if (last if of is None else axes[of]) != axis:
        return None
    return Carried(tuple(axes), (last,), units)


def _halved(layer: "TracedLayer", of: int | None, axis: int) -> Carried | None:
    """An axis of which one half multiplies the other one: a device has the same part of both."""
    if not layer.arguments.halves or of not in (None, 0):
        return None
    pairs = enumerate(zip(layer.inputs[0].tensor.shape, layer.output.shape, strict=True))
    at = [index for index, (read, made) in pairs if read != made]
    return Carried((axis,), (axis,), (0,)) if at == [axis] else None


def _reshaped(layer: "TracedLayer", of: int | None, axis: int) -> Carried | None:
    """An axis that is cut in two or joined with those behind it: the outer one is divided."""
    kind = layer.arguments
    if kind.passes is not Passing.REGROUPED or kind.sharing(training=True) is not Aliasing.SHAPE:
        return None
    before, behind = layer.inputs[0].tensor.shape, layer.output.shape
    if of is None:
        other = _outer(behind, axis, before)
        return None if other is None else Carried((other,), (axis,), (0,))
    other = _outer(before, axis, behind)
    return None if other is None else Carried((axis,), (other,), (0,))


def _outer(shape: "Shape", axis: int, other: "Shape") -> int | None:
    """The axis of another shape of the same numbers that begins where this one does."""
    lead = prod(shape[:axis])
    starts = [index for index, size in enumerate(other) if prod(other[:index]) == lead and size > 1]
    return starts[0] if starts else None


def _along(layer: "TracedLayer", to: int) -> Carried | None:
    """Place by place along an axis of the outputs, or cut from it or joined along it."""
    outputs = layer.facts.outputs
    reads = [layer.facts.reads_of(output) for output in outputs]
    spend(EACH * len(layer.inputs) * len(outputs))
    axes: list[int | None] = []
    for index in range(len(layer.inputs)):
        found = {_axis_read(each[index], to) for each in reads}
        if len(found) != 1 or UNFIT in found:
            return None
        (at,) = found
        axes.append(at)
    if any(len(made.shape) <= to for made in outputs.values()) or all(each is None for each in axes):
        return None
    return Carried(tuple(axes), (to,) * len(outputs), (0,) * len(axes))


UNFIT = -1


def _axis_read(reads: "Reads", to: int) -> int | None:
    """The axis of an input that runs along an output's; None: none does; ``UNFIT``: it is joined there."""
    if unread(reads):
        return UNFIT
    at = [axis for axis, read in enumerate(reads) if read.to == to or to in read.divided]
    if len(at) > 1:
        return UNFIT
    if not at or reads[at[0]].reach == FIRST:
        return None
    return at[0] if _single(reads[at[0]]) else UNFIT


def _single(read: "AxisRead") -> bool:
    """Whether an output reads one place of an axis, its own but for where the axis is cut or joined."""
    if read.statistic or read.sampled or read.divided or not isinstance(read.reach, Window):
        return False
    return read.reach == IDENTITY or (read.reach.kernel == 1 and read.reach.stride == 1)
