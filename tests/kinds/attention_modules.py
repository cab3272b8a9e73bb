"""Attention, positions and experts as torch modules: torch's own, torchvision's, or written after the papers.

``SHAPED`` builds one from a sample, whose shapes give the sizes that archcalc infers.
"""

from collections.abc import Callable
from math import log
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn.functional import scaled_dot_product_attention

from tests.kinds.drawing import Sample
from tests.zoo.torchvision_models import part


def mask(queries: int, keys: int, *, causal: bool, window: int | None) -> Tensor:
    """True where a query asks a key; a window without ``causal`` has the query in its middle."""
    distance = torch.arange(queries)[:, None] - torch.arange(keys)[None, :]
    asked = distance >= 0 if causal else torch.ones_like(distance, dtype=torch.bool)
    if window is None:
        return asked
    return asked & (distance < window if causal else distance.abs() <= window // 2)


def mask_fits(arguments: dict[str, object], queries: int, keys: int, *, cross: bool) -> None:
    """Refuse what no mask of torch says: other lengths for one sequence, windows without a middle."""
    causal, window = bool(arguments.get("causal")), cast("int | None", arguments.get("window"))
    if queries != keys and (causal or window or not cross):
        raise ValueError("the lengths differ")
    if window and not causal and window % 2 == 0:
        raise ValueError("the window has no middle")
    if window is not None and window < 1:
        raise ValueError("the window holds nothing")


def split(tensor: Tensor, heads: int) -> Tensor:
    """(*, T, H d) -> (*, H, T, d)."""
    return tensor.reshape(*tensor.shape[:-1], heads, -1).transpose(-3, -2)


def terms_on_scores(given: tuple[Tensor, ...], asked: Tensor, heads: int, dtype: torch.dtype) -> Tensor:
    """What is added to the scores, (H or 1, T, S): -inf for keys that are not asked, else what is given.

    Truths that are given say which keys are asked, too.
    """
    (bias,) = (tensor[0] for tensor in given) if given else (torch.zeros(1, *asked.shape, dtype=dtype),)
    if bias.shape not in ((heads, *asked.shape), (1, *asked.shape)):
        raise ValueError("the bias does not fit")
    if bias.dtype == torch.bool:
        return torch.zeros(bias.shape, dtype=dtype).masked_fill(~(bias & asked), -torch.inf)
    if bias.dtype != dtype:
        raise TypeError("the bias is of another dtype")
    return bias.masked_fill(~asked, -torch.inf)


class Multihead(nn.MultiheadAttention):
    """torch's module on one to four inputs, with a mask."""

    def __init__(self, sizes: tuple[int, int, int], arguments: dict[str, object]) -> None:
        own = {"causal", "window", "cross", "need_weights", "average_attn_weights", "num_kv_heads"}
        widths = dict(zip(("embed_dim", "kdim", "vdim"), sizes, strict=True))
        theirs = {key: value for key, value in arguments.items() if key not in own | {"head_dim"}}
        given = cast("dict[str, bool]", {**widths, **theirs, "batch_first": True})
        super().__init__(**given)  # pyright: ignore[reportUnknownMemberType]  # torch leaves it untyped
        self.arguments = arguments

    def forward(self, *inputs: Tensor) -> Tensor | tuple[Tensor, Tensor]:  # type: ignore[override]  # 1 to 4 inputs
        """(T, E), (S, E_k), (S, E_v), maybe (H, T, S) -> (T, E), and maybe the weights."""
        query, key, value = inputs[0], inputs[min(1, len(inputs) - 1)], inputs[:3][-1]
        given = self.arguments
        cross = bool(given.get("cross", len(inputs) > 1))
        if cross and len(inputs) == 1:
            raise ValueError("no memory")
        mask_fits(given, query.shape[1], key.shape[1], cross=cross)
        causal, window = bool(given.get("causal")), cast("int | None", given.get("window"))
        asked = mask(query.shape[1], key.shape[1], causal=causal, window=window)
        averaged = bool(given.get("average_attn_weights", True))
        heads = cast("int", given["num_heads"])
        terms = terms_on_scores(inputs[3:], asked, heads, query.dtype).expand(heads, -1, -1)
        terms = terms.repeat(len(query), 1, 1)
        output, weights = super().forward(
            query, key, value, attn_mask=terms, need_weights=True, average_attn_weights=averaged
        )
        return (output, cast("Tensor", weights)) if given.get("need_weights") else output


class Grouped(nn.Module):
    """Attention whose keys and values have fewer heads, or heads of another width."""

    def __init__(self, sizes: tuple[int, int, int], arguments: dict[str, object]) -> None:
        super().__init__()
        embed_dim, kdim, vdim = sizes
        self.arguments = arguments
        self.heads = cast("int", arguments["num_heads"])
        self.kv_heads = cast("int", arguments.get("num_kv_heads") or self.heads)
        self.head_dim = cast("int", arguments.get("head_dim") or embed_dim // self.heads)
        bias = bool(arguments.get("bias", True))
        inner, shared = self.heads * self.head_dim, self.kv_heads * self.head_dim
        self.q_proj = nn.Linear(embed_dim, inner, bias)
        self.k_proj = nn.Linear(kdim, shared, bias)
        self.v_proj = nn.Linear(vdim, shared, bias)
        self.out_proj = nn.Linear(inner, embed_dim, bias)
        if arguments.get("add_bias_kv"):
            self.bias_k, self.bias_v = (nn.Parameter(torch.ones(1, 1, shared)) for _ in range(2))

    def forward(self, *inputs: Tensor) -> Tensor | tuple[Tensor, Tensor]:
        """As torch's module."""
        query, key, value = inputs[0], inputs[min(1, len(inputs) - 1)], inputs[:3][-1]
        given = self.arguments
        cross = bool(given.get("cross", len(inputs) > 1))
        if (cross and len(inputs) == 1) or key.shape[1] != value.shape[1]:
            raise ValueError("no memory, or values that do not fit")
        mask_fits(given, query.shape[1], key.shape[1], cross=cross)
        causal, window = bool(given.get("causal")), cast("int | None", given.get("window"))
        asked = mask(query.shape[1], key.shape[1], causal=causal, window=window)
        queries, keys, values = self.q_proj(query), self.k_proj(key), self.v_proj(value)
        if given.get("add_bias_kv"):
            many = len(keys), -1, -1
            keys = torch.cat([keys, self.bias_k.expand(*many)], 1)
            values = torch.cat([values, self.bias_v.expand(*many)], 1)
        if given.get("add_zero_attn"):
            keys, values = (torch.cat([t, torch.zeros_like(t[:, :1])], 1) for t in (keys, values))
        terms = terms_on_scores(inputs[3:], asked, self.heads, query.dtype)
        terms = nn.functional.pad(terms, (0, keys.shape[1] - asked.shape[1]))
        queries, keys, values = (
            split(tensor, tensor.shape[-1] // self.head_dim) for tensor in (queries, keys, values)
        )
        keys, values = (t.repeat_interleave(self.heads // self.kv_heads, 1) for t in (keys, values))
        weights = (queries @ keys.transpose(-2, -1) / self.head_dim**0.5 + terms).softmax(-1)
        output: Tensor = self.out_proj((weights @ values).transpose(1, 2).flatten(-2))
        if not given.get("need_weights"):
            return output
        return output, weights.mean(1) if given.get("average_attn_weights", True) else weights


def multihead(sample: Sample) -> nn.Module:
    """The module of torch where it has one, with the widths that arrive or are written."""
    given, shapes = sample.arguments, sample.shapes
    if any(len(shape) != 2 for shape in shapes[:3]) or not 1 <= len(shapes) <= 4:
        raise ValueError("no sequences")
    arriving = shapes[0][-1], shapes[min(1, len(shapes) - 1)][-1], shapes[:3][-1][-1]
    heads, width = cast("int", given["num_heads"]), cast("int", given.get("embed_dim", arriving[0]))
    kv_heads, head_dim = given.get("num_kv_heads") or heads, cast("int | None", given.get("head_dim"))
    if heads < 1 or heads % cast("int", kv_heads):
        raise ValueError("the heads do not divide")
    if head_dim is None and width % heads:
        raise ValueError("the features do not divide")
    if kv_heads == heads and (head_dim is None or head_dim * heads == width):
        return Multihead(arriving, given)
    written = tuple(
        given.get(name, n) for name, n in zip(("embed_dim", "kdim", "vdim"), arriving, strict=True)
    )
    if written != arriving:
        raise ValueError("other widths arrive")
    return Grouped(arriving, given)


class DotProduct(nn.Module):
    """torch's function on flat features."""

    def __init__(self, arguments: dict[str, object]) -> None:
        super().__init__()
        self.arguments = arguments

    def forward(self, *inputs: Tensor) -> Tensor:
        """(*, T, H d), (*, S, G d), (*, S, G d_v), maybe (H, T, S) -> (*, T, H d_v)."""
        given, (query, key, value) = self.arguments, inputs[:3]
        heads = cast("int", given["num_heads"])
        groups = cast("int", given.get("num_kv_heads") or heads)
        if len({tensor.shape[:-2] for tensor in (query, key, value)}) > 1 or heads % groups:
            raise ValueError("the sequences or heads do not pair")
        if key.shape[-2] != value.shape[-2]:
            raise ValueError("keys and values do not pair")  # torch's fused kernels do not look
        queries, keys = query.shape[-2], key.shape[-2]
        mask_fits(given, queries, keys, cross=bool(given.get("cross", queries != keys)))
        q, k, v = (split(tensor, count) for tensor, count in ((query, heads), (key, groups), (value, groups)))
        causal, window = bool(given.get("causal")), cast("int | None", given.get("window"))
        terms = mask(queries, keys, causal=causal, window=window)
        if len(inputs) > 3:
            bias = inputs[3][0]
            if bias.shape not in ((heads, queries, keys), (1, queries, keys)):
                raise ValueError("the bias does not fit")
            terms = bias & terms if bias.dtype == torch.bool else bias.masked_fill(~terms, -torch.inf)
        scale = cast("float | None", given.get("scale"))
        mixed = scaled_dot_product_attention(q, k, v, terms, scale=scale, enable_gqa=groups != heads)
        return mixed.transpose(-3, -2).flatten(-2)


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

    def __init__(self, sample: Sample) -> None:
        super().__init__()
        given, shape = sample.arguments, sample.shapes[0]
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
        heads = split(arriving, self.num_heads)
        turned = int(heads.shape[-1] * self.fraction)
        if turned % 2 or not turned:
            raise ValueError("features do not pair")
        rates = self.base ** (-torch.arange(0, turned, 2) / turned)
        angles = (torch.arange(heads.shape[-2])[:, None] * rates).to(arriving.dtype)
        first, second = heads[..., :turned].chunk(2, -1)
        cos, sin = angles.cos(), angles.sin()
        parts = [first * cos - second * sin, second * cos + first * sin, heads[..., turned:]]
        return torch.cat(parts, -1).transpose(-3, -2).flatten(-2)


class Token(nn.Module):
    """ViT's class token."""

    def __init__(self, sample: Sample) -> None:
        super().__init__()
        if len(sample.shapes[0]) != 2:
            raise ValueError("no sequence")
        tokens = cast("int", sample.arguments.get("num_tokens", 1))
        self.bare = nn.Parameter(torch.zeros(1, tokens, sample.shapes[0][-1]))

    def forward(self, arriving: Tensor) -> Tensor:
        """(T, D) -> (tokens + T, D)."""
        if not arriving.is_floating_point():
            raise TypeError("no real numbers")
        return torch.cat([self.bare.expand(len(arriving), -1, -1).to(arriving.dtype), arriving], 1)


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


class Router(nn.Module):
    """Mixtral's router."""

    def __init__(self, sample: Sample) -> None:
        super().__init__()
        given = sample.arguments
        self.experts, self.top_k = cast("int", given["num_experts"]), cast("int", given["top_k"])
        self.weight = nn.Parameter(torch.zeros(self.experts, sample.shapes[0][-1]))
        self.bias = nn.Parameter(torch.zeros(self.experts)) if given.get("bias") else None

    def forward(self, arriving: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """(*, D) -> (*, k), (*, k), (*, experts)."""
        if self.top_k < 1 or arriving.dim() < 2:
            raise ValueError("no experts")
        logits = nn.functional.linear(arriving, self.weight, self.bias)
        scores, indices = logits.softmax(-1).topk(self.top_k)
        return scores / scores.sum(-1, keepdim=True), indices, logits


class Mixture(nn.Module):
    """Mixtral's experts: every position through those that it is sent to."""

    def __init__(self, sample: Sample) -> None:
        super().__init__()
        given = sample.arguments
        experts, hidden = cast("int", given["num_experts"]), cast("int", given["intermediate_size"])
        features = sample.shapes[0][-1]
        self.gate_up_proj = nn.Parameter(torch.ones(experts, 2 * hidden, features))
        self.down_proj = nn.Parameter(torch.ones(experts, features, hidden))

    def forward(self, arriving: Tensor, indices: Tensor, scores: Tensor) -> Tensor:
        """(*, D), (*, k), (*, k) -> (*, D)."""
        if indices.shape != scores.shape or indices.shape[:-1] != arriving.shape[:-1]:
            raise ValueError("no expert for every position")
        if not scores.is_floating_point() or indices.is_floating_point() or indices.dtype == torch.bool:
            raise TypeError("no indices, or no scores")
        if indices.shape[-1] > len(self.down_proj):
            raise ValueError("too few experts")
        lines, to = arriving.flatten(0, -2), indices.flatten(0, -2).long() % len(self.down_proj)
        output = torch.zeros_like(lines)
        for rank, weight in zip(to.T, scores.flatten(0, -2).T, strict=True):
            for expert in sorted({int(index) for index in rank}):
                chosen = lines[rank == expert]
                gate, up = (chosen @ self.gate_up_proj[expert].T).chunk(2, -1)
                output[rank == expert] += weight[rank == expert, None] * (
                    (nn.functional.silu(gate) * up) @ self.down_proj[expert].T
                )
        return output.reshape(arriving.shape)


def windows(sample: Sample) -> nn.Module:
    """The attention of torchvision in shifted windows, which takes two sizes and does not check them."""
    given = dict(sample.arguments)
    if len(sample.shapes[0]) != 3:
        raise ValueError("no image")
    pairs: dict[str, list[int]] = {}
    for key, least in (("window_size", 1), ("shift_size", 0)):
        value = cast("int | tuple[int, ...]", given.pop(key, 0))
        pairs[key] = list(value) if isinstance(value, tuple) else [value] * 2
        if min(pairs[key]) < least:
            raise ValueError("sizes too small")
    if any(shift >= window for window, shift in zip(*pairs.values(), strict=True)):
        raise ValueError("shifted beyond the window")
    dim, heads = cast("int", given.pop("dim", sample.shapes[0][-1])), cast("int", given["num_heads"])
    if dim != sample.shapes[0][-1] or dim % heads:
        raise ValueError("the features do not divide, or others arrive")
    return part("models.swin_transformer", "ShiftedWindowAttention", dim, **pairs, **given)


def buckets(sample: Sample) -> nn.Module:
    """T5's terms."""
    given = sample.arguments
    sizes = cast("int", given.get("num_buckets", 32)), cast("int", given.get("max_distance", 128))
    return Bias(cast("int", given["num_heads"]), (*sizes, bool(given.get("bidirectional", True))))


class TransposedLinear(nn.Module):
    """GPT-2's linear map."""

    def __init__(self, sample: Sample) -> None:
        super().__init__()
        features = cast("int", sample.arguments["out_features"])
        self.weight = nn.Parameter(torch.ones(sample.shapes[0][-1], features))
        self.bias = nn.Parameter(torch.zeros(features))

    def forward(self, arriving: Tensor) -> Tensor:
        """(*, F_in) -> (*, F_out)."""
        return arriving @ self.weight + self.bias


BARE = "bare"
"""Parameter of a module here that is a Parameter in the place of a module in real networks."""
SHAPED: dict[str, Callable[[Sample], nn.Module]] = {
    "MultiheadAttention": multihead,
    "ScaledDotProductAttention": lambda sample: DotProduct(sample.arguments),
    "ShiftedWindowAttention": windows,
    "SinusoidalPositionalEncoding": lambda sample: Sinusoidal(**sample.arguments),  # type: ignore[arg-type]  # drawn values
    "LearnedPositionalEncoding": Learned,
    "RotaryEmbedding": lambda sample: Rotary(**sample.arguments),  # type: ignore[arg-type]  # drawn values
    "TransposedLinear": TransposedLinear,
    "ClassToken": Token,
    "RelativePositionBias": buckets,
    "ALiBi": lambda sample: Bias(cast("int", sample.arguments["num_heads"]), None),
    "TopKRouter": Router,
    "Experts": Mixture,
}
