"""Layers that move numbers between channels and positions (PixelShuffle, PixelUnshuffle, ChannelShuffle)."""

from typing import ClassVar

from archcalc.errors import Fault
from archcalc.facts import IDENTITY, AxisRead, Facts, Tensor, Window
from archcalc.keeping import KEEPS_NOTHING
from archcalc.layers.arguments import Positive
from archcalc.layers.base import Regrouping, channels_first, single
from archcalc.layers.operations import copy_work
from archcalc.layers.phases import check_windows, phased, repeated


class PixelShuffle(Regrouping, frozen=True):
    """Lay r^2 channels out as r x r pixels: output (c, y, x) is input (c r^2 + y%r r + x%r, y / r, x / r)."""

    saves = KEEPS_NOTHING

    rank: ClassVar[int] = 2

    upscale_factor: Positive
    """r, output positions per input position."""

    def infer(self, inputs: tuple[Tensor, ...]) -> Facts:
        """(C r^2, H, W) -> (C, H r, W r)."""
        tensor, factor = single(inputs), self.upscale_factor
        channels, (height, width) = channels_first(tensor, self.rank)
        pixels = factor * factor
        if channels % pixels:
            fact = f"{channels} channels do not divide into {pixels} pixels ({factor} x {factor})"
            raise Fault(fact, key="upscale_factor")
        output = Tensor((channels // pixels, height * factor, width * factor), tensor.dtype)
        # Which of its r^2 channels a pixel reads follows from where in the square of pixels it is.
        channel = AxisRead(0, Window(pixels, pixels), sampled=pixels > 1, divided=(1, 2), holds="features")
        positions = (AxisRead(axis, repeated(factor, "upscale_factor")) for axis in (1, 2))
        return Facts({"output": output}, copy_work(output.shape), ((channel, *positions),))


class PixelUnshuffle(Regrouping, frozen=True):
    """Stack r x r pixels as r^2 channels, the reverse of PixelShuffle."""

    saves = KEEPS_NOTHING

    rank: ClassVar[int] = 2

    downscale_factor: Positive
    """r, input positions per output position."""

    def infer(self, inputs: tuple[Tensor, ...]) -> Facts:
        """(C, H, W) -> (C r^2, H / r, W / r)."""
        tensor, factor = single(inputs), self.downscale_factor
        channels, sizes = channels_first(tensor, self.rank)
        for axis, n in enumerate(sizes, 1):
            if n % factor:
                fact = f"{n} positions of axis {axis} do not divide by {factor}"
                raise Fault(fact, key="downscale_factor")
        pixels = factor * factor
        output = Tensor((channels * pixels, *(n // factor for n in sizes)), tensor.dtype)
        # Which of the r x r pixels a unit reads follows from its channel.
        positions = (
            AxisRead(axis, Window(factor, factor), sampled=factor > 1, divided=(0,)) for axis in (1, 2)
        )
        channel = AxisRead(0, repeated(pixels, "downscale_factor"), holds="features")
        return Facts({"output": output}, copy_work(output.shape), ((channel, *positions),))


class ChannelShuffle(Regrouping, frozen=True):
    """Deal the groups' channels out in turn (Zhang et al. 2018): output j g + i is input i C/g + j."""

    saves = KEEPS_NOTHING

    groups: Positive
    """g, which divides the channels."""

    def infer(self, inputs: tuple[Tensor, ...]) -> Facts:
        """(C, *n) -> (C, *n)."""
        tensor = single(inputs)
        channels, *sizes = tensor.shape or (0,)
        if not sizes:
            raise Fault(
                f"needs at least 2 axes (C, *positions), got {len(tensor.shape)}: {list(tensor.shape)}"
            )
        if channels % self.groups:
            raise Fault(f"{channels} channels do not divide into {self.groups} groups", key="groups")
        check_windows(self.groups, f"{self.groups:,} groups", "groups")
        size, groups = int(channels // self.groups), int(self.groups)
        dealt = phased(1, tuple(range(group * size, group * size + 1) for group in range(groups)))
        rest = (AxisRead(axis, IDENTITY) for axis in range(1, len(tensor.shape)))
        return Facts(
            {"output": tensor}, copy_work(tensor.shape), ((AxisRead(0, dealt, holds="features"), *rest),)
        )
