"""Convolutions over one, two and three axes (torch.nn.Conv1d, Conv2d, Conv3d)."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import ClassVar, Literal

from archcalc.errors import Fault
from archcalc.facts import FEATURES, AxisRead, Border, Facts, Groups, Reach, Reads, Shape, Tensor, Window
from archcalc.formulas.counts import conv_macs
from archcalc.formulas.windows import conv_output, effective_kernel, same_padding
from archcalc.keeping import KEEPS_INPUT, Saved
from archcalc.layers.arguments import ConvPadding, PerAxis, Positive, Sizes, are_plain, per_axis
from archcalc.layers.base import Layer, agree, channels_first, single_float
from archcalc.layers.operations import map_work
from archcalc.layers.parametrization import Parametrization, tensors, with_made_weight
from archcalc.tuples import NamedTuple

PADS_BY_INDEX = ("reflect", "replicate")
"""Padding modes whose own backward reads the input again."""


class Kernels(Layer, frozen=True):
    """``out_channels`` kernels over the positions, in groups of channels; how they slide is the kind's."""

    linear = True
    initial: ClassVar[float | None] = 1 / 3
    rank: ClassVar[int]

    in_channels: Positive | None = None
    """Channels that arrive; inferred, checked when written."""
    out_channels: Positive
    """Kernels, and so channels of the output."""
    kernel_size: Sizes
    """Taps per axis."""
    stride: Sizes = 1
    """Input positions between two neighbouring outputs."""
    padding: ConvPadding = 0
    """Positions added on each side."""
    dilation: Sizes = 1
    """Positions between two neighbouring taps (the rate)."""
    groups: Positive = 1
    """Independent groups of channels; both channel counts must divide by it."""
    bias: bool = True
    """Add one number per output channel."""
    parametrization: Parametrization | None = None
    """Write the weight as length and direction (weight_norm) or divide it by its norm (spectral_norm)."""

    def _tensors(
        self, weight: Shape, spectral_dim: int = 0
    ) -> tuple[Mapping[str, Shape], Mapping[str, Shape]]:
        bias = (self.out_channels,) if self.bias else None
        return tensors(weight, bias, self.parametrization, spectral_dim)

    def _reads(self, *reaches: Reach) -> Reads:
        """Of the channels those of a group, of the positions what the kernels reach."""
        return _reads_of(self.groups, reaches, "padding")

    def _arriving(self, inputs: tuple[Tensor, ...]) -> tuple[Tensor, int, Shape]:
        """What arrives, its channels, which fit the groups, and its positions."""
        image = single_float(inputs)
        channels, sizes = channels_first(image, self.rank)
        agree("in_channels", self.in_channels, channels)
        groups = self.groups
        if channels % groups:
            raise Fault(f"{channels} input channels do not divide into {groups} groups", key="groups")
        if self.out_channels % groups:
            fact = f"{self.out_channels} output channels do not divide into {groups} groups"
            raise Fault(fact, key="groups")
        return image, channels, sizes

    def keeping(self, inputs: "tuple[Tensor, ...]", facts: Facts) -> Saved | None:
        """Its input, and a weight that is made of others."""
        if self.parametrization is None:
            return KEEPS_INPUT
        return with_made_weight(KEEPS_INPUT, facts, inputs[0].dtype, always=True)


class Convolution(Kernels, frozen=True):
    """Slide ``out_channels`` kernels over the positions; each reads C_in / groups channels."""

    padding: ConvPadding = 0
    """Positions added on each side; 'same' keeps the size (stride 1), 'valid' adds none."""
    padding_mode: Literal["zeros", "reflect", "replicate", "circular"] = "zeros"
    """What stands in the padding."""

    def infer(self, inputs: tuple[Tensor, ...]) -> Facts:
        """(C_in, *n) -> (C_out, *floor((n + 2 p - (d (k - 1) + 1)) / s) + 1)."""
        image, channels, sizes = self._arriving(inputs)
        kernel, positions, reads, padding = self._slid(sizes)
        kernels, groups = self.out_channels, self.groups  # pydantic looks long for an argument
        output = (kernels, *positions)
        weights, buffers = self._tensors((kernels, channels // groups, *kernel))
        work = map_work(conv_macs(channels, groups, kernel, output), weights, output)
        inferred = {"in_channels": channels, "padding": padding}
        outputs = {"output": Tensor(output, image.dtype)}
        return Facts(outputs, work, reads, weights, buffers, inferred=inferred)

    def _slid(self, sizes: Shape) -> "Slid":
        """What of it does not depend on the channels, in layers of many widths."""
        numbers = self.kernel_size, self.stride, self.dilation, self.padding, self.groups
        slide = _slid_alike if are_plain((*numbers, *sizes)) else _slid
        return slide(sizes, *numbers, self.padding_mode)

    def keeping(self, inputs: tuple[Tensor, ...], facts: Facts) -> Saved | None:
        """Its input, or a copy of it where torch pads it first."""
        kept = KEEPS_INPUT if self.parametrization is None else super().keeping(inputs, facts)
        if self.padding_mode == "zeros" and self.padding != "same":
            return kept  # what is added is the same on both sides, and torch adds it as it goes
        kernel = per_axis(self.kernel_size, self.rank, "kernel_size")
        dilation = per_axis(self.dilation, self.rank, "dilation")
        paddings = _paddings(self.padding, kernel, (1,) * self.rank, dilation)
        beside = self.padding_mode != "zeros"
        added = tuple(before + after if beside else abs(after - before) for before, after in paddings)
        if kept is None or not (beside or any(added)):
            return kept
        (image,) = inputs
        sizes = (n + more for n, more in zip(image.shape[1:], added, strict=True))
        copy = Tensor((image.shape[0], *sizes), image.dtype)
        read = (0,) if self.padding_mode in PADS_BY_INDEX else ()
        return replace(kept, inputs=(), for_inputs=read, results=(copy,))


PaddingMode = Literal["zeros", "reflect", "replicate", "circular"]


class Slid(NamedTuple):
    """How kernels slide over positions.

    Args:
        kernel: taps of each axis.
        positions: of the output.
        reads: of each input, what is read of it.
        padding: as torch's numbers, one for both sides; an uneven 'same' has none and stays.
    """

    kernel: tuple[int, ...]
    positions: Shape
    reads: tuple[Reads, ...]
    padding: PerAxis | Literal["same"]


def _slid(
    sizes: Shape,
    kernel_size: PerAxis,
    stride: PerAxis,
    dilation: PerAxis,
    padding: ConvPadding,
    groups: int,
    padding_mode: PaddingMode,
) -> Slid:
    """How kernels slide over positions of these sizes.

    Raises:
        Fault: they do not fit.
    """
    rank = len(sizes)
    kernel = per_axis(kernel_size, rank, "kernel_size")
    strides = per_axis(stride, rank, "stride")
    dilations = per_axis(dilation, rank, "dilation")
    paddings = _paddings(padding, kernel, strides, dilations)
    positions: list[int] = []
    windows: list[Window] = []
    for n, k, s, (before, after), d in zip(sizes, kernel, strides, paddings, dilations, strict=True):
        check_fit(n, k, before, after, d)
        _check_padding_mode(padding_mode, n, max(before, after))
        positions.append(conv_output(n, k, s, before, after, d))
        window = Window(k, s, before, d)
        windows.append(windows[-1] if windows and _is_same(windows[-1], window) else window)
    border: Border = "padding" if padding_mode == "zeros" else padding_mode
    told = _in_numbers(padding, paddings)
    return Slid(kernel, tuple(positions), (_reads_of(groups, windows, border),), told)


def _is_same(one: Window, other: Window) -> bool:
    """Whether two windows have the very same numbers, as those of axes for which one number is written."""
    same = one.kernel is other.kernel and one.stride is other.stride
    return same and one.padding is other.padding and one.dilation is other.dilation


_slid_alike = lru_cache(maxsize=256)(_slid)


def _paddings(
    padding: ConvPadding, kernel: tuple[int, ...], stride: tuple[int, ...], dilation: tuple[int, ...]
) -> tuple[tuple[int, int], ...]:
    """Positions added before and after each axis."""
    rank = len(kernel)
    if padding == "valid":
        return ((0, 0),) * rank
    if padding == "same":
        if max(stride) > 1:
            raise Fault(f"padding 'same' needs stride 1, got stride {max(stride)}", key="padding")
        return tuple(same_padding(k, d) for k, d in zip(kernel, dilation, strict=True))
    return tuple([(p, p) for p in per_axis(padding, rank, "padding")])


def _in_numbers(padding: ConvPadding, paddings: tuple[tuple[int, int], ...]) -> PerAxis | Literal["same"]:
    """The padding as torch's numbers, one for both sides; an uneven 'same' has none and stays."""
    if not isinstance(padding, str):
        return padding
    even = all(before == after for before, after in paddings)
    return tuple(before for before, _ in paddings) if even else "same"


def _check_padding_mode(mode: PaddingMode, n: int, padding: int) -> None:
    needed = padding + 1 if mode == "reflect" else padding
    if mode in ("reflect", "circular") and n < needed:
        fact = f"{mode} padding {padding} needs at least {needed} positions, got {n}"
        raise Fault(fact, key="padding")


def _reads_of(groups: int, reaches: Sequence[Reach], border: Border) -> Reads:
    channels = AxisRead(0, FEATURES, border, group=Groups(groups))
    return (channels, *(AxisRead(at, reach, border) for at, reach in enumerate(reaches, 1)))


def check_fit(n: int, kernel: int, before: int, after: int, dilation: int) -> None:
    """Refuse a window that is larger than the padded input."""
    span = effective_kernel(kernel, dilation)
    if span > n + before + after:
        more = f"with dilation {dilation} spans {span} positions, more" if dilation > 1 else "is larger"
        least = span - before - after
        raise Fault(
            f"kernel {kernel} {more} than the padded input {n + before + after} ({n} + {before} + {after})",
            key="kernel_size",
            hint=f"needs at least {least} positions here: a larger input, fewer strides, more padding",
        )


class Conv1d(Convolution, frozen=True):
    """Convolution over (C, L)."""

    rank = 1


class Conv2d(Convolution, frozen=True):
    """Convolution over (C, H, W)."""

    rank = 2


class Conv3d(Convolution, frozen=True):
    """Convolution over (C, D, H, W)."""

    rank = 3
