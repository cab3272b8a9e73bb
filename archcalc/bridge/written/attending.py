"""Attention on flat features: shared keys and values, windows, terms on the scores."""

import torch
import torch.nn.functional as F  # noqa: N812  as exported files have it
from torch import Tensor, nn


def as_heads(x: Tensor, num_heads: int) -> Tensor:
    """(*, T, H * d) -> (*, H, T, d)."""
    return x.reshape(*x.shape[:-1], num_heads, -1).transpose(-3, -2)


def attend(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    num_heads: int,
    *,
    num_kv_heads: int | None = None,
    causal: bool = False,
    scale: float | None = None,
    dropout: float = 0.0,
    training: bool = False,
) -> Tensor:
    """Attention of (*, T, H * d) to (*, S, G * d), every head by itself."""
    kv_heads = num_kv_heads or num_heads
    mixed = F.scaled_dot_product_attention(
        as_heads(query, num_heads),
        as_heads(key, kv_heads),
        as_heads(value, kv_heads),
        dropout_p=dropout if training else 0.0,
        is_causal=causal,
        scale=scale,
        enable_gqa=kv_heads != num_heads,
    )
    return mixed.transpose(-3, -2).flatten(-2)


def visible(query: Tensor, key: Tensor, *, causal: bool, window: int | None) -> Tensor:
    """True where a query may ask a key, (T, S); a window lies around or behind it."""
    queries = torch.arange(query.shape[-2], device=query.device)[:, None]
    distance = queries - torch.arange(key.shape[-2], device=query.device)
    seen = distance >= 0 if causal else torch.ones_like(distance, dtype=torch.bool)
    if window is not None:
        seen = seen & (distance < window if causal else distance.abs() <= window // 2)
    return seen


def score_mask(
    query: Tensor,
    key: Tensor,
    bias: Tensor | None = None,
    *,
    causal: bool = False,
    window: int | None = None,
) -> Tensor:
    """What is added to the scores; -inf where a query may not ask a key.

    A bias of (N, H, T, S) is added, or says itself which keys may be asked.
    """
    seen = visible(query, key, causal=causal, window=window)
    terms = torch.zeros(seen.shape, dtype=query.dtype, device=query.device)
    if bias is not None and bias.dtype == torch.bool:
        seen = seen & bias
    elif bias is not None:
        terms = bias
    return torch.where(seen, terms, -torch.inf)


def attend_masked(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    num_heads: int,
    *,
    num_kv_heads: int | None = None,
    bias: Tensor | None = None,
    causal: bool = False,
    window: int | None = None,
    scale: float | None = None,
    dropout: float = 0.0,
    training: bool = False,
) -> Tensor:
    """Attention of (*, T, H * d) to (*, S, G * d), masked or with terms added."""
    kv_heads = num_kv_heads or num_heads
    mask = visible(query, key, causal=causal, window=window)
    if bias is not None:  # truths say which keys may be asked, numbers are added
        bias = bias.reshape(len(bias), *(1,) * (query.dim() - 3), *bias.shape[1:])
        truths = bias.dtype == torch.bool
        mask = mask & bias if truths else torch.where(mask, bias, -torch.inf)
    mixed = F.scaled_dot_product_attention(
        as_heads(query, num_heads),
        as_heads(key, kv_heads),
        as_heads(value, kv_heads),
        mask,
        dropout_p=dropout if training else 0.0,
        scale=scale,
        enable_gqa=kv_heads != num_heads,
    )
    return mixed.transpose(-3, -2).flatten(-2)


def multihead_mask(
    query: Tensor,
    key: Tensor,
    num_heads: int,
    *,
    bias: Tensor | None = None,
    causal: bool = False,
    window: int | None = None,
) -> Tensor:
    """The mask of nn.MultiheadAttention, (T, S) or (N * H, T, S)."""
    mask = score_mask(query, key, bias, causal=causal, window=window)
    return mask.expand(-1, num_heads, -1, -1).flatten(0, 1) if mask.dim() > 2 else mask


class GroupedAttention(nn.Module):
    """Attention whose keys and values have fewer heads, or heads of another width."""

    def __init__(
        self,
        embed_dim: int,
        num_heads: int,
        *,
        num_kv_heads: int | None = None,
        head_dim: int | None = None,
        bias: bool = True,
        kdim: int | None = None,
        vdim: int | None = None,
        dropout: float = 0.0,
        add_bias_kv: bool = False,
        add_zero_attn: bool = False,
    ) -> None:
        super().__init__()
        self.num_heads = num_heads
        self.kv_heads = num_kv_heads or num_heads
        self.head_dim = head_dim or embed_dim // num_heads
        self.dropout, self.add_zero_attn = dropout, add_zero_attn
        inner, shared = num_heads * self.head_dim, self.kv_heads * self.head_dim
        self.q_proj = nn.Linear(embed_dim, inner, bias)
        self.k_proj = nn.Linear(kdim or embed_dim, shared, bias)
        self.v_proj = nn.Linear(vdim or embed_dim, shared, bias)
        self.out_proj = nn.Linear(inner, embed_dim, bias)
        if add_bias_kv:
            self.bias_k = nn.Parameter(torch.zeros(1, 1, shared))
            self.bias_v = nn.Parameter(torch.zeros(1, 1, shared))
        self.add_bias_kv = add_bias_kv

    def forward(
        self,
        query: Tensor,
        key: Tensor,
        value: Tensor,
        attn_mask: Tensor | None = None,
        *,
        average_attn_weights: bool = True,
    ) -> tuple[Tensor, Tensor]:
        """(N, T, E), (N, S, E_k), (N, S, E_v) -> (N, T, E), and the weights."""
        q, k, v = self.q_proj(query), self.k_proj(key), self.v_proj(value)
        if self.add_bias_kv:
            k = torch.cat([k, self.bias_k.expand(len(k), -1, -1)], dim=1)
            v = torch.cat([v, self.bias_v.expand(len(v), -1, -1)], dim=1)
        if self.add_zero_attn:
            k, v = (torch.cat([t, torch.zeros_like(t[:, :1])], dim=1) for t in (k, v))
        q = as_heads(q, self.num_heads)
        groups = self.num_heads // self.kv_heads
        k = as_heads(k, self.kv_heads).repeat_interleave(groups, dim=1)
        v = as_heads(v, self.kv_heads).repeat_interleave(groups, dim=1)
        scores = q @ k.transpose(-2, -1) / self.head_dim**0.5
        if attn_mask is not None:
            scores = scores + F.pad(attn_mask, (0, k.shape[2] - key.shape[1]))
        weights = F.dropout(scores.softmax(-1), self.dropout, self.training)
        output = self.out_proj((weights @ v).transpose(1, 2).flatten(-2))
        return output, weights.mean(1) if average_attn_weights else weights
