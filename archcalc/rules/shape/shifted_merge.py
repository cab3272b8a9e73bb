"""AC109: a merge of maps of one stride whose units look at places that are a part of a stride apart."""

from typing import TYPE_CHECKING

from archcalc.cures.making import setting
from archcalc.rules.language import Bad, Context, Cure, Findings, Port, Rule, TracedLayer, at
from archcalc.rules.questions.axes import axis_word
from archcalc.rules.questions.functions import takes_positions
from archcalc.rules.questions.merges import shared_axis, way_to
from archcalc.rules.questions.neighbours import way_before
from archcalc.rules.questions.windows import window_of
from archcalc.tuples import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from fractions import Fraction

    from archcalc.analyses.alignment import Misalignment


MAX_PAIRS = 12
"""Pairs of layers of both ways that are compared."""


class Shift(NamedTuple):
    """How far the middles of two ways lie apart along an axis of the network's input.

    Args:
        found: the merge and the axis.
        distance: in positions of that axis.
        stride: of both ways, in the same positions.
    """

    found: "Misalignment"
    distance: "Fraction"
    stride: "Fraction"

    @property
    def off(self) -> "Fraction":
        """The distance to the next unit of the other way; 0: the two are on one grid."""
        left = self.distance % self.stride
        return min(left, self.stride - left)

    def told(self, context: Context) -> str:
        """The distance in both measures: 1/2 row of 'image' (1/4 of the stride 2)."""
        word = axis_word(context.trace.inputs[self.found.input].shape, self.found.axis)
        plural = "s" if self.distance > 1 else ""
        part = self.distance / self.stride
        return f"{self.distance} {word}{plural} of {self.found.input!r} ({part} of the stride {self.stride})"


def check(context: Context) -> Findings:
    """Merges, once each, of ways that have one stride along every axis and yet unequal grids."""
    merges: dict[str, list[Misalignment]] = {}
    for found in context.fields.misaligned:
        merges.setdefault(found.layer, []).append(found)
    attending = _behind_attention(context) if merges else ()
    for name, axes in merges.items():
        layer = context.trace.by_name[name]
        if any(found.strides or shared_axis(context, layer, found) is None for found in axes):
            continue  # unequal strides are for AC104
        if name in attending or _takes_apart(context, layer):
            continue
        first, other = _pair(axes)
        ways = {str(port): way_to(context, port) for port in layer.inputs}
        shifts = dict.fromkeys(shift.told(context) for shift in _shifts(axes, first, other) if shift.off)
        yield at(
            layer,
            f"{ways[first]} and {ways[other]} look at places {' and '.join(shifts)} apart",
            key="from",
            consequence="what it joins at one index lies side by side in the input: an edge comes out twice",
            hint="give both ways one middle: odd kernels with padding (kernel - 1) / 2, or even ones in both",
            cures=tuple(_cures(context, layer, (first, other))),
        )


def _cures(context: Context, merge: TracedLayer, names: tuple[str, str]) -> "Iterator[Cure]":
    """The kernel of a layer on one way for a layer of the same stride on the other; pools change first."""
    ways = [
        [each for each in way_before(context, port, _goes_on)[0] if window_of(each)]
        for name in names
        for port in merge.inputs
        if str(port) == name
    ]
    if len(ways) != len(names):
        return
    pairs = [(one, like) for one in ways[0] for like in ways[1]]
    pairs += [(one, like) for one, like in ((like, one) for one, like in pairs)]
    for one, like in sorted(pairs, key=lambda pair: bool(pair[0].facts.weights))[:MAX_PAIRS]:
        own, new = window_of(one), window_of(like)
        if own and new and own != new and own["stride"] == new["stride"]:
            unwritten = "stride" if one.origin.written("stride") is None else ""  # it would follow the kernel
            other = {key: value for key, value in new.items() if value != own[key] or key == unwritten}
            yield setting(one, f"as {like.name} has it", **other)


def _goes_on(layer: TracedLayer) -> bool:
    """Whether it is a layer of one tensor, on the way to where that is read elsewhere too."""
    return len(layer.inputs) == 1


def _behind_attention(context: Context) -> set[str]:
    """Layers that depend on attention, which chooses what it looks at: a window's middle is no place then."""
    found: set[str] = set()
    for layer in context.layers:
        if layer.facts.attention is not None or any(port.layer in found for port in layer.inputs):
            found.add(layer.name)
    return found


def _takes_apart(context: Context, merge: TracedLayer) -> bool:
    """Whether it joins slices of one map: every second row of it, and the rows between, put side by side."""
    return len({_whole(context, port) for port in merge.inputs}) == 1


def _whole(context: Context, port: Port) -> str:
    """What slices are of."""
    layer = context.trace.source(port)
    while layer is not None and takes_positions(layer):
        port = layer.inputs[0]
        layer = context.trace.source(port)
    return str(port)


def _pair(axes: "Sequence[Misalignment]") -> tuple[str, str]:
    """The inputs of a merge that are furthest off one another's grids, the first one among them."""
    ways = [(found.ways[0].source, way.source) for found in axes for way in found.ways[1:]]
    return max(ways, key=lambda pair: max((shift.off for shift in _shifts(axes, *pair)), default=0))


def _shifts(axes: "Sequence[Misalignment]", first: str, other: str) -> "Iterator[Shift]":
    """The shift between two inputs of a merge, axis by axis."""
    for found in axes:
        ways = {way.source: way for way in found.ways}
        if first in ways and other in ways:
            distance = abs(ways[first].centre - ways[other].centre)
            yield Shift(found, distance, ways[first].stride)


RULE = Rule(
    code="AC109",
    name="shifted-merge",
    severity="info",
    what="A merge of maps of one stride whose units look at places that are a part of a stride apart.",
    why=(
        "The middle of what unit i of a map reads is c + i s, with the stride s and an offset c that comes"
        " from kernels, paddings and dilations: (kernel - 1) dilation / 2 - padding for one layer, times the"
        " stride before it. An even window has its middle between two positions, an odd one on a position,"
        " so that a 2x2 pool and a padded 3x3 convolution of stride 2 see the image half a pixel apart, and"
        " every stride before them doubles that. What is added or stacked then comes from two places, and an"
        " edge gets two of them. Layers behind can learn to live with it: published networks (ResNet-D,"
        " feature pyramids on strided 3x3 convolutions) do. Nothing is said at stride 1, where causal and"
        " even kernels are shifted on purpose, of shifts by whole strides, of slices that take one map"
        " apart, and behind attention, which chooses where it looks; unequal strides are AC104's."
    ),
    instead=(
        "Windows of one middle in all ways: odd kernels with padding (kernel - 1) / 2, or even ones with"
        " kernel / 2 - 1 everywhere; or an interpolation that moves one way onto the grid of the other."
    ),
    source=(
        "Araujo, Norris & Sim, Computing Receptive Fields of Convolutional Neural Networks, Distill 2019:"
        " alignment of paths"
    ),
    good=(
        """\
inputs: {image: [16, 64, 64]}
layers:
  - {type: Conv2d, out_channels: 16, kernel_size: 3, stride: 2, padding: 1}
  - type: Residual
    body:
      - {type: Conv2d, out_channels: 32, kernel_size: 3, stride: 2, padding: 1, bias: false}
      - BatchNorm2d
      - ReLU
      - {type: Conv2d, out_channels: 32, kernel_size: 5, padding: 2, bias: false}
      - BatchNorm2d
    shortcut:
      - {type: Conv2d, out_channels: 32, kernel_size: 1, stride: 2, bias: false, note: on the same rows}
      - BatchNorm2d
  - type: Residual
    body:
      - {type: Conv2d, out_channels: 32, kernel_size: 3, padding: 1, bias: false}
      - BatchNorm2d
""",
        """\
inputs: {image: [16, 64, 64]}
layers:
  - type: Branches
    branches:
      - - {type: Conv2d, out_channels: 32, kernel_size: 4, stride: 2, padding: 1}
      - - {type: MaxPool2d, kernel_size: 2, note: both windows are even}
    merge: Concat
""",
        """\
inputs: {image: [3, 64, 64]}
layers:
  - {type: MaxPool2d, name: skip, kernel_size: 2}
  - {type: Conv2d, out_channels: 16, kernel_size: 3, padding: 1}
  - {type: MaxPool2d, kernel_size: 2}
  - {type: Conv2d, out_channels: 16, kernel_size: 3, padding: 1}
  - {type: Upsample, name: up, scale_factor: 2, mode: bilinear}
  - {type: Concat, from: [skip, up]}
""",
        """\
inputs: {samples: [1, 400]}
layers:
  - {type: Conv1d, name: a, out_channels: 8, kernel_size: 3, stride: 2, padding: 1, from: samples}
  - {type: ZeroPad1d, name: late, padding: [4, -4], from: a, note: a shift by four whole strides}
  - {type: Add, from: [a, late]}
""",
        """\
inputs: {image: [3, 64, 64]}
layers:
  - {type: Slice, name: even, dim: 1, step: 2, from: image}
  - {type: Slice, name: odd, dim: 1, start: 1, step: 2, from: image}
  - {type: Concat, from: [even, odd], note: "all rows, two in one"}
""",
    ),
    bad=(
        Bad(
            """\
inputs: {image: [3, 64, 64]}
layers:
  - {type: Conv2d, name: stem, out_channels: 8, kernel_size: 3, stride: 2, padding: 1}
  - type: Residual
    body:
      - {type: Conv2d, name: down, out_channels: 8, kernel_size: 3, stride: 2, padding: 1}
    shortcut:
      - {type: AvgPool2d, name: pool, kernel_size: 2}
""",
            line=4,
            column=5,
            message=(
                "stem -> down and stem -> pool look at places 1 row of 'image' (1/4 of the stride 4) and"
                " 1 column of 'image' (1/4 of the stride 4) apart"
            ),
        ),
        Bad(
            """\
inputs: {image: [3, 64, 65]}
layers:
  - {type: Conv2d, name: even, out_channels: 8, kernel_size: [4, 3], stride: 2, padding: 1, from: image}
  - {type: Conv2d, name: odd, out_channels: 8, kernel_size: 3, stride: 2, padding: 1, from: image}
  - {type: Concat, from: [odd, even]}
""",
            line=5,
            column=26,
            message="image -> odd and image -> even look at places 1/2 row of 'image' (1/4 of the stride 2)",
        ),
    ),
    check=check,
)
