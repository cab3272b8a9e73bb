"""Operations beside the linear algebra: one for every number of a result, or for every number taken in.

A function of one number is one operation, whatever it is made of: a ReLU, an exponential and a GELU cost as
much. A sum of n numbers is n, their mean one more for the quotient.

Source: numbers counted one by one (docs/macs.md, What counts).
"""

from math import prod
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

SOFTMAX, SOFTMAX_TAKEN = 3, 2
"""Operations per number of a softmax: less the largest, exp, the quotient; and taken in: maximum and sum."""


def each_number(shape: "Sequence[int]", times: int = 1) -> int:
    """So many operations for every number of a shape."""
    return times * prod(shape)


def pooled_numbers(channels: int, read: "Sequence[int]") -> int:
    """Numbers that a pool takes in: C prod(r), where its windows have r positions of an axis in all."""
    return channels * prod(read)


def interpolation_operations(outputs: "Sequence[int]", taps: int) -> int:
    """Operations of a weighted mean of t numbers for every output: t products and t - 1 sums."""
    return (2 * taps - 1) * prod(outputs)


def scaled_by_statistics(numbers: int, steps: int, learned: int) -> int:
    """Operations that apply a norm: per number s with the statistics, and one for each learned tensor.

    Args:
        numbers: n, of the input.
        steps: s: the mean taken off and the division, or the division alone.
        learned: 0 to 2, scale and shift.
    """
    return (steps + learned) * numbers


def between_gates(steps: int, units: int, each: int) -> int:
    """Operations of a recurrent layer beside its products: so many per step and unit."""
    return steps * units * each
