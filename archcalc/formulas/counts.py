"""Multiply-accumulates of the linear algebra; bias and element-wise work count 0."""

from math import prod
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def conv_macs(in_channels: int, groups: int, kernel: "Sequence[int]", output: "Sequence[int]") -> int:
    """MACs of a convolution: every output number takes (C_in / g) prod(k) products.

    Args:
        in_channels: C_in.
        groups: g, which divides C_in.
        kernel: taps per axis.
        output: the whole output shape (C_out, *positions), without the batch.
    """
    return in_channels // groups * prod(kernel) * prod(output)


def linear_macs(in_features: int, output: "Sequence[int]") -> int:
    """MACs of a linear map: every output number takes ``in_features`` products."""
    return in_features * prod(output)
