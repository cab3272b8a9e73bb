"""Max pools with windows at random places (torch.nn.FractionalMaxPool2d, 3d; Graham 2014)."""

from fractions import Fraction
from math import prod
from typing import ClassVar

from archcalc.errors import Fault
from archcalc.facts import IDENTITY, AxisRead, Facts, Phased, Shape, Tensor
from archcalc.formulas.elementwise import each_number
from archcalc.formulas.windows import fractional_start
from archcalc.layers.arguments import Scales, Sizes, per_axis
from archcalc.layers.base import channels_first, single_float
from archcalc.layers.phases import check_windows, phased
from archcalc.layers.pooling import Maxima, with_indices
from archcalc.layers.resampling import scaled_size
from archcalc.work import Work


class FractionalMaxPool(Maxima, frozen=True):
    """The largest number of m windows of k positions, whose starts are a pseudo-random sequence.

    Window i of m starts at floor((i + u) a) - floor(u a) with a = (n - k) / (m - 1) and u drawn from [0, 1)
    for every sample and channel, and the last one at n - k. So it reads k of the positions from floor(i a)
    to ceil(i a) + k - 1.
    """

    rank: ClassVar[int]
    spare: ClassVar[int]
    """Positions that must be left over where the windows stand side by side."""

    kernel_size: Sizes
    """k, positions of a window per axis."""
    output_size: Sizes | None = None
    """m, positions of the output: one number for all axes, or one per axis. This or ``output_ratio``."""
    output_ratio: Scales | None = None
    """Positions of the output per position of the input, between 0 and 1."""
    return_indices: bool = False
    """Also give the place of each maximum, as the output ``indices``."""

    def infer(self, inputs: tuple[Tensor, ...]) -> Facts:
        """(C, *n) -> (C, *output_size) or (C, *floor(n output_ratio))."""
        tensor = single_float(inputs)
        channels, sizes = channels_first(tensor, self.rank)
        kernel = per_axis(self.kernel_size, self.rank, "kernel_size")
        outputs = self._outputs(sizes)
        axes = tuple(zip(sizes, kernel, outputs, strict=True))
        for n, k, m in axes:
            needed = m + k - 1 + self.spare
            if needed > n:
                fact = f"{m} windows of {k} positions need {needed} positions, got {n}"
                raise Fault(fact, key="kernel_size")
        reads = (_read(axis, n, k, m) for axis, (n, k, m) in enumerate(axes, 1))
        output = Tensor((channels, *outputs), tensor.dtype)
        work = (Work("reduction", each_number(output.shape, prod(kernel))),)
        return Facts(with_indices(output, self.return_indices), work, ((AxisRead(0, IDENTITY), *reads),))

    def _outputs(self, sizes: Shape) -> Shape:
        if (self.output_size is None) == (self.output_ratio is None):
            count = "neither" if self.output_size is None else "both"
            raise Fault(f"needs an output_size or an output_ratio, got {count}")
        if self.output_ratio is None:
            return per_axis(self.output_size or 1, self.rank, "output_size")
        ratios = per_axis(self.output_ratio, self.rank, "output_ratio")
        if max(ratios) >= 1:
            raise Fault(f"output_ratio needs numbers below 1, got {max(ratios):g}", key="output_ratio")
        return tuple(scaled_size(n, ratio, "output_ratio") for n, ratio in zip(sizes, ratios, strict=True))


def _read(axis: int, n: int, kernel: int, outputs: int) -> AxisRead:
    """The hull of what an output may read; sampled when the draw decides on any of them."""
    n, kernel, outputs = int(n), int(kernel), int(outputs)
    if outputs == 1:
        return AxisRead(axis, Phased(0, (range(n - kernel, n),)))
    a = Fraction(n - kernel, outputs - 1)
    check_windows(a.denominator, f"{n} positions to {outputs}", "output_size")
    windows = tuple(
        range(fractional_start(i, n, kernel, outputs)[0], fractional_start(i, n, kernel, outputs)[1] + kernel)
        for i in range(a.denominator)
    )
    return AxisRead(axis, phased(a.numerator, windows), sampled=a.denominator > 1)


class FractionalMaxPool2d(FractionalMaxPool, frozen=True):
    """Fractional max pool over (C, H, W)."""

    rank = 2
    spare = 0


class FractionalMaxPool3d(FractionalMaxPool, frozen=True):
    """Fractional max pool over (C, D, H, W)."""

    rank = 3
    spare = 1  # torch compares with >= here (fractional_max_pool3d) and with > in two dimensions
