"""AC203: a stride larger than the kernel, so that positions between the windows are skipped."""

from typing import TYPE_CHECKING

from archcalc.analyses.demand import Slide, Unread, slides
from archcalc.cures.making import all_of, as_argument, in_front, setting
from archcalc.formulas.windows import halves
from archcalc.rules.language import Bad, Context, Cure, Findings, Port, Rule, TracedLayer, at
from archcalc.rules.questions.axes import axis_word
from archcalc.tuples import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

    from archcalc.cures.changes import Entry


class Gaps(NamedTuple):
    """An axis with positions between the windows that no layer reads."""

    slide: Slide
    port: Port
    axis: int
    unread: Unread


def check(context: Context) -> Findings:
    """Convolutions and pools that step over positions which no other layer reads; each axis once."""
    told: set[tuple[str, str, int]] = set()
    for layer in context.layers:
        if "stride" in type(layer.arguments).model_fields:
            gaps = [gap for gap in _gaps(context, layer) if _key(gap) not in told]
            told.update(map(_key, gaps))
            if gaps:
                yield at(
                    layer,
                    _message(gaps),
                    key="stride",
                    consequence=_consequence(context, gaps),
                    hint="use a kernel as large as the stride, or an average pool of that stride",
                    cures=tuple(_cures(layer)),
                )


def _cures(layer: TracedLayer) -> "Iterator[Cure]":
    """Kernels that cover the stride with the same middle or the next one, or a pool that takes the stride."""
    from archcalc.rules.questions.windows import each_axis, window_of

    window, axes = window_of(layer), len(layer.output.shape) - layer.mapped - 1
    if window is None:
        return
    kernels, strides, paddings = (each_axis(layer, key) for key in window)
    for parity in (kernels[0] % 2, 1 - kernels[0] % 2):
        sizes = [
            kernel if kernel >= stride else stride + ((stride - parity) % 2)
            for kernel, stride in zip(kernels, strides, strict=True)
        ]
        added = [
            padding + halves(size - kernel)[0]
            for size, kernel, padding in zip(sizes, kernels, paddings, strict=True)
        ]
        for rim in (added, paddings):
            changed = {"padding": as_argument(rim)} if rim != paddings else {}
            yield setting(layer, "it reads all", kernel_size=as_argument(sizes), **changed)
    pool: Entry = {"type": f"AvgPool{axes}d", "kernel_size": as_argument(strides)}
    if layer.facts.weights:
        yield all_of(in_front(layer, pool), setting(layer, stride=1), because="a mean of all in its place")


def _gaps(context: Context, layer: TracedLayer) -> "Iterator[Gaps]":
    for slide in slides(layer.facts, (port.tensor for port in layer.inputs)):
        for port, axis in (
            context.demand.roots(layer.inputs[slide.position], slide.axis) if slide.skips else ()
        ):
            unread = context.demand.of(port, axis)
            if 0 < unread.read < unread.length:
                yield Gaps(slide, port, axis, unread)


def _key(gap: Gaps) -> tuple[str, str, int]:
    return gap.port.layer, gap.port.output, gap.axis


def _message(gaps: list[Gaps]) -> str:
    reads: dict[str, list[str]] = {}
    for gap in gaps:
        word = axis_word(gap.port.tensor.shape, gap.axis)
        counts = f"{gap.unread.read:,} of {gap.unread.length:,} {word}s"
        reads.setdefault(str(gap.port), []).append(counts)
    read = ", ".join(f"{' and '.join(counts)} of {port}" for port, counts in reads.items())
    window = gaps[0].slide.window
    return f"stride {window.stride} over kernel {window.kernel} reads {read}, and nothing else reads more"


def _consequence(context: Context, gaps: list[Gaps]) -> str:
    if any(gap.port.layer in context.trace.inputs for gap in gaps):
        return "what stands on the others never reaches the network"
    return "the others are computed for nothing"


RULE = Rule(
    code="AC203",
    name="stride-over-kernel",
    severity="warning",
    what="A convolution or pool whose stride is larger than its kernel, and nothing else reads the rest.",
    why=(
        "Between two windows stand positions that no window reads: a 1x1 convolution of stride 2 uses one"
        " number in four of an image. That is how the first ResNets went to the next stage, in the 1x1 of the"
        " bottleneck and in the shortcut at once; with the stride in the 3x3 ResNet-50 was about"
        " half a point better on ImageNet. Judged is what all readers of an output read together, so the"
        " strided 1x1 shortcut beside a 3x3 is no mistake, nor is a step of a `Slice`."
    ),
    instead="Put the stride into a layer whose kernel covers it, or an average pool before the 1x1.",
    source=(
        "He et al., Bag of Tricks for Image Classification with Convolutional Neural Networks, 2019 (arXiv"
        " 1812.01187), section 4: ResNet-B and ResNet-D"
    ),
    good=(
        """\
inputs: {image: [16, 32, 32]}
layers:
  - type: Residual
    body:
      - {type: Conv2d, out_channels: 8, kernel_size: 1}
      - ReLU
      - {type: Conv2d, out_channels: 32, kernel_size: 3, stride: 2, padding: 1}
    shortcut:
      - {type: Conv2d, out_channels: 32, kernel_size: 1, stride: 2}
""",
        """\
inputs: {image: [3, 32, 32]}
layers:
  - {type: Conv2d, name: p5, out_channels: 8, kernel_size: 3, padding: 1}
  - {type: MaxPool2d, name: p6, kernel_size: 1, stride: 2, note: the last level of a feature pyramid}
outputs: [p5, p6]
""",
        """\
inputs: {image: [3, 32, 32]}
layers:
  - {type: Conv2d, out_channels: 8, kernel_size: 4, stride: 4}
""",
    ),
    bad=(
        Bad(
            """\
inputs: {image: [16, 32, 32]}
layers:
  - {type: Conv2d, name: stem, out_channels: 16, kernel_size: 3, padding: 1}
  - ReLU
  - type: Residual
    body:
      - {type: Conv2d, out_channels: 8, kernel_size: 1, stride: 2}
      - ReLU
      - {type: Conv2d, out_channels: 32, kernel_size: 3, padding: 1}
    shortcut:
      - {type: Conv2d, out_channels: 32, kernel_size: 1, stride: 2}
""",
            line=7,
            column=65,
            message="stride 2 over kernel 1 reads 16 of 32 rows and 16 of 32 columns of stem, and",
        ),
        Bad(
            """\
inputs: {samples: [1, 1600]}
layers:
  - {type: Conv1d, out_channels: 8, kernel_size: 3, stride: 4}
""",
            line=3,
            column=61,
            message="stride 4 over kernel 3 reads 1,200 of 1,600 positions of samples",
        ),
    ),
    check=check,
)
