"""What pools that state their output size share."""

from functools import lru_cache
from math import gcd
from typing import ClassVar

from archcalc.errors import Fault
from archcalc.facts import IDENTITY, WHOLE, Facts, Phased, Reach, Tensor, Window, along
from archcalc.formulas.windows import adaptive_end, adaptive_start
from archcalc.layers.arguments import AdaptiveSizes, per_axis
from archcalc.layers.base import Layer, channels_first, single_float
from archcalc.layers.mathematics import Passing
from archcalc.layers.operations import pool_work
from archcalc.layers.pooling import with_indices


class AdaptivePool(Layer, frozen=True):
    """Output i of m reads the inputs floor(i n / m) .. ceil((i + 1) n / m) - 1."""

    rank: ClassVar[int]

    output_size: AdaptiveSizes
    """Positions of the output: one number for all axes, or one per axis, where null keeps the axis."""

    def _pool(self, inputs: tuple[Tensor, ...], *, return_indices: bool = False) -> Facts:
        tensor = single_float(inputs)
        channels, sizes = channels_first(tensor, self.rank)
        written = per_axis(self.output_size, self.rank, "output_size")
        if self.rank == 1 and None in written:
            # torch reads null for the axes of a list in two and three dimensions only (_list_with_default).
            raise Fault("output_size is null for the only axis", key="output_size", hint="write a number")
        outputs = tuple(n if m is None else m for n, m in zip(sizes, written, strict=True))
        reaches = [reach(n, m) for n, m in zip(sizes, outputs, strict=True)]
        output = Tensor((channels, *outputs), tensor.dtype)
        work = pool_work(channels, reaches, sizes, outputs, mean=self.passes is Passing.AVERAGED)
        return Facts(
            with_indices(output, return_indices),
            work,
            (along(IDENTITY, *reaches),),
            inferred={"output_size": outputs},
        )


def reach(n: int, outputs: int) -> Reach:
    """What the units of an adaptive pool from ``n`` to ``outputs`` positions read."""
    if outputs == 1:
        return WHOLE
    if n % outputs == 0:
        return Window(kernel=n // outputs, stride=n // outputs)
    from archcalc.layers.phases import MAX_WINDOWS, check_windows

    if outputs <= MAX_WINDOWS:  # it is one of so few whatever n is: nothing else depends on what follows
        from archcalc.unread import for_reads

        n, outputs = for_reads(n), for_reads(outputs)
    n, outputs = int(n), int(outputs)
    period = gcd(n, outputs)
    different = outputs // period
    check_windows(different, f"{n} positions to {outputs}", "output_size")
    return _phased(n, outputs)


@lru_cache(2)
def _phased(n: int, outputs: int) -> Phased:
    """The windows of one turn of the phases, by the thousand: axes of one size share theirs."""
    period = gcd(n, outputs)
    windows = (
        range(adaptive_start(i, n, outputs), adaptive_end(i, n, outputs)) for i in range(outputs // period)
    )
    return Phased(n // period, tuple(windows))
