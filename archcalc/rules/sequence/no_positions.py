"""AC601: attention that nothing tells where its tokens stand."""

from itertools import islice
from typing import TYPE_CHECKING

from archcalc.cures.making import in_front
from archcalc.rules.language import Bad, Context, Cure, Findings, Rule, TracedLayer, at
from archcalc.rules.questions.axes import counted
from archcalc.rules.questions.features import channels_as_steps
from archcalc.rules.questions.tokens import ordered_source

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_JUDGED = 100
"""First layers of attention that are followed back to what they read."""
OWN_INPUTS = 3
"""Query, key and value; a further one is a term on the scores, and may tell positions."""


def check(context: Context) -> Findings:
    """The first attention over tokens or patches on a way without anything that tells positions apart."""
    for layer, behind in islice(_first(context), MAX_JUDGED):
        what = ordered_source(context, layer)
        if what is None or channels_as_steps(context.features, layer):
            continue  # AC116 tells of channels that are taken for tokens
        count = layer.inputs[0].tensor.shape[-2]
        others = f", nor in {counted(behind, 'more layer')} behind" if behind else ""
        yield at(
            layer,
            f"nothing tells its {count:,} {what} apart by their places{others}",
            consequence="it sees a bag of them: reordered, they give the same results, reordered",
            hint=_hint(layer),
            cures=_cures(context, layer),
        )


def _first(context: Context) -> "Iterator[tuple[TracedLayer, int]]":
    """Layers that see a set and have none before them that does, and how many behind see one too."""
    unordered = {name for name in context.attention.blind if _judged(context.trace.by_name[name])}
    first: dict[str, str] = {}
    behind: dict[str, int] = {}
    for layer in context.layers:
        before = next((first[port.layer] for port in layer.inputs if port.layer in first), None)
        if before is None and layer.name in unordered:
            first[layer.name] = layer.name
            behind[layer.name] = 0
        elif before is not None:
            first[layer.name] = before
            behind[before] += layer.name in unordered
    for name, count in behind.items():
        yield context.trace.by_name[name], count


def _judged(layer: TracedLayer) -> bool:
    """Whether it attends to its own sequence, all of it, and no mask or term gives an order away."""
    attention = layer.facts.attention
    return (
        attention is not None
        and not attention.cross
        and not attention.causal
        and attention.window is None
        and attention.queries > 1
        and len(layer.inputs) <= OWN_INPUTS
    )


def _cures(context: Context, layer: TracedLayer) -> tuple[Cure, ...]:
    """Positions in front of what first reads all that the attention reads."""
    reader = _fork(context, layer)
    kinds = ("LearnedPositionalEncoding", "SinusoidalPositionalEncoding")
    return tuple(in_front(reader, kind) for kind in kinds)


def _fork(context: Context, layer: TracedLayer) -> TracedLayer:
    """The layer itself, or where queries, keys and values are made of one tensor what makes that.

    A shipped block makes them of what it reads.
    """
    shipped = layer.origin.in_spec.document is not layer.origin.document
    if shipped or len({port.layer for port in layer.inputs}) == 1:
        return layer
    first, *others = (context.trace.above((port,)) for port in layer.inputs)
    shared = {each.name for each in first}.intersection(*({each.name for each in way} for way in others))
    return next((each for each in reversed(first) if each.name in shared), layer)


def _hint(layer: TracedLayer) -> str:
    add = "add positions before it: LearnedPositionalEncoding or SinusoidalPositionalEncoding"
    turn = ", or RotaryEmbedding on queries and keys" if not layer.facts.weights else ""
    return f"{add}{turn}; a set has none: say so with ignore: [AC601]"


RULE = Rule(
    code="AC601",
    name="no-positions",
    severity="warning",
    what="Attention over tokens or patches with nothing before it that tells their places.",
    why=(
        "Attention without a mask treats what it reads as a set: when tokens change places, their results"
        " change places with them, and nothing else. 'Dog bites man' and 'man bites dog' are one sentence"
        " to it. A ViT without positions lost 2.8 points on ImageNet (few-shot), though its patches know"
        " their neighbours' looks. Overlapping or padded convolutions, recurrences, a term on the scores and"
        " causal masks give an order away, so nothing behind them is meant (decoders without positions learn"
        " them from the mask: Haviv et al. 2022, arXiv 2203.16634); nor are sets, whose elements arrive as"
        " numbers, and tasks about points, items, tables or graphs."
    ),
    instead=(
        "Add a `LearnedPositionalEncoding` or `SinusoidalPositionalEncoding` behind the embedding, or turn"
        " queries and keys with a `RotaryEmbedding`, or give the attention a `RelativePositionBias`."
    ),
    source=(
        "Vaswani et al., Attention Is All You Need, 2017 (arXiv 1706.03762), section 3.5; Dosovitskiy et al.,"
        " ViT, 2020 (arXiv 2010.11929), appendix D.4"
    ),
    good=(
        """\
inputs: {tokens: {shape: [64], dtype: int64}}
layers:
  - {type: Embedding, num_embeddings: 1000, embedding_dim: 32}
  - SinusoidalPositionalEncoding
  - {type: TransformerEncoderLayer, nhead: 4, dim_feedforward: 64}
""",
        """\
inputs: {points: [1024, 3]}        # a set of points
layers:
  - {type: Linear, out_features: 32}
  - {type: MultiheadAttention, num_heads: 4}
""",
        """\
inputs: {tokens: {shape: [64], dtype: int64}}
layers:
  - {type: Embedding, num_embeddings: 1000, embedding_dim: 32}
  - {type: LSTM, hidden_size: 32}  # tells the places
  - {type: MultiheadAttention, num_heads: 4}
""",
        """\
inputs: {tokens: {shape: [64], dtype: int64}, places: {shape: [64], dtype: int64}}
layers:
  - {type: Embedding, name: words, from: tokens, num_embeddings: 1000, embedding_dim: 32}
  - {type: Embedding, name: rows, from: places, num_embeddings: 512, embedding_dim: 32}
  - {type: Add, from: [words, rows]}
  - {type: MultiheadAttention, num_heads: 4}
""",
    ),
    bad=(
        Bad(
            """\
task: text_classification
inputs: {tokens: {shape: [64], dtype: int64}}
layers:
  - {type: Embedding, num_embeddings: 1000, embedding_dim: 32}
  - {type: TransformerEncoderLayer, name: layer, nhead: 4, dim_feedforward: 64, repeat: 6}
  - {type: Mean, dim: 0}
""",
            line=5,
            column=5,
            message="nothing tells its 64 tokens apart by their places, nor in 5 more layers behind",
        ),
        Bad(
            """\
inputs: {image: [3, 224, 224]}
layers:
  - {type: Conv2d, out_channels: 64, kernel_size: 16, stride: 16}
  - {type: Flatten, start_dim: 2}
  - {type: Transpose, dim0: 0, dim1: 1}
  - ClassToken
  - {type: Linear, name: q, out_features: 64}
  - {type: Linear, name: k, from: classtoken_0, out_features: 64}
  - {type: Linear, name: v, from: classtoken_0, out_features: 64}
  - {type: ScaledDotProductAttention, from: [q, k, v], num_heads: 4}
""",
            line=10,
            message="nothing tells its 197 patches apart by their places",
        ),
        Bad(
            """\
inputs: {tokens: {shape: [128], dtype: int64}, segments: {shape: [128], dtype: int64}}
layers:
  - {type: Embedding, name: words, from: tokens, num_embeddings: 1000, embedding_dim: 32}
  - {type: Embedding, name: sides, from: segments, num_embeddings: 2, embedding_dim: 32}
  - {type: Add, from: [words, sides]}
  - {type: BertLayer, num_heads: 4}
""",
            line=6,
            message="nothing tells its 128 tokens apart",
        ),
    ),
    check=check,
)
