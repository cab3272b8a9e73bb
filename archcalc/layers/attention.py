"""Attention over sequences: what its kinds share, and attention without weights of its own."""

from math import prod
from typing import TYPE_CHECKING

from archcalc.attended import Attention
from archcalc.errors import Fault
from archcalc.facts import FEATURES, IDENTITY, PAST, WHOLE, AxisRead, Facts, Tensor, Window
from archcalc.formulas.attention import hidden_pairs
from archcalc.keeping import Saved
from archcalc.kept import KeptTensors
from archcalc.layers.arguments import Positive, Probability
from archcalc.layers.attention_kept import composed_scores, fused_results
from archcalc.layers.attention_parts import Square, one_float, same_length, score_work, split_heads
from archcalc.layers.base import Layer
from archcalc.wording import divisors

if TYPE_CHECKING:
    from archcalc.facts import Reach, Reads, Shape
    from archcalc.moments import Arrived, Drawn, Propagated, Unruled

ROLES = ("query", "key", "value")

PER_HEAD = 3
"""Axes of a sample whose heads are an axis: the fused kernel takes no others."""


class Attending(Layer, frozen=True):
    """Every position asks the keys of others and mixes their values by the answers.

    MACs count the full square of queries and keys: a mask takes nothing off.
    """

    num_heads: Positive | None = None
    """Heads of the queries; each has a share of the features to itself. null: heads are an axis."""
    num_kv_heads: Positive | None = None
    """Heads of keys and values, each shared by several query heads; 1: multi-query; null: as many."""
    causal: bool = False
    """A position asks only itself and those before it."""
    window: Positive | None = None
    """A position asks at most so many: with ``causal`` itself and those before, without it those around
    (an odd number, itself in the middle). null: no limit."""
    cross: bool | None = None
    """Keys and values come from another sequence, the memory; null: as the inputs show, and a mask, which is
    for one sequence."""

    def groups(self, heads: int) -> int:
        """Key/value heads.

        Raises:
            Fault: they do not divide the query heads.
        """
        groups = self.num_kv_heads or heads
        if heads % groups:
            fact = f"{heads} heads do not divide into {groups} key/value heads"
            hint = f"{divisors(heads, groups)}; 1: all share one"
            raise Fault(fact, key="num_kv_heads", hint=hint)
        return groups

    def hidden(self, queries: int, *, cross: bool) -> int:
        """Pairs of one head that the mask hides; keys of no position are never hidden."""
        return 0 if cross else hidden_pairs(queries, self.window, causal=self.causal)

    def reads_keys(self, queries: int, keys: int, *, cross: bool, to: int = 0) -> AxisRead:
        """How the positions of keys and values are read by those that ask, which stand on the axis ``to``.

        Raises:
            Fault: the mask does not fit.
        """
        masked = "causal" if self.causal else "window" if self.window else None
        if queries != keys and masked:
            fact = f"{masked} attention needs as many keys as queries, got {keys} and {queries}"
            raise Fault(fact, key=masked, hint=f"leave {masked} out: a memory is asked as a whole")
        if queries != keys and not cross:
            fact = f"{keys} keys for {queries} queries are another sequence"
            raise Fault(fact, key="cross", hint="cross: true says so")
        return AxisRead(to if masked or not cross else None, self._reach(keys))

    def bias_reads(self, bias: Tensor, query: Tensor, of_keys: AxisRead, keys: int, heads: int) -> "Reads":
        """How terms on the scores are read: those of the own query, with the keys that it asks.

        Raises:
            Fault: they do not fit the scores.
        """
        lead, square = len(query.shape) - 2, (query.shape[-2], keys)
        fitting: tuple[Shape, ...] = ((heads, *square), (1, *square))
        if bias.shape not in fitting:
            fact = f"the bias is {list(bias.shape)}, but {heads} heads score {list(square)}"
            raise Fault(fact, key="from", hint=f"it needs {list(fitting[0])} or {list(fitting[1])}")
        if bias.dtype not in (query.dtype, "bool"):
            fact = f"the bias is {bias.dtype}, but the query {query.dtype}"
            raise Fault(fact, key="from", hint="bool is a mask: false for keys that are not asked")
        return AxisRead(None, FEATURES), AxisRead(lead, IDENTITY), of_keys

    def _reach(self, keys: int) -> "Reach":
        """The keys that a position reads; a window wider than the sequence holds no more than that."""
        if self.window is None:
            return PAST if self.causal else WHOLE
        if self.causal:
            kernel = min(self.window, keys)
            return Window(kernel, padding=kernel - 1)
        if self.window % 2 == 0:
            fact = f"a window of {self.window} has no middle"
            hint = f"write {self.window - 1} or {self.window + 1}, or causal: true"
            raise Fault(fact, key="window", hint=hint)
        side = min(self.window // 2, keys - 1)
        return Window(2 * side + 1, padding=side)


class ScaledDotProductAttention(Attending, frozen=True):
    """softmax(Q K^T / sqrt(d) + bias) V of every head (torch.nn.functional).

    Inputs: query, key, value, each (*, positions, heads x features of one), and maybe a bias on the scores,
    (heads or 1, queries, keys). Without ``num_heads`` each is (*, heads, positions, features of one), and so
    is the output; a bias is repeated to the scores (*, heads, queries, keys) as torch broadcasts.
    """

    dropout_p: Probability = 0.0
    """Probability in training that a weight becomes 0."""
    scale: float | None = None
    """Factor of the scores; null: 1 / sqrt(features of a head)."""

    def infer(self, inputs: tuple[Tensor, ...]) -> Facts:
        """(*, T, H d), (*, S, G d), (*, S, G d_v) -> (*, T, H d_v); G divides H."""
        query, key, value = self._streams(inputs)
        heads = self.num_heads
        if heads is None:
            from archcalc.layers.attention_by_heads import facts_by_heads

            return facts_by_heads(self, inputs)
        for role, tensor in zip(ROLES, inputs, strict=False):
            if tensor.shape[:-2] != query.shape[:-2]:
                fact = f"{role} and query differ before the last two axes: {list(tensor.shape)}"
                raise Fault(f"{fact} and {list(query.shape)}", key="from")
        same_length(key.shape[-2], value.shape[-2])
        *lead, queries, features = query.shape
        keys, groups = key.shape[-2], self.groups(heads)
        cross = queries != keys if self.cross is None else self.cross
        head_dim = split_heads(features, heads, "query")
        value_dim = split_heads(value.shape[-1], groups, "value")
        if key.shape[-1] != groups * head_dim:
            fact = f"{key.shape[-1]} key features are not {groups} heads of {head_dim}"
            raise Fault(fact, key="from", hint=f"a query has {features} in {heads} heads")
        of_keys = self.reads_keys(queries, keys, cross=cross, to=len(lead))
        before = [AxisRead(axis, IDENTITY) for axis in range(len(lead))]
        mixed = AxisRead(len(lead) + 1, FEATURES)
        asking = (*before, AxisRead(len(lead), IDENTITY), mixed)
        asked = (*before, of_keys, mixed)
        bias = [self.bias_reads(tensor, query, of_keys, keys, heads) for tensor in inputs[3:]]
        square = Square(prod(lead), heads, queries, keys, self.hidden(queries, cross=cross))
        return Facts(
            outputs={"output": Tensor((*lead, queries, heads * value_dim), query.dtype)},
            work=score_work(square, head_dim, value_dim, len(inputs) - len(ROLES), made=False),
            reads=(asking, asked, asked, *bias),
            attention=Attention(
                *(heads, groups, head_dim, value_dim, queries, keys, self.causal, self.window, cross)
            ),
            inferred={"num_kv_heads": groups, "cross": cross},
        )

    def carry(self, read: "tuple[Arrived, ...]", facts: Facts, drawn: "Drawn") -> "Propagated | Unruled":
        """A mean of the values, whose weights hardly differ at first."""
        del drawn
        from archcalc.layers.carrying.attending import carried_attention

        return carried_attention(read, facts, self.scale, self.dropout_p)

    @property
    def pairs_inputs(self) -> bool:
        """Where heads are an axis."""
        return self.num_heads is None

    def units(self, facts: Facts) -> tuple[int, ...]:
        """Heads of the queries, of keys and values; of terms on the scores those of the queries."""
        found = facts.attention
        if found is None or self.num_heads is None:
            return ()
        return found.heads, found.kv_heads, found.kv_heads, found.heads

    def _streams(self, inputs: tuple[Tensor, ...]) -> tuple[Tensor, Tensor, Tensor]:
        """Queries, keys and values of positions with features, of one dtype."""
        if len(inputs) not in (3, 4):
            fact = f"takes 3 inputs (query, key, value) or 4 (and a bias), got {len(inputs)}"
            raise Fault(fact, key="from", hint="name them: from: [q, k, v]")
        query, key, value = inputs[:3]
        one_float(inputs[:3])
        for role, tensor in zip(ROLES, inputs, strict=False):
            if len(tensor.shape) < 2:  # noqa: PLR2004  positions and features
                fact = f"{role} needs 2 or more axes (*, positions, features), got {list(tensor.shape)}"
                raise Fault(fact, key="from")
        return query, key, value

    def keeping(self, inputs: tuple[Tensor, ...], facts: Facts) -> Saved | None:
        """What the kernel that torch takes on these inputs keeps.

        The fused one takes heads of one width without dropout, and no terms on the scores that are learned,
        as those of real numbers may be; truths are made numbers.
        """
        found = facts.attention
        if found is None:
            return None
        axes = len(inputs[0].shape) + (self.num_heads is not None)
        terms = inputs[len(ROLES) :]
        learned = any(each.is_float for each in terms)
        if not self.dropout_p and found.head_dim == found.value_dim and axes == PER_HEAD and not learned:
            own = fused_results(found, inputs[0].dtype, terms)
            return Saved(inputs=(0, 1, 2), outputs=(0,), results=own)
        kept = KeptTensors(inputs)
        lead = prod(inputs[0].shape[: -PER_HEAD if self.num_heads is None else 1 - PER_HEAD])
        whole = self.num_heads in (None, 1) and found.kv_heads == found.heads
        value = kept.inputs[2] if whole else kept.new(lead, found.heads, found.keys, found.value_dim)
        composed_scores(kept, found, value, self.dropout_p, lead)
        return kept.saved(*(kept.new(*tensor.shape) for tensor in facts.outputs.values()))
