"""ggml's types of numbers, and what llama.cpp calls the tensors of language models."""

from archcalc.checkpoints.stored import StoredDtype
from archcalc.matching.maps import name_map

TYPES = {
    number: StoredDtype(name, block, size)
    for number, name, block, size in (
        (0, "F32", 1, 4),
        (1, "F16", 1, 2),
        (2, "Q4_0", 32, 18),
        (3, "Q4_1", 32, 20),
        (6, "Q5_0", 32, 22),
        (7, "Q5_1", 32, 24),
        (8, "Q8_0", 32, 34),
        (9, "Q8_1", 32, 36),
        (10, "Q2_K", 256, 84),
        (11, "Q3_K", 256, 110),
        (12, "Q4_K", 256, 144),
        (13, "Q5_K", 256, 176),
        (14, "Q6_K", 256, 210),
        (15, "Q8_K", 256, 292),
        (16, "IQ2_XXS", 256, 66),
        (17, "IQ2_XS", 256, 74),
        (18, "IQ3_XXS", 256, 98),
        (19, "IQ1_S", 256, 50),
        (20, "IQ4_NL", 32, 18),
        (21, "IQ3_S", 256, 110),
        (22, "IQ2_S", 256, 82),
        (23, "IQ4_XS", 256, 136),
        (24, "I8", 1, 1),
        (25, "I16", 1, 2),
        (26, "I32", 1, 4),
        (27, "I64", 1, 8),
        (28, "F64", 1, 8),
        (29, "IQ1_M", 256, 56),
        (30, "BF16", 1, 2),
        (34, "TQ1_0", 256, 54),
        (35, "TQ2_0", 256, 66),
        (39, "MXFP4", 32, 17),
    )
}
"""Number of a type in a file -> its name, numbers of a block, bytes of a block."""
LAYER, OURS = "blk.{i}", "model.layers.{i}"
NAMES = tuple(
    name_map(text)
    for text in (
        "token_embd=model.embed_tokens",
        "output_norm=model.norm",
        "output=lm_head",
        f"{LAYER}.attn_norm={OURS}.input_layernorm",
        *(f"{LAYER}.attn_{part}={OURS}.self_attn.{part}_proj" for part in "qkv"),
        f"{LAYER}.attn_output={OURS}.self_attn.o_proj",
        *(f"{LAYER}.attn_{part}_norm={OURS}.self_attn.{part}_norm" for part in "qk"),
        f"{LAYER}.ffn_norm={OURS}.post_attention_layernorm",
        *(f"{LAYER}.ffn_{part}={OURS}.mlp.{part}_proj" for part in ("gate", "up", "down")),
        f"{LAYER}.ffn_gate_inp={OURS}.mlp.gate",
        f"{LAYER}.ffn_down_exps.weight={OURS}.mlp.experts.down_proj",
    )
)
"""Of models like Llama (Mistral, Qwen, Gemma), as the shipped specs have them."""
