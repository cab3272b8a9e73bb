"""AC106: more padding than half the kernel, so that the map grows a rim of padding."""

from archcalc.cures.making import as_argument, setting
from archcalc.rules.language import Bad, Context, Cure, Findings, Port, Rule, TracedLayer, at
from archcalc.rules.questions.axes import axis_word, counted
from archcalc.rules.questions.taps import PaddedAxis, padded_axes


def check(context: Context) -> Findings:
    """Convolutions whose padding is larger than half their span, where the rim is not cut off again."""
    for layer in context.layers:
        for axis in padded_axes(layer):
            if axis.window.padding > axis.span // 2 and _read(context, layer, axis.axis) > axis.half_padded:
                yield at(
                    layer,
                    _message(layer, axis),
                    key="padding",
                    consequence=_consequence(axis),
                    hint=f"padding {axis.span // 2} keeps the kernel's middle on the data; or cut the rim",
                    cures=(_half(layer),),
                )
                break
        else:
            yield from _repeated(context, layer)


def _half(layer: TracedLayer) -> Cure:
    """At most half of the kernel's span along every axis."""
    sizes = [min(axis.window.padding, axis.span // 2) for axis in padded_axes(layer)]
    return setting(layer, "the kernel's middle stays on the data", padding=as_argument(sizes))


def _repeated(context: Context, layer: TracedLayer) -> Findings:
    """A kernel of one tap on a border that is filled with data: it makes the same outputs once more."""
    for axis in padded_axes(layer, filled=True):
        more = axis.window.padding and axis.window.kernel == 1
        if more and _read(context, layer, axis.axis) > axis.half_padded:
            units = counted(axis.units, f"output {axis_word(layer.inputs[0].tensor.shape, axis.axis)}")
            yield at(
                layer,
                f"padding {axis.window.padding} with kernel 1:"
                f" {axis.rim:,} of the {units} {_verb(axis.rim, 'reads', 'read')} the border alone",
                key="padding",
                consequence="the map grows by what it holds already",
                hint="write padding: 0",
                cures=(setting(layer, "one tap needs none", padding=0),),
            )
            break


def _read(context: Context, layer: TracedLayer, axis: int) -> int:
    """Positions of its output that are read: a causal layer pads both sides and has one cut off."""
    return context.demand.of(Port(layer.name, "output", layer.output), axis).read


def _message(layer: TracedLayer, axis: PaddedAxis) -> str:
    window, word = axis.window, axis_word(layer.inputs[0].tensor.shape, axis.axis)
    kernel = f"kernel {window.kernel}"
    if window.dilation > 1:
        kernel += f" with dilation {window.dilation}, which spans {axis.span}"
    most = f"padding {window.padding} is more than half of {kernel}"
    units, empty = counted(axis.units, f"output {word}"), axis.empty_units
    if empty:
        return f"{most}: {empty:,} of the {units} {_verb(empty, 'reads', 'read')} nothing but padding"
    verb = _verb(axis.rim, "has its", "have their")
    return f"{most}: {axis.rim:,} of the {units} {verb} middle in the padding"


def _verb(count: int, one: str, many: str) -> str:
    return one if count == 1 else many


def _consequence(axis: PaddedAxis) -> str:
    if axis.empty_units:
        return "they hold the bias and nothing else, and every later layer reads them as if they were data"
    return "the rim is mostly padding, and the map grows with every such layer"


RULE = Rule(
    code="AC106",
    name="padding-over-half",
    severity="warning",
    what="A convolution with more padding than half the span of its (dilated) kernel.",
    why=(
        "With half the kernel as padding every output has the middle of its window on the data. With more the"
        " map grows a rim whose outputs read mostly zeros, and nothing else where the padding is as large as"
        " the whole kernel; later layers cannot tell this rim from data. Mostly it is left over from a larger"
        " kernel or dilation. torch refuses it for pools, but not for convolutions. A layer whose rim is cut"
        " off again is no mistake: causal convolutions are written so."
    ),
    instead="Write padding d (k - 1) / 2 for kernel k and dilation d, or cut the rim off behind the layer.",
    source=(
        "Dumoulin & Visin, A guide to convolution arithmetic for deep learning, 2016 (arXiv 1603.07285),"
        " section 2.2: half and full padding; torch.nn.MaxPool2d refuses more than half"
    ),
    good=(
        """\
inputs: {image: [3, 32, 32]}
layers:
  - {type: Conv2d, out_channels: 8, kernel_size: 4, padding: 2}
  - {type: Conv2d, out_channels: 8, kernel_size: 3, padding: 2, dilation: 2}
""",
        """\
inputs: {sequence: [8, 100]}
layers:
  - {type: Conv1d, out_channels: 8, kernel_size: 3, padding: 1}
  - {type: Conv1d, out_channels: 8, kernel_size: 3, padding: 4, dilation: 2}
  - {type: Slice, dim: 1, stop: -4, note: only the past is seen}
  - ReLU
""",
        """\
inputs: {image: [3, 8, 8]}
layers:
  - {type: ConvTranspose2d, out_channels: 8, kernel_size: 4, stride: 4, padding: 3}
""",
    ),
    bad=(
        Bad(
            """\
inputs: {image: [3, 32, 32]}
layers:
  - {type: Conv2d, out_channels: 8, kernel_size: 3, padding: 2}
""",
            line=3,
            column=62,
            message="padding 2 is more than half of kernel 3: 2 of the 34 output rows have their",
        ),
        Bad(
            """\
inputs: {image: [3, 32, 32]}
layers:
  - {type: Conv2d, out_channels: 8, kernel_size: 1, padding: 1}
""",
            line=3,
            column=62,
            message="padding 1 is more than half of kernel 1: 2 of the 34 output rows read",
        ),
        Bad(
            """\
inputs: {sequence: [8, 100]}
layers:
  - {type: Conv1d, out_channels: 8, kernel_size: 3, padding: 1}
  - {type: Conv1d, out_channels: 8, kernel_size: 3, padding: 8, dilation: 2}
  - {type: Slice, dim: 1, stop: -4}
""",
            line=4,
            message="half of kernel 3 with dilation 2, which spans 5: 8 of the 112 output positions",
        ),
        Bad(
            """\
inputs: {image: [3, 32, 32]}
layers:
  - {type: Conv2d, out_channels: 8, kernel_size: 1, padding: 1, padding_mode: reflect}
""",
            line=3,
            column=62,
            message="padding 1 with kernel 1: 2 of the 34 output rows read the border alone",
        ),
    ),
    check=check,
)
