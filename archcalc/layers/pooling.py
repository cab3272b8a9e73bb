"""What pools with a sliding window share."""

from typing import TYPE_CHECKING, ClassVar

from archcalc.errors import Fault
from archcalc.facts import IDENTITY, Facts, Tensor, Window, along
from archcalc.formulas.windows import conv_output, effective_kernel, pool_output_ceil
from archcalc.keeping import INDEX, KEEPS_INPUT, Saved, same_shape
from archcalc.layers.arguments import Paddings, PerAxis, Sizes, per_axis
from archcalc.layers.base import Layer, channels_first
from archcalc.layers.mathematics import Passing
from archcalc.layers.operations import pool_work

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


class Maxima(Layer, frozen=True):
    """What all max pools have, whichever windows they take the largest numbers of."""

    passes = Passing.CHOSEN

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


def check_bare(n: int, kernel: int) -> None:
    """Compare with the bare input, padding or not, as torch's avg_pool3d does (pool3d_shape_check)."""
    if n < kernel:
        raise Fault(f"kernel {kernel} is larger than the input {n}, padding left out", key="kernel_size")
