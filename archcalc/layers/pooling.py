"""Pools with a sliding window (torch.nn.MaxPool1d-3d, AvgPool1d-3d)."""

from typing import TYPE_CHECKING, ClassVar

from archcalc.errors import Fault
from archcalc.facts import IDENTITY, Facts, Tensor, Window, along
from archcalc.formulas.windows import conv_output, effective_kernel, pool_output_ceil
from archcalc.layers.arguments import Paddings, PerAxis, Sizes, per_axis
from archcalc.layers.base import Layer, channels_first, single_float

if TYPE_CHECKING:
    from collections.abc import Mapping


class Pool(Layer, frozen=True):
    """A window per channel: no weights, no multiply-accumulates."""

    rank: ClassVar[int]

    kernel_size: Sizes
    """Positions per axis that one output reads."""
    stride: Sizes | None = None
    """Input positions between two neighbouring outputs; null: the kernel size."""
    padding: Paddings = 0
    """Positions added on each side, at most half the kernel."""
    ceil_mode: bool = False
    """Round the output size up, so that a window may hang over the end."""

    def _pool(self, tensor: Tensor, dilations: PerAxis) -> tuple[Tensor, tuple[Window, ...]]:
        channels, sizes = channels_first(tensor, self.rank)
        kernel = per_axis(self.kernel_size, self.rank, "kernel_size")
        stride = per_axis(self.stride, self.rank, "stride") if self.stride is not None else kernel
        padding = per_axis(self.padding, self.rank, "padding")
        dilation = per_axis(dilations, self.rank, "dilation")
        windows = tuple(Window(*axis) for axis in zip(kernel, stride, padding, dilation, strict=True))
        positions = tuple(self._positions(n, window) for n, window in zip(sizes, windows, strict=True))
        return Tensor((channels, *positions), tensor.dtype), windows

    def _positions(self, n: int, window: Window) -> int:
        kernel, stride, padding, dilation = window.kernel, window.stride, window.padding, window.dilation
        if padding > kernel // 2:
            raise Fault(f"padding {padding} is more than half of kernel {kernel}", key="padding")
        if self.ceil_mode:
            positions = pool_output_ceil(n, kernel, stride, padding, dilation)
        else:
            positions = conv_output(n, kernel, stride, padding, padding, dilation)
        if positions < 1:
            span = effective_kernel(kernel, dilation)
            raise Fault(
                f"window of {span} positions is larger than the padded input {n + 2 * padding}"
                f" ({n} + {padding} + {padding})",
                key="kernel_size",
                hint=f"needs at least {span - 2 * padding} positions: a larger input or a smaller window",
            )
        return positions


class MaxPool(Pool, frozen=True):
    """The largest number of each window."""

    dilation: Sizes = 1
    """Input positions between two neighbouring positions of the window."""
    return_indices: bool = False
    """Also give the place of each maximum, as the output ``indices``."""

    def infer(self, inputs: tuple[Tensor, ...]) -> Facts:
        """(C, *n) -> (C, *floor((n + 2 p - (d (k - 1) + 1)) / s) + 1)."""
        output, windows = self._pool(single_float(inputs), self.dilation)
        return Facts(with_indices(output, self.return_indices), 0, (along(IDENTITY, *windows),))


def with_indices(output: Tensor, return_indices: bool) -> "Mapping[str, Tensor]":  # noqa: FBT001  torch's argument
    """The outputs of a max pool: the maxima and, on request, their places."""
    indices = {"indices": Tensor(output.shape, "int64")} if return_indices else {}
    return {"output": output, **indices}


class AvgPool(Pool, frozen=True):
    """The mean of each window."""

    count_include_pad: bool = True
    """Divide by the whole window, padding included."""

    def infer(self, inputs: tuple[Tensor, ...]) -> Facts:
        """(C, *n) -> (C, *floor((n + 2 p - k) / s) + 1)."""
        output, windows = self._pool(single_float(inputs), 1)
        return Facts({"output": output}, 0, (along(IDENTITY, *windows),))


class DividedAvgPool(AvgPool, frozen=True):
    """The mean of each window, or its sum over a divisor of one's own."""

    divisor_override: int | None = None
    """Divide by this number instead of the window's size; not 0."""

    def infer(self, inputs: tuple[Tensor, ...]) -> Facts:
        """(C, *n) -> (C, *floor((n + 2 p - k) / s) + 1)."""
        if self.divisor_override == 0:
            raise Fault("divisor_override is 0", key="divisor_override")
        return super().infer(inputs)


class MaxPool1d(MaxPool, frozen=True):
    """Max pool over (C, L)."""

    rank = 1


class MaxPool2d(MaxPool, frozen=True):
    """Max pool over (C, H, W)."""

    rank = 2


class MaxPool3d(MaxPool, frozen=True):
    """Max pool over (C, D, H, W)."""

    rank = 3


class AvgPool1d(AvgPool, frozen=True):
    """Average pool over (C, L)."""

    rank = 1


class AvgPool2d(DividedAvgPool, frozen=True):
    """Average pool over (C, H, W)."""

    rank = 2


class AvgPool3d(DividedAvgPool, frozen=True):
    """Average pool over (C, D, H, W)."""

    rank = 3

    def _positions(self, n: int, window: Window) -> int:
        # torch compares with the bare input here, padding or not (pool3d_shape_check of avg_pool3d).
        if n < window.kernel:
            fact = f"kernel {window.kernel} is larger than the input {n}, padding left out"
            raise Fault(fact, key="kernel_size")
        return super()._positions(n, window)
