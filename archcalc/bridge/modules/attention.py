"""Attention as torch modules: torch's own, torchvision's, or written after the papers."""

from collections.abc import Mapping
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn.functional import scaled_dot_product_attention

from archcalc.bridge.libraries import imported
from archcalc.bridge.modules.reading import Reading


def mask(queries: int, keys: int, *, causal: bool, window: int | None) -> Tensor:
    """True where a query asks a key; a window without ``causal`` has the query in its middle."""
    distance = torch.arange(queries)[:, None] - torch.arange(keys)[None, :]
    asked = distance >= 0 if causal else torch.ones_like(distance, dtype=torch.bool)
    if window is None:
        return asked
    return asked & (distance < window if causal else distance.abs() <= window // 2)


def mask_fits(arguments: Mapping[str, object], queries: int, keys: int, *, cross: bool) -> None:
    """Refuse what no mask of torch says: other lengths for one sequence, windows without a middle."""
    causal, window = bool(arguments.get("causal")), cast("int | None", arguments.get("window"))
    if queries != keys and (causal or window or not cross):
        raise ValueError("the lengths differ")
    if window and not causal and window % 2 == 0:
        raise ValueError("the window has no middle")
    if window is not None and window < 1:
        raise ValueError("the window holds nothing")


def with_heads(tensor: Tensor, heads: int) -> Tensor:
    """(*, T, H d) -> (*, H, T, d)."""
    return tensor.reshape(*tensor.shape[:-1], heads, -1).transpose(-3, -2)


def terms_on_scores(given: tuple[Tensor, ...], asked: Tensor, heads: int, dtype: torch.dtype) -> Tensor:
    """What is added to the scores, (N or 1, H or 1, T, S): -inf where no key is asked, else what is given.

    Truths that are given say which keys are asked, too; every sample has its own.
    """
    (bias,) = given or (torch.zeros(1, 1, *asked.shape, dtype=dtype),)
    if bias.shape[1:] not in ((heads, *asked.shape), (1, *asked.shape)):
        raise ValueError("the bias does not fit")
    if bias.dtype == torch.bool:
        return torch.zeros(bias.shape, dtype=dtype).masked_fill(~(bias & asked), -torch.inf)
    if bias.dtype != dtype:
        raise TypeError("the bias is of another dtype")
    return bias.masked_fill(~asked, -torch.inf)


class Multihead(nn.MultiheadAttention):
    """torch's module on one to four inputs, with a mask."""

    def __init__(self, sizes: tuple[int, int, int], arguments: Mapping[str, object]) -> None:
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
        terms = terms_on_scores(inputs[3:], asked, heads, query.dtype)
        terms = terms.expand(len(query), heads, -1, -1).flatten(0, 1)
        output, weights = super().forward(
            query, key, value, attn_mask=terms, need_weights=True, average_attn_weights=averaged
        )
        return (output, cast("Tensor", weights)) if given.get("need_weights") else output


class Grouped(nn.Module):
    """Attention whose keys and values have fewer heads, or heads of another width."""

    def __init__(self, sizes: tuple[int, int, int], arguments: Mapping[str, object]) -> None:
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
            with_heads(tensor, tensor.shape[-1] // self.head_dim) for tensor in (queries, keys, values)
        )
        keys, values = (t.repeat_interleave(self.heads // self.kv_heads, 1) for t in (keys, values))
        weights = (queries @ keys.transpose(-2, -1) / self.head_dim**0.5 + terms).softmax(-1)
        output: Tensor = self.out_proj((weights @ values).transpose(1, 2).flatten(-2))
        if not given.get("need_weights"):
            return output
        return output, weights.mean(1) if given.get("average_attn_weights", True) else weights


def multihead(reading: Reading) -> nn.Module:
    """The module of torch where it has one, with the widths that arrive or are written."""
    given, shapes = reading.arguments, reading.shapes
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

    def __init__(self, arguments: Mapping[str, object]) -> None:
        super().__init__()
        self.arguments = arguments

    def forward(self, *inputs: Tensor) -> Tensor:
        """(*, T, H d), (*, S, G d), (*, S, G d_v), maybe (H, T, S) -> (*, T, H d_v)."""
        given, (query, key, value) = self.arguments, inputs[:3]
        if given.get("num_heads") is None:
            return by_heads(given, *inputs)
        heads = cast("int", given["num_heads"])
        groups = cast("int", given.get("num_kv_heads") or heads)
        if len({tensor.shape[:-2] for tensor in (query, key, value)}) > 1 or heads % groups:
            raise ValueError("the sequences or heads do not pair")
        if key.shape[-2] != value.shape[-2]:
            raise ValueError("keys and values do not pair")  # torch's fused kernels do not look
        queries, keys = query.shape[-2], key.shape[-2]
        mask_fits(given, queries, keys, cross=bool(given.get("cross", queries != keys)))
        q, k, v = (
            with_heads(tensor, count) for tensor, count in ((query, heads), (key, groups), (value, groups))
        )
        causal, window = bool(given.get("causal")), cast("int | None", given.get("window"))
        terms = mask(queries, keys, causal=causal, window=window)
        if len(inputs) > 3:
            bias = inputs[3]
            if bias.shape[1:] not in ((heads, queries, keys), (1, queries, keys)):
                raise ValueError("the bias does not fit")
            bias = bias.reshape(len(bias), *(1,) * (q.dim() - 4), *bias.shape[1:])  # each sample's own
            terms = bias & terms if bias.dtype == torch.bool else bias.masked_fill(~terms, -torch.inf)
        scale = cast("float | None", given.get("scale"))
        dropped = cast("float", given.get("dropout_p") or 0.0) if self.training else 0.0
        mixed = scaled_dot_product_attention(
            q, k, v, terms, dropout_p=dropped, scale=scale, enable_gqa=groups != heads
        )
        return mixed.transpose(-3, -2).flatten(-2)


def by_heads(given: Mapping[str, object], *inputs: Tensor) -> Tensor:
    """Torch's function on (*, H, T, d), (*, G, S, d), (*, G, S, d_v), maybe terms on the scores."""
    samples = max(map(len, inputs[:3]))
    query, key, value = (tensor.expand(samples, *tensor.shape[1:]) for tensor in inputs[:3])
    if len({tensor.dim() for tensor in (query, key, value)}) > 1 or key.shape[-2] != value.shape[-2]:
        raise ValueError("the sequences do not pair")
    if query.shape[:-3] != key.shape[:-3] or key.shape[:-2] != value.shape[:-2]:
        raise ValueError("the sequences do not pair")
    queries, keys = query.shape[-2], key.shape[-2]
    mask_fits(given, queries, keys, cross=bool(given.get("cross", queries != keys)))
    causal, window = bool(given.get("causal")), cast("int | None", given.get("window"))
    terms = mask(queries, keys, causal=causal, window=window).to(query.device)
    heads, groups = (tensor.shape[-3] if tensor.dim() > 3 else 1 for tensor in (query, key))
    if given.get("num_kv_heads") not in (None, groups):
        raise ValueError("other heads arrive")
    if len(inputs) > 3:
        bias = inputs[3]
        scores = query.new_zeros(*query.shape[:-1], keys)
        if (scores + bias).shape != scores.shape:
            raise ValueError("the bias does not fit")
        terms = bias & terms if bias.dtype == torch.bool else bias.masked_fill(~terms, -torch.inf)
    scale = cast("float | None", given.get("scale"))
    return scaled_dot_product_attention(query, key, value, terms, scale=scale, enable_gqa=groups != heads)


def windows(reading: Reading) -> nn.Module:
    """The attention of torchvision in shifted windows, which takes two sizes and does not check them."""
    given = dict(reading.arguments)
    if len(reading.shapes[0]) != 3:
        raise ValueError("no image")
    pairs: dict[str, list[int]] = {}
    for key, least in (("window_size", 1), ("shift_size", 0)):
        value = cast("int | tuple[int, ...]", given.pop(key, 0))
        pairs[key] = list(value) if isinstance(value, tuple) else [value] * 2
        if min(pairs[key]) < least:
            raise ValueError("sizes too small")
    if any(shift >= window for window, shift in zip(*pairs.values(), strict=True)):
        raise ValueError("shifted beyond the window")
    dim, heads = cast("int", given.pop("dim", reading.shapes[0][-1])), cast("int", given["num_heads"])
    if dim != reading.shapes[0][-1] or dim % heads:
        raise ValueError("the features do not divide, or others arrive")
    made = imported("torchvision.models.swin_transformer").ShiftedWindowAttention
    return cast("nn.Module", made(dim, **pairs, **given))
