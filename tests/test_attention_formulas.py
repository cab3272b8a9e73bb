"""Formulas of attention: published caches and models, and brute force."""

from hypothesis import given
from hypothesis import strategies as st

from archcalc.attended import Attention
from archcalc.formulas import attention

SMALL = st.integers(1, 5)
HALF = 2
"""Bytes of a bfloat16, which both are published in."""


def test_published_caches() -> None:
    """Llama 2 7B keeps 512 KiB a token; Llama 3 8B, with a quarter of the heads, 128 KiB."""
    for heads, layers, kibibytes in ((32, 32, 512), (8, 32, 128)):
        assert layers * attention.cached_numbers(heads, 128, 128) * HALF == kibibytes * 1024
    assert attention.cached_numbers(3, 5, 7) == 3 * 5 + 3 * 7, "keys and values may differ"
    assert Attention(32, 8, 128, 128, 1, 1).cached == attention.cached_numbers(8, 128, 128) == 2048


def test_a_window_bounds_the_cache() -> None:
    """Mistral 7B looks back 4096 positions."""
    assert [attention.cached_positions(n, 4096) for n in (1, 4095, 4096, 32_768)] == [1, 4095, 4096, 4096]
    assert attention.cached_positions(32_768, None) == 32_768


@given(heads=SMALL, queries=SMALL, keys=SMALL, width=SMALL)
def test_products_are_counted_one_by_one(heads: int, queries: int, keys: int, width: int) -> None:
    square = [
        (h, q, k, d) for h in range(heads) for q in range(queries) for k in range(keys) for d in range(width)
    ]
    assert attention.scores_macs(heads, queries, keys, width) == len(square)
    assert attention.mixing_macs(heads, queries, keys, width) == len(square)
    assert attention.projection_macs(queries, keys, width) == queries * keys * width


@given(position=st.integers(-40, 40), window=st.integers(1, 9), data=st.data())
def test_windows_hold_their_positions(position: int, window: int, data: st.DataObject) -> None:
    shift = data.draw(st.integers(0, window - 1))
    start = attention.window_start(position, window, shift)
    assert start <= position < start + window
    assert (start - shift) % window == 0


@given(positions=st.integers(1, 60), window=st.integers(1, 9))
def test_padding_fills_the_last_window_alone(positions: int, window: int) -> None:
    filled = attention.padded(positions, window)
    assert filled % window == 0
    assert 0 <= filled - positions < window
