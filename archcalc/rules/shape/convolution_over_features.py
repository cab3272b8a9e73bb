"""AC111: a convolution or pool that slides along features and takes the steps of a sequence for channels."""

from typing import TYPE_CHECKING, cast

from archcalc.cures.making import in_front
from archcalc.layers.arguments import per_axis
from archcalc.rules.language import Bad, Context, Findings, Rule, TracedLayer, at
from archcalc.rules.questions.features import features_of

if TYPE_CHECKING:
    from archcalc.cures.changes import Entry
    from archcalc.layers.arguments import PerAxis

TURNED: "Entry" = {"type": "Transpose", "dim0": 0, "dim1": 1}
SEQUENCE = 2
"""Axes of steps with features."""


def check(context: Context) -> Findings:
    """Convolutions and pools over the axis in which tables, recurrences or attention put features."""
    found = context.features
    for layer in context.layers:
        window = _window(layer) if layer.inputs else ""
        made = features_of(found, layer.inputs[0]) if window else None
        if made is None or not made.sure or made.kernels or made.axis == layer.mapped:
            continue
        steps, width = layer.inputs[0].tensor.shape[layer.mapped :]
        own = "each step gets weights of its own" if layer.facts.weights else "no step meets another one"
        yield at(
            layer,
            f"{window} along the {width:,} features that"
            f" {made.maker.subject} makes, and takes the {steps:,} steps for channels",
            consequence=f"features have no order to slide along, and {own}",
            hint="put {type: Transpose, dim0: 0, dim1: 1} in front of it: channels come before positions",
            cures=(in_front(layer, TURNED, because="channels come before positions"),),
        )


def _window(layer: TracedLayer) -> str:
    """What moves along the positions of a sequence, in words; empty where windows have one tap."""
    arguments = dict(layer.arguments)
    if len(layer.inputs[0].tensor.shape) != layer.mapped + SEQUENCE or layer.arguments.normalizes:
        return ""
    if "output_size" in arguments:  # adaptive pools
        return "it pools"
    kernel = per_axis(cast("PerAxis", arguments.get("kernel_size", 1)), 1, "kernel_size")[0]
    moved = "kernel" if layer.facts.weights else "window"
    return f"its {moved} of {kernel} slides" if kernel > 1 else ""


RULE = Rule(
    code="AC111",
    name="convolution-over-features",
    severity="warning",
    what="A convolution or a pool along the features of an embedding, a recurrence or attention.",
    why=(
        "Embeddings, recurrent layers and attention give (steps, features); torch's Conv1d and its pools take"
        " (channels, positions). Without a transpose between them the number of steps becomes in_channels,"
        " and the kernel slides over neighbouring features, whose order means nothing; a sequence of another"
        " length does not fit any more. The network runs nevertheless, as channels are inferred. Kernels of 1"
        " are not meant: those mix the steps at every feature by itself, as the token mixing of an MLP-Mixer"
        " does."
    ),
    instead="`{type: Transpose, dim0: 0, dim1: 1}` in front of the convolution.",
    source=(
        "torch.nn.Conv1d (documentation: input (N, C, L)); Kim, Convolutional Neural Networks for Sentence"
        " Classification, 2014 (arXiv 1408.5882), section 2: windows of words, each over all features"
    ),
    good=(
        """\
inputs: {tokens: {shape: [20], dtype: int64}}
layers:
  - {type: Embedding, num_embeddings: 1000, embedding_dim: 128}
  - {type: Transpose, dim0: 0, dim1: 1}
  - {type: Conv1d, out_channels: 100, kernel_size: 3}
""",
        """\
inputs: {tokens: {shape: [20], dtype: int64}}
layers:
  - {type: Embedding, num_embeddings: 1000, embedding_dim: 128}
  - {type: Unsqueeze, dim: 0}
  - {type: Conv2d, out_channels: 100, kernel_size: [3, 128], note: as wide as a word}
""",
        """\
inputs: {tokens: {shape: [20], dtype: int64}}
layers:
  - {type: Embedding, num_embeddings: 1000, embedding_dim: 128}
  - LayerNorm
  - {type: Conv1d, out_channels: 20, kernel_size: 1, note: mixes tokens}
""",
        """\
inputs: {series: [7, 96]}
layers:
  - {type: Linear, out_features: 64, note: a map of the times of each series}
  - ReLU
  - {type: Conv1d, out_channels: 16, kernel_size: 3}
""",
    ),
    bad=(
        Bad(
            """\
inputs: {tokens: {shape: [20], dtype: int64}}
layers:
  - {type: Embedding, name: words, num_embeddings: 1000, embedding_dim: 128}
  - {type: Dropout, p: 0.1}
  - {type: Conv1d, out_channels: 100, kernel_size: 3}
""",
            line=5,
            message="its kernel of 3 slides along the 128 features that words (Embedding) makes",
        ),
        Bad(
            """\
inputs: {tokens: {shape: [64], dtype: int64}}
layers:
  - {type: Embedding, name: words, num_embeddings: 1000, embedding_dim: 100}
  - {type: ConvTranspose1d, out_channels: 50, kernel_size: 4, stride: 2, padding: 1}
""",
            line=4,
            message="its kernel of 4 slides along the 100 features that words (Embedding) makes",
        ),
        Bad(
            """\
inputs: {frames: [50, 40]}
layers:
  - {type: GRU, name: gru, hidden_size: 64}
  - {type: MaxPool1d, kernel_size: 2}
  - Flatten
  - {type: Linear, out_features: 3}
""",
            line=4,
            message="its window of 2 slides along the 64 features that gru (GRU) makes, and takes the",
        ),
        Bad(
            """\
inputs: {frames: [50, 40]}
layers:
  - {type: GRU, name: gru, hidden_size: 64}
  - {type: AdaptiveAvgPool1d, output_size: 1}
  - Flatten
  - {type: Linear, out_features: 3}
""",
            line=4,
            message="it pools along the 64 features that gru (GRU) makes, and takes the",
        ),
        Bad(
            """\
inputs: {frames: [50, 40]}
layers:
  - {type: LSTM, name: lstm, hidden_size: 64}
  - {type: Linear, out_features: 32}
  - ReLU
  - {type: Conv1d, out_channels: 16, kernel_size: 5}
""",
            line=6,
            message="slides along the 32 features that",
        ),
    ),
    check=check,
    misread=True,
)
