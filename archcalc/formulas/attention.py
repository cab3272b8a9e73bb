"""Attention: multiply-accumulates of its parts, and what a decoder's cache holds.

softmax(Q K^T / sqrt(d)) V of every head. Throughout: H query heads, G key/value heads, d features of a query
and a key, d_v of a value, T queries, S keys.

A mask (causal, a window) takes nothing off: the whole T x S square is counted, as plain implementations
calculate it and as the counters of other tools have it. To count only what a mask leaves, evaluate with fewer
keys: a decoder's step is T = 1 and S = the positions it asks.

Source: Vaswani et al. 2017 (arXiv 1706.03762, section 3.2); heads that share keys and values: Shazeer 2019
(arXiv 1911.02150), Ainslie et al. 2023 (arXiv 2305.13245).
"""

from archcalc.formulas.rounding import rounded_up


def projection_macs(positions: int, in_features: int, out_features: int) -> int:
    """MACs of a linear map of every position (queries, keys, values, the output): T F_in F_out."""
    return positions * in_features * out_features


def scores_macs(heads: int, queries: int, keys: int, head_dim: int) -> int:
    """MACs of the scores Q K^T: H T S d."""
    return heads * queries * keys * head_dim


def mixing_macs(heads: int, queries: int, keys: int, value_dim: int) -> int:
    """MACs of mixing the values by their weights: H T S d_v."""
    return scores_macs(heads, queries, keys, value_dim)


def pairs(positions: int) -> int:
    """Pairs of different positions in one order: T (T - 1) / 2."""
    return positions * (positions - 1) // 2


def hidden_pairs(positions: int, window: int | None, *, causal: bool) -> int:
    """Pairs of a query and a key of one sequence that a mask hides from T^2: T (T - 1) / 2 of a causal one.

    A causal window of w leaves w T - w (w - 1) / 2, one with s on both sides T (2 s + 1) - s (s + 1).
    """
    if window is None:
        return pairs(positions) if causal else 0
    if causal:
        near = cached_positions(positions, window)
        return positions * positions - (near * positions - pairs(near))
    side = min(window // 2, positions - 1)
    return positions * positions - (positions * (2 * side + 1) - side * (side + 1))


def windowed_pairs(positions: int, window: int, shift: int) -> int:
    """Pairs of positions of one axis that are in one window: n w; of those moved by s the last one is cut.

    Liu et al. 2021 (arXiv 2103.14030, section 3.2): n w - w^2 + (w - s)^2 + s^2 for n filled up to windows.
    """
    return positions * window - window * window + (window - shift) * (window - shift) + shift * shift


def cached_numbers(kv_heads: int, head_dim: int, value_dim: int) -> int:
    """Numbers that a cache keeps per position: a key and a value of every key/value head, G (d + d_v)."""
    return kv_heads * (head_dim + value_dim)


def latent_numbers(latent: int, shared: int) -> int:
    """Numbers that a cache keeps per position where keys and values are made anew from a latent: c + r.

    c features of the latent, and r of a key that all heads share, which turns with the position.

    Source: DeepSeek-AI 2024 (arXiv 2405.04434, section 2.1).
    """
    return latent + shared


def absorbed_macs(heads: int, latent: int, shared: int) -> int:
    """MACs of a query on one position's latent: scores H (c + r), mixing H c.

    The maps from the latent to keys and values stand before and behind it then, once a query: absorbed into
    those of queries and output.

    Source: DeepSeek-AI 2024 (arXiv 2405.04434, section 2.1.2).
    """
    return heads * (2 * latent + shared)


def cached_positions(positions: int, window: int | None) -> int:
    """Positions that the newest one reads, itself included: all, or the window's.

    A rolling cache has a place for each. Between two steps transformers 5.23 keeps one fewer of a window that
    is full, as the next position brings its own.

    Source: Beltagy et al. 2020 (arXiv 2004.05150); the cache: Jiang et al. 2023 (arXiv 2310.06825).
    """
    return positions if window is None else min(positions, window)


def expert_macs(positions: int, top_k: int, features: int, hidden: int) -> int:
    """MACs of a mixture of gated experts: T k (2 F H up and gate + H F down) = 3 T k F H.

    Every position goes through k experts, whichever they are.

    Args:
        positions: T.
        top_k: k, experts of one position.
        features: F, of a position.
        hidden: H, inner features of one expert.

    Source: Jiang et al. 2024 (arXiv 2401.04088).
    """
    return 3 * positions * top_k * features * hidden


def window_start(position: int, window: int, shift: int) -> int:
    """First position of the window that holds position p, windows moved by s: w floor((p - s) / w) + s.

    Those of the shifted layers.

    Source: Liu et al. 2021 (arXiv 2103.14030, section 3.2).
    """
    return (position - shift) // window * window + shift


def padded(positions: int, window: int) -> int:
    """Positions filled up to whole windows: w ceil(n / w).

    Source: Liu et al. 2021 (arXiv 2103.14030, section 3.2).
    """
    return rounded_up(positions, window)
