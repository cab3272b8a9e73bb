"""AC112: a BatchNorm that takes steps for channels."""

from archcalc.rules.language import Bad, Context, Findings, Rule, at
from archcalc.rules.normalization.small_batch_norm import by_batch
from archcalc.rules.questions.features import features, features_of


def check(context: Context) -> Findings:
    """BatchNorms whose first axis is not the one in which the features before them lie."""
    found = features(context)
    for layer in context.layers:
        port = layer.inputs[0]
        made = features_of(found, port)
        if made is None or made.axis == 0 or not by_batch(layer):
            continue
        steps, width = port.tensor.shape[0], port.tensor.shape[made.axis]
        turned = f"{{type: Transpose, dim0: 0, dim1: {made.axis}}}"
        yield at(
            layer,
            f"it normalises axis 0, {steps:,} positions, as channels, and not the {width:,} features that"
            f" {made.maker.subject} makes",
            consequence="every position gets a mean and a scale of its own, over all features together",
            hint=f"put {turned} in front of it and behind it, or LayerNorm in its place",
        )


RULE = Rule(
    code="AC112",
    name="norm-over-steps",
    severity="warning",
    what="A BatchNorm behind layers whose features are not the first axis: it takes positions for channels.",
    why=(
        "BatchNorm1d takes (channels, positions). A recurrent layer, an embedding, attention and a Linear at"
        " every step give (steps, features), so that it normalises every step over all features and has as"
        " many scales and shifts as there are steps; a sequence of another length does not fit any more. It"
        " runs nevertheless, as num_features is inferred. Maps with the channels behind, as between the"
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
)
