"""Layers of Llama, Mistral, Qwen3, Gemma, Mixtral, GPT-2, BERT and T5 against transformers."""

from typing import cast

import torch
from torch import Tensor, nn

from tests.blocks.adapted import Adapted, Result, made_by, settings
from tests.blocks.case import Case

Options = dict[str, object]
LLAMA: Options = {"hidden_size": 32, "intermediate_size": 40, "num_attention_heads": 4}
GROUPED: Options = {**LLAMA, "num_key_value_heads": 2}
T5: Options = {"d_model": 32, "num_heads": 4, "d_kv": 6, "d_ff": 40}
LONG, MEMORY, TERMS = (7, 32), (5, 32), (4, 7, 7)


def later(positions: int) -> Tensor:
    """A mask that hides what comes after a position."""
    return torch.full((1, 1, positions, positions), -torch.inf).triu(1)


def turned(module: nn.Module, hidden: Tensor) -> Result:
    """A call with angles that turn nothing."""
    attention = cast("nn.Module", getattr(module, "self_attn", module))
    shape = len(hidden), hidden.shape[1], cast("int", attention.head_dim)
    angles = torch.ones(shape), torch.zeros(shape)
    mask = later(hidden.shape[1])
    return cast("Result", module(hidden, position_embeddings=angles, attention_mask=mask))


def layer(family: str, name: str, options: Options, part: str = "DecoderLayer") -> nn.Module:
    """A layer, or its attention, of a model that turns queries and keys."""
    made = made_by(family, name + part)(settings(family, name, **options), 0)
    for parameter in made.parameters():
        nn.init.normal_(parameter, std=0.1)
    return Adapted(made, turned)


def gated(**options: object) -> nn.Module:
    """Llama's gated maps."""
    return made_by("llama", "LlamaMLP")(settings("llama", "Llama", **LLAMA, **options))


def plain(module: nn.Module, *tensors: Tensor) -> Result:
    """A call with the inputs alone."""
    return cast("Result", module(*tensors))


def masked(module: nn.Module, hidden: Tensor) -> Result:
    """A call in which no position sees those after it."""
    return cast("Result", module(hidden, attention_mask=later(hidden.shape[1])))


def gpt2(**options: object) -> nn.Module:
    """GPT-2's layer."""
    return Adapted(made_by("gpt2", "GPT2Block")(settings("gpt2", "GPT2", **options), 0), masked)


def bert(**options: object) -> nn.Module:
    """BERT's layer."""
    made = made_by("bert", "BertLayer")(settings("bert", "Bert", **options))
    return Adapted(made, plain)


def biased(module: nn.Module, hidden: Tensor, bias: Tensor, memory: Tensor | None = None) -> Result:
    """A call of T5's: its own terms where it has some, the given ones elsewhere."""
    owns = any("relative" in name for name, _ in module.named_parameters())
    more = {} if memory is None else {"encoder_hidden_states": memory}
    return cast("Result", module(hidden, position_bias=None if owns else bias, **more))


def t5(part: str, options: Options, *, own: bool = False) -> nn.Module:
    """T5's layer or a part of it, with terms of its own or without."""
    made = made_by("t5", part)(settings("t5", "T5", **T5, **options), own, 0)
    return Adapted(made, biased)


def t5_cross(**options: object) -> nn.Module:
    """The part of T5's decoder layer that reads the memory."""
    made = made_by("t5", "T5LayerCrossAttention")(settings("t5", "T5", **T5, **options, is_decoder=True), 0)
    return Adapted(made, plain)


def t5_maps(**options: object) -> nn.Module:
    """T5's linear maps."""
    return made_by("t5", "T5LayerFF")(settings("t5", "T5", **T5, **options))


GATED: Options = {"feed_forward_proj": "gated-gelu"}
CASES = (
    Case("GatedMLP", {"intermediate_size": 40}, (LONG,), gated),
    Case("GatedMLP", {"intermediate_size": 40, "bias": True}, (LONG,), lambda: gated(mlp_bias=True)),
    Case("LlamaAttention", {"num_heads": 4}, (LONG,), lambda: layer("llama", "Llama", LLAMA, "Attention")),
    Case(
        "LlamaAttention",
        {"num_heads": 4, "num_kv_heads": 1, "head_dim": 6, "attention_bias": True, "window": 3},
        (LONG,),
        lambda: layer(
            "llama",
            "Llama",
            {**LLAMA, "num_key_value_heads": 1, "head_dim": 6, "attention_bias": True},
            "Attention",
        ),
    ),
    Case(
        "LlamaAttention",
        {"num_heads": 4, "num_kv_heads": 2, "head_dim": 16, "qk_norm": True},
        (LONG,),
        lambda: layer("qwen3", "Qwen3", {**GROUPED, "head_dim": 16}, "Attention"),
    ),
    Case(
        "LlamaBlock",
        {"num_heads": 4, "intermediate_size": 40},
        (LONG,),
        lambda: layer("llama", "Llama", LLAMA),
    ),
    Case(
        "LlamaBlock",
        {"num_heads": 4, "num_kv_heads": 2, "intermediate_size": 40, "window": 3},
        (LONG,),
        lambda: layer("mistral", "Mistral", {**GROUPED, "sliding_window": 3}),
    ),
    Case(
        "LlamaBlock",
        {"num_heads": 4, "num_kv_heads": 2, "head_dim": 16, "intermediate_size": 40, "qk_norm": True},
        (LONG,),
        lambda: layer("qwen3", "Qwen3", {**GROUPED, "head_dim": 16}),
    ),
    Case(
        "LlamaBlock",
        {"num_heads": 4, "num_kv_heads": 1, "head_dim": 16, "intermediate_size": 40, "activation": "GELU"},
        (LONG,),
        lambda: layer("gemma", "Gemma", {**LLAMA, "num_key_value_heads": 1, "head_dim": 16}),
    ),
    Case(
        "LlamaBlock",
        {"num_heads": 4, "intermediate_size": 40, "attention_bias": True, "mlp_bias": True},
        (LONG,),
        lambda: layer("llama", "Llama", {**LLAMA, "attention_bias": True, "mlp_bias": True}),
    ),
    Case(
        "LlamaBlock",
        {"num_heads": 4, "num_kv_heads": 2, "intermediate_size": 40, "attention_bias": True}
        | {"out_bias": False},
        (LONG,),
        lambda: layer("qwen2", "Qwen2", GROUPED),
    ),
    Case(
        "MixtralBlock",
        {"num_heads": 4, "num_kv_heads": 2, "intermediate_size": 40},
        (LONG,),
        lambda: layer("mixtral", "Mixtral", GROUPED),
    ),
    Case(
        "MixtralBlock",
        {"num_heads": 4, "intermediate_size": 24, "num_experts": 5, "top_k": 3, "head_dim": 6},
        (LONG,),
        lambda: layer(
            "mixtral",
            "Mixtral",
            LLAMA
            | {"intermediate_size": 24, "num_key_value_heads": 4, "head_dim": 6}
            | {"num_local_experts": 5, "num_experts_per_tok": 3},
        ),
    ),
    Case("GPT2Block", {"num_heads": 4}, (LONG,), lambda: gpt2(n_embd=32, n_head=4)),
    Case("GPT2Block", {"num_heads": 2, "inner": 50}, (LONG,), lambda: gpt2(n_embd=32, n_head=2, n_inner=50)),
    Case(
        "BertLayer",
        {"num_heads": 4, "intermediate_size": 40},
        (LONG,),
        lambda: bert(**LLAMA),
    ),
    Case(
        "BertLayer",
        {"num_heads": 2, "causal": True, "activation": "ReLU"},
        (LONG,),
        lambda: bert(hidden_size=32, num_attention_heads=2, intermediate_size=128, hidden_act="relu"),
    ),
    Case(
        "T5SelfAttention",
        {"num_heads": 4, "d_kv": 6, "relative_bias": True, "num_buckets": 8, "max_distance": 20},
        (LONG, LONG),
        lambda: t5(
            "T5LayerSelfAttention",
            {"relative_attention_num_buckets": 8, "relative_attention_max_distance": 20},
            own=True,
        ),
    ),
    Case(
        "T5SelfAttention", {"num_heads": 4, "d_kv": 6}, (LONG, TERMS), lambda: t5("T5LayerSelfAttention", {})
    ),
    Case("T5CrossAttention", {"num_heads": 4, "d_kv": 6}, (LONG, MEMORY), t5_cross),
    Case("T5CrossAttention", {"num_heads": 4, "d_kv": 6}, (LONG, LONG), t5_cross),
    Case("T5FeedForward", {"d_ff": 40}, (LONG,), t5_maps),
    Case(
        "T5FeedForward", {"d_ff": 40, "gated": True, "activation": "GELU"}, (LONG,), lambda: t5_maps(**GATED)
    ),
    Case(
        "T5Block",
        {"num_heads": 4, "d_kv": 6, "d_ff": 40, "relative_bias": True},
        (LONG, LONG),
        lambda: t5("T5Block", {}, own=True),
    ),
    Case(
        "T5Block",
        {"num_heads": 4, "d_kv": 6, "d_ff": 40, "gated": True, "activation": "GELU"},
        (LONG, TERMS),
        lambda: t5("T5Block", GATED),
    ),
    Case(
        "T5DecoderBlock",
        {"num_heads": 4, "d_kv": 6, "d_ff": 40, "relative_bias": True},
        (LONG, LONG, MEMORY),
        lambda: t5("T5Block", {"is_decoder": True}, own=True),
    ),
    Case(
        "T5DecoderBlock",
        {"num_heads": 4, "d_kv": 6, "d_ff": 40},
        (LONG, TERMS, MEMORY),
        lambda: t5("T5Block", {"is_decoder": True}),
    ),
)
