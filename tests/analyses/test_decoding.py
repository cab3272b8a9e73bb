"""Decoding against the closed forms of a small decoder's products and cache."""

from typing import TYPE_CHECKING

import pytest

from archcalc import load, trace
from archcalc.analyses.decoding import Steps, decode, token_input
from archcalc.errors import Fault

if TYPE_CHECKING:
    from collections.abc import Callable

    from archcalc.analyses.decoding import DecodingReport
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
    model = load({"inputs": {"tokens": {"shape": [1], "dtype": "int64"}}, "layers": layers})
    return trace(model, {}, {"tokens": (length,)})


def closed_form(queries: int, keys: int) -> int:
    """Projections and head of every query, and the two products with the keys."""
    projections = 2 * WIDTH * WIDTH + 2 * WIDTH * GROUPS * HEAD + WIDTH * VOCABULARY
    return queries * projections + 2 * queries * keys * WIDTH


@pytest.mark.parametrize("window", [None, 3, 8])
def test_steps_are_the_closed_form(window: int | None) -> None:
    report = decode(lambda length: decoder(length, window), "tokens", prompt=5, new=7, batch=2)
    for index, step in enumerate(report.steps):
        length = 5 + index
        keys = min(length, window or length)
        assert (step.tokens, step.length) == (1 if index else 5, length)
        assert step.macs == 2 * (closed_form(1, keys) if index else closed_form(5, 5))
        assert step.macs_uncached == 2 * closed_form(length, length)
        assert step.cache_numbers == 2 * keys * 2 * GROUPS * HEAD
    assert report.totals() == added(report)
    assert report.numbers_per_token == 2 * 2 * GROUPS * HEAD


def added(report: "DecodingReport") -> tuple[int, int]:
    """MACs of all steps together, one by one."""
    return sum(step.macs for step in report.steps), sum(step.macs_uncached for step in report.steps)


def test_what_does_not_decode() -> None:
    assert token_input(decoder(4)) == "tokens"
    with pytest.raises(Fault, match="no input 'words'"):
        token_input(decoder(4), "words")
    image = load({"inputs": {"x": [3, 8]}, "layers": [{"type": "ReLU"}]})
    with pytest.raises(Fault, match="the network is no decoder"):
        decode(lambda _: trace(image), "x", prompt=1, new=1)


def spec(*layers: object, **inputs: object) -> "Callable[[int], Trace]":
    """A network of these layers behind an embedding, by its number of tokens."""
    table = {"type": "Embedding", "name": "tok", "from": "tokens", "num_embeddings": 50, "embedding_dim": 8}
    tokens = {"shape": [6], "dtype": "int64"}
    model = load({"inputs": {"tokens": tokens, **inputs}, "layers": [table, *layers]})
    return lambda length: trace(model, {}, {"tokens": (length,)})


CAUSAL = {"type": "MultiheadAttention", "name": "attn", "num_heads": 2, "causal": True}


SWAP = {"type": "Transpose", "dim0": 0, "dim1": 1}
AROUND = {"type": "Conv1d", "name": "late", "out_channels": 8, "kernel_size": 3, "padding": 1}


@pytest.mark.parametrize(
    "layer",
    [
        {"type": "MultiheadAttention", "name": "late", "num_heads": 2},
        {"type": "MultiheadAttention", "name": "late", "num_heads": 2, "window": 3},
        {"type": "LSTM", "name": "late", "hidden_size": 8, "bidirectional": True},
        {"type": "Sequential", "layers": [SWAP, AROUND, SWAP]},
    ],
)
@pytest.mark.parametrize("prompt", [1, 6])
def test_a_layer_that_reads_tokens_after_its_own_keeps_nothing(layer: dict[str, object], prompt: int) -> None:
    with pytest.raises(Fault, match=r"late \(\w+\) reads 'tokens' after its own position"):
        decode(spec(CAUSAL, layer), "tokens", prompt, 5)


def test_causal_convolutions_go_with_attention() -> None:
    convolution = {"type": "CausalConv", "out_channels": 8, "kernel_size": 3}
    report = decode(spec(CAUSAL, SWAP, convolution), "tokens", 6, 3)
    assert [step.macs for step in report.steps][1:] == [4 * 64 + 2 * 8 * keys + 3 * 64 for keys in (7, 8)]


def test_a_start_token_is_kept_and_the_last_position_alone_goes_into_the_head() -> None:
    start, last = {"type": "ClassToken"}, {"type": "Slice", "dim": 0, "start": -1}
    head = {"type": "Linear", "out_features": 50, "bias": False}
    report = decode(spec(start, CAUSAL, last, head), "tokens", 6, 3)
    assert report.steps[0].macs == 7 * 4 * 64 + 2 * 7 * 7 * 8 + 8 * 50
    assert [step.macs for step in report.steps[1:]] == [4 * 64 + 2 * 8 * keys + 8 * 50 for keys in (8, 9)]
    assert [step.macs_uncached for step in report.steps] == [
        keys * 4 * 64 + 2 * keys * keys * 8 + 8 * 50 for keys in (7, 8, 9)
    ]
    assert [step.cache_numbers for step in report.steps] == [16 * keys for keys in (7, 8, 9)]


@pytest.mark.parametrize("new", [1, 2, 3, 20])
@pytest.mark.parametrize("stride", [2, 3])
def test_maps_that_do_not_grow_token_by_token_are_refused(new: int, stride: int) -> None:
    strided = {"type": "Conv1d", "name": "c", "out_channels": 8, "kernel_size": 1, "stride": stride}
    with pytest.raises(Fault, match=r"the MACs of c \(Conv1d\) do not grow by the same number"):
        decode(spec(CAUSAL, SWAP, strided), "tokens", 6, new)


def test_layers_that_come_with_the_length_are_counted_from_there_on() -> None:
    late = {"type": "Linear", "out_features": 8, "when": "=in_channels > 20"}
    for length, step in enumerate(decode(spec(CAUSAL, late), "tokens", 6, 20).steps, 6):
        maps = 5 if length > 20 else 4
        assert step.macs_uncached == length * maps * 64 + 2 * length * length * 8
        assert length == 6 or step.macs == maps * 64 + 2 * length * 8


def test_a_million_steps_are_counted_from_three_traces(monkeypatch: pytest.MonkeyPatch) -> None:
    lengths: list[int] = []

    def watched(length: int) -> "Trace":
        lengths.append(length)
        return decoder(length)

    report = decode(watched, "tokens", 10, 1_000_000)
    assert lengths == [10, 1_000_009, 10]
    assert len(report.steps) == 1_000_000
    assert report.steps[-1] == report.steps[999_999]
    assert report.steps[-1].macs_uncached == closed_form(1_000_009, 1_000_009)
    assert [step.length for step in report.steps[5:8]] == [15, 16, 17]
    with pytest.raises(IndexError):
        report.steps[1_000_000]
    monkeypatch.setattr(Steps, "_step", None)  # what all take together is not added up step by step
    rows = [closed_form(length, length) for length in range(10, 1_000_010)]
    assert report.totals() == (rows[0] + sum(closed_form(1, n) for n in range(11, 1_000_010)), sum(rows))


def test_the_tokens_are_the_input_that_is_read_in_order() -> None:
    """Not the memory, though causal attention of a second layer depends on it too."""
    cross = {"type": "MultiheadAttention", "name": "cross", "from": ["attn", "memory"], "num_heads": 2}
    network = spec(CAUSAL, cross, {**CAUSAL, "name": "second"}, memory=[4, 8])(6)
    assert token_input(network) == "tokens"
    with pytest.raises(Fault, match="reads 'memory' along its first axis"):
        decode(lambda _: network, "memory", 4, 2)


def test_several_inputs_may_be_the_tokens_or_none() -> None:
    other = {**CAUSAL, "name": "other", "from": "also"}
    both = spec(CAUSAL, other, {"type": "Concat", "from": ["attn", "other"]}, also=[6, 8])
    with pytest.raises(Fault, match="2 inputs may be the tokens: tokens, also"):
        token_input(both(6))
    with pytest.raises(Fault, match="none of the inputs tokens, also is read token by token"):
        token_input(spec({"type": "Add", "from": ["tok", "also"]}, also=[6, 8])(6))


def test_features_first_are_no_tokens() -> None:
    layers = [SWAP, CAUSAL]
    image = trace(load({"inputs": {"x": [8, 6]}, "layers": layers}))
    with pytest.raises(Fault, match="reads 'x' along its first axis"):
        decode(lambda _: image, "x", prompt=8, new=1)


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
    with pytest.raises(Fault, match="none of the inputs source, target is read token by token"):
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


@pytest.mark.parametrize("window", [None, 3])
@pytest.mark.parametrize("added", [{"add_bias_kv": True}, {"add_bias_kv": True, "add_zero_attn": True}])
def test_added_keys_are_asked_by_every_query_and_kept_by_no_cache(
    added: dict[str, bool], window: int | None
) -> None:
    attention: dict[str, object] = {**CAUSAL, **added, **({"window": window} if window else {})}
    report = decode(spec(attention), "tokens", prompt=4, new=4)
    for index, step in enumerate(report.steps):
        length = 4 + index
        kept = min(length, window or length)
        queries, keys = (1, kept) if index else (4, 4)
        assert step.macs == queries * (4 * 8 * 8 + 2 * (keys + len(added)) * 8)
        assert step.cache_numbers == kept * 2 * 8


def test_added_keys_are_no_part_of_a_memory() -> None:
    cross: dict[str, object] = {**CAUSAL, "name": "cross", "from": ["attn", "memory"], "causal": False}
    report = decode(spec(CAUSAL, {**cross, "add_bias_kv": True}, memory=[9, 8]), "tokens", prompt=2, new=2)
    assert [kept.memory for kept in report.kept] == [None, 9]
    step = report.steps[1]
    assert step.macs == 4 * 8 * 8 + 2 * 3 * 8 + 2 * 8 * 8 + 2 * (9 + 1) * 8
    assert step.cache_numbers == (3 + 9) * 2 * 8


OUT = {"type": "Linear", "name": "head", "out_features": 5, "bias": False}


@pytest.mark.parametrize(("prompt", "new"), [(1, 9), (3, 3), (6, 4)])
def test_the_last_positions_go_into_the_head_as_soon_as_there_are_four(prompt: int, new: int) -> None:
    """An expression over the tokens: 4 positions behind it, or as many as there are."""
    last = {"type": "Slice", "start": "=max(0, in_shape[0] - 4)"}
    report = decode(spec(CAUSAL, last, OUT), "tokens", prompt, new)
    for index, step in enumerate(report.steps):
        length = prompt + index
        behind = min(length, 4)
        assert step.macs_uncached == length * 4 * 64 + 2 * length * length * 8 + behind * 8 * 5
        newest = 1 if length <= 4 else 4
        if index:
            assert step.macs == 4 * 64 + 2 * length * 8 + newest * 8 * 5


def test_a_window_that_follows_the_length() -> None:
    """As wide as a half of the tokens, at most 4: other keys are asked, and kept, at every length."""
    layer = {**CAUSAL, "window": "=min(4, (in_shape[0] + 1) // 2)"}
    report = decode(spec(layer), "tokens", 1, 12)
    for index, step in enumerate(report.steps):
        keys = min(4, (index + 2) // 2)
        assert step.cache_numbers == 16 * keys
        assert step.macs == 4 * 64 + 2 * keys * 8
        assert step.macs_uncached == (index + 1) * 4 * 64 + 2 * (index + 1) ** 2 * 8


def test_a_width_that_follows_the_parity_of_the_length() -> None:
    """Which a line through a few odd lengths would miss."""
    wide = {**OUT, "out_features": "=5 if in_shape[0] % 2 == 0 else 7"}
    report = decode(spec(CAUSAL, wide), "tokens", 5, 40)
    for length, step in enumerate(report.steps, 5):
        width = 7 if length % 2 else 5
        assert step.macs_uncached == length * 4 * 64 + 2 * length * length * 8 + length * 8 * width
        if length > 5:
            assert step.macs == 4 * 64 + 2 * length * 8 + 8 * width


def test_fixed_numbers_that_jump_are_refused() -> None:
    """Whether a part of them is new, or all of it, nobody can tell."""
    last = {"type": "Slice", "start": "=in_shape[0] - round(in_shape[0] * 0.3)"}
    with pytest.raises(Fault, match=r"the MACs of head do not grow by .* token: 80 with 6, 120 with 9"):
        decode(spec(CAUSAL, last, OUT), "tokens", 6, 4)


def test_more_networks_than_are_looked_at() -> None:
    layer = {**OUT, "out_features": "=round(in_shape[0] * 0.7)"}
    assert len(decode(spec(CAUSAL, layer), "tokens", 6, 200).steps) == 200
    with pytest.raises(
        Fault, match="nearly every number of tokens makes another network: 256 were looked at"
    ):
        decode(spec(CAUSAL, layer), "tokens", 6, 300)


def test_a_number_that_was_made_plain_is_not_followed() -> None:
    """Of a network that is traced with what only looks like the number of tokens."""
    plain = spec(CAUSAL, OUT)
    with pytest.raises(Fault, match="do not grow by the same number"):
        decode(lambda length: plain(len(range(length))), "tokens", 6, 3)


def test_a_recurrence_over_a_plain_number_is_not_followed_either() -> None:
    """Whose costs would look as if no token added to them."""
    plain = spec({"type": "LSTM", "hidden_size": 4})
    assert decode(plain, "tokens", 6, 3).steps[1].macs == 4 * 4 * (8 + 4)
    with pytest.raises(Fault, match="do not grow by the same number"):
        decode(lambda length: plain(len(range(length))), "tokens", 6, 3)


def test_an_input_without_axes_is_not_the_one_of_the_tokens() -> None:
    written: dict[str, object] = {
        "inputs": {"tokens": {"shape": [8], "dtype": "int64"}, "scale": []},
        "layers": [
            {"type": "Embedding", "from": "tokens", "num_embeddings": 9, "embedding_dim": 4},
            {"type": "LSTM", "hidden_size": 4},
        ],
    }
    assert token_input(trace(load(written))) == "tokens"
