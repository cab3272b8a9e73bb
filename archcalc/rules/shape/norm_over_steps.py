"""AC112: a norm of channels that takes steps for them."""

from typing import TYPE_CHECKING

from archcalc.cures.making import all_of, behind, in_front, retyped
from archcalc.layers.mathematics import Statistics
from archcalc.rules.language import Bad, Context, Cure, Findings, Rule, TracedLayer, at
from archcalc.rules.normalization.small_batch_norm import by_batch
from archcalc.rules.questions.features import features_of

if TYPE_CHECKING:
    from archcalc.cures.changes import Entry


def check(context: Context) -> Findings:
    """Norms of channels whose first axis is not the one in which the features before them lie."""
    found = context.features
    for layer in context.layers:
        made = features_of(found, layer.inputs[0]) if _by_channel(layer) else None
        own = layer.mapped
        if made is None or made.axis <= own:
            continue
        port = layer.inputs[0]
        steps, width = port.tensor.shape[own], port.tensor.shape[made.axis]
        turned = f"{{type: Transpose, dim0: 0, dim1: {made.axis - own}}}"
        yield at(
            layer,
            f"it normalises axis {own}, {steps:,} positions, as channels, and not the {width:,} features that"
            f" {made.maker.subject} makes",
            consequence=_consequence(layer),
            hint=f"put {turned} in front of it and behind it, or LayerNorm in its place",
            cures=_cures(layer, made.axis),
        )


def _by_channel(layer: TracedLayer) -> bool:
    """Whether channels, or groups of them, have statistics or scales of their own.

    An instance norm without scales is over positions, of which each has the statistics of its features then,
    as in a LayerNorm; with one group it is over all numbers, whatever the order of the axes.
    """
    own = layer.arguments.normalizes
    groups = getattr(layer.arguments, "num_groups", 0)
    scaled = own is Statistics.CHANNEL and bool(layer.facts.weights)
    return by_batch(layer) or scaled or (own is Statistics.GROUP and groups > 1)


def _consequence(layer: TracedLayer) -> str:
    if layer.arguments.normalizes is Statistics.GROUP:
        return "neighbouring positions share a mean, and each position has a scale of its own"
    return "every position gets a mean and a scale of its own, over all features together"


def _cures(layer: TracedLayer, axis: int) -> tuple[Cure, ...]:
    """The features in front for the norm and back, or a norm of the features of each position."""
    turned: Entry = {"type": "Transpose", "dim0": 0, "dim1": axis - layer.mapped}
    back = all_of(
        in_front(layer, turned), behind(layer, turned), because="the features are its channels then"
    )
    last = axis == len(layer.output.shape) - 1
    return back, *((retyped(layer, "LayerNorm", "over the features of each position"),) * last)


RULE = Rule(
    code="AC112",
    name="norm-over-steps",
    severity="warning",
    what="A norm of channels behind layers whose features are not the first axis, but positions are.",
    why=(
        "BatchNorm1d takes (channels, positions). A recurrent layer, an embedding, attention and a Linear at"
        " every step give (steps, features), so that it normalises every step over all features and has as"
        " many scales and shifts as there are steps; a sequence of another length does not fit any more. It"
        " runs nevertheless, as num_features is inferred. GroupNorm, and InstanceNorm with scales, have their"
        " channels there too; InstanceNorm without scales then does what a LayerNorm does, and is not meant."
        " Maps with the channels behind, as between the"
        " permutes of a ConvNeXt, are the same, and so are the nodes of a graph. Features are followed from"
        " the layer that makes them; an input's are not known, and a map over positions leaves them"
        " where they are."
    ),
    instead="LayerNorm over the features; or the axes swapped in front of the BatchNorm and back behind it.",
    source=(
        "torch.nn.BatchNorm1d (documentation: input (N, C, L)); Ioffe & Szegedy, Batch"
        " Normalization, 2015 (arXiv 1502.03167), section 3.2: one mean for each feature"
    ),
    good=(
        """\
inputs: {x: [20, 64]}
layers:
  - {type: LSTM, hidden_size: 64}
  - {type: Transpose, dim0: 0, dim1: 1}
  - BatchNorm1d
  - {type: Transpose, dim0: 0, dim1: 1}
""",
        """\
inputs: {x: [64, 20]}
layers:
  - {type: Conv1d, out_channels: 64, kernel_size: 3, padding: 1, bias: false}
  - BatchNorm1d
  - ReLU
  - {type: Linear, out_features: 20, note: a map over positions}
  - BatchNorm1d
""",
        """\
inputs: {x: [20, 64]}
layers:
  - {type: BatchNorm1d, note: what the axes of an input are is not known}
  - {type: LSTM, name: lstm, hidden_size: 64}
  - {type: BatchNorm1d, from: lstm.h_n, frozen: true}
""",
        """\
inputs: {x: [20, 64]}
layers:
  - {type: LSTM, hidden_size: 64}
  - {type: InstanceNorm1d, note: "of the features of each step, as a LayerNorm without scales"}
""",
        """\
inputs: {x: [20, 64]}
layers:
  - {type: Linear, out_features: 32}
  - {type: GroupNorm, num_groups: 1, note: over all numbers}
  - ReLU
""",
    ),
    bad=(
        Bad(
            """\
inputs: {x: [20, 64]}
layers:
  - {type: LSTM, name: lstm, hidden_size: 32}
  - BatchNorm1d
""",
            line=4,
            column=5,
            message="it normalises axis 0, 20 positions, as channels, and not the 32 features that lstm",
        ),
        Bad(
            """\
inputs: {tokens: {shape: [32], dtype: int64}}
layers:
  - {type: Embedding, name: words, num_embeddings: 1000, embedding_dim: 64}
  - {type: GroupNorm, num_groups: 4}
  - {type: LSTM, hidden_size: 64}
""",
            line=4,
            message="it normalises axis 0, 32 positions, as channels, and not the 64 features that words",
        ),
        Bad(
            """\
inputs: {x: [20, 64]}
layers:
  - {type: GRU, name: gru, hidden_size: 32}
  - {type: InstanceNorm1d, affine: true}
""",
            line=4,
            message="it normalises axis 0, 20 positions, as channels, and not the 32 features that gru",
        ),
        Bad(
            """\
inputs: {points: [1024, 3]}
layers:
  - {type: Linear, name: lift, out_features: 64, bias: false}
  - BatchNorm1d
  - ReLU
""",
            line=4,
            message="1,024 positions, as channels, and not the 64 features that lift (Linear) makes",
        ),
        Bad(
            """\
inputs: {image: [3, 32, 24]}
layers:
  - {type: Conv2d, name: conv, out_channels: 16, kernel_size: 3, padding: 1}
  - {type: Permute, dims: [1, 2, 0]}
  - BatchNorm2d
""",
            line=5,
            message="32 positions, as channels, and not the 16 features that conv (Conv2d) makes",
        ),
    ),
    check=check,
    misread=True,
)
