"""Attention whose keys and values are made from a latent, after DeepSeek-V2 and V3."""

import torch
import torch.nn.functional as F  # noqa: N812  as exported files have it
from torch import Tensor, nn

from archcalc.bridge.written.attending import as_heads


class LatentAttention(nn.Module):
    """Multi-head latent attention: keys and values of all heads from one latent."""

    def __init__(
        self,
        hidden_size: int,
        num_heads: int,
        *,
        q_lora_rank: int | None = None,
        kv_lora_rank: int,
        qk_nope_head_dim: int,
        qk_rope_head_dim: int,
        v_head_dim: int,
        attention_bias: bool = False,
        attention_dropout: float = 0.0,
        rope_theta: float = 10000.0,
        causal: bool = True,
    ) -> None:
        super().__init__()
        self.num_heads, self.causal = num_heads, causal
        self.nope, self.rope, self.latent = (
            qk_nope_head_dim,
            qk_rope_head_dim,
            kv_lora_rank,
        )
        self.dropout, self.rope_theta = attention_dropout, rope_theta
        queries = num_heads * (qk_nope_head_dim + qk_rope_head_dim)
        inner = num_heads * (qk_nope_head_dim + v_head_dim)
        self.q_lora_rank = q_lora_rank
        if q_lora_rank is None:
            self.q_proj = nn.Linear(hidden_size, queries, bias=False)
        else:
            self.q_a_proj = nn.Linear(hidden_size, q_lora_rank, attention_bias)
            self.q_a_layernorm = nn.RMSNorm(q_lora_rank, eps=1e-6)
            self.q_b_proj = nn.Linear(q_lora_rank, queries, bias=False)
        kept = kv_lora_rank + qk_rope_head_dim
        self.kv_a_proj_with_mqa = nn.Linear(hidden_size, kept, attention_bias)
        self.kv_a_layernorm = nn.RMSNorm(kv_lora_rank, eps=1e-6)
        self.kv_b_proj = nn.Linear(kv_lora_rank, inner, bias=False)
        self.o_proj = nn.Linear(num_heads * v_head_dim, hidden_size, attention_bias)

    def turned(self, x: Tensor) -> Tensor:
        """(N, H, T, r) with neighbouring features turned by the position."""
        steps = torch.arange(x.shape[-2], device=x.device)
        pairs = torch.arange(0, self.rope, 2, device=x.device) / self.rope
        angles = (steps[:, None] / self.rope_theta**pairs).to(x.dtype)
        cos, sin, one, two = angles.cos(), angles.sin(), x[..., 0::2], x[..., 1::2]
        return torch.cat((one * cos - two * sin, two * cos + one * sin), -1)

    def forward(self, x: Tensor) -> Tensor:
        """(N, T, E) -> (N, T, E)."""
        if self.q_lora_rank is None:
            query: Tensor = self.q_proj(x)
        else:
            query = self.q_b_proj(self.q_a_layernorm(self.q_a_proj(x)))
        query = as_heads(query, self.num_heads)
        plain, turning = query[..., : self.nope], query[..., self.nope :]
        kept: Tensor = self.kv_a_proj_with_mqa(x)
        latent, shared = kept[..., : self.latent], kept[..., self.latent :]
        made: Tensor = self.kv_b_proj(self.kv_a_layernorm(latent))
        made = as_heads(made, self.num_heads)
        key, value = made[..., : self.nope], made[..., self.nope :]
        shared = self.turned(shared[:, None]).expand(-1, self.num_heads, -1, -1)
        mixed = F.scaled_dot_product_attention(
            torch.cat((plain, self.turned(turning)), -1),
            torch.cat((key, shared), -1),
            value,
            dropout_p=self.dropout if self.training else 0.0,
            is_causal=self.causal,
        )
        output: Tensor = self.o_proj(mixed.transpose(1, 2).flatten(-2))
        return output
