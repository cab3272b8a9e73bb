"""Work that several kinds have: maps with a bias, softmax, norms, pools."""

from functools import lru_cache
from typing import TYPE_CHECKING

from archcalc.facts import Phased, Whole, Window
from archcalc.formulas.elementwise import (
    SOFTMAX,
    SOFTMAX_TAKEN,
    each_number,
    pooled_numbers,
    scaled_by_statistics,
)
from archcalc.work import Work

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from archcalc.facts import Reach, Shape
    from archcalc.work import Worked

BIAS = "bias"


def map_work(macs: int, weights: "Iterable[str]", output: "Sequence[int]") -> "Worked":
    """A map with all of these weights, of which ``bias`` is added to every number of the output."""
    factors, added = _factors_and_bias(tuple(weights))
    product = Work("product", macs, factors)
    return (product, Work("elementwise", each_number(output), added)) if added else (product,)


@lru_cache(maxsize=64)
def _factors_and_bias(weights: tuple[str, ...]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Names of what is multiplied and of what is added; layers that name theirs alike share them."""
    factors = tuple([name for name in weights if name != BIAS])
    return factors, (BIAS,) if BIAS in weights else ()


def on_each(shape: "Sequence[int]", times: int = 1, weights: "Iterable[str]" = (), name: str = "") -> Work:
    """So many operations for every number of a shape."""
    return Work("elementwise", each_number(shape, times), tuple(weights), name)


def copy_work(shape: "Sequence[int]") -> "Worked":
    """Every number of a shape copied to its place."""
    return (Work("move", each_number(shape)),)


def softmax_work(numbers: int, name: str = "", masked: int = 0) -> "Worked":
    """Three operations a number (less the largest, exp, the quotient), and two taken in (maximum, sum).

    Args:
        numbers: of the input.
        name: the part it belongs to.
        masked: of the numbers, those that a mask hides.
    """
    return (
        Work("reduction", SOFTMAX_TAKEN * numbers, name=name, masked=SOFTMAX_TAKEN * masked),
        Work("elementwise", SOFTMAX * numbers, name=name, masked=SOFTMAX * masked),
    )


def norm_work(
    numbers: int,
    weights: "Iterable[str]",
    *,
    centred: bool = True,
    running: bool = False,
    name: str = "",
    params: int = 0,
) -> "Worked":
    """A norm: statistics of all numbers, and then what these and the learned tensors do to each.

    The mean takes in every number once, the mean square once more, behind one square each; with ``running``
    statistics there is nothing to take in. Then the mean is taken off where the norm is ``centred``, and
    divided by the root: one operation each, and one per learned tensor.
    """
    learned = tuple(weights)
    apply = scaled_by_statistics(numbers, 2 if centred else 1, len(learned))
    if running:
        return (Work("elementwise", apply, learned, name, params),)
    taken = 2 * numbers if centred else numbers
    squared = Work("elementwise", numbers + apply, learned, name)
    return Work("reduction", taken, name=name, params=params), squared


def pool_work(
    channels: int, reaches: "Sequence[Reach]", sizes: "Shape", outputs: "Shape", *, mean: bool
) -> "Worked":
    """Every number of every window taken in, those of a padding too; a mean divides every output."""
    axes = zip(reaches, sizes, outputs, strict=True)
    taken = Work("reduction", pooled_numbers(channels, [positions_read(*axis) for axis in axes]))
    return (taken, on_each((channels, *outputs))) if mean else (taken,)


def positions_read(reach: "Reach", length: int, outputs: int) -> int:
    """Positions of an axis that all of its outputs read together, each as often as it is read."""
    if isinstance(reach, Window):
        return reach.kernel * outputs
    if isinstance(reach, Phased):
        phases = len(reach.phases)
        return outputs * sum(map(len, reach.phases)) // phases
    return length * outputs if isinstance(reach, Whole) else outputs


def fold_work(taken: "Sequence[int]", outputs: "Sequence[int]" = ()) -> "Worked":
    """Every number of a shape taken in; where ``outputs`` are given, each of these divided."""
    return Work("reduction", each_number(taken)), *((on_each(outputs),) if outputs else ())
