"""AC111: a convolution that slides along features and takes the steps of a sequence for channels."""

from archcalc.facts import Window
from archcalc.rules.language import Bad, Context, Findings, Rule, at
from archcalc.rules.questions.features import features, features_of
from archcalc.rules.questions.maps import is_convolution

SEQUENCE = 2
"""Axes of steps with features."""


def check(context: Context) -> Findings:
    """Convolutions with kernels over the axis in which tables, recurrences or attention put features."""
    found = features(context)
    for layer in context.layers:
        port = layer.inputs[0]
        made = features_of(found, port) if is_convolution(layer) else None
        if made is None or not made.sure or made.kernels or len(port.tensor.shape) != SEQUENCE:
            continue
        reach = layer.facts.reads[0][made.axis].reach
        if isinstance(reach, Window) and reach.kernel > 1:
            steps, width = port.tensor.shape
            yield at(
                layer,
                f"its kernel of {reach.kernel} slides along the {width:,} features that"
                f" {made.maker.subject} makes, and takes the {steps:,} steps for channels",
                consequence="features have no order to slide along, and each step gets weights of its own",
                hint="put {type: Transpose, dim0: 0, dim1: 1} in front of it: channels come before positions",
            )


RULE = Rule(
    code="AC111",
    name="convolution-over-features",
    severity="warning",
    what="A convolution along the features of an embedding, a recurrence or attention.",
    why=(
        "Embeddings, recurrent layers and attention give (steps, features); torch's Conv1d takes (channels,"
        " positions). Without a transpose between them the number of steps becomes in_channels: the kernel"
        " slides over neighbouring features, whose order means nothing, and a sequence of another length does"
        " not fit any more. The network runs nevertheless, as channels are inferred. Kernels of 1 are not"
        " meant: those mix the steps at every feature by itself, as the token mixing of an MLP-Mixer does."
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
)
