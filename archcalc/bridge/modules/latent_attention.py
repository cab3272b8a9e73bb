"""transformers' DeepseekV3Attention on its own, with angles of its own, in the precision of what arrives."""

from typing import TYPE_CHECKING, cast

import torch
from torch import Tensor, nn
from torch.nn.functional import rms_norm

from archcalc.bridge.libraries import imported

if TYPE_CHECKING:
    from collections.abc import Callable

HOME = "transformers.models.deepseek_v3"


def latent_attention(
    hidden_size: int, num_heads: int, *, rope_theta: float = 10000.0, causal: bool = True, **sizes: object
) -> nn.Module:
    """The attention of one layer of DeepSeek-V3, and of V2."""
    config = imported(f"{HOME}.configuration_deepseek_v3").DeepseekV3Config(
        hidden_size=hidden_size,
        num_attention_heads=num_heads,
        num_key_value_heads=num_heads,
        rope_parameters={"rope_type": "default", "rope_theta": rope_theta},
        **{"q_lora_rank": None, **sizes},
    )
    config._attn_implementation = "sdpa"  # noqa: SLF001  as transformers sets it when a whole model is made
    layer = cast("nn.Module", imported(f"{HOME}.modeling_deepseek_v3").DeepseekV3Attention(config, 0))
    vars(layer)["is_causal"] = causal
    for name, part in layer.named_children():
        if name.endswith("layernorm"):
            vars(part)["forward"] = _exact(part)
    called = cast("Callable[..., tuple[Tensor, object]]", layer.forward)
    turned = cast("int", sizes["qk_rope_head_dim"])

    def forward(arriving: Tensor) -> Tensor:
        if arriving.dim() != 3:
            raise ValueError("no sequence")
        return called(arriving, angles(arriving, turned, rope_theta), None)[0]

    vars(layer)["forward"] = forward
    return layer


def _exact(norm: nn.Module) -> "Callable[[Tensor], Tensor]":
    """The norm of transformers without its way through float32."""
    eps = cast("float", norm.variance_epsilon)

    def forward(arriving: Tensor) -> Tensor:
        return rms_norm(arriving, (arriving.shape[-1],), norm.get_parameter("weight"), eps)

    return forward


def angles(arriving: Tensor, features: int, base: float) -> tuple[Tensor, Tensor]:
    """Cosines and sines (1, T, features) of every pair at every position, each twice."""
    steps = torch.arange(arriving.shape[1], device=arriving.device)
    pairs = torch.arange(0, features, 2, device=arriving.device) / features
    turns = steps[:, None] / base**pairs
    both = torch.cat((turns, turns), -1)[None].to(arriving.dtype)
    return both.cos(), both.sin()
