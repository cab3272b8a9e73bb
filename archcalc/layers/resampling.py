"""Interpolation to another size (torch.nn.Upsample, UpsamplingNearest2d, UpsamplingBilinear2d)."""

from fractions import Fraction
from itertools import starmap
from math import floor
from typing import TYPE_CHECKING, ClassVar, Literal

from archcalc.errors import Fault
from archcalc.facts import IDENTITY, AxisRead, Facts, Reach, Tensor
from archcalc.formulas.elementwise import each_number, interpolation_operations
from archcalc.formulas.resampling import (
    centre_offset,
    corner_step,
    cubic_taps,
    fallen,
    linear_taps,
    nearest_tap,
    scaled,
    step,
    written_ratio,
)
from archcalc.keeping import KEEPS_INPUT, KEEPS_NOTHING, Saved
from archcalc.layers.adaptive_pooling import reach as adaptive_reach
from archcalc.layers.arguments import Scales, Sizes, per_axis
from archcalc.layers.base import Layer, channels_first, single_float
from archcalc.layers.mathematics import ANYTHING, Ends, Passing
from archcalc.layers.operations import pool_work
from archcalc.layers.phases import MAX_WINDOWS, check_windows, phased
from archcalc.records import dataclass
from archcalc.unread import for_reads
from archcalc.work import Work

if TYPE_CHECKING:
    from collections.abc import Callable

    from archcalc.facts import Shape
    from archcalc.work import Worked

IMAGE = 2
"""Axes of positions of an image."""
Mode = Literal["nearest", "linear", "bilinear", "bicubic", "trilinear", "nearest-exact", "area"]
LARGEST = 2**63 - 1
"""Positions that torch can count."""
RANKS = {"linear": 1, "bilinear": 2, "bicubic": 2, "trilinear": 3}
"""Position axes of the modes that are for one number of them only."""


class Interpolation(Layer, frozen=True):
    """Resample every position axis: output o of m reads around a o + b of the n input positions.

    a = n / m for a ``size`` or a recomputed scale, 1 / scale_factor for a ``scale_factor``, and
    (n - 1) / (m - 1) for ``align_corners``. A scale_factor is the simplest fraction that rounds to it. torch
    calculates in the precision of the input: in single precision its nearest mode may read the position below
    where a o + b is whole; and on small or channels-last images it takes n / m where that is 1 or 1 / 2.
    """

    passes = Passing.AVERAGED

    size: Sizes | None = None
    """Positions of the output: one number for all axes, or one per axis. Either this or ``scale_factor``."""
    scale_factor: Scales | None = None
    """Output positions per input position, rounded down: one number for all axes, or one per axis."""

    def _resample(self, inputs: tuple[Tensor, ...], rank: int, resampling: "Resampling") -> Facts:
        tensor = single_float(inputs)
        channels, sizes = channels_first(tensor, rank)
        scales = self._scales(rank)
        outputs = (
            tuple(scaled_size(n, scale, "scale_factor") for n, scale in zip(sizes, scales, strict=True))
            if scales
            else per_axis(self.size or 1, rank, "size")
        )
        axes = zip(sizes, outputs, scales or (None,) * rank, strict=True)
        reaches = [resampling.reach(n, m, scale, rank) for n, m, scale in axes]
        reads = (AxisRead(axis, reach, "replicate") for axis, reach in enumerate(reaches, 1))
        output = Tensor((channels, *outputs), tensor.dtype)
        work = (
            pool_work(channels, reaches, sizes, outputs, mean=True)
            if resampling.mode == "area"
            else resampling.work((channels, *outputs), rank)
        )
        return Facts({"output": output}, work, ((AxisRead(0, IDENTITY), *reads),))

    def _scales(self, rank: int) -> tuple[float, ...] | None:
        """The scale of every axis; None when a size is given."""
        if (self.size is None) == (self.scale_factor is None):
            count = "neither" if self.size is None else "both"
            raise Fault(
                f"needs a size or a scale_factor, got {count}", key=None if count == "neither" else "size"
            )
        return None if self.scale_factor is None else per_axis(self.scale_factor, rank, "scale_factor")

    def keeping(self, inputs: tuple[Tensor, ...], facts: Facts) -> Saved | None:
        """Nothing; its input where it is an adaptive pool."""
        del inputs, facts
        return KEEPS_INPUT if getattr(self, "mode", "") == "area" else KEEPS_NOTHING


@dataclass(frozen=True, slots=True)
class Resampling:
    """How one axis is resampled."""

    mode: Mode
    align_corners: bool = False
    recomputed: bool = False

    def reach(self, n: int, m: int, scale: float | None, rank: int) -> Reach:
        """What the units of an axis of m positions read of one of n; None: the scale is m / n.

        ``rank`` is how many axes are resampled together.
        """
        if self.mode == "area":
            return adaptive_reach(n, m)
        if m <= MAX_WINDOWS:  # so many can be written down, whatever n is
            n, m = for_reads(n), for_reads(m)
        a = self._step(n, m, None if self.recomputed else scale, rank)
        return _periodic(m, a, self._start(a), self._taps())

    def work(self, output: "Shape", rank: int) -> "Worked":
        """A weighted mean of 2 positions an axis, or 4; the nearest one is fetched."""
        taps = {"bicubic": 4}.get(self.mode, 2 if self.mode in RANKS else 1) ** rank
        fetched = Work("gather", each_number(output, taps))
        weighed = (Work("elementwise", interpolation_operations(output, taps)),) if taps > 1 else ()
        return fetched, *weighed

    def _step(self, n: int, m: int, scale: float | None, rank: int) -> Fraction:
        if self.align_corners:
            return corner_step(n, m)
        # The linear modes of torch copy an axis that keeps its size, whatever the scale says.
        copied = self.mode in ("linear", "bilinear", "trilinear") and n == m
        # Its nearest mode does on images, and doubles an axis that doubles its size.
        copied |= self.mode == "nearest" and rank == IMAGE and m in (n, 2 * n)
        return step(n, m) if scale is None or copied else 1 / written_ratio(scale)

    def _start(self, a: Fraction) -> Fraction:
        if self.mode == "nearest-exact":
            return a / 2
        return Fraction(0) if self.mode == "nearest" or self.align_corners else centre_offset(a)

    def _taps(self) -> "Callable[[int, int], range]":
        if self.mode == "bicubic":
            return cubic_taps
        return linear_taps if self.mode in RANKS else nearest_tap


def _periodic(m: int, a: Fraction, b: Fraction, taps: "Callable[[int, int], range]") -> Reach:
    """Reads of m outputs at a o + b: they repeat after as many outputs as the denominator of a.

    A scale of many digits has no short period, but its outputs may be few enough to write each down.
    """
    period, shift = a.denominator, a.numerator
    if period > MAX_WINDOWS:
        period, shift = m, floor(a * m)
        check_windows(m, f"{m:,} outputs at every {float(a):g} positions", "scale_factor")
    return phased(shift, tuple(starmap(taps, fallen(a, b, period))))


def scaled_size(n: int, scale: float, key: str) -> int:
    """Positions of an axis scaled: floor(n scale), multiplied in double precision as torch does."""
    product = scaled(n, scale)
    if product < 1:
        raise Fault(f"{n} positions times {scale:g} leave none", key=key)
    if product > LARGEST:
        fact = f"{n} positions times {scale:g} are more than {LARGEST} (2**63 - 1)"
        raise Fault(fact, key=key)
    return product


class Upsample(Interpolation, frozen=True):
    """Resample (C, L), (C, H, W) or (C, D, H, W) by neighbours, lines or cubic curves."""

    mode: Mode = "nearest"
    """linear is for one position axis, bilinear and bicubic for two, trilinear for three, others for any."""
    align_corners: bool | None = None
    """Put the first and the last outputs on the first and the last inputs; for the smooth modes only."""
    recompute_scale_factor: bool | None = None
    """Resample by the ratio of the sizes, not by ``scale_factor`` itself."""

    def infer(self, inputs: tuple[Tensor, ...]) -> Facts:
        """(C, *n) -> (C, *size) or (C, *floor(n scale_factor))."""
        rank = len(single_float(inputs).shape) - 1
        only = RANKS.get(self.mode)
        if rank not in (1, 2, 3) or only not in (None, rank):
            needed = "2 to 4 axes" if only is None else f"{only + 1} axes for mode {self.mode}"
            raise Fault(
                f"needs {needed}, got {rank + 1}: {list(inputs[0].shape)}",
                key=None if only is None else "mode",
            )
        if self.align_corners is not None and only is None:
            raise Fault(
                f"align_corners is only for {', '.join(RANKS)}, mode is {self.mode}", key="align_corners"
            )
        if self.recompute_scale_factor and self.size is not None:
            raise Fault(
                "recompute_scale_factor has no scale_factor beside size", key="recompute_scale_factor"
            )
        way = Resampling(
            self.mode,
            align_corners=bool(self.align_corners),
            recomputed=bool(self.recompute_scale_factor),
        )
        return self._resample(inputs, rank, way)

    def image(self, *read: Ends) -> Ends:
        """Cubic curves swing beyond the numbers that they join."""
        return ANYTHING if self.mode == "bicubic" else read[0]


class Upsampling2d(Interpolation, frozen=True):
    """Upsample over (C, H, W) in a fixed mode."""

    way: ClassVar[Resampling]
    rank: ClassVar[int] = 2

    def infer(self, inputs: tuple[Tensor, ...]) -> Facts:
        """(C, H, W) -> (C, *size) or (C, *floor(n scale_factor))."""
        return self._resample(inputs, self.rank, self.way)


class UpsamplingNearest2d(Upsampling2d, frozen=True):
    """Upsample (C, H, W) by the nearest position."""

    way = Resampling("nearest")


class UpsamplingBilinear2d(Upsampling2d, frozen=True):
    """Upsample (C, H, W) linearly in both axes, corners aligned."""

    way = Resampling("bilinear", align_corners=True)
