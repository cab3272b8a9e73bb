"""Attention calculated: one head on tokens that are written down, as plain lists of numbers.

softmax(Q K^T / sqrt(d)) V for queries Q, keys K and values V with a token a row.

Source: Vaswani et al. 2017 (arXiv 1706.03762, section 3.2.1, equation 1).
"""

from math import exp, inf, sqrt
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    Rows = Sequence[Sequence[float]]


def matrix_product(left: "Rows", right: "Rows") -> list[list[float]]:
    """A B: every row of A with every column of B, multiplied number by number and added up."""
    columns = list(zip(*right, strict=True))
    return [[sum(a * b for a, b in zip(row, column, strict=True)) for column in columns] for row in left]


def scaled_scores(queries: "Rows", keys: "Rows", *, causal: bool) -> list[list[float]]:
    """Q K^T / sqrt(d); with a causal mask -inf where the key stands behind the query."""
    scale = sqrt(len(keys[0]))
    products = matrix_product(queries, list(zip(*keys, strict=True)))
    return [
        [-inf if causal and asked > asking else score / scale for asked, score in enumerate(row)]
        for asking, row in enumerate(products)
    ]


def softmax_of(row: "Sequence[float]") -> list[float]:
    """exp(s_j) / sum_k exp(s_k), the largest taken off before; -inf becomes 0."""
    largest = max(row)
    powers = [exp(score - largest) for score in row]
    return [power / sum(powers) for power in powers]
