"""Multiply-accumulates of the linear algebra; bias and element-wise work count 0.

Source: torch.utils.flop_counter counts the same products, each as two operations.
"""

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


def linear_params(in_features: int, out_features: int, *, bias: bool) -> int:
    """Numbers of a linear map: a row of ``in_features`` for every output, and a bias."""
    return in_features * out_features + out_features * bias


def linear_macs(in_features: int, output: "Sequence[int]") -> int:
    """MACs of a linear map: every output number takes ``in_features`` products."""
    return in_features * prod(output)


def transposed_conv_macs(
    inputs: "Sequence[int]", out_channels: int, groups: int, kernel: "Sequence[int]"
) -> int:
    """MACs of a transposed convolution: every input number takes (C_out / g) prod(k) products.

    Products that fall on positions cut off by the padding count too, as in torch's FlopCounterMode.

    Args:
        inputs: the whole input shape (C_in, *positions), without the batch.
        out_channels: C_out.
        groups: g, which divides C_out.
        kernel: taps per axis.
    """
    return conv_macs(out_channels, groups, kernel, inputs)


def bilinear_macs(in1_features: int, in2_features: int, output: "Sequence[int]") -> int:
    """MACs of x1^T W_k x2 as the two products (x1^T W_k) x2: every output number takes F_2 (F_1 + 1).

    FlopCounterMode of torch does not count the layer.

    Source: torch.nn.functional.bilinear, which contracts in this order (``_trilinear``).
    """
    return in2_features * (in1_features + 1) * prod(output)


def sparse_macs(entries: int, features: int) -> int:
    """MACs of a sparse matrix times a dense one: every stored entry meets ``features`` numbers.

    The aggregation of graph layers is one: (N x N, an entry per edge) times (N x F), edges F in all.

    Args:
        entries: stored numbers of the sparse matrix.
        features: columns of the dense one.

    Source: Kipf & Welling 2017 (arXiv 1609.02907, section 2).
    """
    return entries * features


def delta_rule_macs(length: int, heads: int, key_dim: int, value_dim: int) -> int:
    """MACs of the delta rule: what a state holds of a key, what is written, what a query reads: 3 L H d d_v.

    S = S a + k b (v - S^T k)^T, o = S^T q, of every head.

    Args:
        length: L, positions.
        heads: H, each with a state of d d_v numbers.
        key_dim: d.
        value_dim: d_v.

    Source: Yang et al. 2024 (arXiv 2412.06464, section 3).
    """
    return 3 * length * heads * key_dim * value_dim


def scan_macs(positions: int, channels: int, states: int) -> int:
    """MACs of a diagonal state-space recurrence: per position and channel, update and read every state.

    h = a h + b x takes one multiply-accumulate per state, y = c . h another one.

    Source: Gu & Dao 2023 (arXiv 2312.00752, section 3).
    """
    return 2 * positions * channels * states
