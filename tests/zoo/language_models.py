"""The decoder-only language models of transformers in the sizes that a shipped spec has."""

from typing import TYPE_CHECKING

import torch
from torch import Tensor

from archcalc import load
from archcalc.tracing.setup import variables
from tests.blocks.adapted import made_by, settings

if TYPE_CHECKING:
    from torch import nn

    from archcalc.expressions import Value

    Settings = dict[str, Value]

FAMILIES = {
    "gpt2": ("gpt2", "GPT2", "GPT2LMHeadModel"),
    "llama_2_7b": ("llama", "Llama", "LlamaForCausalLM"),
    "llama_3_8b": ("llama", "Llama", "LlamaForCausalLM"),
    "mistral_7b": ("mistral", "Mistral", "MistralForCausalLM"),
    "mixtral_8x7b": ("mixtral", "Mixtral", "MixtralForCausalLM"),
    "gemma_2b": ("gemma", "Gemma", "GemmaForCausalLM"),
    "qwen3_0_6b": ("qwen3", "Qwen3", "Qwen3ForCausalLM"),
}
"""Spec -> folder, prefix and class in transformers."""
WORDS = {
    "vocab": "vocab_size",
    "width": "hidden_size",
    "depth": "num_hidden_layers",
    "heads": "num_attention_heads",
    "kv_heads": "num_key_value_heads",
    "head_dim": "head_dim",
    "inner": "intermediate_size",
    "window": "sliding_window",
    "experts": "num_local_experts",
    "top_k": "num_experts_per_tok",
    "tied": "tie_word_embeddings",
}
"""A variable of the specs -> the same in a configuration."""
GPT2_WORDS = {
    "vocab": "vocab_size",
    "width": "n_embd",
    "depth": "n_layer",
    "heads": "n_head",
    "positions": "n_positions",
    "inner": "n_inner",
}


def language_model(spec: str, given: "Settings", device: str = "meta") -> "nn.Module":
    """The real module of a spec with these variables, in evaluation."""
    family, prefix, model = FAMILIES[spec]
    words = GPT2_WORDS if spec == "gpt2" else WORDS
    values = variables(load(spec), given)
    options = {words[name]: value for name, value in values.items() if name in words}
    with torch.device(device):
        return made_by(family, model)(settings(family, prefix, **options)).eval()


def words(count: int, vocabulary: int, batch: int = 1) -> Tensor:
    """Tokens: (batch, count)."""
    return (torch.arange(batch * count) % vocabulary).reshape(batch, count)
