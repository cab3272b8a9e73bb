"""What tells a network of positions."""

import math

import torch
from torch import Tensor, nn


def with_sinusoids(x: Tensor, base: float = 10000.0) -> Tensor:
    """Sines and cosines of the position added to (*, T, D); Vaswani et al. 2017."""
    positions, features = x.shape[-2:]
    even = torch.arange(0, features, 2, device=x.device)
    rates = torch.exp(-math.log(base) * even / features)
    angles = torch.arange(positions, device=x.device)[:, None] * rates
    table = torch.stack([angles.sin(), angles.cos()], dim=-1).flatten(-2)
    return x + table.to(x.dtype)


def rotary(
    x: Tensor, num_heads: int, *, fraction: float = 1.0, base: float = 10000.0
) -> Tensor:
    """Features of (*, T, H * d) turned in pairs by the position; Su et al. 2021."""
    heads = x.reshape(*x.shape[:-1], num_heads, -1).transpose(-3, -2)
    turned = int(heads.shape[-1] * fraction)
    rates = base ** (-torch.arange(0, turned, 2, device=x.device) / turned)
    angles = torch.arange(x.shape[-2], device=x.device)[:, None] * rates
    cos, sin = angles.to(x.dtype).cos(), angles.to(x.dtype).sin()
    first, second = heads[..., :turned].chunk(2, dim=-1)
    parts = [first * cos - second * sin, second * cos + first * sin]
    result = torch.cat([*parts, heads[..., turned:]], dim=-1)
    return result.transpose(-3, -2).flatten(-2)


def alibi(query: Tensor, key: Tensor | None = None, *, num_heads: int) -> Tensor:
    """Terms on the scores that fall with the distance; Press et al. 2022."""
    key = query if key is None else key
    queries = torch.arange(query.shape[1], device=query.device)[:, None]
    distance = (torch.arange(key.shape[1], device=query.device) - queries).abs()
    heads = torch.arange(1, num_heads + 1, device=query.device)
    terms = -(2 ** (-8 * heads / num_heads))[:, None, None] * distance
    dtype = query.dtype if query.is_floating_point() else torch.float32
    return terms.to(dtype).expand(len(query), -1, -1, -1)


class BucketedBias(nn.Module):
    """Learned terms on the scores by head and distance; Raffel et al. 2020."""

    def __init__(
        self,
        num_heads: int,
        *,
        num_buckets: int = 32,
        max_distance: int = 128,
        bidirectional: bool = True,
    ) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(num_buckets, num_heads))
        self.num_buckets, self.max_distance = num_buckets, max_distance
        self.bidirectional = bidirectional

    def forward(self, query: Tensor, key: Tensor | None = None) -> Tensor:
        """(N, T, *), (N, S, *) -> (N, H, T, S)."""
        key = query if key is None else key
        queries = torch.arange(query.shape[1], device=query.device)[:, None]
        distance = torch.arange(key.shape[1], device=query.device) - queries
        terms = self.weight[self.buckets(distance)].permute(2, 0, 1)
        dtype = query.dtype if query.is_floating_point() else torch.float32
        return terms.to(dtype).expand(len(query), -1, -1, -1)

    def buckets(self, distance: Tensor) -> Tensor:
        """Small distances have their own bucket, wider ones share more and more."""
        count, behind = self.num_buckets, torch.zeros_like(distance)
        if self.bidirectional:
            count //= 2
            behind = (distance > 0) * count
            distance = distance.abs()
        else:
            distance = (-distance).clamp(min=0)
        exact = count // 2
        ratio = (distance.clamp(min=exact) / exact).log()
        wide = ratio / math.log(self.max_distance / exact) * (count - exact)
        shared = (exact + wide.long()).clamp(max=count - 1)
        return behind + torch.where(distance < exact, distance, shared)
