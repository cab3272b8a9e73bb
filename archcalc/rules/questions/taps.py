"""Which taps of a window ever meet the data, and which outputs read nothing but padding; exact counts."""

from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING

from archcalc.effort import spend
from archcalc.facts import Window
from archcalc.formulas.rounding import ceil_divided
from archcalc.rules.language import Context, TracedLayer
from archcalc.rules.questions.functions import in_place, takes_positions
from archcalc.rules.questions.maps import is_convolution
from archcalc.rules.questions.neighbours import way_before
from archcalc.tuples import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_TAPS = 100_000
"""Largest kernel and padding that are looked at tap by tap."""


class PaddedAxis(NamedTuple):
    """A window over an axis with zeros on both sides.

    Args:
        axis: of the layer's input.
        window: kernel, stride, padding and dilation.
        length: positions of the axis.
        units: outputs along it.
    """

    axis: int
    window: Window
    length: int
    units: int

    @property
    def span(self) -> int:
        """Positions from the first tap to the last."""
        return (self.window.kernel - 1) * self.window.dilation + 1

    @property
    def used_taps(self) -> int:
        """Taps t for which some output o reads inside: 0 <= o s - p + t d < n."""
        return _used_taps(self)

    def meets(self, tap: int) -> bool:
        """Whether the first output that does not read before the axis reads inside of it."""
        place = tap * self.window.dilation - self.window.padding
        first = max(0, -(place // self.window.stride))
        return first < self.units and place + first * self.window.stride < self.length

    def outside(self, unit: int) -> bool:
        """Whether an output reads nothing but padding."""
        start = unit * self.window.stride - self.window.padding
        inside = start if start >= 0 else start % self.window.dilation
        return inside >= self.length or inside >= start + self.span

    @property
    def hanging(self) -> tuple[range, range]:
        """The outputs whose window begins before the axis, and those whose window begins behind it."""
        before = min(self.units, ceil_divided(self.window.padding, self.window.stride))
        behind = max(before, ceil_divided(self.length + self.window.padding, self.window.stride))
        return range(before), range(behind, max(behind, self.units))

    @property
    def empty_units(self) -> int:
        """Outputs that read nothing but padding."""
        before, behind = self.hanging
        return _outside(self, before) + len(behind)

    @property
    def rim(self) -> int:
        """Outputs whose window has its middle outside of the axis."""
        stride, padding = self.window.stride, self.window.padding
        before = ceil_divided(2 * padding - self.span + 1, 2 * stride)
        reached = (2 * (self.length - 1) - self.span + 1 + 2 * padding) // (2 * stride)
        return max(0, min(self.units, before)) + max(0, self.units - 1 - reached)

    @property
    def half_padded(self) -> int:
        """Outputs that there would be with a padding of half the span."""
        return (self.length + self.span // 2 * 2 - self.span) // self.window.stride + 1


@lru_cache(maxsize=1024)  # layers that are repeated have the same axes
def _used_taps(axis: PaddedAxis) -> int:
    spend(axis.window.kernel)
    return sum(map(axis.meets, range(axis.window.kernel)))


@lru_cache(maxsize=1024)
def _outside(axis: PaddedAxis, units: range) -> int:
    spend(len(units))
    return sum(map(axis.outside, units))


class Padding(NamedTuple):
    """What stands in the pads of their own in front of a convolution.

    Args:
        pads: layers that add constants beside the data or cut some off, the last one first.
        sides: where the data lie in what the convolution reads, per axis: the first position, and the one
            behind the last.
        zeros: whether all constants are 0.
    """

    pads: tuple[TracedLayer, ...]
    sides: tuple[tuple[int, int], ...]
    zeros: bool


def padding_before(context: Context, layer: TracedLayer) -> Padding:
    """The pads that lead to a layer, which reads nothing else, and where they leave the data."""
    passed, _ = way_before(context, layer.inputs[0], lambda each: in_place(each) or _pads(each))
    pads = tuple(each for each in passed if _pads(each))
    first = pads[-1].inputs[0].tensor if pads else layer.inputs[0].tensor
    sides = [(0, size) for size in first.shape]
    for pad in reversed(pads):
        for axis, read in enumerate(pad.facts.first_reads):
            before = read.reach.padding if isinstance(read.reach, Window) else 0
            start, end = sides[axis]
            sides[axis] = max(0, start + before), min(pad.output.shape[axis], end + before)
    zeros = all(pad.arguments.image((0.0, 0.0)) == (0, 0) for pad in pads)
    return Padding(pads, tuple(sides), zeros)


def _pads(layer: TracedLayer) -> bool:
    """Whether it puts constants beside the positions, or cuts some off, and leaves the others in a row."""
    plain = all(
        isinstance(read.reach, Window)
        and read.reach.stride == 1
        and (read.to, read.border) == (axis, "padding")
        for axis, read in enumerate(layer.facts.first_reads)
    )
    same_axes = len(layer.output.shape) == len(layer.facts.first_reads)
    return takes_positions(layer) and plain and same_axes and len(layer.inputs) == 1


def data_axes(context: Context, layer: TracedLayer) -> "Iterator[PaddedAxis]":
    """The axes of ``padded_axes`` over the data alone: what pads in front of it have put there is padding."""
    axes = tuple(padded_axes(layer))
    sides = padding_before(context, layer).sides if axes else ()
    for each in axes:
        start, end = sides[each.axis]
        if (start, end) == (0, each.length):
            yield each
            continue
        window = replace(each.window, padding=each.window.padding + start)
        yield each._replace(window=window, length=max(0, end - start))


def padded_axes(layer: TracedLayer, *, filled: bool = False) -> "Iterator[PaddedAxis]":
    """The axes along which a convolution's window may read zeros beside the data.

    Args:
        layer: any layer.
        filled: instead, those along which it may read the data once more (reflect, replicate, circular).
    """
    if not is_convolution(layer):
        return
    (port,), (reads,) = layer.inputs, layer.facts.reads
    for axis, read in enumerate(reads):
        window = read.reach
        if not isinstance(window, Window) or read.to is None or (read.border != "padding") != filled:
            continue
        if max(window.kernel, window.padding) <= MAX_TAPS:
            units = layer.output.shape[read.to]
            yield PaddedAxis(axis, window, port.tensor.shape[axis], units)
