"""Sliding blocks as columns and back (torch.nn.Unfold, Fold)."""

from math import prod
from typing import ClassVar

from archcalc.errors import Fault
from archcalc.facts import WHOLE, AxisRead, Facts, Shape, Tensor, Window
from archcalc.formulas.elementwise import each_number
from archcalc.formulas.windows import conv_output
from archcalc.keeping import KEEPS_NOTHING
from archcalc.layers.arguments import Paddings, Sizes, per_axis
from archcalc.layers.base import Layer, Taking, channels_first, single_float, two_axes
from archcalc.layers.convolution import check_fit
from archcalc.layers.mathematics import Ends, with_zero
from archcalc.layers.operations import copy_work
from archcalc.layers.phases import repeated
from archcalc.layers.transposed_convolution import transposed_reach
from archcalc.work import Work


class Blocks(Layer, frozen=True):
    """Blocks that slide over (H, W); a column holds the K = prod(kernel_size) numbers of one, per channel."""

    saves = KEEPS_NOTHING

    rank: ClassVar[int] = 2

    kernel_size: Sizes
    """Positions of a block per axis."""
    dilation: Sizes = 1
    """Input positions between two neighbouring positions of a block."""
    padding: Paddings = 0
    """Zeros on each side."""
    stride: Sizes = 1
    """Input positions between two neighbouring blocks."""

    def _windows(self) -> tuple[Window, ...]:
        keys = ("kernel_size", "stride", "padding", "dilation")
        values = (self.kernel_size, self.stride, self.padding, self.dilation)
        axes = (per_axis(value, self.rank, key) for key, value in zip(keys, values, strict=True))
        return tuple(Window(*axis) for axis in zip(*axes, strict=True))


def _blocks(sizes: Shape, windows: tuple[Window, ...]) -> Shape:
    """Blocks per axis."""
    for n, window in zip(sizes, windows, strict=True):
        check_fit(n, window.kernel, window.padding, window.padding, window.dilation)
    return tuple(
        conv_output(n, window.kernel, window.stride, window.padding, window.padding, window.dilation)
        for n, window in zip(sizes, windows, strict=True)
    )


def _long(blocks: Shape) -> int | None:
    """The axis that the columns run along; None when there are several, joined into one."""
    several = [axis for axis, count in enumerate(blocks) if count > 1]
    return None if len(several) > 1 else several[0] if several else 0


class Unfold(Blocks, Taking, frozen=True):
    """Copy every block into a column: channel c K + k of column l is position k of block l."""

    def infer(self, inputs: tuple[Tensor, ...]) -> Facts:
        """(C, H, W) -> (C K, L) with L blocks in all."""
        tensor = single_float(inputs)
        channels, sizes = channels_first(tensor, self.rank)
        windows = self._windows()
        blocks, taps = _blocks(sizes, windows), prod(window.kernel for window in windows)
        output = Tensor((channels * taps, prod(blocks)), tensor.dtype)
        long = _long(blocks)
        # Which position of its block a unit reads follows from its channel.
        positions = (
            AxisRead(
                1 if axis == long else None,
                WHOLE if long is None and blocks[axis] > 1 else window,
                sampled=long is None or window.kernel > 1,
                divided=(0,) if long is not None else (),
            )
            for axis, window in enumerate(windows)
        )
        channel = AxisRead(0, repeated(taps, "kernel_size"), holds="features")
        return Facts({"output": output}, copy_work(output.shape), ((channel, *positions),))

    def image(self, *read: Ends) -> Ends:
        """Zeros too where it pads."""
        return read[0] if self.padding in (0, (0, 0)) else with_zero(read[0])


class Fold(Blocks, frozen=True):
    """Add the columns' numbers at the places of their blocks, the reverse of Unfold but for the sums."""

    output_size: Sizes
    """Positions of the output (H, W)."""

    def infer(self, inputs: tuple[Tensor, ...]) -> Facts:
        """(C K, L) -> (C, H, W), where L is the number of blocks."""
        tensor = single_float(inputs)
        rows, columns = two_axes(tensor, "C K, L", hint="")
        windows, sizes = self._windows(), per_axis(self.output_size, self.rank, "output_size")
        blocks, taps = _blocks(sizes, windows), prod(window.kernel for window in windows)
        if rows % taps:
            raise Fault(f"{rows} rows do not divide into blocks of {taps} positions", key="kernel_size")
        if columns != prod(blocks):
            count = " x ".join(map(str, blocks))
            fact = f"{columns} columns, but an output of {list(sizes)} has {prod(blocks)} blocks ({count})"
            raise Fault(fact, key="output_size")
        long = _long(blocks)
        window = windows[long or 0]
        column = AxisRead(
            None if long is None else long + 1,
            WHOLE
            if long is None
            else transposed_reach(window.kernel, window.stride, window.padding, window.dilation),
            sampled=True,
        )
        row = AxisRead(0, Window(taps, taps), sampled=taps > 1, divided=(1, 2), holds="features")
        output = Tensor((rows // taps, *sizes), tensor.dtype)
        return Facts({"output": output}, (Work("reduction", each_number(tensor.shape)),), ((row, column),))
