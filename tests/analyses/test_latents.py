"""What keys and values are made from, in attention as it is published, with numbers counted by hand."""

import pytest

from archcalc import load, loads, trace
from archcalc.analyses.decoding import decode, token_input
from archcalc.analyses.latents import latents
from archcalc.errors import Fault

HEAD = """
inputs: {tokens: {shape: [9], dtype: int64}}
layers:
  - {type: Embedding, name: table, num_embeddings: 50, embedding_dim: 32}
"""
ATTENTION = "{type: ScaledDotProductAttention, name: attn, num_heads: 4, causal: true"
LATENT = """
  - {type: Linear, name: q, out_features: 48}
  - {type: Linear, name: down, from: table, out_features: 14}
  - {type: Split, name: parts, dim: -1, split_size_or_sections: [10, 4]}
  - {type: RMSNorm, name: norm, from: parts.0}
  - {type: Linear, name: up_k, out_features: 32}
  - {type: Linear, name: v, from: norm, out_features: 40}
  - {type: Concat, name: turned, from: [parts.1, parts.1, parts.1, parts.1], dim: -1}
  - {type: Concat, name: k, from: [up_k, turned], dim: -1}
"""
DOWN = "  - {type: Linear, name: down, from: table, out_features: 14}\n"
PARTS = "  - {type: Split, name: parts, dim: -1, split_size_or_sections: [10, 4]}\n"
FUSED = (
    LATENT.replace(DOWN, "")
    .replace("name: q, out_features: 48", "name: down, out_features: 62")
    .replace("[10, 4]", "[10, 4, 48]")
)
APART = (
    LATENT.replace(DOWN, DOWN.replace("14", "10"))
    .replace(PARTS, "  - {type: Linear, name: down_k, from: table, out_features: 4}\n")
    .replace("parts.0", "down")
    .replace("parts.1", "down_k")
)
CASES: dict[str, tuple[str, str, dict[str, int]]] = {
    "a latent and a rotary key": (LATENT, f"{ATTENTION}, from: [q, k, v]}}", {"down": 14}),
    "made together with the queries": (
        FUSED,
        f"{ATTENTION}, from: [parts.2, k, v]}}",
        {"parts.0": 10, "parts.1": 4},
    ),
    "a rotary key of its own": (APART, f"{ATTENTION}, from: [q, k, v]}}", {"down": 10, "down_k": 4}),
    "one tensor for keys and values": (
        """
  - {type: Linear, name: q, out_features: 48}
  - {type: Linear, name: kv, from: table, out_features: 48}
""",
        f"{ATTENTION}, from: [q, kv, kv]}}",
        {"kv": 48},
    ),
    "heads that are repeated": (
        """
  - {type: Linear, name: q, out_features: 48}
  - {type: Linear, name: few_k, from: table, out_features: 12}
  - {type: Concat, name: k, from: [few_k, few_k, few_k, few_k], dim: -1}
  - {type: Linear, name: v, from: table, out_features: 40}
""",
        f"{ATTENTION}, from: [q, k, v]}}",
        {"few_k": 12, "attn": 40},
    ),
    "keys and values of two layers": (
        """
  - {type: Linear, name: k, out_features: 32}
  - {type: Linear, name: v, from: table, out_features: 32}
  - {type: ScaledDotProductAttention, name: first, num_heads: 4, causal: true, from: [table, k, v]}
""",
        f"{ATTENTION}, from: [first, k, v]}}",
        {"k": 32, "v": 32},
    ),
    "keys and values of their own": (
        """
  - {type: Linear, name: k, out_features: 32}
  - {type: Linear, name: v, from: table, out_features: 32}
""",
        f"{ATTENTION}, from: [table, k, v]}}",
        {},
    ),
    "a latent that something else reads": (
        LATENT,
        f"{ATTENTION}, from: [q, k, v]}}\n  - {{type: Linear, name: other, from: down, out_features: 40}}",
        {"parts.0": 10, "parts.1": 4},
    ),
    "keys that mix positions": (
        """
  - {type: Linear, name: q, out_features: 16}
  - {type: Linear, name: narrow, from: table, out_features: 4}
  - {type: Transpose, dim0: 0, dim1: 1}
  - {type: ZeroPad1d, padding: [2, 0]}
  - {type: Conv1d, out_channels: 16, kernel_size: 3}
  - {type: Transpose, name: k, dim0: 0, dim1: 1}
  - {type: Linear, name: v, from: table, out_features: 16}
""",
        f"{ATTENTION}, from: [q, k, v]}}",
        {},
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_what_is_kept_at_least(case: str) -> None:
    layers, attention, expected = CASES[case]
    found = latents(trace(loads(f"{HEAD}{layers.strip(chr(10))}\n  - {attention}\n")), "tokens")
    assert {each.name: each.numbers for each in found} == expected
    for each in found:
        assert each.kept(100) == 100 * each.numbers


def test_a_window_ends_what_is_kept() -> None:
    layers, attention, _ = CASES["one tensor for keys and values"]
    model = loads(f"{HEAD}{layers.strip(chr(10))}\n  - {attention.replace('causal', 'window: 4, causal')}\n")
    report = decode(lambda length: trace(model, {}, {"tokens": (length,)}), "tokens", 3, 10, batch=2)
    assert report.numbers_per_token == 2 * 96
    assert report.fewest_per_token == 2 * 48
    assert report.fewest == 2 * 4 * 48
    assert report.steps[-1].cache_numbers == 2 * 4 * 96


@pytest.mark.parametrize("name", ["gpt2", "llama_3_8b", "qwen3_0_6b", "t5_small", "transformer_wmt"])
def test_shipped_decoders_keep_keys_and_values(name: str) -> None:
    network = trace(load(name))
    assert latents(network, token_input(network)) == ()


def test_the_network_that_is_no_decoder_is_still_refused() -> None:
    with pytest.raises(Fault, match="no decoder"):
        decode(lambda _: trace(load("lenet5")), "image", 1, 1)


def test_a_layer_that_keeps_its_latent_has_the_cache_of_the_same_maps_written_out() -> None:
    """Of DeepSeek-V3's sizes: 512 + 64 numbers; a step asks 128 heads a key of 576 and mixes 512 features."""
    layer = (
        "{type: MultiheadLatentAttention, name: attn, num_heads: 128, q_lora_rank: 1536, kv_lora_rank: 512,"
        " qk_nope_head_dim: 128, qk_rope_head_dim: 64, v_head_dim: 128}"
    )
    model = loads(f"{HEAD.replace('32', '7168')}  - {layer}\n")
    report = decode(lambda length: trace(model, {}, {"tokens": (length,)}), "tokens", 100, 3)
    assert (report.numbers_per_token, report.latents) == (512 + 64, ())
    maps = 7168 * 1536 + 1536 * 128 * 192 + 7168 * 576 + 512 * 128 * 256 + 128 * 128 * 7168
    assert report.steps[1].macs == maps + 101 * 128 * (576 + 512)
    assert report.steps[1].macs_uncached == 101 * maps + 101**2 * 128 * (192 + 128)
