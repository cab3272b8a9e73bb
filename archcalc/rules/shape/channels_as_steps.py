"""AC116: attention or a recurrence that goes through the channels of a convolution as if they were steps."""

from typing import TYPE_CHECKING

from archcalc.cures.making import all_of, behind, in_front
from archcalc.rules.language import Bad, Context, Cure, Findings, Rule, TracedLayer, at
from archcalc.rules.questions.axes import counted
from archcalc.rules.questions.features import channels_as_steps
from archcalc.rules.questions.tokens import ordered_source

if TYPE_CHECKING:
    from collections.abc import Iterator

    from archcalc.cures.changes import Entry

TURNED: "Entry" = {"type": "Transpose", "dim0": 0, "dim1": 1}
BECAUSE = "steps come before features"
SEQUENCE = 2
"""Axes of steps with features."""


def check(context: Context) -> Findings:
    """The first layer behind each convolution that takes its channels for steps, and how many more do."""
    found = context.features
    first: dict[str, list[TracedLayer]] = {}
    for layer in context.layers:
        made = channels_as_steps(found, layer)
        if made is not None:
            first.setdefault(made.maker.name, []).append(layer)
    for name, layers in first.items():
        maker, layer = context.trace.by_name[name], layers[0]
        channels, positions = layer.inputs[0].tensor.shape[layer.mapped :]
        more = f", here and in {counted(context.count(layers) - 1, 'more layer')}" if len(layers) > 1 else ""
        yield at(
            layer,
            f"it takes the {channels:,} channels that {maker.subject} makes for steps, and the"
            f" {positions:,} positions for features{more}",
            consequence="channels have no order and no neighbours, and inputs of other lengths do not fit",
            hint="put {type: Transpose, dim0: 0, dim1: 1} in front of it: steps come before features",
            cures=tuple(_cures(context, maker, layer)),
        )


def _cures(context: Context, maker: TracedLayer, layer: TracedLayer) -> "Iterator[Cure]":
    """Steps first, from where there are two axes on, with their places where nothing tells them."""
    if layer.facts.attention is None:
        yield in_front(layer, TURNED, because=BECAUSE)
    entries: list[Entry] = [TURNED]
    if layer.facts.attention is not None and ordered_source(context, layer):
        entries.append("LearnedPositionalEncoding")
    above = context.trace.above((layer.inputs[0],))
    for each in above[above.index(maker) :]:
        if len(each.output.shape) == each.mapped + SEQUENCE and each.origin.in_spec == each.origin:
            readers = [reader for reader in context.layers if _names(reader, each)]
            turned = [in_front(reader, *entries) for reader in readers]
            yield all_of(*turned, because=BECAUSE) if turned else behind(each, *entries, because=BECAUSE)


def _names(reader: TracedLayer, layer: TracedLayer) -> bool:
    """Whether it says that it reads a layer, and nothing else."""
    source = reader.origin.in_spec.written("from")
    return isinstance(source, str) and any(port.layer == layer.name for port in reader.inputs)


RULE = Rule(
    code="AC116",
    name="channels-as-steps",
    severity="warning",
    what="Attention or a recurrence that reads a convolution's channels as steps: a Transpose is missing.",
    why=(
        "Convolutions give (channels, positions); LSTM, GRU and attention take (steps, features), with"
        " `batch_first` as here. Without a transpose between them the network runs all the same: a recurrence"
        " goes from channel to channel, attention compares channels with one another, and the positions are"
        " features, of which there have to be as many for every input. Meant are layers whose axis of steps"
        " is known to hold the channels of a convolution with a kernel of several taps, also behind a"
        " `Flatten` of rows and columns. Attention among channels that is meant so (XCiT, DaViT) says so with"
        " ignore: [AC116]."
    ),
    instead="`{type: Transpose, dim0: 0, dim1: 1}` behind the convolution, or behind the Flatten of its map.",
    source=(
        "torch.nn.LSTM and torch.nn.MultiheadAttention (documentation of batch_first: (N, L, E)); Dosovitskiy"
        " et al., ViT, 2020 (arXiv 2010.11929), equation 1: a row of the sequence is a patch"
    ),
    good=(
        """\
inputs: {image: [3, 32, 32]}
layers:
  - {type: Conv2d, out_channels: 64, kernel_size: 4, stride: 4}
  - {type: Flatten, start_dim: 2}
  - {type: Transpose, dim0: 0, dim1: 1}
  - {type: LearnedPositionalEncoding, max_len: 64}
  - {type: TransformerEncoderLayer, nhead: 4, dim_feedforward: 128}
""",
        """\
inputs: {signal: [9, 128]}
layers:
  - {type: Conv1d, out_channels: 64, kernel_size: 3}
  - ReLU
  - {type: Transpose, dim0: 0, dim1: 1}
  - {type: LSTM, hidden_size: 100}
""",
        """\
inputs: {tokens: [50, 64]}
layers:
  - {type: Linear, out_features: 64}
  - {type: Conv1d, out_channels: 50, kernel_size: 1, note: mixes tokens}
  - {type: MultiheadAttention, num_heads: 4}
""",
    ),
    bad=(
        Bad(
            """\
inputs: {signal: [9, 128]}
layers:
  - {type: Conv1d, name: conv, out_channels: 64, kernel_size: 3, padding: 1}
  - ReLU
  - {type: MaxPool1d, kernel_size: 2}
  - {type: LSTM, hidden_size: 100}
""",
            line=6,
            message="it takes the 64 channels that conv (Conv1d) makes for steps, and the 64 positions",
        ),
        Bad(
            """\
inputs: {image: [3, 32, 32]}
layers:
  - {type: Conv2d, name: patches, out_channels: 192, kernel_size: 4, stride: 4}
  - {type: Flatten, start_dim: 2}
  - {type: TransformerEncoderLayer, nhead: 8, dim_feedforward: 256, repeat: 2}
""",
            line=5,
            message="it takes the 192 channels that patches (Conv2d) makes for steps, and the 64 positions",
        ),
    ),
    check=check,
    misread=True,
)
