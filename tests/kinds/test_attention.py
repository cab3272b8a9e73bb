"""Attention, positions and experts: figures by hand, parts, what every output reads, and refusals."""

from typing import TYPE_CHECKING

import pytest

from archcalc import SpecError, loads, params, trace
from archcalc.attended import Attention
from archcalc.facts import NOTHING, Facts, Tensor, count
from archcalc.layers.registry import kind
from archcalc.render.reports import params_lines
from archcalc.work import Part

if TYPE_CHECKING:
    from tests.kinds.drawing import Shape


def facts(name: str, *shapes: "Shape", **arguments: object) -> Facts:
    """What a kind states on inputs of these shapes."""
    return kind(name).model_validate(arguments).infer(tuple(map(Tensor, shapes)))


def test_multihead_attention_by_hand() -> None:
    """10 positions of 64 features: projections of 4 x 10 x 64 x 64, products of 2 x 10 x 10 x 64."""
    found = facts("MultiheadAttention", (10, 64), num_heads=4)
    assert (found.macs, count(found.weights)) == (176_640, 4 * (64 * 64 + 64))
    projection, product = Part(64 * 64 + 64, 10 * 64 * 64), Part(0, 10 * 10 * 64)
    assert found.parts == {
        **dict.fromkeys(("query", "key", "value", "out"), projection),
        **dict.fromkeys(("scores", "mixing"), product),
    }
    assert found.attention == Attention(4, 4, 16, 16, 10, 10)
    # torch 2.13.0 and Keras 3.15.1: 4 d^2 + 4 d for d = 512.
    assert count(facts("MultiheadAttention", (10, 512), num_heads=8).weights) == 1_050_624


def test_grouped_and_multi_query_heads_by_hand() -> None:
    """A head has 64 / 4 = 16 features, so that 2 and 1 heads project to 32 and 16."""
    for groups in (2, 1):
        found = facts("MultiheadAttention", (10, 64), num_heads=4, num_kv_heads=groups, bias=False)
        assert found.weights["k_proj.weight"] == found.weights["v_proj.weight"] == (16 * groups, 64)
        assert found.parts["key"] == Part(64 * 16 * groups, 10 * 64 * 16 * groups)
        assert found.parts["scores"].macs == 10 * 10 * 64, "every query head scores, whoever shares its keys"
        assert found.attention is not None
        assert found.attention.cached == groups * (16 + 16)
    assert "in_proj_weight" in facts("MultiheadAttention", (10, 64), num_heads=4, num_kv_heads=4).weights


def test_masks_take_no_products_off() -> None:
    full = facts("MultiheadAttention", (10, 64), num_heads=4)
    for mask in ({"causal": True}, {"causal": True, "window": 3}, {"window": 3}):
        masked = facts("MultiheadAttention", (10, 64), num_heads=4, **mask)
        assert (masked.macs, masked.weights) == (full.macs, full.weights)


def test_a_position_uses_some_of_the_experts() -> None:
    """Mixtral 8x7B: 2 of 8 experts of 3 x 4096 x 14336."""
    expert = 3 * 4096 * 14336
    layer = kind("Experts").model_validate({"num_experts": 8, "intermediate_size": 14336})
    found = layer.infer((Tensor((5, 4096)), Tensor((5, 2), "int64"), Tensor((5, 2))))
    assert count(found.weights) == 8 * expert
    assert (found.active_params, found.macs) == (2 * expert, 5 * 2 * expert)


def test_a_mask_tells_one_sequence_from_a_memory() -> None:
    same = (10, 64), (10, 64), (10, 64), (4, 10, 10)
    for mask, cross in (
        ({}, True),
        ({"causal": True}, False),
        ({"window": 3}, False),
        ({"cross": False}, False),
    ):
        found = facts("MultiheadAttention", *same, num_heads=4, **mask).attention
        assert found is not None
        assert found.cross is cross


def test_weights_of_attention_do_not_read_the_values() -> None:
    found = facts("MultiheadAttention", (3, 4), (5, 6), (5, 7), num_heads=2, need_weights=True)
    assert list(found.outputs) == ["attn_output", "attn_output_weights"]
    assert {read.reach for read in found.reads_of("attn_output_weights")[2]} == {NOTHING}
    assert {read.reach for read in found.reads_of("attn_output")[2]} != {NOTHING}


def test_a_window_reads_no_more_than_there_is() -> None:
    """However wide a window is said to be, nothing is written down per position of it."""
    wide = facts("MultiheadAttention", (6, 4), num_heads=2, window=10**18, causal=True)
    assert wide.reads == facts("MultiheadAttention", (6, 4), num_heads=2, window=6, causal=True).reads
    giant = facts("ScaledDotProductAttention", *((10**17, 10**9),) * 3, num_heads=10**6, window=10**15 + 1)
    assert giant.macs == 2 * 10**17 * 10**17 * 10**9
    facts("ShiftedWindowAttention", (9, 9, 10**12), num_heads=10**6, window_size=10**15)


BARE = """\
inputs: {x: [9, 4]}
layers:
  - {type: ClassToken, name: class_token}
  - {type: LearnedPositionalEncoding, name: first, bare: true}
  - {type: LearnedPositionalEncoding, name: second, bare: true, tie: first}
"""


def test_a_parameter_is_called_as_its_layer() -> None:
    counted = params(trace(loads(BARE)))
    assert counted.params == 4 + 10 * 4
    assert [*params_lines(counted)][1:] == ["tied: second is first"]


INPUTS = """\
  x: [5, 12]
  long: [7, 12]
  narrow: [7, 8]
  image: [9, 9, 12]
  tokens: {shape: [5], dtype: int64}
  whole: {shape: [5, 12], dtype: int64}
  double: {shape: [5, 12], dtype: float64}
  routed: {shape: [5, 2], dtype: int64}
"""
MULTIHEAD, DOT = "type: MultiheadAttention, num_heads", "type: ScaledDotProductAttention, num_heads"


@pytest.mark.parametrize(
    ("layer", "what"),
    [
        (f"{{{MULTIHEAD}: 5}}", "12 features do not divide into 5 heads"),
        (f"{{{MULTIHEAD}: 4, num_kv_heads: 3}}", "4 heads do not divide into 3 key/value heads"),
        (f"{{{MULTIHEAD}: 0}}", "num_heads needs at least 1, got 0"),
        (f"{{{MULTIHEAD}: 4, window: 0}}", "window needs at least 1, got 0"),
        (f"{{{MULTIHEAD}: 4, window: 4}}", "a window of 4 has no middle"),
        (f"{{{MULTIHEAD}: 4, embed_dim: 16}}", "embed_dim is 16, but 12 arrive"),
        (f"{{{MULTIHEAD}: 4, kdim: 16, from: [x, narrow]}}", "kdim is 16, but 8 arrive"),
        (f"{{{MULTIHEAD}: 4, vdim: 16, from: [x, long, narrow]}}", "vdim is 16, but 8 arrive"),
        (
            f"{{{MULTIHEAD}: 4, cross: true}}",
            "cross attention takes 2 inputs (query, memory) or 3 (query, key, value), got 1",
        ),
        (
            f"{{{MULTIHEAD}: 4, causal: true, from: [x, long]}}",
            "causal attention needs as many keys as queries, got 7 and 5",
        ),
        (
            f"{{{MULTIHEAD}: 4, window: 3, from: [x, long]}}",
            "window attention needs as many keys as queries, got 7 and 5",
        ),
        (f"{{{MULTIHEAD}: 4, cross: false, from: [x, long]}}", "7 keys for 5 queries are another sequence"),
        (f"{{{MULTIHEAD}: 4, from: [x, long, x]}}", "7 keys, but 5 values"),
        (f"{{{MULTIHEAD}: 4, from: [x, x, x, x]}}", "the bias is [5, 12], but 4 heads score [5, 5]"),
        (
            f"{{{MULTIHEAD}: 4, from: [x, x, x, x, x]}}",
            "takes 1 to 3 inputs (query, key, value) or 4 (and a bias), got 5",
        ),
        (f"{{{MULTIHEAD}: 4, from: whole}}", "needs floating point inputs, got int64"),
        (f"{{{MULTIHEAD}: 4, from: [x, double]}}", "inputs have different dtypes: float32 and float64"),
        (
            f"{{{MULTIHEAD}: 4, from: [x, image]}}",
            "key needs 2 axes (positions, features), got 3: [9, 9, 12]",
        ),
        (f"{{{DOT}: 5, from: [x, x, x]}}", "12 query features do not divide into 5 heads"),
        (f"{{{DOT}: 4, from: x}}", "takes 3 inputs (query, key, value) or 4 (and a bias), got 1"),
        (f"{{{DOT}: 4, num_kv_heads: 2, from: [x, x, x]}}", "12 key features are not 2 heads of 3"),
        (
            f"{{{DOT}: 4, num_kv_heads: 3, from: [x, x, x]}}",
            "4 heads do not divide into 3 key/value heads",
        ),
        (f"{{{DOT}: 4, from: [x, x, x, long]}}", "the bias is [7, 12], but 4 heads score [5, 5]"),
        (
            f"{{{DOT}: 4, from: [image, x, x]}}",
            "key and query differ before the last two axes: [5, 12] and [9, 9, 12]",
        ),
        (f"{{{DOT}: 4, from: [whole, whole, whole]}}", "needs floating point inputs, got int64"),
        (
            "{type: ShiftedWindowAttention, num_heads: 4, window_size: 3}",
            "needs 3 axes (H, W, C), got 2: [5, 12]",
        ),
        (
            "{type: ShiftedWindowAttention, num_heads: 4, window_size: 3, shift_size: 3, from: image}",
            "shift_size 3 is not below window_size 3",
        ),
        (
            "{type: ShiftedWindowAttention, num_heads: 5, window_size: 3, from: image}",
            "12 features do not divide into 5 heads",
        ),
        ("{type: LearnedPositionalEncoding, max_len: 4}", "5 positions arrive, but the table has 4"),
        (
            "{type: LearnedPositionalEncoding, max_len: 6, offset: 2}",
            "5 positions from row 2 on need 7 rows, not 6",
        ),
        ("{type: LearnedPositionalEncoding, embedding_dim: 8}", "embedding_dim is 8, but 12 arrive"),
        ("{type: LearnedPositionalEncoding, from: tokens}", "needs a floating point input, got int64"),
        ("{type: SinusoidalPositionalEncoding, from: whole}", "needs a floating point input, got int64"),
        ("{type: RotaryEmbedding, num_heads: 5}", "12 features do not divide into 5 heads"),
        ("{type: RotaryEmbedding, num_heads: 4}", "3 of 3 features of a head do not pair"),
        ("{type: RotaryEmbedding, num_heads: 2, fraction: 0.1}", "0 of 6 features of a head do not pair"),
        (
            "{type: RelativePositionBias, num_heads: 4, max_distance: 8}",
            "max_distance 8 is not above the 8 distances with their own bucket",
        ),
        (
            "{type: ALiBi, num_heads: 4, from: image}",
            "needs tokens (T) or a sequence (T, D), got 3 axes: [9, 9, 12]",
        ),
        ("{type: ClassToken, from: image}", "needs 2 axes (positions, features), got 3: [9, 9, 12]"),
        ("{type: TopKRouter, num_experts: 2, top_k: 3}", "a position uses 3 of 2 experts"),
        (
            "{type: Experts, num_experts: 1, intermediate_size: 4, from: [x, routed, routed]}",
            "needs a floating point input, got int64",
        ),
        (
            "{type: Experts, num_experts: 8, intermediate_size: 4, from: [x, x, x]}",
            "the indices of experts are whole numbers, got float32",
        ),
        (
            "{type: Experts, num_experts: 8, intermediate_size: 4, from: [long, routed, x]}",
            "indices of [5, 2] do not fit positions of [7, 12]",
        ),
        ("{type: TransformerEncoderLayer, nhead: 5}", "12 features do not divide into 5 heads"),
        ("{type: TransformerEncoderLayer, nhead: 4, d_model: 16}", "embed_dim is 16, but 12 arrive"),
        ("{type: TransformerDecoderLayer, nhead: 4}", "takes 2 inputs, got 1"),
        ("{type: TransformerDecoderLayer, nhead: 4, from: [x, narrow]}", "kdim is 12, but 8 arrive"),
        ("{type: LlamaBlock, num_heads: 5, intermediate_size: 8}", "12 features do not divide into 5 heads"),
        (
            "{type: LlamaBlock, num_heads: 4, num_kv_heads: 3, head_dim: 4, intermediate_size: 8}",
            "4 heads do not divide into 3 key/value heads",
        ),
    ],
)
def test_refusals_say_both_numbers(layer: str, what: str) -> None:
    with pytest.raises(SpecError) as caught:
        trace(loads(f"inputs:\n{INPUTS}layers:\n  - {{type: Identity, from: x}}\n  - {layer}\n"))
    assert caught.value.problems[0].what.partition(" (in ")[0] == what
