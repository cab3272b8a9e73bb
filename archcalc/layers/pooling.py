"""Pools with a sliding window (torch.nn.MaxPool1d-3d, AvgPool1d-3d, LPPool1d-3d)."""

from math import isinf
from typing import TYPE_CHECKING, ClassVar

from archcalc.errors import Fault
from archcalc.facts import IDENTITY, Facts, Tensor, Window, along
from archcalc.formulas.windows import conv_output, effective_kernel, pool_output_ceil
from archcalc.keeping import INDEX, KEEPS_INPUT, Saved, same_shape
from archcalc.layers.arguments import Paddings, PerAxis, Sizes, per_axis
from archcalc.layers.base import Layer, channels_first, single_float
from archcalc.layers.mathematics import Ends, Passing, multiples, with_zero
from archcalc.layers.operations import on_each, pool_work
from archcalc.work import Work

if TYPE_CHECKING:
    from collections.abc import Mapping

    from archcalc.facts import Shape
    from archcalc.moments import Arrived, Drawn, Propagated, Unruled
    from archcalc.work import Worked


class Pool(Layer, frozen=True):
    """A window per channel: no weights, no multiply-accumulates."""

    rank: ClassVar[int]

    kernel_size: Sizes
    """Positions per axis that one output reads."""
    stride: Sizes | None = None
    """Input positions between two neighbouring outputs; null: the kernel size."""
    ceil_mode: bool = False
    """Round the output size up, so that a window may hang over the end."""

    def _pool(
        self, tensor: Tensor, paddings: PerAxis, dilations: PerAxis, *, return_indices: bool = False
    ) -> Facts:
        channels, sizes = channels_first(tensor, self.rank)
        kernel = per_axis(self.kernel_size, self.rank, "kernel_size")
        written = self.kernel_size if self.stride is None else self.stride
        stride = per_axis(written, self.rank, "stride")
        padding = per_axis(paddings, self.rank, "padding")
        dilation = per_axis(dilations, self.rank, "dilation")
        windows = tuple(Window(*axis) for axis in zip(kernel, stride, padding, dilation, strict=True))
        positions = tuple(self._positions(n, window) for n, window in zip(sizes, windows, strict=True))
        output = with_indices(Tensor((channels, *positions), tensor.dtype), return_indices)
        work = self._work(channels, windows, sizes, positions)
        return Facts(output, work, (along(IDENTITY, *windows),), inferred={"stride": written})

    def _work(
        self, channels: int, windows: tuple[Window, ...], sizes: "Shape", positions: "Shape"
    ) -> "Worked":
        mean = self.passes is Passing.AVERAGED
        return pool_work(channels, windows, sizes, positions, mean=mean)

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


class PaddedPool(Pool, frozen=True):
    """A pool that may hang over both sides."""

    padding: Paddings = 0
    """Positions added on each side, at most half the kernel."""


class MaxPool(PaddedPool, frozen=True):
    """The largest number of each window."""

    passes = Passing.CHOSEN

    dilation: Sizes = 1
    """Input positions between two neighbouring positions of the window."""
    return_indices: bool = False
    """Also give the place of each maximum, as the output ``indices``."""

    def infer(self, inputs: tuple[Tensor, ...]) -> Facts:
        """(C, *n) -> (C, *floor((n + 2 p - (d (k - 1) + 1)) / s) + 1)."""
        tensor, indices = single_float(inputs), self.return_indices
        return self._pool(tensor, self.padding, self.dilation, return_indices=indices)

    def keeping(self, inputs: tuple[Tensor, ...], facts: Facts) -> Saved | None:
        """Its input, and the place of every maximum."""
        del inputs
        return keeps_places(facts)

    def carry(self, read: "tuple[Arrived, ...]", facts: Facts, drawn: "Drawn") -> "Propagated | Unruled":
        """The largest of normal numbers, or of what a function made of them."""
        del drawn
        from archcalc.layers.carrying.passing import carried_largest

        return carried_largest(read, facts)


def with_indices(output: Tensor, return_indices: bool) -> "Mapping[str, Tensor]":  # noqa: FBT001  torch's argument
    """The outputs of a max pool: the maxima and, on request, their places."""
    indices = {"indices": Tensor(output.shape, "int64")} if return_indices else {}
    return {"output": output, **indices}


def keeps_places(facts: Facts) -> Saved:
    """The input, and the places of the maxima, which may be an output themselves."""
    maxima = next(iter(facts.outputs.values()))
    if len(facts.outputs) > 1:
        return Saved(inputs=(0,), outputs=(1,))
    return KEEPS_INPUT.with_results(same_shape(maxima, INDEX))


class AvgPool(PaddedPool, frozen=True):
    """The mean of each window."""

    saves = KEEPS_INPUT

    passes = Passing.AVERAGED

    count_include_pad: bool = True
    """Divide by the whole window, padding included."""

    def infer(self, inputs: tuple[Tensor, ...]) -> Facts:
        """(C, *n) -> (C, *floor((n + 2 p - k) / s) + 1)."""
        return self._pool(single_float(inputs), self.padding, 1)

    def image(self, *read: Ends) -> Ends:
        """Zeros too where it pads and counts them."""
        padded = self.count_include_pad and self.padding != 0
        return with_zero(read[0]) if padded else read[0]


class DividedAvgPool(AvgPool, frozen=True):
    """The mean of each window, or its sum over a divisor of one's own."""

    divisor_override: int | None = None
    """Divide by this number instead of the window's size; not 0."""

    def infer(self, inputs: tuple[Tensor, ...]) -> Facts:
        """(C, *n) -> (C, *floor((n + 2 p - k) / s) + 1)."""
        if self.divisor_override == 0:
            raise Fault("divisor_override is 0", key="divisor_override")
        return super().infer(inputs)

    def image(self, *read: Ends) -> Ends:
        """A multiple of the mean where the divisor is written."""
        if self.divisor_override is None:
            return super().image(*read)
        low, high = with_zero(read[0])
        return multiples((low, high)) if self.divisor_override > 0 else multiples((-high, -low))


class LPPool(Pool, frozen=True):
    """The p-norm of each window: (sum x^p)^(1/p)."""

    norm_type: float
    """p, not 0; 1: the sum, .inf: the maximum of the absolute values."""

    def infer(self, inputs: tuple[Tensor, ...]) -> Facts:
        """(C, *n) -> (C, *floor((n - k) / s) + 1)."""
        if self.norm_type == 0:
            raise Fault("norm_type is 0", key="norm_type")
        if self.rank == 1 and isinstance(self.kernel_size, tuple) and not isinf(self.norm_type):
            # torch multiplies a tensor by it (lp_pool1d), which a list cannot do.
            fact = f"kernel_size is a list for the only axis: {list(self.kernel_size)}"
            raise Fault(fact, key="kernel_size", hint="write a number")
        return self._pool(single_float(inputs), 0, 1)

    def _work(
        self, channels: int, windows: tuple[Window, ...], sizes: "Shape", positions: "Shape"
    ) -> "Worked":
        taken = super()._work(channels, windows, sizes, positions)
        raised = [Work("elementwise", each.count) for each in taken]  # a power of each, a root of each sum
        return *raised, *taken, on_each((channels, *positions))

    def keeping(self, inputs: tuple[Tensor, ...], facts: Facts) -> Saved | None:
        """Its input and the powers of it, and four steps of the way back to the norm."""
        if isinf(self.norm_type):
            return keeps_places(facts).beside(same_shape(inputs[0]))
        (made,) = facts.outputs.values()
        return KEEPS_INPUT.beside(same_shape(inputs[0]), *(same_shape(made) for _ in range(4)))


class LPPool1d(LPPool, frozen=True):
    """Power-average pool over (C, L)."""

    rank = 1


class LPPool2d(LPPool, frozen=True):
    """Power-average pool over (C, H, W)."""

    rank = 2


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
        _check_bare(n, window.kernel)
        return super()._positions(n, window)


class LPPool3d(LPPool, frozen=True):
    """Power-average pool over (C, D, H, W)."""

    rank = 3

    def _positions(self, n: int, window: Window) -> int:
        if not isinf(self.norm_type):  # that one is a max pool
            _check_bare(n, window.kernel)
        return super()._positions(n, window)


def _check_bare(n: int, kernel: int) -> None:
    """Compare with the bare input, padding or not, as torch's avg_pool3d does (pool3d_shape_check)."""
    if n < kernel:
        raise Fault(f"kernel {kernel} is larger than the input {n}, padding left out", key="kernel_size")
