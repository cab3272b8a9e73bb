"""AC110: an image that is written H, W, C, of which a convolution takes the height for channels."""

from math import prod
from typing import TYPE_CHECKING

from archcalc.rules.language import Bad, Context, Findings, Rule, TracedLayer, at_spec
from archcalc.rules.questions.images import image_refused, image_turned

if TYPE_CHECKING:
    from archcalc.tracing.records import Refused


def check(context: Context) -> Findings:
    """Inputs in the shape of an image with its channels behind, which a convolution reads as they are."""
    told: set[str] = set()
    for layer in context.layers:
        name = image_turned(context, layer)
        if name is None or name in told:
            continue
        told.add(name)
        *sides, channels = context.trace.inputs[name].shape
        own = layer.mapped
        from archcalc.cures.sizing import turned_shape

        yield at_spec(
            context,
            ("inputs", name),
            f"{_looks(sides, channels)};"
            f" {layer.subject} takes axis {own} for channels, all {layer.inputs[0].tensor.shape[own]:,}",
            consequence=_consequence(layer, sides, channels),
            hint=_hint(name, sides, channels),
            cures=(turned_shape(context, name),),
        )


def restate(context: Context, refused: "Refused") -> Findings:
    """A layer that finds too few positions because it takes rows for channels and colours for positions."""
    name = image_refused(context, refused)
    if name is not None:
        *sides, channels = context.trace.inputs[name].shape
        arriving = " and ".join(str(list(port.tensor.shape)) for port in refused.inputs)
        from archcalc.cures.sizing import turned_shape

        yield at_spec(
            context,
            ("inputs", name),
            f"{_looks(sides, channels)}; {refused.subject} refuses {arriving}: {refused.problem.what}",
            consequence=_taken(sides),
            hint=_hint(name, sides, channels),
            cures=(turned_shape(context, name),),
        )


def _hint(name: str, sides: "list[int]", channels: int) -> str:
    before = "positions" if len(sides) == 1 else "rows and columns"
    return f"write {name}: {[channels, *sides]}, channels before {before} as torch has them"


def _looks(sides: "list[int]", channels: int) -> str:
    what = "a signal" if len(sides) == 1 else "an image"
    counted = "1 channel" if channels == 1 else f"{channels} channels"
    return f"{[*sides, channels]} looks like {what} with its {counted} behind"


def _taken(sides: "list[int]") -> str:
    if len(sides) == 1:
        return "its positions are taken for channels, and its channel for the only position"
    return "rows are taken for channels, and the colours for the last axis of positions"


def _consequence(layer: TracedLayer, sides: "list[int]", channels: int) -> str:
    kernels = layer.facts.weights.get("weight", ())
    if not kernels or getattr(layer.arguments, "groups", 1) > 1:
        if len(sides) == 1:
            return _taken(sides)
        return "kernels slide over a side of the image and its colours, with weights for every row"
    own, read = layer.facts.elements, layer.inputs[0].tensor.shape[layer.mapped]
    meant = own - prod(kernels) + prod(kernels) // read * channels
    over = "the only position" if len(sides) == 1 else "one side and the colours"
    return f"kernels slide over {over}: {own:,} parameters where {meant:,} are meant"


RULE = Rule(
    code="AC110",
    name="channels-last-image",
    severity="error",
    what="An input of an image's shape with 1, 3 or 4 channels behind that a convolution reads as it is.",
    why=(
        "Pictures in NumPy, PIL, OpenCV and Keras are H, W, C; torch's convolutions, and the kinds here, take"
        " C, H, W. An image the wrong way round fits all the same: its rows become channels, each with"
        " weights of its own, and the kernel slides over the columns and the colours. Nothing is refused, as"
        " the number of channels is inferred. What other rules say of maps behind it (AC103, AC107) would be"
        " about the wrong axes and is not told. Meant are inputs of three or four axes that"
        " end with 1, 3 or 4, do not begin so, and have sides of 8 or more in the proportions of a picture,"
        " where nothing moves the axes before the convolution, and signals of 100 positions or more with 1"
        " channel behind, over whose only position a kernel of several taps is to slide."
    ),
    instead="The shape as C, H, W; or a `Permute` in front, where the program that will run it has one.",
    source="torch.nn.Conv2d (documentation: input (N, C, H, W)); ToTensor of torchvision turns them",
    good=(
        """\
inputs: {image: [3, 512, 512]}
layers:
  - {type: Conv2d, out_channels: 64, kernel_size: 3, padding: 1}
""",
        """\
inputs: {image: [512, 512, 3]}
layers:
  - {type: Permute, dims: [2, 0, 1]}
  - {type: Conv2d, out_channels: 64, kernel_size: 3, padding: 1}
""",
        """\
inputs: {noise: [100, 1, 1], features: [512, 4, 4], skeleton: [3, 100, 3]}
layers:
  - {type: ConvTranspose2d, name: a, from: noise, out_channels: 64, kernel_size: 4}
  - {type: Conv2d, name: b, from: features, out_channels: 64, kernel_size: 3}
  - {type: Conv2d, name: c, from: skeleton, out_channels: 64, kernel_size: [9, 1]}
outputs: [a, b, c]
""",
        """\
inputs: {leads: [12, 40, 1]}
layers:
  - {type: Conv2d, out_channels: 64, kernel_size: [9, 1], note: a sequence as a map of one column}
""",
        """\
inputs: {pooled: [512, 1], noise: [100, 1]}
layers:
  - {type: Conv1d, name: a, from: pooled, out_channels: 64, kernel_size: 1, note: a linear map}
  - {type: ConvTranspose1d, name: b, from: noise, out_channels: 64, kernel_size: 16}
outputs: [a, b]
""",
    ),
    bad=(
        Bad(
            """\
task: segmentation
inputs: {image: [512, 512, 3]}
layers:
  - {type: Conv2d, name: conv, out_channels: 64, kernel_size: 3, padding: 1}
  - ReLU
""",
            line=2,
            column=17,
            message="[512, 512, 3] looks like an image with its 3 channels behind; conv (Conv2d) takes",
        ),
        Bad(
            """\
inputs:
  digit:
    shape: [28, 28, 1]
layers:
  - BatchNorm2d
  - {type: Conv2d, out_channels: 32, kernel_size: 3, padding: 1}
""",
            line=3,
            message="[28, 28, 1] looks like an image with its 1 channel behind",
        ),
        Bad(
            """\
inputs: {film: [16, 112, 112, 3]}
layers:
  - {type: Conv3d, name: conv, out_channels: 32, kernel_size: 3, padding: 1}
""",
            line=1,
            message="[16, 112, 112, 3] looks like an image with its 3 channels behind; conv (Conv3d) takes",
        ),
        Bad(
            """\
inputs: {image: [32, 32, 1]}
layers:
  - {type: Conv2d, name: c1, out_channels: 6, kernel_size: 5}
  - ReLU
""",
            line=1,
            column=17,
            message="c1 (Conv2d) refuses [32, 32, 1]: kernel 5 is larger than the padded input 1",
        ),
        Bad(
            """\
inputs: {wave: [16000, 1]}
layers:
  - {type: Conv1d, name: conv, out_channels: 64, kernel_size: 80, stride: 4}
  - ReLU
""",
            line=1,
            column=16,
            message="[16000, 1] looks like a signal with its 1 channel behind; conv (Conv1d) refuses",
        ),
        Bad(
            """\
inputs: {wave: [2000, 1]}
layers:
  - {type: Conv1d, name: conv, out_channels: 16, kernel_size: 3, padding: 1}
  - ReLU
""",
            line=1,
            message="[2000, 1] looks like a signal with its 1 channel behind; conv (Conv1d) takes axis 0 for",
        ),
        Bad(
            """\
inputs: {image: [64, 64, 3]}
layers:
  - {type: Conv2d, out_channels: 16, kernel_size: 3, padding: 1}
  - ReLU
  - {type: MaxPool2d, kernel_size: 2}
  - {type: MaxPool2d, name: pool, kernel_size: 2}
""",
            line=1,
            message="pool (MaxPool2d) refuses [16, 32, 1]: window of 2 positions is larger than the padded",
        ),
    ),
    check=check,
    misread=True,
    restate=restate,
)
