"""What tells a network of positions: added tables, turned pairs, terms on the scores by distance."""

from math import log
from typing import cast

import torch
from torch import Tensor, nn

from archcalc.bridge.modules.attention import with_heads
from archcalc.bridge.modules.reading import BARE, Reading


class Sinusoidal(nn.Module):
    """Section 3.5 of Vaswani et al. 2017."""

    def __init__(self, base: float = 10000.0) -> None:
        super().__init__()
        self.base = base

    def forward(self, arriving: Tensor) -> Tensor:
        """(*, T, D) -> (*, T, D)."""
        positions, features = arriving.shape[-2:]
        if arriving.dim() < 3 or not arriving.is_floating_point() or features % 2:
            raise TypeError("no sequence of pairs of real numbers")
        angles = torch.arange(positions)[:, None] * torch.exp(
            -log(self.base) * torch.arange(0, features, 2) / features
        )
        table = torch.zeros(positions, features)
        table[:, 0::2], table[:, 1::2] = angles.sin(), angles.cos()
        return arriving + table.to(arriving.dtype)


class Learned(nn.Module):
    """A table that is added, as BERT, RoBERTa (an offset) and ViT (a Parameter) have it."""

    def __init__(self, reading: Reading) -> None:
        super().__init__()
        given, shape = reading.arguments, reading.shapes[0]
        self.offset, parameter = cast("int", given.get("offset", 0)), bool(given.get("bare"))
        rows = cast("int", given.get("max_len") or shape[-2] + self.offset)
        width = cast("int", given.get("embedding_dim", shape[-1]))
        table = torch.zeros(1, rows, width) if parameter else torch.zeros(rows, width)
        self.register_parameter(BARE if parameter else "weight", nn.Parameter(table))

    def forward(self, arriving: Tensor) -> Tensor:
        """(*, T, D) -> (*, T, D)."""
        (parameter,) = self.parameters()
        table = parameter.flatten(0, -2)
        if not arriving.is_floating_point() or arriving.dim() < 3 or table.shape[-1] != arriving.shape[-1]:
            raise TypeError("no sequence of such real numbers")
        at = torch.arange(arriving.shape[-2]) + self.offset
        return arriving + table[at].to(arriving.dtype)


class Rotary(nn.Module):
    """Su et al. 2021 in the form with two halves."""

    def __init__(self, num_heads: int = 1, fraction: float = 1.0, base: float = 10000.0) -> None:
        super().__init__()
        self.num_heads, self.fraction, self.base = num_heads, fraction, base

    def forward(self, arriving: Tensor) -> Tensor:
        """(*, T, H d) -> (*, T, H d)."""
        if arriving.dim() < 3 or not arriving.is_floating_point() or self.num_heads < 1:
            raise TypeError("no sequence of real numbers")
        if not 0 < self.fraction <= 1:
            raise ValueError("no share")
        heads = with_heads(arriving, self.num_heads)
        turned = int(heads.shape[-1] * self.fraction)
        if turned % 2 or not turned:
            raise ValueError("features do not pair")
        rates = self.base ** (-torch.arange(0, turned, 2) / turned)
        angles = (torch.arange(heads.shape[-2])[:, None] * rates).to(arriving.dtype)
        first, second = heads[..., :turned].chunk(2, -1)
        cos, sin = angles.cos(), angles.sin()
        parts = [first * cos - second * sin, second * cos + first * sin, heads[..., turned:]]
        return torch.cat(parts, -1).transpose(-3, -2).flatten(-2)


class Bias(nn.Module):
    """Terms by distance: T5's table of buckets, or ALiBi's slopes; the same for every sample."""

    def __init__(self, num_heads: int, buckets: tuple[int, int, bool] | None) -> None:
        super().__init__()
        if num_heads < 1:
            raise ValueError("no heads")
        self.num_heads, self.buckets = num_heads, buckets
        if buckets:
            self.weight = nn.Parameter(torch.zeros(buckets[0], num_heads))

    def forward(self, *inputs: Tensor) -> Tensor:
        """(T, *), (S, *) -> (H, T, S)."""
        first, last = inputs[0], inputs[-1]
        if len(inputs) > 2 or any(tensor.dim() not in (2, 3) for tensor in inputs):
            raise ValueError("no sequences")
        queries, keys = first.shape[1], last.shape[1]
        distance = torch.arange(keys)[None, :] - torch.arange(queries)[:, None]
        if self.buckets:
            terms = self.weight[bucket(distance, *self.buckets)].permute(2, 0, 1)
        else:
            slopes = 2 ** (-8 * torch.arange(1, self.num_heads + 1) / self.num_heads)
            terms = -slopes[:, None, None] * distance.abs()
        real = first.dtype if first.is_floating_point() else torch.float32
        return terms.to(real).expand(len(first), *terms.shape)


def bucket(distance: Tensor, buckets: int, longest: int, bidirectional: bool) -> Tensor:  # noqa: FBT001  a sample's value
    """T5's bucket of a distance: exact up to half of them, then logarithmic up to the longest."""
    behind = torch.zeros_like(distance)
    if bidirectional:
        buckets //= 2
        behind = (distance > 0) * buckets
        distance = distance.abs()
    else:
        distance = (-distance).clamp(min=0)
    exact = buckets // 2
    if longest <= exact or not exact:
        raise ValueError("the distances do not fit the buckets")
    wide = (distance.clamp(min=exact) / exact).log() / log(longest / exact) * (buckets - exact)
    return behind + torch.where(distance < exact, distance, (exact + wide.long()).clamp(max=buckets - 1))


def buckets(reading: Reading) -> nn.Module:
    """T5's terms."""
    given = reading.arguments
    sizes = cast("int", given.get("num_buckets", 32)), cast("int", given.get("max_distance", 128))
    return Bias(cast("int", given["num_heads"]), (*sizes, bool(given.get("bidirectional", True))))
