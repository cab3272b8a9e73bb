"""Branches that meet on one grid of the input or on several, from the positions that each unit reads."""

from fractions import Fraction
from itertools import product

import pytest

from archcalc.analyses.receptive_field import receptive_fields
from archcalc.loading import loads
from archcalc.tracing import trace

BRANCHES = [
    (k, s, p) for k, s, p in product((1, 2, 3, 4, 5), (1, 2, 3), (0, 1, 2)) if k >= s and 2 * p < k + 1
]


def branch(name: str, window: tuple[int, int, int]) -> str:
    kernel, stride, padding = window
    keys = f"out_channels: 1, kernel_size: {kernel}, stride: {stride}, padding: {padding}"
    cut = f"  - {{type: Slice, name: {name}s, dim: 1, stop: 4}}\n"
    return f"  - {{type: Conv1d, name: {name}, from: x, {keys}}}\n{cut}"


def centre(window: tuple[int, int, int], unit: int) -> Fraction:
    """The middle of what a unit reads, in positions of the input."""
    kernel, stride, padding = window
    return Fraction(2 * (unit * stride - padding) + kernel - 1, 2)


@pytest.mark.parametrize("one", BRANCHES, ids=str)
def test_branches_are_apart_where_no_shift_by_whole_units_brings_them_together(
    one: tuple[int, int, int],
) -> None:
    for other in BRANCHES:
        text = f"inputs: {{x: [1, 30]}}\nlayers:\n{branch('a', one)}{branch('b', other)}"
        found = receptive_fields(trace(loads(f"{text}  - {{type: Add, from: [as, bs]}}\n"))).misaligned
        apart = [centre(one, unit) - centre(other, unit) for unit in range(4)]
        strides = len(set(apart)) > 1
        shifted = one[1] > 1 and all(centre(one, unit) != centre(other, 0) for unit in range(-9, 10))
        assert bool(found) == (strides or shifted), (one, other)
        assert not found or found[0].strides == strides
