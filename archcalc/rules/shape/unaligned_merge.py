"""AC104: a merge of maps that step differently through the same input."""

from typing import TYPE_CHECKING

from archcalc.rules.language import Bad, Context, Cure, Findings, Replace, Rule, TracedLayer, at
from archcalc.rules.questions.axes import axis_word
from archcalc.rules.questions.functions import takes_positions

if TYPE_CHECKING:
    from collections.abc import Iterator
    from fractions import Fraction

    from archcalc.analyses.alignment import Misalignment, Way


def check(context: Context) -> Findings:
    """Merges, once each, whose inputs drift apart by a step of the coarsest grid on the way."""
    told: set[str] = set()
    for found in context.fields.misaligned:
        layer = context.trace.by_name[found.layer]
        from archcalc.rules.questions.merges import shared_axis

        axis = shared_axis(context, layer, found)
        if not found.strides or axis is None or found.layer in told:
            continue
        first, last = found.ways[0], max(found.ways, key=lambda way: abs(way.stride - found.ways[0].stride))
        unit = max(
            (0, layer.output.shape[axis] - 1),
            key=lambda place: abs(_looks(first, place) - _looks(last, place)),
        )
        if abs(_looks(first, unit) - _looks(last, unit)) >= _coarsest(context, layer, found):
            told.add(found.layer)
            yield at(
                layer,
                _message(context, found, (first, last), unit),
                key="from",
                consequence="numbers of different places of the input are joined, the further the more",
                hint="bring one to the grid of the other with an Upsample or a stride; cropping does not",
                cures=tuple(_cures(context, layer, (first, last))),
            )


def _cures(context: Context, merge: TracedLayer, ways: "tuple[Way, Way]") -> "Iterator[Cure]":
    """A pool over a step of the coarse way in the place of what has cut the fine one to its size."""
    fine, coarse = sorted(ways, key=lambda way: way.stride)
    ratio = coarse.stride / fine.stride
    port = next((port for port in merge.inputs if str(port) == fine.source), None)
    cut = context.trace.source(port) if port is not None else None
    if port is None or cut is None or not takes_positions(cut) or ratio.denominator != 1:
        return
    axes = len(cut.output.shape) - cut.mapped - 1
    for kind in ("AvgPool", "MaxPool"):
        pool: dict[str, object] = {"type": f"{kind}{axes}d", "kernel_size": ratio.numerator}
        named = {key: cut.origin.written(key) for key in ("name",) if cut.origin.written(key)}
        source = str(cut.inputs[0]).removeprefix(f"{cut.name.rpartition('.')[0]}.")
        why = f"both step by {_number(coarse.stride)}"
        yield Cure((Replace(cut.origin, ({**pool, **named, "from": source},)),), why)


def _looks(way: "Way", unit: int) -> "Fraction":
    """The middle of what a unit reads."""
    return way.centre + unit * way.stride


def _coarsest(context: Context, layer: TracedLayer, found: "Misalignment") -> "Fraction":
    """The largest stride on all ways: what is off by less was not told apart on one of them."""
    coarsest = max(way.stride for way in found.ways)
    for before in context.trace.above(layer.inputs):
        for field in context.fields.layers.get(before.name, ()):
            for axis in field.axes if field.input == found.input else ():
                if axis.axis == found.axis and axis.spans is not None:
                    coarsest = max(coarsest, axis.spans.stride)
    return coarsest


def _message(context: Context, found: "Misalignment", ways: "tuple[Way, Way]", unit: int) -> str:
    word = axis_word(context.trace.inputs[found.input].shape, found.axis)
    steps = " and ".join(f"{way.source} by {_number(way.stride)}" for way in ways)
    own = axis_word(context.trace.by_name[found.layer].output.shape, found.axis)
    places = " and ".join(_number(_looks(way, unit)) for way in ways)
    return f"{steps} {word}s of {found.input!r} per step: its {own} {unit:,} joins {word}s {places}"


def _number(value: "Fraction") -> str:
    return f"{value.numerator:,}" if value.denominator == 1 else f"{float(value):,.3g}"


RULE = Rule(
    code="AC104",
    name="unaligned-merge",
    severity="warning",
    what="A merge of maps of one size but different strides: equal indices mean unequal places.",
    why=(
        "Sizes can agree by accident, mostly because a larger map was cropped to a smaller one where it"
        " should have been halved. One map then shows the middle of the image in detail, the other all of it:"
        " what is added or stacked at one index comes from places that lie further apart with every step."
        " Judged are strides from the input through every window. A drift of less than one step of the"
        " coarsest grid on the way, as a resize to the size of a skip has it, is no mistake. Shifts by a part"
        " of a pixel between even and odd windows of one stride, as ResNet-D has them, are AC109's."
    ),
    instead="Bring both to one grid: a stride or pool in one way, or an `Upsample` in the other.",
    source=(
        "Araujo, Norris & Sim, Computing Receptive Fields of Convolutional Neural Networks, Distill 2019:"
        " alignment of paths"
    ),
    good=(
        """\
inputs: {image: [3, 66, 66]}
layers:
  - {type: Conv2d, name: skip, out_channels: 8, kernel_size: 3}
  - {type: MaxPool2d, kernel_size: 2}
  - {type: Conv2d, out_channels: 8, kernel_size: 3}
  - {type: ConvTranspose2d, name: up, out_channels: 8, kernel_size: 2, stride: 2}
  - {type: Crop, name: cropped, from: [skip, up], note: the middle of the skip}
  - {type: Concat, from: [cropped, up]}
""",
        """\
inputs: {image: [3, 25, 25]}
layers:
  - {type: Conv2d, name: skip, out_channels: 8, kernel_size: 3, padding: 1}
  - {type: Conv2d, out_channels: 8, kernel_size: 3, stride: 2, padding: 1}
  - {type: Upsample, name: up, size: 25, note: 13 rows become 25}
  - {type: Add, from: [skip, up]}
""",
        """\
inputs: {image: [3, 64, 64]}
layers:
  - {type: Conv2d, out_channels: 8, kernel_size: 3, stride: 2, padding: 1}
  - type: Residual
    body:
      - {type: Conv2d, out_channels: 8, kernel_size: 3, stride: 2, padding: 1}
    shortcut:
      - {type: AvgPool2d, kernel_size: 2, note: half a pixel beside the 3x3}
""",
    ),
    bad=(
        Bad(
            """\
inputs: {image: [3, 64, 64]}
layers:
  - {type: Conv2d, name: skip, out_channels: 8, kernel_size: 3, padding: 1}
  - {type: MaxPool2d, name: low, kernel_size: 2}
  - {type: Crop, name: cropped, from: [skip, low]}
  - {type: Concat, from: [cropped, low]}
""",
            line=6,
            column=26,
            message="cropped by 1 and low by 2 rows of 'image' per step: its row 0 joins rows 16 and 0.5",
        ),
        Bad(
            """\
inputs: {samples: [1, 400]}
layers:
  - {type: Conv1d, name: fine, out_channels: 8, kernel_size: 4, stride: 2, padding: 1, from: samples}
  - {type: Conv1d, name: coarse, out_channels: 8, kernel_size: 4, stride: 4, from: samples}
  - {type: Slice, name: begin, dim: 1, stop: 100, from: fine}
  - {type: Add, from: [begin, coarse]}
""",
            line=6,
            message="begin by 2 and coarse by 4 positions of 'samples' per step: its position 99 joins",
        ),
    ),
    check=check,
)
