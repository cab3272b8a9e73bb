"""Architectures of transformers, built small: 2 layers of 64 features, 128 tokens, sequences of 16."""

from typing import TYPE_CHECKING, Any, cast

from archcalc.bridge.libraries import imported
from archcalc.facts import Tensor

if TYPE_CHECKING:
    from collections.abc import Mapping

    from torch import nn

    from archcalc.bridge.recording.inputs import Inputs

SMALL = {
    "vocab_size": 128,
    "hidden_size": 64,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "intermediate_size": 128,
    "max_position_embeddings": 64,
}
"""Where an architecture has an argument of this name."""
TOKENS, ANSWER, IMAGE = Tensor((16,), "int64"), Tensor((12,), "int64"), Tensor((3, 64, 64))
TYPES = {"deberta_v2": "deberta-v2", "gemma3": "gemma3_text", "vilt_none_yolos": "yolos"}
"""Rows that are called otherwise than in transformers."""
HEADS = {
    "MaskedLM": "bert roberta distilbert albert electra deberta_v2 mobilebert modernbert mpnet",
    "CausalLM": (
        "gpt2 gpt_neo gpt_neox gptj opt bloom llama mistral mixtral qwen2 qwen2_moe qwen3 gemma gemma2 "
        "gemma3 phi phi3 falcon mpt olmo2 starcoder2 cohere mamba mamba2 rwkv deepseek_v3 gpt_oss"
    ),
    "Seq2SeqLM": "t5 bart",
    "SpeechSeq2Seq": "whisper",
    "CTC": "wav2vec2",
    "SemanticSegmentation": "segformer",
    "ImageClassification": "vit deit swin beit convnextv2 resnet",
}
"""Ends of the names of the classes that build them: ``AutoModelForMaskedLM``; others are built bare."""
IMAGES = "vit deit swin beit convnextv2 resnet segformer dinov2 vilt_none_yolos"
MIXTURES = ("mixtral", "qwen2_moe", "deepseek_v3", "gpt_oss")
"""Those whose experts are applied token by token, as products that torch counts."""
BOTH_SIDES = {
    f"{side}_{name}": number
    for side in ("encoder", "decoder")
    for name, number in (("layers", 2), ("ffn_dim", 128), ("attention_heads", 4))
} | {"d_model": 64}
WAVES = {"conv_dim": [32] * 7, "num_conv_pos_embedding_groups": 4, "num_conv_pos_embeddings": 16}
ARGUMENTS: "Mapping[str, Mapping[str, object]]" = {
    "distilbert": {"hidden_dim": 128},
    "albert": {"embedding_size": 32},
    "electra": {"embedding_size": 32},
    "deberta_v2": {
        "relative_attention": True,
        "position_buckets": 32,
        "position_biased_input": False,
        "share_att_key": True,
        "norm_rel_ebd": "layer_norm",
        "pos_att_type": ["c2p", "p2c"],
    },
    "mobilebert": {"embedding_size": 32, "intra_bottleneck_size": 32},
    "modernbert": {"pad_token_id": 0},
    "gpt_neo": {"attention_types": [[["global", "local"], 1]], "intermediate_size": 256},
    "gptj": {"rotary_dim": 8},
    "opt": {"ffn_dim": 128, "word_embed_proj_dim": 64},
    "mixtral": {"num_local_experts": 4},
    "qwen2_moe": {
        "num_experts": 4,
        "num_experts_per_tok": 2,
        "moe_intermediate_size": 32,
        "shared_expert_intermediate_size": 64,
    },
    "qwen3": {"head_dim": 16},
    "gemma": {"head_dim": 16},
    "gemma2": {"head_dim": 16},
    "gemma3": {"head_dim": 16},
    "phi": {"num_key_value_heads": 4},
    "phi3": {"pad_token_id": 0},
    "falcon": {"ffn_hidden_size": 128},
    "t5": {"d_kv": 16, "d_ff": 128, "num_decoder_layers": 2},
    "bart": BOTH_SIDES,
    "whisper": {
        **BOTH_SIDES,
        "max_source_positions": 30,
        "max_target_positions": 32,
        "pad_token_id": 0,
        "decoder_start_token_id": 1,
        "suppress_tokens": None,
        "begin_suppress_tokens": None,
    },
    "wav2vec2": {**WAVES, "vocab_size": 32},
    "hubert": WAVES,
    "vit": {"image_size": 64},
    "deit": {"image_size": 64},
    "swin": {
        "image_size": 64,
        "embed_dim": 32,
        "depths": [2, 2],
        "num_heads": [2, 4],
        "window_size": 4,
        "num_attention_heads": None,
    },
    "beit": {"image_size": 64, "use_relative_position_bias": True},
    "convnextv2": {"depths": [1, 1, 2, 1], "hidden_sizes": [16, 32, 64, 128], "num_hidden_layers": None},
    "resnet": {"depths": [1, 1, 2, 1], "hidden_sizes": [32, 64, 96, 128], "embedding_size": 16},
    "segformer": {
        "depths": [1, 1, 1, 1],
        "hidden_sizes": [16, 32, 64, 96],
        "num_attention_heads": [1, 2, 4, 6],
        "decoder_hidden_size": 32,
        "num_hidden_layers": 4,
    },
    "dinov2": {"image_size": 64},
    "clip": {
        "text_config": {**SMALL, "projection_dim": 32},
        "vision_config": {**SMALL, "image_size": 64, "patch_size": 16, "projection_dim": 32},
        "projection_dim": 32,
    },
    "mamba": {"state_size": 8},
    "mamba2": {"num_heads": 8, "head_dim": 16, "state_size": 16, "n_groups": 1, "chunk_size": 8},
    "rwkv": {"intermediate_size": 256, "attention_hidden_size": 64},
    "deepseek_v3": {
        "num_hidden_layers": 3,
        "num_key_value_heads": 4,
        "first_k_dense_replace": 1,
        "q_lora_rank": 24,
        "kv_lora_rank": 16,
        "qk_rope_head_dim": 8,
        "qk_nope_head_dim": 16,
        "v_head_dim": 16,
        "n_routed_experts": 8,
        "num_experts_per_tok": 2,
        "n_group": 2,
        "topk_group": 1,
        "moe_intermediate_size": 32,
        "n_shared_experts": 1,
    },
    "gpt_oss": {"head_dim": 16, "num_local_experts": 4, "num_experts_per_tok": 2},
    "vilt_none_yolos": {"image_size": [64, 64], "num_detection_tokens": 4},
}
"""What they need besides."""


def made(name: str) -> "nn.Module":
    """A model by its row."""
    imported("torchvision")
    library: Any = imported("transformers")
    head = next((head for head, names in HEADS.items() if name in names.split()), "")
    factory = getattr(library, f"AutoModelFor{head}" if head else "AutoModel")
    if name == "deit":  # the library knows two classes with a head for it
        return cast("nn.Module", library.DeiTForImageClassification(config(name)))
    return cast("nn.Module", factory.from_config(config(name)))


def config(name: str) -> Any:  # noqa: ANN401  transformers is untyped
    """Its arguments."""
    library: Any = imported("transformers")
    library.logging.set_verbosity_error()
    kind = TYPES.get(name, name)
    there = library.AutoConfig.for_model(kind)
    has = set(there.to_dict()) | set(there.attribute_map)
    small = {key: value for key, value in SMALL.items() if key in has}
    given = {**small, **ARGUMENTS.get(name, {})}
    made = library.AutoConfig.for_model(
        kind, **{key: value for key, value in given.items() if value is not None}
    )
    if hasattr(made, "use_cache"):
        made.use_cache = False
    if name in MIXTURES:
        made._experts_implementation = "batched_mm"  # noqa: SLF001  the library has no other name for it
    return made


def inputs(name: str) -> "Inputs":
    """What it reads: a sequence of 16 tokens, or an image of 64 x 64."""
    if name in {"t5", "bart"}:
        return {"input_ids": TOKENS, "decoder_input_ids": ANSWER}
    if name == "whisper":
        return {"input_features": Tensor((80, 60)), "decoder_input_ids": ANSWER}
    if name in {"wav2vec2", "hubert"}:
        return {"input_values": Tensor((4000,))}
    if name == "clip":
        return {"input_ids": TOKENS, "pixel_values": IMAGE}
    if name in IMAGES.split():
        return {"pixel_values": IMAGE}
    return {"input_ids": TOKENS}
