"""AC610: attention of a sequence of one position to itself."""

from typing import TYPE_CHECKING

from archcalc.attended import Attention
from archcalc.cures.making import retyped
from archcalc.rules.language import Bad, Context, Cure, Findings, Replace, Rule, TracedLayer, at

if TYPE_CHECKING:
    from collections.abc import Mapping


def check(context: Context) -> Findings:
    """Layers that attend to a single key; one finding, at the first, however many there are."""
    found = [layer for layer in context.layers if _asks_one(layer.facts.attention)]
    if not found:
        return
    first, more = found[0], context.count(found) - 1
    idle = sum(context.times(layer.name) * _asking(layer) for layer in found)
    spent = f": {idle:,} parameters that never get a gradient" if idle else ""
    yield at(
        first,
        "the sequence has 1 position, whose weight is 1, whatever it asks"
        + (f", here and in {more:,} more" if more else ""),
        consequence=f"it is a linear map of that position; queries and keys have no say{spent}",
        cures=(
            Cure((Replace(first.origin, (_linear(first),)),), "it does the same here"),
            retyped(first, "ReLU", "maps on both sides of it need no third one, but something that bends"),
        ),
        hint="give it the positions as axis 0 and the features as axis 1; or write Linear for it",
    )


def _asks_one(attention: Attention | None) -> bool:
    """Whether it has one key; a step of a decoder may, and so may a memory of one vector."""
    if attention is None or attention.causal or attention.cross:
        return False
    return attention.keys == 1


def _linear(layer: TracedLayer) -> "Mapping[str, object]":
    """What it comes to, under the same name."""
    kept = {key: value for key in ("name", "from") if (value := layer.origin.written(key)) is not None}
    return {"type": "Linear", **kept, "out_features": layer.output.shape[-1]}


def _asking(layer: TracedLayer) -> int:
    """Parameters of its queries and keys."""
    return sum(layer.facts.parts[role].params for role in ("query", "key") if role in layer.facts.parts)


RULE = Rule(
    code="AC610",
    name="attention-to-one-key",
    severity="warning",
    what="Attention of a sequence of one position to itself.",
    why=(
        "Attention mixes the values of many positions by a softmax over their scores. Over one score it is 1:"
        " what comes out is the value of the only position, and no gradient ever reaches the queries and"
        " the keys. It happens where a row of features is given an axis of one position (`Unsqueeze`) to"
        " fit a Transformer, where the axes of features and positions are the wrong way round, and behind"
        " a pool over all positions. In torch the batch then often stands where the positions belong"
        " (`batch_first`), and samples attend to each other. A causal layer at one position is a step of a"
        " decoder and is not meant, nor is a memory of one vector."
    ),
    instead=(
        "A token for every feature or patch, (positions, features); or a plain Linear and an activation for a"
        " single vector."
    ),
    source=(
        "Vaswani et al., Attention Is All You Need, 2017 (arXiv 1706.03762), equation 1; torch.nn."
        "MultiheadAttention (documentation of batch_first)"
    ),
    good=(
        """\
inputs: {features: [64]}
layers:
  - {type: Unsqueeze, dim: 1, note: a token for each of 64 features}
  - {type: Linear, out_features: 128}
  - {type: MultiheadAttention, num_heads: 2}
""",
        """\
inputs: {step: [1, 128]}
layers:
  - {type: MultiheadAttention, num_heads: 2, causal: true, note: a step of a decoder}
""",
        """\
inputs: {tokens: [20, 128], label: [1, 128]}
layers:
  - {type: MultiheadAttention, from: [tokens, label], num_heads: 2, cross: true}
""",
    ),
    bad=(
        Bad(
            """\
inputs: {features: [64]}
layers:
  - {type: Linear, out_features: 128}
  - {type: Unsqueeze, dim: 0}
  - {type: MultiheadAttention, num_heads: 2}
  - {type: Linear, out_features: 4}
""",
            line=5,
            column=5,
            message="the sequence has 1 position, whose weight is 1, whatever it asks",
        ),
        Bad(
            """\
inputs: {features: [1, 128]}
layers:
  - {type: TransformerEncoderLayer, repeat: 2, nhead: 2, dim_feedforward: 256}
""",
            line=3,
            message="whatever it asks, here and in 1 more",
        ),
    ),
    check=check,
)
