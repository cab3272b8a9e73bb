"""Attention with its projections: torch.nn.MultiheadAttention, and with fewer key/value heads than heads."""

from typing import TYPE_CHECKING

from archcalc.attended import Attention
from archcalc.dividing import Cut, Cuts
from archcalc.errors import Fault
from archcalc.facts import FEATURES, IDENTITY, NOTHING, AxisRead, Facts, Tensor
from archcalc.formulas.attention import projection_macs
from archcalc.keeping import Saved
from archcalc.kept import KeptTensors
from archcalc.layers.arguments import Positive, Probability
from archcalc.layers.attention import ROLES, Attending
from archcalc.layers.attention_kept import WeightsAsked, kept_of_projected
from archcalc.layers.attention_parts import Square, one_float, same_length, score_work, split_heads
from archcalc.layers.base import agree
from archcalc.records import dataclass
from archcalc.work import Work, Worked

if TYPE_CHECKING:
    from archcalc.facts import Argument, Reads, Shape
    from archcalc.moments import Arrived, Drawn, Propagated, Unruled

BIAS = 3
"""Place of the terms on the scores among the inputs."""


@dataclass(frozen=True, slots=True)
class _Sizes:
    """Positions, and widths of the projections."""

    embed_dim: int
    kdim: int
    vdim: int
    head_dim: int
    inner: int
    """Features of all query heads."""
    shared: int
    """Features of all key/value heads."""
    queries: int
    asked: int
    """Keys, the added ones included."""


class MultiheadAttention(Attending, frozen=True):
    """Project queries, keys and values, attend by heads, project the result.

    Inputs: one sequence that attends to itself; a query and a memory; query, key and value; or these three
    and terms on the scores, (heads or 1, T, S), as RelativePositionBias and ALiBi give them (``cross: false``
    where the three are one sequence without a mask). Where every head has its own keys and the heads together
    have embed_dim features, the weights are called as in torch.nn; elsewhere q_proj, k_proj, v_proj and
    out_proj have a weight and a bias each.
    """

    num_heads: Positive  # pyright: ignore[reportGeneralTypeIssues]  # needed here; fields are given by name
    """Heads of the queries; each has a share of the features to itself."""
    embed_dim: Positive | None = None
    """Features of a query and of the output; inferred, checked when written."""
    head_dim: Positive | None = None
    """Features of one head; null: embed_dim / num_heads."""
    dropout: Probability = 0.0
    """Probability in training that a weight of attention becomes 0."""
    bias: bool = True
    """Every projection adds one number per feature."""
    add_bias_kv: bool = False
    """Add a learned key and value to those that arrive."""
    add_zero_attn: bool = False
    """Add a key and a value of zeros."""
    kdim: Positive | None = None
    """Features of a key; inferred, checked when written."""
    vdim: Positive | None = None
    """Features of a value; inferred, checked when written."""
    batch_first: bool = False
    """Where torch has the batch axis; no number here depends on it."""
    need_weights: bool = False
    """Give the weights of attention too: the outputs are ``attn_output`` and ``attn_output_weights`` then."""
    average_attn_weights: bool = True
    """With ``need_weights``: their mean over the heads instead of every head's."""

    def infer(self, inputs: tuple[Tensor, ...]) -> Facts:
        """(T, E), (S, E_k), (S, E_v), (H or 1, T, S) -> (T, E), and with need_weights (T, S) or (H, T, S)."""
        masked = self.causal or self.window is not None
        cross = len(inputs) > 1 and not masked if self.cross is None else self.cross
        query, key, value = _streams(inputs, cross=cross)
        sizes, keys = self._sizes(query, key, value), key.shape[0]
        of_keys = self.reads_keys(sizes.queries, keys, cross=cross)
        bias = [self.bias_reads(tensor, query, of_keys, keys, self.num_heads) for tensor in inputs[BIAS:]]
        work = self._work(sizes, self.hidden(sizes.queries, cross=cross), len(bias))
        outputs = {"output": Tensor((sizes.queries, sizes.embed_dim), query.dtype)}
        other_reads: dict[str, tuple[Reads, ...]] = {}
        if self.need_weights:
            heads = () if self.average_attn_weights else (self.num_heads,)
            weights = Tensor((*heads, sizes.queries, sizes.asked), query.dtype)
            outputs = {"attn_output": outputs["output"], "attn_output_weights": weights}
            other_reads["attn_output_weights"] = _weights_read(len(inputs), of_keys, len(heads))
        return Facts(
            outputs=outputs,
            work=work,
            reads=(*_read(len(inputs), of_keys), *bias),
            weights=self._weights(sizes),
            other_reads=other_reads,
            attention=Attention(
                *(
                    self.num_heads,
                    self.kv_heads,
                    sizes.head_dim,
                    sizes.head_dim,
                    sizes.queries,
                    sizes.asked,
                ),
                *(self.causal, self.window, cross, self.added),
            ),
            inferred=self._inferred(sizes, cross=cross),
        )

    def drawn(self, facts: Facts) -> "Drawn":
        """As torch's module draws them: joined ones after Glorot & Bengio, others as a Linear."""
        from archcalc.layers.carrying.attending import first_projections

        return first_projections(facts.weights)

    def carry(self, read: "tuple[Arrived, ...]", facts: Facts, drawn: "Drawn") -> "Propagated | Unruled":
        """Projections, a mean of the values, and a projection."""
        from archcalc.layers.carrying.attending import carried_multihead

        return carried_multihead(read, facts, drawn, self.dropout)

    @property
    def added(self) -> int:
        """Keys beside those that arrive."""
        return self.add_bias_kv + self.add_zero_attn

    def _sizes(self, query: Tensor, key: Tensor, value: Tensor) -> _Sizes:
        embed_dim, kdim, vdim = query.shape[1], key.shape[1], value.shape[1]
        arriving = {"embed_dim": embed_dim, "kdim": kdim, "vdim": vdim}
        for name, written in (("embed_dim", self.embed_dim), ("kdim", self.kdim), ("vdim", self.vdim)):
            agree(name, written, arriving[name])
        head_dim = self.head_dim or split_heads(embed_dim, self.num_heads)
        inner, shared = self.num_heads * head_dim, self.kv_heads * head_dim
        asked = key.shape[0] + self.added
        return _Sizes(embed_dim, kdim, vdim, head_dim, inner, shared, query.shape[0], asked)

    @property
    def kv_heads(self) -> int:
        """Key/value heads."""
        return self.groups(self.num_heads)

    def _inferred(self, sizes: _Sizes, *, cross: bool) -> "dict[str, Argument]":
        widths = {"embed_dim": sizes.embed_dim, "kdim": sizes.kdim, "vdim": sizes.vdim}
        return {
            **widths,
            "head_dim": sizes.head_dim,
            "num_kv_heads": self.kv_heads,
            "cross": cross,
        }

    def _weights(self, sizes: _Sizes) -> "dict[str, Shape]":
        weights = self._torch_weights(sizes) if self._joined(sizes) else self._apart(sizes)
        weights["out_proj.weight"] = (sizes.embed_dim, sizes.inner)
        if self.bias:
            weights["out_proj.bias"] = (sizes.embed_dim,)
        return weights

    def _torch_weights(self, sizes: _Sizes) -> "dict[str, Shape]":
        """Named as in torch, where projections of equally many features are one tensor."""
        width = sizes.embed_dim
        weights: dict[str, Shape]
        if width == sizes.kdim == sizes.vdim:
            weights = {"in_proj_weight": (3 * width, width)}
        else:
            widths = zip("qkv", (width, sizes.kdim, sizes.vdim), strict=True)
            weights = {f"{letter}_proj_weight": (width, features) for letter, features in widths}
        if self.bias:
            weights["in_proj_bias"] = (3 * width,)
        return weights | self._added(width)

    def _apart(self, sizes: _Sizes) -> "dict[str, Shape]":
        weights: dict[str, Shape] = {}
        widths = ((sizes.inner, sizes.embed_dim), (sizes.shared, sizes.kdim), (sizes.shared, sizes.vdim))
        for letter, (features, arriving) in zip("qkv", widths, strict=True):
            weights[f"{letter}_proj.weight"] = (features, arriving)
            if self.bias:
                weights[f"{letter}_proj.bias"] = (features,)
        return weights | self._added(sizes.shared)

    def _added(self, width: int) -> "dict[str, Shape]":
        return {"bias_k": (1, 1, width), "bias_v": (1, 1, width)} if self.add_bias_kv else {}

    def _work(self, sizes: _Sizes, hidden: int, terms: int) -> Worked:
        """The projections with their biases, the two products, and the softmax between them."""
        keys = sizes.asked - self.added
        rows = (
            ("query", sizes.queries, sizes.embed_dim, sizes.inner),
            ("key", keys, sizes.kdim, sizes.shared),
            ("value", keys, sizes.vdim, sizes.shared),
            ("out", sizes.queries, sizes.inner, sizes.embed_dim),
        )
        work: dict[str, Worked] = {}
        for role, positions, arriving, features in rows:
            added = features * (self.bias + (self.add_bias_kv and role in ROLES[1:]))
            params, macs = arriving * features + added, projection_macs(positions, arriving, features)
            matrix, bias, token = self._names(sizes, role)
            first = 0 if role == "out" else None
            work[role] = (
                Work("product", macs, (matrix,), role, params, arriving=first),
                *((Work("elementwise", positions * features, (bias,), role),) if self.bias else ()),
                *((Work("move", features, (token,), role),) if token else ()),
            )
        square = Square(1, self.num_heads, sizes.queries, sizes.asked, hidden)
        scores = score_work(square, sizes.head_dim, sizes.head_dim, terms)
        return *(each for some in work.values() for each in some), *scores

    def _names(self, sizes: _Sizes, role: str) -> tuple[str, str, str]:
        """The matrix of a projection, its bias, and the key or value that is added; empty: none is."""
        if role == "out":
            return "out_proj.weight", "out_proj.bias", ""
        token = f"bias_{role[0]}" if self.add_bias_kv and role in ROLES[1:] else ""
        if not self._joined(sizes):
            return f"{role[0]}_proj.weight", f"{role[0]}_proj.bias", token
        alike = sizes.embed_dim == sizes.kdim == sizes.vdim
        return "in_proj_weight" if alike else f"{role[0]}_proj_weight", "in_proj_bias", token

    def divided(self, facts: Facts) -> dict[str, Cuts]:
        """By heads: rows of the first maps, columns of the last one, whose bias every device has."""
        found = facts.attention
        if found is None:
            return {}
        asking = Cut(0, found.heads, "heads")
        asked = Cut(0, found.kv_heads, "key/value heads", copies=True)
        own = {"q": asking, "k": asked, "v": asked}
        cuts = {
            f"{letter}_proj{end}": cut
            for letter, cut in own.items()
            for end in (".weight", ".bias", "_weight")
        }
        cuts |= {"in_proj_weight": asking, "in_proj_bias": asking, "out_proj.weight": asking._replace(axis=1)}
        cuts |= {name: asked._replace(axis=2) for name in ("bias_k", "bias_v")}
        return {name: (cuts[name],) for name in facts.weights if name in cuts}

    def _joined(self, sizes: _Sizes) -> bool:
        """Whether the weights are those of torch: every head has its own keys, and all have embed_dim."""
        return sizes.inner == sizes.embed_dim and sizes.shared == sizes.inner

    def keeping(self, inputs: tuple[Tensor, ...], facts: Facts) -> Saved | None:
        """What arrives, all projections, and what attention keeps, by the kernel that torch takes."""
        found, kept = facts.attention, KeptTensors(inputs)
        made = tuple(kept.new(*tensor.shape) for tensor in facts.outputs.values())
        how = WeightsAsked(
            self.need_weights,
            self.need_weights and not self.average_attn_weights,
            self.dropout,
            self.batch_first,
            next((name for name in facts.weights if "proj" in name), ""),
        )
        return None if found is None else kept_of_projected(kept, found, made, how)


def _streams(inputs: tuple[Tensor, ...], *, cross: bool) -> tuple[Tensor, Tensor, Tensor]:
    """Query, key and value from what arrives."""
    if not 1 <= len(inputs) <= BIAS + 1:
        fact = f"takes 1 to 3 inputs (query, key, value) or 4 (and a bias), got {len(inputs)}"
        raise Fault(fact, key="from", hint="name them: from: [q, k, v]")
    inputs = inputs[:BIAS]
    if cross and len(inputs) == 1:
        fact = "cross attention takes 2 inputs (query, memory) or 3 (query, key, value), got 1"
        raise Fault(fact, key="from", hint="name the memory too: from: [input, memory]")
    one_float(inputs)
    for role, tensor in zip(ROLES, inputs, strict=False):
        if len(tensor.shape) != 2:  # noqa: PLR2004  positions and features
            fact = f"{role} needs 2 axes (positions, features), got {len(tensor.shape)}: {list(tensor.shape)}"
            raise Fault(fact, key="from", hint="shapes are written without the batch axis", axes=(2,))
    query, key, value = inputs[0], inputs[min(1, len(inputs) - 1)], inputs[-1]
    same_length(key.shape[0], value.shape[0])
    return query, key, value


def _read(inputs: int, of_keys: AxisRead) -> "tuple[Reads, ...]":
    """Reads of the first output: a query of its own position, what is asked as the mask has it."""
    asking = (AxisRead(0, IDENTITY), AxisRead(1, FEATURES))
    asked = (of_keys, AxisRead(1, FEATURES))
    return (asked,) if inputs == 1 else (asking, asked, asked)[:inputs]


def _weights_read(inputs: int, of_keys: AxisRead, rows: int) -> "tuple[Reads, ...]":
    """Reads of the weights of attention, whose rows are the queries' positions; values do not matter."""
    moved = AxisRead(None if of_keys.to is None else rows, of_keys.reach)
    asking = (AxisRead(rows, IDENTITY), AxisRead(None, FEATURES))
    asked = (moved, AxisRead(None, FEATURES))
    nothing = (AxisRead(None, NOTHING),) * 2
    terms = (AxisRead(None, FEATURES), AxisRead(rows, IDENTITY), moved)
    return (asked,) if inputs == 1 else (asking, asked, nothing, terms)[:inputs]
