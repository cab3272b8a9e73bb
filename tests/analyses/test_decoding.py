"""Decoding against the closed forms of a small decoder's products and cache."""

from typing import TYPE_CHECKING

import pytest

from archcalc import load, trace
from archcalc.analyses.decoding import decode, token_input
from archcalc.errors import Fault

if TYPE_CHECKING:
    from archcalc.tracing import Trace

WIDTH, HEADS, GROUPS, VOCABULARY = 16, 4, 2, 50
HEAD = WIDTH // HEADS


def decoder(length: int, window: int | None = None) -> "Trace":
    """One attention layer with grouped heads and an output layer."""
    attention = {"type": "MultiheadAttention", "name": "attn", "num_heads": HEADS, "num_kv_heads": GROUPS}
    attention |= {"causal": True, **({"window": window} if window else {})}
    layers = [
        {"type": "Embedding", "name": "tok", "num_embeddings": VOCABULARY, "embedding_dim": WIDTH},
        attention,
        {"type": "Linear", "name": "head", "out_features": VOCABULARY, "bias": False},
    ]
    return trace(load({"inputs": {"tokens": {"shape": [length], "dtype": "int64"}}, "layers": layers}))


def closed_form(queries: int, keys: int) -> int:
    """Projections and head of every query, and the two products with the keys."""
    projections = 2 * WIDTH * WIDTH + 2 * WIDTH * GROUPS * HEAD + WIDTH * VOCABULARY
    return queries * projections + 2 * queries * keys * WIDTH


@pytest.mark.parametrize("window", [None, 3])
def test_steps_are_the_closed_form(window: int | None) -> None:
    report = decode(lambda length: decoder(length, window), "tokens", prompt=5, new=7, batch=2)
    for index, step in enumerate(report.steps):
        length = 5 + index
        keys = min(length, window or length)
        assert (step.tokens, step.length) == (1 if index else 5, length)
        assert step.macs == 2 * (closed_form(1, keys) if index else closed_form(5, 5))
        assert step.macs_uncached == 2 * closed_form(length, length)
        assert step.cache_numbers == 2 * keys * 2 * GROUPS * HEAD
    assert report.numbers_per_token == 2 * 2 * GROUPS * HEAD


def test_what_does_not_decode() -> None:
    assert token_input(decoder(4)) == "tokens"
    with pytest.raises(Fault, match="no input 'words'"):
        token_input(decoder(4), "words")
    image = load({"inputs": {"x": [3, 8]}, "layers": [{"type": "ReLU"}]})
    with pytest.raises(Fault, match="the network is no decoder"):
        decode(lambda _: trace(image), "x", prompt=1, new=1)


def translation(*, masked: bool) -> "Trace":
    """An encoder, and a decoder of two layers, so that the second one reads the source too."""
    words = {"type": "Embedding", "num_embeddings": VOCABULARY, "embedding_dim": WIDTH}
    sizes = {"num_layers": 2, "nhead": HEADS, "dim_feedforward": WIDTH}
    layers = [
        {**words, "name": "first", "from": "source"},
        {"type": "TransformerEncoder", "name": "encoder", **sizes},
        {**words, "name": "second", "from": "target"},
        {"type": "TransformerDecoder", "from": ["second", "encoder"], "causal": masked, **sizes},
    ]
    inputs = {"source": {"shape": [5], "dtype": "int64"}, "target": {"shape": [4], "dtype": "int64"}}
    return trace(load({"inputs": inputs, "layers": layers}))


def test_the_target_grows_not_the_source() -> None:
    assert token_input(translation(masked=True)) == "target"


def test_a_network_without_masks_decodes_none_of_its_inputs() -> None:
    with pytest.raises(
        Fault, match="none of the inputs source, target is read token by token: the network is no decoder"
    ):
        token_input(translation(masked=False))


def test_two_inputs_that_a_decoder_adds_may_both_be_the_tokens() -> None:
    words = {"type": "Embedding", "num_embeddings": VOCABULARY, "embedding_dim": WIDTH}
    layers = [
        {**words, "name": "token", "from": "tokens"},
        {**words, "name": "kind", "from": "kinds"},
        {"type": "Add", "from": ["token", "kind"]},
        {"type": "MultiheadAttention", "num_heads": HEADS, "causal": True},
    ]
    inputs = {name: {"shape": [4], "dtype": "int64"} for name in ("tokens", "kinds")}
    with pytest.raises(Fault, match="2 inputs may be the tokens: tokens, kinds") as caught:
        token_input(trace(load({"inputs": inputs, "layers": layers})))
    assert caught.value.hint == "say which: --tokens NAME"
