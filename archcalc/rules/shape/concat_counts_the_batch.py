"""AC114: a Concat along positions, by torch's number of the channels, which counts the batch."""

from typing import TYPE_CHECKING, cast

from archcalc.cures.making import setting
from archcalc.layers.mathematics import Merge
from archcalc.rules.language import Bad, Context, Findings, Port, Rule, TracedLayer, at
from archcalc.rules.questions.axes import axis_word, counted, fields_of
from archcalc.rules.questions.features import features_of

if TYPE_CHECKING:
    from fractions import Fraction

    from archcalc.analyses.transfer import Axis
    from archcalc.rules.questions.features import Found


def check(context: Context) -> Findings:
    """Concats of maps of one size, along the axis behind their channels, that see the same places."""
    concats = [layer for layer in context.layers if layer.arguments.merges is Merge.CONCATENATION]
    if not concats:
        return
    found = context.features
    for layer in concats:
        shapes = {port.tensor.shape for port in layer.inputs}
        dim = cast("int", getattr(layer.arguments, "dim", 0))
        last = dim == -1  # where Keras has the channels
        along = len(layer.output.shape) - 1 if last else dim
        if len(shapes) > 1 or along < 1 or not _behind_channels(layer, found, 0 if last else dim - 1):
            continue
        places = {_place(context, port, along) for port in layer.inputs}
        if len(places) > 1 or None in places:
            continue
        (shape,) = shapes
        new = 0 if last else dim - 1
        meant = [*shape[:new], len(layer.inputs) * shape[new], *shape[new + 1 :]]
        counts = "dim -1 is the last axis of positions" if last else f"dim {dim} does not count the batch"
        why = (
            f"channels come first: {meant}" if last else f"torch's dim {dim} with the batch in front: {meant}"
        )
        yield at(
            layer,
            f"{counts}: it joins {counted(shape[along], axis_word(shape, along))} of"
            f" {' and '.join(map(str, layer.inputs))} to {list(layer.output.shape)}, and not their channels",
            key="dim",
            consequence="the same place of the input stands in it twice, half the axis apart",
            hint=f"write dim: {new}, {why}",
            cures=(setting(layer, why, dim=new),),
        )


def _behind_channels(layer: TracedLayer, found: "Found", axis: int) -> bool:
    """Whether an axis holds channels in all inputs."""
    made = [features_of(found, port) for port in layer.inputs]
    return all(each is not None and each.kernels and each.axis == axis for each in made)


def _place(context: Context, port: Port, along: int) -> "tuple[Axis, Fraction] | None":
    """The input axis that an output's axis runs along, most of it, and the stride; None: not known."""
    for name, axis in fields_of(context, port):
        if axis.along == along and axis.spans is not None:
            stride = axis.spans.stride
            most = 2 * stride * port.tensor.shape[along] > axis.length
            return ((name, axis.axis), stride) if most else None
    return None


RULE = Rule(
    code="AC114",
    name="concat-counts-the-batch",
    severity="warning",
    what="A Concat with `dim: 1` or -1 of maps of one size and place, which joins positions, not channels.",
    why=(
        "Shapes here have no batch axis, and `dim` of Concat counts without it: the channels of (C, H, W) are"
        " dim 0. In torch they are dim 1, which copied here puts one map below the other, and in Keras axis"
        " -1, which puts them side by side. Of maps of equal size that is not refused: the network runs on a"
        " map of twice the height or width. Found are maps whose first axis holds a convolution's channels"
        " and whose positions are the same places of the same input, by their receptive fields: a skip and"
        " its decoder. Pictures of several inputs side by side, halves of one map, tokens with the features"
        " behind (a class token in front) and maps of several strides are joined on purpose."
    ),
    instead="`Concat` without `dim`, or `dim: 0`.",
    source="archcalc's spec language: axes count without the batch; torch.cat (documentation)",
    good=(
        """\
inputs: {image: [3, 64, 64]}
layers:
  - {type: Conv2d, name: e1, out_channels: 16, kernel_size: 3, padding: 1}
  - {type: MaxPool2d, kernel_size: 2}
  - {type: Conv2d, name: e2, out_channels: 16, kernel_size: 3, padding: 1}
  - {type: Upsample, name: up, scale_factor: 2}
  - {type: Concat, from: [up, e1]}
""",
        """\
inputs: {left: [3, 64, 64], right: [3, 64, 64]}
layers:
  - {type: Conv2d, name: a, from: left, out_channels: 16, kernel_size: 3, padding: 1}
  - {type: Conv2d, name: b, from: right, tie: a, out_channels: 16, kernel_size: 3, padding: 1}
  - {type: Concat, from: [a, b], dim: 1, note: two pictures}
""",
        """\
inputs: {image: [3, 64, 64]}
layers:
  - {type: Conv2d, name: conv, out_channels: 16, kernel_size: 3, padding: 1}
  - {type: Slice, name: upper, from: conv, dim: 1, stop: 32}
  - {type: Slice, name: lower, from: conv, dim: 1, start: 32}
  - {type: Concat, from: [lower, upper], dim: 1, note: the halves of one map}
""",
        """\
inputs: {image: [3, 64, 64]}
layers:
  - {type: Conv2d, out_channels: 16, kernel_size: 8, stride: 8}
  - {type: Flatten, start_dim: 2}
  - {type: Transpose, name: patches, dim0: 0, dim1: 1}
  - {type: Linear, name: others, out_features: 16}
  - {type: Concat, from: [patches, others], dim: 0, note: more tokens}
""",
    ),
    bad=(
        Bad(
            """\
inputs: {image: [3, 64, 64]}
layers:
  - {type: Conv2d, name: e1, out_channels: 16, kernel_size: 3, padding: 1}
  - {type: MaxPool2d, kernel_size: 2}
  - {type: Conv2d, name: e2, out_channels: 16, kernel_size: 3, padding: 1}
  - {type: Upsample, name: up, scale_factor: 2}
  - {type: Concat, from: [up, e1], dim: 1}
""",
            line=7,
            column=41,
            message="dim 1 does not count the batch: it joins 64 rows of up and e1 to [16, 128, 64]",
        ),
        Bad(
            """\
inputs: {image: [3, 64, 64]}
layers:
  - {type: Conv2d, name: a, out_channels: 16, kernel_size: 3, padding: 1}
  - {type: Conv2d, name: b, from: image, out_channels: 16, kernel_size: 5, padding: 2}
  - {type: Concat, from: [a, b], dim: -1}
""",
            line=5,
            message="dim -1 is the last axis of positions: it joins 64 columns of a and b to [16, 64, 128]",
        ),
        Bad(
            """\
inputs: {signal: [2, 100]}
layers:
  - type: Branches
    branches:
      - - {type: Conv1d, out_channels: 8, kernel_size: 3, padding: 1}
      - - {type: Conv1d, out_channels: 8, kernel_size: 5, padding: 2}
    merge: {type: Concat, dim: 1}
""",
            line=7,
            message="it joins 100 positions of",
        ),
    ),
    check=check,
    misread=True,
)
