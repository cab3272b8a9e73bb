"""Rules about attention and sequences beyond their examples; what they claim against torch and the hints."""

import re

import pytest
import torch
from torch import nn

from archcalc.rules.engine.checking import check_text
from tests.rules.found import found, subjects

TOKENS = "inputs: {t: {shape: [16], dtype: int64}}\nlayers:\n"
TABLE = "  - {type: Embedding, name: e, num_embeddings: 64, embedding_dim: 32}\n"
PLACES = "  - LearnedPositionalEncoding\n"
ATTEND = "  - {type: MultiheadAttention, name: a, num_heads: 4}\n"
SCORES = "  - {type: Linear, name: s, out_features: 64}\n"
CAUSAL = ATTEND.replace("a,", "c,").replace("4}", "4, causal: true}")
FACTORS = "inputs: {t: {shape: [16], dtype: int64}, f: [16, 32]}\nlayers:\n"
SMALL = "inputs: {t: {shape: [16], dtype: int64}, f: {shape: [16], dtype: int64}}\nlayers:\n"
CHANNELS = "inputs: {x: [3, 32, 32]}\nlayers:\n"
ROWS = "  - {type: Flatten, start_dim: 2}\n  - {type: Transpose, dim0: 0, dim1: 1}\n"
LM = "task: language_modeling\n"
SERIES = "inputs: {x: [101, 8]}\nlayers:\n"


def patches(kernel: int, stride: int, padding: int = 0) -> str:
    """A convolution that cuts an image."""
    keys = f"kernel_size: {kernel}, stride: {stride}, padding: {padding}"
    return CHANNELS + f"  - {{type: Conv2d, out_channels: 32, {keys}}}\n"


# code, spec, the layers with a finding
CASES: dict[str, tuple[str, str, list[str]]] = {
    "no positions": ("AC601", TOKENS + TABLE + ATTEND, ["a"]),
    "a mask tells": ("AC601", TOKENS + TABLE + CAUSAL, []),
    "a window tells": ("AC601", TOKENS + TABLE + ATTEND.replace("4}", "4, window: 3}"), []),
    "items": ("AC601", "task: Click-through prediction\n" + TOKENS + TABLE + ATTEND, []),
    "one token": ("AC601", TOKENS.replace("16", "1") + TABLE + ATTEND, []),
    "positions behind the first": (
        "AC601",
        TOKENS + TABLE + ATTEND + PLACES + ATTEND.replace("a,", "b,"),
        ["a"],
    ),
    "positions from outside": (
        "AC601",
        FACTORS + TABLE.replace("e,", "e, from: t,") + "  - {type: Add, from: [e, f]}\n" + ATTEND,
        [],
    ),
    "segments from outside": (
        "AC601",
        SMALL
        + TABLE.replace("e,", "e, from: t,")
        + "  - {type: Embedding, name: g, from: f, num_embeddings: 3, embedding_dim: 32}\n"
        + "  - {type: Add, from: [e, g]}\n"
        + ATTEND,
        ["a"],
    ),
    "a map over the positions": (
        "AC601",
        TOKENS
        + TABLE
        + "  - {type: Transpose, dim0: 0, dim1: 1}\n  - {type: Linear, out_features: 16}\n"
        + "  - {type: Transpose, dim0: 0, dim1: 1}\n"
        + ATTEND,
        [],
    ),
    "a norm per position": ("AC601", TOKENS + TABLE + "  - BatchNorm1d\n" + ATTEND, []),
    "a norm of features": ("AC601", TOKENS + TABLE + "  - LayerNorm\n" + ATTEND, ["a"]),
    "patches": ("AC601", patches(8, 8) + ROWS + ATTEND, ["a"]),
    "patches that overlap": ("AC601", patches(8, 4, 2) + ROWS + ATTEND, []),
    "pixels": ("AC601", patches(1, 1) + ROWS + ATTEND, []),
    "a bias from outside": (
        "AC601",
        "inputs: {t: {shape: [16], dtype: int64}, b: [1, 16, 16]}\nlayers:\n"
        + TABLE.replace("e,", "e, from: t,")
        + "  - {type: ScaledDotProductAttention, from: [e, e, e, b], num_heads: 4}\n",
        [],
    ),
    "a query for a memory": (
        "AC601",
        TOKENS
        + TABLE
        + "  - {type: Slice, name: q, stop: 4}\n  - {type: MultiheadAttention, from: [q, e], num_heads: 4}\n",
        [],
    ),
    "two towers without positions": (
        "AC601",
        SMALL
        + TABLE.replace("e,", "e, from: t,")
        + ATTEND
        + TABLE.replace("e,", "g, from: f,")
        + ATTEND.replace("a,", "b,")
        + "outputs: [a, b]",
        ["a", "b"],
    ),
    "no task": ("AC602", TOKENS + TABLE + PLACES + ATTEND + SCORES, []),
    "language": ("AC602", LM + TOKENS + TABLE + PLACES + ATTEND + SCORES, ["a"]),
    "language, other spelling": (
        "AC602",
        "task: Language modelling\n" + TOKENS + TABLE + PLACES + ATTEND + SCORES,
        ["a"],
    ),
    "masked language": (
        "AC602",
        "task: masked language-modeling\n" + TOKENS + TABLE + PLACES + ATTEND + SCORES,
        [],
    ),
    "no scores": ("AC602", LM + TOKENS + TABLE + PLACES + ATTEND, []),
    "scores of the last alone": (
        "AC602",
        LM + TOKENS + TABLE + PLACES + ATTEND + "  - {type: Slice, start: -1}\n" + SCORES,
        ["a"],
    ),
    "scores of the mean": (
        "AC602",
        LM + TOKENS + TABLE + PLACES + ATTEND + "  - {type: Mean, dim: 0}\n" + SCORES,
        [],
    ),
    "one of two is masked": ("AC602", TOKENS + TABLE + PLACES + ATTEND + CAUSAL + SCORES, ["a"]),
    "a window that looks ahead": (
        "AC602",
        LM + TOKENS + TABLE + PLACES + ATTEND.replace("4}", "4, window: 3}") + SCORES,
        ["a"],
    ),
    "a window that looks back": (
        "AC602",
        LM + TOKENS + TABLE + PLACES + ATTEND.replace("4}", "4, window: 3, causal: true}") + SCORES,
        [],
    ),
    "a mask from outside": (
        "AC602",
        LM
        + "inputs: {t: {shape: [16], dtype: int64}, b: {shape: [1, 16, 16], dtype: bool}}\nlayers:\n"
        + TABLE.replace("e,", "e, from: t,")
        + "  - {type: ScaledDotProductAttention, from: [e, e, e, b], num_heads: 4}\n"
        + SCORES,
        [],
    ),
    "a bias is no mask": (
        "AC602",
        LM
        + TOKENS
        + TABLE
        + "  - {type: RelativePositionBias, name: b, from: t, num_heads: 4}\n"
        + "  - {type: ScaledDotProductAttention, name: a, from: [e, e, e, b], num_heads: 4}\n"
        + SCORES,
        ["a"],
    ),
    "scores first, positions last": (
        "AC602",
        LM + TOKENS + TABLE + PLACES + ATTEND + "  - {type: Transpose, dim0: 0, dim1: 1}\n"
        "  - {type: Conv1d, out_channels: 64, kernel_size: 1}\n",
        ["a"],
    ),
    "two outputs, one finding": (
        "AC602",
        LM
        + TOKENS
        + TABLE
        + PLACES
        + ATTEND
        + SCORES
        + SCORES.replace("s,", "r, from: a,")
        + "outputs: [s, r]",
        ["a"],
    ),
    "attention beside the way": (
        "AC602",
        LM
        + TOKENS
        + TABLE
        + PLACES
        + CAUSAL
        + ATTEND
        + SCORES.replace("s,", "s, from: c,")
        + "outputs: [s, a]",
        [],
    ),
    "an image for a decoder": (
        "AC602",
        "task: captioning\ninputs: {t: {shape: [16], dtype: int64}, m: [49, 32]}\nlayers:\n"
        + ATTEND.replace("a,", "i, from: m,")
        + TABLE.replace("e,", "e, from: t,")
        + PLACES
        + CAUSAL
        + "  - {type: MultiheadAttention, from: [c, i], num_heads: 4}\n"
        + SCORES,
        [],
    ),
    "values of another size": (
        "AC604",
        (
            "inputs: {q: [4, 16], v: [4, 12]}\nlayers:\n"
            "  - {type: ScaledDotProductAttention, name: a, from: [q, q, v], num_heads: 2}"
        ),
        ["a"],
    ),
    "grouped heads": (
        "AC604",
        (
            "inputs: {q: [4, 48], v: [4, 24]}\nlayers:\n"
            "  - {type: ScaledDotProductAttention, name: a, from: [q, v, v], num_heads: 4, num_kv_heads: 2}"
        ),
        ["a"],
    ),
    "windows": (
        "AC604",
        (
            "inputs: {x: [8, 8, 36]}\nlayers:\n"
            "  - {type: ShiftedWindowAttention, name: a, num_heads: 3, window_size: 4}"
        ),
        ["a"],
    ),
    "few tokens": ("AC605", TOKENS + TABLE.replace("64", "65") + SCORES.replace("64", "65"), []),
    "scaled shortcuts, as in DeepNorm": (
        "AC606",
        (
            "inputs: {x: [4, 8]}\nlayers:\n  - type: Sequential\n    repeat: 20\n    layers:\n"
            "      - type: Residual\n        body: [{type: MultiheadAttention, num_heads: 1}]\n"
            "        shortcut: [LayerScale]\n"
            "      - LayerNorm"
        ),
        [],
    ),
    "frozen layers": (
        "AC606",
        "inputs: {x: [4, 8]}\nlayers: [{type: BertLayer, num_heads: 1, repeat: 20, frozen: true}]",
        [],
    ),
    "two chains of 7": (
        "AC606",
        (
            "inputs: {x: [4, 8]}\nlayers:\n  - {type: BertLayer, num_heads: 1, name: a, repeat: 7}\n"
            "  - {type: BertLayer, num_heads: 1, name: b, repeat: 7}"
        ),
        ["a.0.attention.output.LayerNorm"],
    ),
    "two chains side by side": (
        "AC606",
        (
            "inputs: {x: [4, 8], y: [4, 8]}\nlayers:\n"
            "  - {type: BertLayer, num_heads: 1, name: a, from: x, repeat: 13}\n"
            "  - {type: BertLayer, num_heads: 1, name: b, from: y, repeat: 7}\n"
            "  - {type: Add, from: [a, b]}"
        ),
        ["a.0.attention.output.LayerNorm"],
    ),
    "gated": ("AC607", SERIES + "  - {type: LSTM, hidden_size: 8}", []),
    "one step": ("AC607", "inputs: {x: [8]}\nlayers: [{type: RNNCell, hidden_size: 8}]", []),
    "first states from outside": (
        "AC607",
        "inputs: {x: [101, 8], h: [1, 8]}\nlayers: [{type: RNN, name: r, from: [x, h], hidden_size: 8}]",
        ["r"],
    ),
    "tied to another": ("AC608", TOKENS + TABLE + SCORES.replace("64", "64, tie: e"), []),
    "untied, frozen": ("AC608", TOKENS + TABLE.replace("e,", "e, frozen: true,") + SCORES, []),
    "untied": ("AC608", TOKENS + TABLE + SCORES, ["s"]),
}


@pytest.mark.parametrize(("code", "text", "expected"), CASES.values(), ids=CASES)
def test_sequences(code: str, text: str, expected: list[str]) -> None:
    assert subjects(code, text) == expected


def hints(code: str, text: str) -> list[str]:
    """How what a rule finds can be mended."""
    return [each.hint for each in check_text(text, "a.yaml", frozenset({code})).findings]


def total(text: str) -> int:
    """Parameters of a network."""
    context = check_text(text, "a.yaml", frozenset()).context
    assert context is not None
    return context.params.params


@pytest.mark.parametrize("causal", [False, True])
def test_a_set_is_what_attention_without_positions_sees(causal: bool) -> None:  # noqa: FBT001  a parameter
    torch.manual_seed(0)  # pyright: ignore[reportUnknownMemberType]  # torch leaves its argument untyped
    layer = nn.TransformerEncoderLayer(32, 4, 64, batch_first=True).eval()
    mask = nn.Transformer.generate_square_subsequent_mask(16) if causal else None
    tokens, order = torch.randn(1, 16, 32), torch.randperm(16)
    with torch.no_grad():
        moved = torch.allclose(layer(tokens[:, order], mask), layer(tokens, mask)[:, order], atol=1e-5)
    keys = f"nhead: 4, dim_feedforward: 64, causal: {str(causal).lower()}"
    text = TOKENS + TABLE + f"  - {{type: TransformerEncoderLayer, {keys}}}"
    assert moved is not causal
    assert bool(found("AC601", text)) is moved


@pytest.mark.parametrize("length", [12, 16, 40])
@pytest.mark.parametrize("offset", [0, 3])
def test_both_ways_to_fit_a_table_of_positions_fit(length: int, offset: int) -> None:
    start = TOKENS.replace("16", str(length)) + TABLE + "  - ClassToken\n"
    text = start + f"  - {{type: LearnedPositionalEncoding, max_len: 10, offset: {offset}}}"
    (hint,) = hints("AC603", text)
    match = re.search(r"max_len: (\d+), or give 't' at most (\d+) positions", hint)
    assert match
    longer = text.replace("max_len: 10", f"max_len: {match[1]}")
    assert check_text(longer, "a.yaml", frozenset({"AC001"})).context
    assert check_text(longer.replace(match[1], str(int(match[1]) - 1)), "a.yaml", frozenset()).context is None
    shorter = text.replace(f"[{length}]", f"[{match[2]}]")
    assert check_text(shorter, "a.yaml", frozenset({"AC001"})).context
    assert (
        check_text(text.replace(f"[{length}]", f"[{int(match[2]) + 1}]"), "a.yaml", frozenset()).context
        is None
    )


def test_without_its_rule_a_table_that_is_too_short_is_still_told() -> None:
    text = TOKENS + TABLE + "  - {type: LearnedPositionalEncoding, max_len: 10}"
    (finding,) = check_text(text, "a.yaml", frozenset({"AC001"})).findings
    assert finding.code == "AC001"
    other = text.replace("max_len: 10", "embedding_dim: 31")
    (finding,) = check_text(other, "a.yaml", frozenset({"AC001", "AC603"})).findings
    assert finding.code == "AC001"


@pytest.mark.parametrize(("features", "heads"), [(768, 64), (96, 24), (200, 8), (64, 16)])
def test_the_heads_that_are_offered_fit(features: int, heads: int) -> None:
    text = f"inputs: {{x: [4, {features}]}}\nlayers: [{{type: MultiheadAttention, num_heads: {heads}}}]"
    (hint,) = hints("AC604", text)
    offered = [int(number) for number in re.findall(r"(\d+) heads of", hint)]
    assert offered
    for number in offered:
        assert not found("AC604", text.replace(f"num_heads: {heads}", f"num_heads: {number}"))


def test_what_has_no_fitting_heads_is_told_the_next_size() -> None:
    text = "inputs: {x: [4, 100]}\nlayers: [{type: MultiheadAttention, num_heads: 4}]"
    (hint,) = hints("AC604", text)
    assert "heads of 32 features" in hint
    assert not found("AC604", text.replace("num_heads: 4", "num_heads: 4, head_dim: 32"))


def test_a_table_that_is_filled_up_is_a_multiple() -> None:
    text = TOKENS + TABLE.replace("64", "1001") + SCORES.replace("64", "1001")
    (hint,) = hints("AC605", text)
    assert hint == "fill up to 1,024: 23 rows of 32 that no token uses"
    assert not found("AC605", text.replace("1001", "1024"))


def test_gates_cost_what_is_stated() -> None:
    text = SERIES + "  - {type: RNN, hidden_size: 24, num_layers: 2, bidirectional: true}"
    (hint,) = hints("AC607", text)
    assert f"GRU ({total(text.replace('RNN', 'GRU')):,} params)" in hint
    assert f"LSTM ({total(text.replace('RNN', 'LSTM')):,} params)" in hint


def test_a_tie_saves_what_is_stated() -> None:
    text = TOKENS + TABLE + SCORES
    ((_, message),) = found("AC608", text)
    tied = text.replace("out_features: 64", "out_features: 64, tie: e")
    assert f"{total(text) - total(tied):,} params" in message


@pytest.mark.parametrize(
    ("layer", "hint", "instead"),
    [
        (
            "{type: BertLayer, num_heads: 4}",
            "write causal: true",
            "{type: BertLayer, num_heads: 4, causal: true}",
        ),
        (
            "{type: ViTBlock, num_heads: 4}",
            "take the block of a decoder, such as GPT2Block",
            "{type: TransformerEncoderLayer, nhead: 4, causal: true}",
        ),
    ],
)
def test_the_mask_is_advised_where_it_can_be_written(layer: str, hint: str, instead: str) -> None:
    def with_layer(written: str) -> str:
        return f"{LM}{TOKENS}{TABLE}{PLACES}  - {written}\n{SCORES}"

    (finding,) = check_text(with_layer(layer), "a.yaml", frozenset({"AC602"})).findings
    assert hint in finding.hint
    assert not check_text(with_layer(instead), "a.yaml", frozenset({"AC001", "AC602"})).findings


@pytest.mark.parametrize(
    ("width", "layer", "hint", "mended"),
    [
        (12, "{type: MultiheadAttention, num_heads: 1}", "1 head of 16 features: 16 in all", ""),
        (
            24,
            "{type: MultiheadAttention, num_heads: 2}",
            "24 features make 1 head of 24 or 3 heads of 8",
            "3",
        ),
        (
            300,
            "{type: TransformerEncoder, num_layers: 1, nhead: 6}",
            "6 heads of 56 features: 336 in all",
            "",
        ),
        (48, "{type: LlamaBlock, num_heads: 4, intermediate_size: 8}", "write head_dim: 16", "head_dim: 16"),
    ],
)
def test_heads_of_another_size_are_advised_by_the_keys_there_are(
    width: int, layer: str, hint: str, mended: str
) -> None:
    text = f"inputs: {{x: [16, {width}]}}\nlayers:\n  - SinusoidalPositionalEncoding\n  - {layer}\n"
    (finding,) = check_text(text, "a.yaml", frozenset({"AC604"})).findings
    assert finding.hint == hint
    if mended:
        key = f"num_heads: {mended}" if mended.isdigit() else f"num_heads: 4, {mended}"
        text = re.sub(r"num_heads: \d", key, text)
        assert not check_text(text, "a.yaml", frozenset({"AC001", "AC604"})).findings
