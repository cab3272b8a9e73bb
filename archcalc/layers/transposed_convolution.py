"""Transposed convolutions over one, two and three axes (torch.nn.ConvTranspose1d, 2d, 3d)."""

from functools import lru_cache
from typing import Literal

from archcalc.errors import Fault
from archcalc.facts import Facts, Reach, Tensor
from archcalc.formulas.counts import transposed_conv_macs
from archcalc.formulas.windows import transposed_output, transposed_reads
from archcalc.layers.arguments import Paddings, Sizes, per_axis
from archcalc.layers.convolution import Kernels
from archcalc.layers.operations import map_work
from archcalc.layers.phases import check_windows, phased

MANY = 1_000
"""Phases that are not made anew for each axis, and for each size that a cure looks at."""


class ConvTranspose(Kernels, frozen=True):
    """Add ``out_channels`` kernels at every ``stride``-th output position, times the input number there."""

    transposed = True

    stride: Sizes = 1
    """Output positions between two neighbouring inputs."""
    padding: Paddings = 0
    """Output positions cut off on each side."""
    output_padding: Paddings = 0
    """Output positions added behind, less than the stride or the dilation."""
    padding_mode: Literal["zeros"] = "zeros"
    """torch knows no other here."""

    def infer(self, inputs: tuple[Tensor, ...]) -> Facts:
        """(C_in, *n) -> (C_out, *(n - 1) s - 2 p + d (k - 1) + p_out + 1)."""
        image, channels, sizes = self._arriving(inputs)
        kernel = per_axis(self.kernel_size, self.rank, "kernel_size")
        stride = per_axis(self.stride, self.rank, "stride")
        padding = per_axis(self.padding, self.rank, "padding")
        extra = per_axis(self.output_padding, self.rank, "output_padding")
        dilation = per_axis(self.dilation, self.rank, "dilation")
        axes = tuple(zip(kernel, stride, padding, dilation, strict=True))
        output = tuple(
            _positions(n, k, s, p, more, d) for n, (k, s, p, d), more in zip(sizes, axes, extra, strict=True)
        )
        # torch's spectral_norm takes axis 1 of these weights, the output channels, for the rows.
        weights, buffers = self._tensors((channels, self.out_channels // self.groups, *kernel), 1)
        macs = transposed_conv_macs(image.shape, self.out_channels, self.groups, kernel)
        return Facts(
            outputs={"output": Tensor((self.out_channels, *output), image.dtype)},
            work=map_work(macs, weights, (self.out_channels, *output)),
            reads=(self._reads(*(transposed_reach(*axis) for axis in axes)),),
            weights=weights,
            buffers=buffers,
            inferred={"in_channels": channels},
        )


def transposed_reach(kernel: int, stride: int, padding: int, dilation: int = 1) -> Reach:
    """What the units of a transposed convolution read."""
    kernel, stride, padding, dilation = map(int, (kernel, stride, padding, dilation))
    check_windows(stride, f"outputs of stride {stride:,}", "stride")
    return (_reach if stride < MANY else _wide_reach)(kernel, stride, padding, dilation)


def _reach(kernel: int, stride: int, padding: int, dilation: int) -> Reach:
    windows = (transposed_reads(phase, kernel, stride, padding, dilation) for phase in range(stride))
    return phased(1, tuple(windows))


_wide_reach = lru_cache(2)(_reach)


def _positions(n: int, kernel: int, stride: int, padding: int, extra: int, dilation: int) -> int:
    if extra >= max(stride, dilation):
        fact = f"output_padding {extra} is not less than the stride {stride} or the dilation {dilation}"
        raise Fault(fact, key="output_padding")
    positions = transposed_output(n, kernel, stride, padding, extra, dilation)
    if positions < 1:
        whole = positions + 2 * padding
        fact = f"padding {padding} on each side cuts off all of the {whole} output positions"
        raise Fault(fact, key="padding", hint=f"at most {max(0, (whole - 1) // 2)} here")
    return positions


class ConvTranspose1d(ConvTranspose, frozen=True):
    """Transposed convolution over (C, L)."""

    rank = 1


class ConvTranspose2d(ConvTranspose, frozen=True):
    """Transposed convolution over (C, H, W)."""

    rank = 2


class ConvTranspose3d(ConvTranspose, frozen=True):
    """Transposed convolution over (C, D, H, W)."""

    rank = 3
