"""AC113: a head that reads the last axis of a map, where a Flatten was forgotten."""

from math import prod

from archcalc.cures.making import in_front
from archcalc.rules.language import Bad, Context, Findings, Port, Rule, TracedLayer, at
from archcalc.rules.questions.axes import counted
from archcalc.rules.questions.features import Features, features_of
from archcalc.rules.questions.functions import bends, distributes, in_place, normalizes
from archcalc.rules.questions.goal import has_task
from archcalc.rules.questions.maps import has_kernels, is_map, mixed_axis

SEQUENCE = 2
"""Axes of channels and positions: where positions are mapped on purpose (forecasting) as well."""


def check(context: Context) -> Findings:
    """Linear maps of the last axis of a convolution's map, behind which its other axes leave as they are."""
    found = context.features
    heads = {head.name: head for port in context.trace.outputs if (head := _head(context, port))}
    for head in heads.values():
        read = head.inputs[0].tensor.shape
        if not _of_positions(features_of(found, head.inputs[0]), len(read)):
            continue
        if len(read) == SEQUENCE and not _classifies(context):
            continue
        (port,) = [port for port in context.trace.outputs if _head(context, port) is head][:1]
        places = counted(read[-1], "place")
        yield at(
            head,
            f"of a map {list(read)} it maps the last axis alone, {places}, and the network ends in"
            f" {list(port.tensor.shape)}",
            consequence="every channel gets an answer of its own, from one line of the map",
            hint=f"put a Flatten in front of it: {prod(read):,} features",
            cures=(in_front(head, "Flatten", because=f"{prod(read):,} features"),),
        )


def _head(context: Context, port: Port) -> TracedLayer | None:
    """The first of the linear maps of the last axis with which an output ends, all other axes as they are."""
    first: TracedLayer | None = None
    layer = context.trace.source(port)
    while layer is not None and len(layer.inputs) == 1:
        if _maps_last(layer):
            first = layer
        elif not (bends(layer) or distributes(layer) or normalizes(layer) or in_place(layer)):
            break
        layer = context.trace.source(layer.inputs[0])
    return first


def _maps_last(layer: TracedLayer) -> bool:
    return is_map(layer) and not has_kernels(layer) and mixed_axis(layer) == len(layer.output.shape) - 1


def _of_positions(made: Features | None, axes: int) -> bool:
    """Whether the last of several axes holds the positions of a convolution, and the first its channels."""
    return made is not None and made.kernels and made.axis == 0 and axes >= SEQUENCE


def _classifies(context: Context) -> bool:
    return has_task(context, "classification") and not has_task(context, "token", "node")


RULE = Rule(
    code="AC113",
    name="map-not-flattened",
    severity="warning",
    what="Linear layers at the end of a network that read the last axis of a map: a Flatten is missing.",
    why=(
        "Linear maps the last axis, whatever stands before it. Of a map (channels, rows, columns) that is the"
        " columns, so that each channel and row is answered by itself, and the output has three axes. torch"
        " refuses in_features that are meant for the whole map; where they are inferred nothing does. Judged"
        " are linear layers at the end of the network whose features are a convolution's and stand in"
        " front; not those behind a permute (channels behind, as in Swin), nor maps over positions between"
        " other layers (mixers). Of (channels, positions) only a classifier is meant, as forecasts map the"
        " positions on purpose."
    ),
    instead="`Flatten` in front of the first Linear, or an adaptive pool to one place and `Flatten`.",
    source="torch.nn.Linear (documentation: (*, H_in) -> (*, H_out))",
    good=(
        """\
inputs: {image: [1, 28, 28]}
layers:
  - {type: Conv2d, out_channels: 16, kernel_size: 5}
  - ReLU
  - Flatten
  - {type: Linear, out_features: 10}
""",
        """\
inputs: {image: [3, 32, 32]}
task: segmentation
layers:
  - {type: Conv2d, out_channels: 16, kernel_size: 3, padding: 1}
  - ReLU
  - {type: Permute, dims: [1, 2, 0]}
  - {type: Linear, out_features: 21, note: of the channels at every place}
""",
        """\
inputs: {series: [7, 96]}
task: forecasting
layers:
  - {type: Conv1d, out_channels: 7, kernel_size: 3, padding: 1}
  - ReLU
  - {type: Linear, out_features: 24, note: the next 24 times of each series}
""",
        """\
inputs: {image: [3, 32, 32]}
layers:
  - {type: Conv2d, out_channels: 16, kernel_size: 3, padding: 1}
  - ReLU
  - {type: Linear, out_features: 32, note: mixes columns}
  - {type: Transpose, dim0: 1, dim1: 2}
  - {type: GELU}
  - {type: Conv2d, out_channels: 16, kernel_size: 1}
""",
    ),
    bad=(
        Bad(
            """\
inputs: {image: [1, 28, 28]}
layers:
  - {type: Conv2d, out_channels: 32, kernel_size: 5, padding: 2}
  - ReLU
  - {type: MaxPool2d, kernel_size: 4}
  - {type: Linear, name: out, out_features: 10}
""",
            line=6,
            message="of a map [32, 7, 7] it maps the last axis alone, 7 places, and the network ends in",
        ),
        Bad(
            """\
inputs: {image: [3, 64, 64]}
task: classification
loss: CrossEntropyLoss
layers:
  - {type: Conv2d, out_channels: 64, kernel_size: 3, padding: 1, bias: false}
  - BatchNorm2d
  - ReLU
  - {type: AdaptiveAvgPool2d, output_size: 1}
  - {type: Linear, name: fc1, out_features: 128}
  - ReLU
  - {type: Dropout, p: 0.5}
  - {type: Linear, name: fc2, out_features: 10}
""",
            line=9,
            message="of a map [64, 1, 1] it maps the last axis alone, 1 place, and the network ends in",
        ),
        Bad(
            """\
inputs: {signal: [1, 400]}
task: time_series_classification
layers:
  - {type: Conv1d, out_channels: 32, kernel_size: 9}
  - ReLU
  - {type: AdaptiveMaxPool1d, output_size: 1}
  - {type: Linear, out_features: 5}
""",
            line=7,
            message="of a map [32, 1] it maps the last axis alone",
        ),
    ),
    check=check,
    misread=True,
)
