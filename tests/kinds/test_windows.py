"""Sizes behind windows, for all small arguments beside torch's own functions."""

from itertools import product

import pytest
import torch
from torch.nn import functional

from archcalc.formulas.windows import conv_output, pool_output_ceil, transposed_output

SMALL = [
    (n, kernel, stride, padding, dilation)
    for n, kernel, stride, dilation in product(range(1, 9), range(1, 5), range(1, 6), (1, 2))
    for padding in range(kernel // 2 + 1)
]


def pooled(n: int, kernel: int, stride: int, padding: int, dilation: int, *, ceil: bool) -> int | None:
    """What torch's max pool makes of an axis; None where nothing is left."""
    x = torch.empty(1, 1, n, device="meta")
    try:
        return functional.max_pool1d(x, kernel, stride, padding, dilation, ceil).shape[-1]
    except RuntimeError:
        return None


@pytest.mark.parametrize("ceil", [False, True])
def test_windows_are_as_many_as_those_of_torch(*, ceil: bool) -> None:
    compared = 0
    for arguments in SMALL:
        n, kernel, stride, padding, dilation = arguments
        ours = pool_output_ceil(*arguments)
        if not ceil:
            ours = conv_output(n, kernel, stride, padding, padding, dilation)
        theirs = pooled(*arguments, ceil=ceil)
        compared += theirs is not None
        assert theirs is None or ours == theirs, arguments
    assert compared > len(SMALL) / 2


def test_transposed_windows_make_as_many_positions_as_those_of_torch() -> None:
    for n, kernel, stride, padding, dilation in SMALL:
        for more in range(max(stride, dilation)):
            x, weight = torch.empty(1, 1, n, device="meta"), torch.empty(1, 1, kernel, device="meta")
            try:
                made = functional.conv_transpose1d(x, weight, None, stride, padding, more, 1, dilation)
            except RuntimeError:
                continue
            assert transposed_output(n, kernel, stride, padding, more, dilation) == made.shape[-1]
