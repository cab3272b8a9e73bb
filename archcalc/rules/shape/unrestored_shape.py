"""AC115: an output that has not the shape of what the loss compares it with."""

from typing import TYPE_CHECKING

from archcalc.rules.language import Bad, Context, Findings, Rule, at
from archcalc.rules.questions.goal import has_task, loss
from archcalc.tracing.setup import target_shape, variables

if TYPE_CHECKING:
    from archcalc.facts import Shape

COMPARING = ("", "MSELoss", "L1Loss", "SmoothL1Loss", "HuberLoss", "BCELoss", "BCEWithLogitsLoss")
"""Losses that compare the output with a target number by number, and none."""


def check(context: Context) -> Findings:
    """The first output, where it has another shape than the target that is stated, or than the input."""
    if not context.trace.outputs:
        return  # of layers above an error
    port = context.trace.outputs[0]
    layer, shape = context.trace.source(port), port.tensor.shape
    wanted, what = _wanted(context, len(shape))
    if layer is None or wanted is None or wanted == shape:
        return
    from archcalc.rules.questions.restoring import restoring

    cures = restoring(context, port, wanted) if context.told and len(wanted) == len(shape) else ()
    yield at(
        layer,
        f"{list(shape)} comes out, but {what} is {list(wanted)}",
        consequence="the loss compares number by number: it fails, or repeats what is too short",
        hint="give what makes the map larger a `size` or an `output_padding`, or crop what comes out",
        cures=tuple(cures),
    )


def _wanted(context: Context, axes: int) -> "tuple[Shape | None, str]":
    """The shape that must come out, and whose it is."""
    target = target_shape(context.model, variables(context.model, {}))
    if target is not None:
        return target, "the target"
    inputs = context.trace.inputs
    restores = has_task(context, "reconstruction", "denoising", "autoencod") and loss(context) in COMPARING
    if not restores or len(inputs) != 1:
        return None, ""
    ((name, tensor),) = inputs.items()
    alike = tensor.is_float and len(tensor.shape) == axes  # else the target is what is made of the input
    return tensor.shape if alike else None, f"the input {name!r}"


RULE = Rule(
    code="AC115",
    name="unrestored-shape",
    severity="error",
    what=(
        "A first output of another shape than `training: {target}` states, or, where the task is a"
        " reconstruction, than the input."
    ),
    why=(
        "An autoencoder is trained by comparing what comes out with what went in. A stride of 2 makes 14 of"
        " 28 rows and 7 of these; transposed convolutions of kernel 3 make 13 and 25 of them, since two sizes"
        " have the same half. The loss then refuses both, or, where an axis has size 1, repeats it and trains"
        " the wrong thing."
    ),
    instead=(
        "Say which of the sizes is meant: `output_padding` of a transposed convolution, `size` of an"
        " `Upsample`; or feed a size that all strides divide. Where the target has another shape than the"
        " input, state it: `training: {target: [1, 56, 56]}`."
    ),
    source=(
        "torch.nn.ConvTranspose2d, note on output_padding: several input sizes of a strided convolution have"
        " one output size"
    ),
    good=(
        """\
task: reconstruction
loss: MSELoss
inputs: {image: [1, 28, 28]}
layers:
  - {type: Conv2d, out_channels: 8, kernel_size: 3, stride: 2, padding: 1}
  - ReLU
  - {type: ConvTranspose2d, out_channels: 1, kernel_size: 4, stride: 2, padding: 1}
""",
        """\
loss: MSELoss
vars: {size: 24}
inputs: {image: [3, =size, =size]}
training: {target: [3, =2 * size, =2 * size]}
layers:
  - {type: Conv2d, out_channels: 12, kernel_size: 3, padding: 1}
  - {type: PixelShuffle, upscale_factor: 2}
""",
    ),
    bad=(
        Bad(
            """\
task: reconstruction
loss: MSELoss
inputs: {image: [784]}
layers:
  - {type: Linear, out_features: 32}
  - ReLU
  - {type: Linear, out_features: 748}
  - Sigmoid
""",
            line=8,
            message="[748] comes out, but the input 'image' is [784]",
        ),
        Bad(
            """\
task: reconstruction
loss: MSELoss
inputs: {image: [1, 25, 25]}
layers:
  - {type: Conv2d, out_channels: 8, kernel_size: 3, stride: 2, padding: 1}
  - ReLU
  - {type: Upsample, scale_factor: 2}
  - {type: Conv2d, out_channels: 1, kernel_size: 3, padding: 1}
""",
            line=8,
            message="[1, 26, 26] comes out, but the input 'image' is [1, 25, 25]",
        ),
        Bad(
            """\
inputs: {image: [3, 24, 24]}
training: {target: [3, 48, 48]}
layers:
  - {type: Conv2d, out_channels: 48, kernel_size: 3, padding: 1}
  - {type: PixelShuffle, upscale_factor: 4}
""",
            line=5,
            message="[3, 96, 96] comes out, but the target is [3, 48, 48]",
        ),
    ),
    check=check,
)
