"""AC107: a map so small that taps of the kernel over it never meet any data."""

from math import prod
from typing import TYPE_CHECKING

from archcalc.cures.making import as_argument, keys_set, setting
from archcalc.rules.language import Bad, Context, Cure, DropKey, Findings, Rule, TracedLayer, at
from archcalc.rules.questions.axes import counted
from archcalc.rules.questions.taps import PaddedAxis, Padding, data_axes, padding_before

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


NARROW = 3
"""The kernel that is tried where none of its own fits."""


def check(context: Context) -> Findings:
    """Convolutions of which some weights only ever multiply what a padding or a pad in front puts there."""
    turned = context.behind_turned  # where other axes are taken for positions
    for layer in (each for each in context.layers if each.name not in turned):
        axes = list(data_axes(context, layer))
        taps, used = prod(axis.window.kernel for axis in axes), prod(axis.used_taps for axis in axes)
        if used < taps:
            dilated = any(axis.used_taps < axis.window.kernel and axis.window.dilation > 1 for axis in axes)
            padding = padding_before(context, layer)
            yield at(
                layer,
                _message(axes, taps, used),
                key="dilation" if dilated else "kernel_size",
                consequence=_consequence(layer, taps, used, padding),
                hint=_hint(axes, padding, dilated=dilated),
                cures=tuple(_cures(layer, axes)),
            )


def _cures(layer: TracedLayer, axes: "Sequence[PaddedAxis]") -> "Iterator[Cure]":
    """Kernels, or the largest dilations, of which every tap meets data; the size of the map stays."""
    rates = [axis.window.dilation for axis in axes]
    if all(axis.used_taps == 1 for axis in axes):
        same = keys_set(layer.origin.in_spec, kernel_size=1, padding=0)
        plain = (DropKey(layer.origin, "dilation"),) * (layer.origin.written("dilation") is not None)
        yield Cure((*same, *plain), "it computes the same here")
    for part in (1, 2, 4, 8):
        fitting = [_largest_rate(axis) // part or 1 for axis in axes]
        if fitting != rates and max(rates) > 1:
            yield _sized(layer, axes, [axis.window.kernel for axis in axes], fitting)
    if any(axis.used_taps > 1 for axis in axes):
        yield _sized(layer, axes, [_largest_kernel(axis) for axis in axes], rates)
        yield _sized(layer, axes, [min(axis.window.kernel, NARROW) for axis in axes], rates)


def _largest_rate(axis: PaddedAxis) -> int:
    """The dilation with which the outer taps, half the span from the middle, just meet data."""
    half = (axis.window.kernel - 1) // 2
    return axis.window.dilation if axis.used_taps == axis.window.kernel else (axis.length - 1) // max(half, 1)


def _largest_kernel(axis: PaddedAxis) -> int:
    """The largest kernel of the same parity whose outer taps meet data."""
    smaller = (
        kernel
        for kernel in range(axis.window.kernel, 0, -2)
        if (kernel - 1) // 2 * axis.window.dilation < axis.length
    )
    return axis.window.kernel if axis.used_taps == axis.window.kernel else next(smaller, 1)


def _sized(
    layer: TracedLayer, axes: "Sequence[PaddedAxis]", kernels: "list[int]", rates: "list[int]"
) -> Cure:
    """Other kernels and dilations, and the padding with which as many positions come out."""
    paddings = [
        max(0, axis.window.padding - (axis.span - (kernel - 1) * rate - 1) // 2)
        for axis, kernel, rate in zip(axes, kernels, rates, strict=True)
    ]
    new = {"kernel_size": kernels, "dilation": rates, "padding": paddings}
    old = {
        "kernel_size": [axis.window.kernel for axis in axes],
        "dilation": [axis.window.dilation for axis in axes],
        "padding": [axis.window.padding for axis in axes],
    }
    return setting(layer, "", **{key: as_argument(new[key]) for key in new if new[key] != old[key]})


def _message(axes: "Sequence[PaddedAxis]", taps: int, used: int) -> str:
    def by(numbers: "Iterator[int]") -> str:
        return "x".join(f"{number:,}" for number in numbers)

    kernel, size = by(axis.window.kernel for axis in axes), by(axis.length for axis in axes)
    rates = {axis.window.dilation for axis in axes}
    dilation = f" with dilation {by(axis.window.dilation for axis in axes)}" if rates != {1} else ""
    what = counted(axes[0].length, "position") if len(axes) == 1 else f"a {size} map"
    meet = "meets" if used == 1 else "meet"
    named = f"kernel {kernel}" if len(axes) == 1 else f"{kernel} kernel"
    return f"of the {taps:,} taps of its {named}{dilation} only {used:,} ever {meet} data on {what}"


def _consequence(layer: TracedLayer, taps: int, used: int, padding: Padding) -> str:
    weight = layer.facts.weights.get("weight")
    count = f": {prod(weight) // taps * (taps - used):,} weights" if weight else ""
    beside = f" that {' and '.join(pad.subject for pad in padding.pads)} adds" if padding.pads else ""
    if not padding.zeros:
        return f"the other {taps - used:,} multiply constants{beside}: they are one more bias{count}"
    return f"the other {taps - used:,} multiply zeros of the padding{beside} and get no gradient{count}"


def _hint(axes: "Sequence[PaddedAxis]", padding: Padding, *, dilated: bool) -> str:
    if all(axis.used_taps == 1 for axis in axes):
        without = " and ".join(f"without {pad.name}" for pad in padding.pads) or "without padding"
        return f"use kernel 1 {without}, which computes the same here, or feed a larger input"
    if dilated:
        return "use a dilation below the size of the map, or feed a larger input"
    return "use a smaller kernel, fewer strides above it, or a larger input"


RULE = Rule(
    code="AC107",
    name="kernel-on-one-pixel",
    severity="warning",
    what="A padded convolution over a map so small that some of its weights never meet anything but padding.",
    why=(
        "On a single pixel a padded 3x3 has one weight that sees data, its centre, and eight that multiply"
        " zeros: it is a 1x1 at nine times the parameters. The same happens to a dilated kernel when the rate"
        " is not below the size of the map, as to the outer rates of an atrous pyramid on small inputs. Every"
        " tap is counted over all outputs, and a pad that is a layer of its own in front of the convolution"
        " counts as its padding; borders that are filled with data (reflect, circular) are not meant, nor are"
        " transposed convolutions."
    ),
    instead="Use a kernel or a dilation that fits the map, fewer strides above it, or a larger input.",
    source=(
        "Chen et al., Rethinking Atrous Convolution for Semantic Image Segmentation, 2017 (arXiv 1706.05587),"
        " section 3.3 and figure 4: how many weights of a 3x3 still meet data as its rate grows"
    ),
    good=(
        """\
inputs: {image: [8, 2, 2]}
layers:
  - {type: Conv2d, out_channels: 8, kernel_size: 3, padding: 1, note: each tap meets one of the four pixels}
""",
        """\
inputs: {image: [8, 28, 28]}
layers:
  - {type: Conv2d, out_channels: 8, kernel_size: 3, padding: 1}
  - {type: Conv2d, out_channels: 8, kernel_size: 3, padding: 2, dilation: 2}
""",
        """\
inputs: {noise: [8, 1, 1]}
layers:
  - {type: ConvTranspose2d, out_channels: 8, kernel_size: 4, stride: 2, padding: 1}
""",
        """\
inputs: {image: [8, 4, 4]}
layers:
  - {type: ZeroPad2d, padding: [0, 1, 0, 1], note: "as TensorFlow pads, behind alone"}
  - {type: Conv2d, out_channels: 8, kernel_size: 3, stride: 2, note: each tap meets data}
  - ReLU
  - {type: ReflectionPad2d, padding: 1}
  - {type: Conv2d, out_channels: 8, kernel_size: 3}
""",
    ),
    bad=(
        Bad(
            """\
inputs: {image: [8, 1, 1]}
layers:
  - {type: Conv2d, out_channels: 8, kernel_size: 3, padding: 1}
""",
            line=3,
            column=50,
            message="of the 9 taps of its 3x3 kernel only 1 ever meets data on a 1x1 map",
        ),
        Bad(
            """\
inputs: {image: [8, 2, 4]}
layers:
  - {type: Conv2d, out_channels: 8, kernel_size: 5, padding: 2}
""",
            line=3,
            message="of the 25 taps of its 5x5 kernel only 15 ever meet data on a 2x4 map",
        ),
        Bad(
            """\
inputs: {samples: [8, 12]}
layers:
  - {type: Conv1d, out_channels: 8, kernel_size: 19, padding: 9}
  - {type: Conv1d, out_channels: 8, kernel_size: 3, padding: 18, dilation: 18}
""",
            line=4,
            column=76,
            message="of the 3 taps of its kernel 3 with dilation 18 only 1 ever meets data on 12 positions",
        ),
        Bad(
            """\
inputs: {image: [8, 1, 1]}
layers:
  - {type: ZeroPad2d, name: pad, padding: 1}
  - {type: Conv2d, out_channels: 8, kernel_size: 3}
""",
            line=4,
            column=50,
            message="of the 9 taps of its 3x3 kernel only 1 ever meets data on a 1x1 map",
        ),
        Bad(
            """\
inputs: {samples: [8, 1]}
layers:
  - {type: ConstantPad1d, padding: 2, value: 1.0}
  - {type: Dropout, p: 0.1}
  - {type: Conv1d, out_channels: 8, kernel_size: 5}
""",
            line=5,
            column=50,
            message="of the 5 taps of its kernel 5 only 1 ever meets data on 1 position",
        ),
    ),
    check=check,
)
