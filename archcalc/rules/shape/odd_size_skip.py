"""AC108: a size that does not survive the way down and up again, so that a skip no longer fits."""

from typing import TYPE_CHECKING

from archcalc.rules.language import Bad, Context, Findings, Rule, at
from archcalc.rules.questions.axes import axis_word, counted
from archcalc.rules.questions.images import image_refused
from archcalc.rules.questions.odd_sizes import Odd, odd_axes

if TYPE_CHECKING:
    from archcalc.tracing.records import Refused


def restate(context: Context, refused: "Refused") -> Findings:
    """A merge whose inputs have unequal sizes, which another size of the network's input would make equal."""
    if image_refused(context, refused) is not None:
        return  # other axes are taken for positions
    odd = odd_axes(context, refused)
    if not odd:
        return
    from archcalc.rules.questions.resizing import offered

    yield at(
        refused,
        "; ".join(_message(context, refused, found) for found in odd),
        key="from",
        consequence="the network cannot be built: what a stride rounds away is missing on the way back",
        hint=f"{offered(context, {found.source: found.fits for found in odd})}; or crop or resize the skip",
    )


def _message(context: Context, refused: "Refused", odd: Odd) -> str:
    shape = context.trace.inputs[odd.source.input].shape
    own = counted(shape[odd.source.axis], axis_word(shape, odd.source.axis))
    multiple = odd.fits.multiple
    why = f"are no multiple of {multiple}" if multiple else "do not fit the strides on the way"
    said = f"the {own} of {odd.source.input!r} {why}"
    if odd.chance:
        return f"{said} either"
    word = axis_word(refused.inputs[0].tensor.shape, odd.axis)
    sizes = [f"{counted(port.tensor.shape[odd.axis], word)} from {port}" for port in refused.inputs]
    return f"{' meet '.join(sizes)}: {said}"


RULE = Rule(
    code="AC108",
    name="odd-size-skip",
    severity="error",
    what="A merge whose inputs differ in size because a stride on the way rounded an odd size down or up.",
    why=(
        "A stride of 2 makes 12 of 25 rows, or 13 with padding, and what doubles them again makes 24 or 26:"
        " the 25 rows of the skip find no partner. Which sizes survive follows from all the strides on both"
        " ways: after four halvings only multiples of 16 do. The sizes in the finding are those at which the"
        " layers above really meet. A merge that no size of the input would mend is AC001's."
    ),
    instead=(
        "Feed a size that fits (pad or resize the input), or make the way back follow the skip: an"
        " `Upsample` to its size, `output_padding` of a transposed convolution, or a `Crop`."
    ),
    source=(
        "Ronneberger et al., U-Net, 2015 (arXiv 1505.04597), section 2: the input's size is chosen such that"
        " every pool halves an even size"
    ),
    good=(
        """\
inputs: {image: [3, 96, 96]}
layers:
  - {type: Conv2d, name: skip, out_channels: 8, kernel_size: 3, padding: 1}
  - {type: MaxPool2d, kernel_size: 8}
  - {type: Upsample, name: up, scale_factor: 8}
  - {type: Concat, from: [skip, up]}
""",
        """\
inputs: {image: [3, 25, 25]}
layers:
  - {type: Conv2d, name: skip, out_channels: 8, kernel_size: 3, padding: 1}
  - {type: Conv2d, out_channels: 8, kernel_size: 3, stride: 2, padding: 1}
  - {type: Upsample, name: up, size: 25}
  - {type: Add, from: [skip, up]}
""",
    ),
    bad=(
        Bad(
            """\
inputs: {image: [3, 100, 96]}
layers:
  - {type: Conv2d, name: skip, out_channels: 8, kernel_size: 3, padding: 1}
  - {type: MaxPool2d, kernel_size: 4}
  - {type: MaxPool2d, kernel_size: 2}
  - {type: Upsample, name: up, scale_factor: 8}
  - {type: Concat, from: [skip, up]}
""",
            line=7,
            column=26,
            message="100 rows from skip meet 96 rows from up: the 100 rows of 'image' are no multiple of 8",
        ),
        Bad(
            """\
inputs: {image: [3, 25, 25]}
layers:
  - {type: Conv2d, name: skip, out_channels: 8, kernel_size: 3, padding: 1}
  - {type: Conv2d, out_channels: 8, kernel_size: 3, stride: 2, padding: 1}
  - {type: ConvTranspose2d, name: up, out_channels: 8, kernel_size: 2, stride: 2}
  - {type: Add, from: [skip, up]}
""",
            line=6,
            message="25 columns from skip meet 26 columns from up: the 25 columns of 'image' are no",
        ),
        Bad(
            """\
inputs: {image: [8, 25, 26]}
layers:
  - type: Residual
    body:
      - {type: Conv2d, out_channels: 8, kernel_size: 3, stride: 2, padding: 1}
    shortcut:
      - {type: AvgPool2d, kernel_size: 2}
""",
            line=3,
            message="13 rows from conv2d_0 meet 12 rows from avgpool2d_0",
        ),
    ),
    restate=restate,
)
