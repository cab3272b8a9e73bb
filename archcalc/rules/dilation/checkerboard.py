"""AC204: a transposed convolution whose outputs are made from unequal numbers of inputs."""

from typing import TYPE_CHECKING

from archcalc.cures.making import as_argument, setting
from archcalc.facts import Phased
from archcalc.formulas.rounding import ceil_divided
from archcalc.formulas.windows import positions_spanned
from archcalc.rules.language import Bad, Context, Cure, Findings, Replace, Rule, TracedLayer, at
from archcalc.rules.questions.functions import bends
from archcalc.rules.questions.goal import has_task
from archcalc.rules.questions.maps import has_kernels
from archcalc.rules.questions.windows import each_axis

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from archcalc.cures.changes import Entry


def check(context: Context) -> Findings:
    """Transposed convolutions with phases that read unequal numbers of inputs along some axis."""
    for layer in context.layers:
        if has_kernels(layer) and layer.arguments.transposed:
            bent = _scored(context, layer)
            for stride, kernel, taps in _axes(layer):
                if min(taps) < (1 if bent else max(taps)):
                    nearest = max(1, round(kernel / stride)) * stride
                    kernels = f"kernel {nearest}" if kernel % stride else "dilation 1"
                    yield at(
                        layer,
                        f"kernel {kernel} with stride {stride}: along an axis its outputs read"
                        f" {_listed(taps)} inputs in turn",
                        key="kernel_size",
                        consequence="the uneven overlap shows as a checkerboard that training hardly removes",
                        hint=f"use {kernels}, or an Upsample and a convolution",
                        cures=tuple(_cures(layer)),
                    )
                    break


def _cures(layer: TracedLayer) -> "Iterator[Cure]":
    """Kernels that strides divide, or a plain convolution behind an interpolation; the size stays."""
    kernels, strides = each_axis(layer, "kernel_size"), each_axis(layer, "stride")
    for larger in (True, False):
        sizes = [
            max(1, ceil_divided(kernel, stride) if larger else kernel // stride) * stride
            for kernel, stride in zip(kernels, strides, strict=True)
        ]
        values = _sized(layer, sizes)
        if values:
            yield setting(layer, "each output reads as many inputs", **values)
    yield Cure((Replace(layer.origin, _upsampled(layer, strides)),))


def _sized(layer: TracedLayer, kernels: "Sequence[int]") -> dict[str, object]:
    """Kernels and the padding with which as many positions come out; empty where there is none.

    (n - 1) s - 2 p + k + o positions come out of n.
    """
    own = layer.mapped + 1
    sizes, made = layer.inputs[0].tensor.shape[own:], layer.output.shape[own:]
    axes = zip(sizes, made, each_axis(layer, "stride"), kernels, strict=True)
    cuts = [positions_spanned(size, stride, kernel) - out for size, out, stride, kernel in axes]
    new = {
        "kernel_size": as_argument(kernels),
        "padding": as_argument([ceil_divided(cut, 2) for cut in cuts]),
        "output_padding": as_argument([cut % 2 for cut in cuts]),
        "dilation": 1,
    }
    old = {key: as_argument(each_axis(layer, key)) for key in new}
    return {key: value for key, value in new.items() if value != old[key]} if min(cuts) >= 0 else {}


def _upsampled(layer: TracedLayer, strides: "Sequence[int]") -> "tuple[Entry, ...]":
    """An interpolation by the strides, and a convolution with the name of the transposed one."""
    origin, axes = layer.origin, len(strides)
    kept = {key: origin.written(key) for key in ("name", "bias", "groups") if origin.written(key) is not None}
    own = {"out_channels": layer.output.shape[layer.mapped], "kernel_size": 3, "padding": 1}
    upsample = {"type": "Upsample", "scale_factor": as_argument(strides), "mode": "nearest"}
    return upsample, {"type": f"Conv{axes}d", **own, **kept}


def _scored(context: Context, layer: TracedLayer) -> bool:
    """Whether it only leads to classes at every position, with an activation between: no image shows it."""
    if not has_task(context, "segmentation"):
        return False
    return any(bends(context.trace.by_name[name]) for name in context.trace.behind(layer.name))


def _axes(layer: TracedLayer) -> "Iterator[tuple[int, int, tuple[int, ...]]]":
    """Stride, taps, and the taps that meet an input, phase by phase, of each strided axis."""
    for read in layer.facts.first_reads:
        if isinstance(read.reach, Phased):
            taps = tuple(len(phase) for phase in read.reach.phases)
            yield len(taps), sum(taps), taps


def _listed(taps: tuple[int, ...]) -> str:
    shown = [f"{count:,}" for count in taps[:4]]
    return f"{', '.join(shown)} ..." if len(taps) > len(shown) else f"{', '.join(shown[:-1])} and {shown[-1]}"


RULE = Rule(
    code="AC204",
    name="checkerboard",
    severity="warning",
    what="A transposed convolution with a stride above 1 that does not divide its kernel.",
    why=(
        "Each input adds its kernel to the output at every stride-th position. Where the stride does not"
        " divide the kernel, some outputs get one more share than their neighbours, along two axes up to four"
        " times as many: a pattern with the period of the stride, in images and gradients. Weights could"
        " balance it, and so could a convolution behind, but training seldom gets there; `output_padding`"
        " only chooses which outputs there are. The common kernel 3 with stride 2 is the textbook case. A"
        " kernel below the stride leaves outputs that read nothing at all. Not judged is the pattern within"
        " a network with `task: segmentation`, behind which activations and the layer of the scores stand:"
        " it compares classes at a place, and paints no image (ERFNet, LinkNet)."
    ),
    instead="Use a kernel that is a multiple of the stride (2 or 4 for 2), or resize and then convolve.",
    source=(
        "Odena, Dumoulin & Olah, Deconvolution and Checkerboard Artifacts, Distill 2016"
        " (doi 10.23915/distill.00003)"
    ),
    good=(
        """\
inputs: {map: [16, 8, 8]}
layers:
  - {type: ConvTranspose2d, out_channels: 8, kernel_size: 4, stride: 2, padding: 1}
  - {type: ConvTranspose2d, out_channels: 8, kernel_size: 2, stride: 2}
  - {type: ConvTranspose2d, out_channels: 8, kernel_size: 3, padding: 1}
""",
        """\
inputs: {map: [16, 8, 8]}
layers:
  - {type: Upsample, scale_factor: 2}
  - {type: Conv2d, out_channels: 8, kernel_size: 3, padding: 1}
""",
        """\
task: segmentation
loss: CrossEntropyLoss
inputs: {map: [16, 8, 8]}
layers:
  - {type: ConvTranspose2d, out_channels: 8, kernel_size: 3, stride: 2, padding: 1, output_padding: 1}
  - ReLU
  - {type: ConvTranspose2d, out_channels: 3, kernel_size: 2, stride: 2}
""",
    ),
    bad=(
        Bad(
            """\
inputs: {map: [16, 8, 8]}
layers:
  - type: ConvTranspose2d
    out_channels: 8
    kernel_size: 3
    stride: 2
    padding: 1
    output_padding: 1
  - {type: Conv2d, out_channels: 8, kernel_size: 3, padding: 1}
""",
            line=5,
            column=18,
            message="kernel 3 with stride 2: along an axis its outputs read 1 and 2 inputs in turn",
        ),
        Bad(
            """\
inputs: {sequence: [16, 50]}
layers:
  - {type: ConvTranspose1d, out_channels: 8, kernel_size: 2, stride: 4}
""",
            line=3,
            column=59,
            message="kernel 2 with stride 4: along an axis its outputs read 1, 1, 0 and 0 inputs",
        ),
        Bad(
            """\
task: segmentation
inputs: {map: [16, 8, 8]}
layers:
  - {type: ConvTranspose2d, out_channels: 8, kernel_size: 2, stride: 3, output_padding: 1}
  - ReLU
  - {type: Conv2d, out_channels: 3, kernel_size: 3, padding: 1}
""",
            line=4,
            column=59,
            message="kernel 2 with stride 3: along an axis its outputs read 1, 1 and 0 inputs in turn",
        ),
    ),
    check=check,
)
