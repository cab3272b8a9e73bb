"""AC108: a size that does not survive the way down and up again, so that a skip no longer fits."""

from typing import TYPE_CHECKING, NamedTuple

from archcalc.analyses.resizing import Resizing
from archcalc.errors import SpecError
from archcalc.layers.mathematics import Merge
from archcalc.rules.language import Bad, Context, Findings, Port, Rule, at
from archcalc.rules.questions.axes import axis_word, counted
from archcalc.rules.questions.images import image_refused
from archcalc.rules.questions.resizing import offered
from archcalc.tracing import trace

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from archcalc.analyses.resizing import Fits, Source, Tensors
    from archcalc.facts import Facts
    from archcalc.tracing.records import Refused


class Odd(NamedTuple):
    """An axis along which the inputs of a merge differ, and the sizes of the input that would fit."""

    merge: "Refused"
    axis: int
    source: "Source"
    fits: "Fits"


def restate(context: Context, refused: "Refused") -> Findings:
    """A merge whose inputs have unequal sizes, which another size of the network's input would make equal."""
    if image_refused(context, refused) is not None:
        return  # other axes are taken for positions
    odd = _all_odd(context, refused)
    if not odd:
        return
    later = _later(context, odd)
    told = "; ".join(_message(context, found) for found in odd)
    told += "".join(f"; then {_message(context, found)}" for found in later)
    fits = {found.source: found.fits for found in sorted((*odd, *later), key=lambda found: found.source)}
    yield at(
        refused,
        told,
        key="from",
        consequence="the network cannot be built: what a stride rounds away is missing on the way back",
        hint=f"{offered(context, fits)}; or crop or resize the skip",
    )


def _all_odd(context: Context, refused: "Refused") -> list[Odd]:
    """Every axis along which a merge does not fit, where other sizes of the inputs mend all of them."""
    if refused.arguments.merges is None or len({_axes(port) for port in refused.inputs}) > 1:
        return []
    unequal = [axis for axis in range(_axes(refused.inputs[0])) if len(_sizes(refused, axis)) > 1]
    odd = [found for axis in unequal if (found := _odd(context, refused, axis))]
    return odd if len(odd) == len(unequal) else []


def _later(context: Context, odd: list[Odd]) -> list[Odd]:
    """Axes that fit here and not at a merge behind it, which shows once the network is built so far."""
    found: list[Odd] = []
    while (error := _refusal(context, (*odd, *found))) and error.traced and error.refused:
        known = {each.source for each in (*odd, *found)}
        more = _all_odd(Context(context.model, error.traced), error.refused[0])
        if not more or any(each.source in known for each in more):
            break
        found += more
    return found


def _refusal(context: Context, odd: "Sequence[Odd]") -> SpecError | None:
    """What the network is refused for with sizes that fit so far."""
    shapes = {name: list(tensor.shape) for name, tensor in context.trace.inputs.items()}
    for each in odd:
        shapes[each.source.input][each.source.axis] = each.fits.over or each.fits.below or 1
    try:
        trace(context.model, inputs={name: tuple(shape) for name, shape in shapes.items()})
    except SpecError as error:
        return error
    return None


def _axes(port: Port) -> int:
    return len(port.tensor.shape)


def _sizes(refused: "Refused", axis: int) -> set[int]:
    """The different sizes of one axis that the merge does not join; those of 1 are repeated."""
    merge = refused.arguments.merges
    joined = getattr(refused.arguments, "dim", 0) % _axes(refused.inputs[0])
    if merge is Merge.CONCATENATION and axis == joined:
        return set()
    sizes = {port.tensor.shape[axis] for port in refused.inputs}
    return sizes - {1} if merge in (Merge.SUM, Merge.PRODUCT) else sizes


def _odd(context: Context, refused: "Refused", axis: int) -> Odd | None:
    """Why the sizes differ, when all inputs stand on one grid of the same input axis."""
    grids = [_grids(context, port, axis) for port in refused.inputs]
    keys = [(port.layer, port.output) for port in refused.inputs]

    shared = [source for source, at in grids[0].items() if all(grid.get(source) == at for grid in grids)]
    if not shared:
        return None
    network = Resizing(context.trace, context.fields)
    places = network.stepping(context.trace.above(refused.inputs), shared[0])

    def equal(tensors: "Tensors", _: object) -> bool:
        return all(tensors[key].shape[axis] == tensors[keys[0]].shape[axis] for key in keys)

    def divides(tensors: "Tensors", facts: "Mapping[str, Facts]") -> bool:
        """No stride on the way rounds, so that the merges behind this one fit as well."""
        at = (slide for place in places for slide in place.slides(tensors, facts))
        return equal(tensors, facts) and all(slide.length % slide.window.stride == 0 for slide in at)

    fits = network.fitting(refused.inputs, shared[0], divides)
    fits = fits or network.fitting(refused.inputs, shared[0], equal)
    return Odd(refused, axis, shared[0], fits) if fits else None


def _grids(context: Context, port: Port, axis: int) -> "dict[Source, object]":
    """Input axes that run along with an axis of an output -> stride, where there is one."""
    strides: dict[Source, object] = dict.fromkeys(
        Resizing(context.trace, context.fields).sources(port, axis), 1
    )
    for field in context.fields.outputs.get((port.layer, port.output), ()):
        for found in field.axes:
            for source in strides:
                if source == (field.input, found.axis):
                    strides[source] = found.spans and found.spans.stride
    return {source: stride for source, stride in strides.items() if stride is not None}


def _message(context: Context, odd: Odd) -> str:
    refused = odd.merge
    word = axis_word(refused.inputs[0].tensor.shape, odd.axis)
    sizes = [f"{counted(port.tensor.shape[odd.axis], word)} from {port}" for port in refused.inputs]
    shape = context.trace.inputs[odd.source.input].shape
    own = counted(shape[odd.source.axis], axis_word(shape, odd.source.axis))
    why = (
        f"are no multiple of {odd.fits.multiple}"
        if odd.fits.multiple
        else "do not fit the strides on the way"
    )
    return f"{' meet '.join(sizes)}: the {own} of {odd.source.input!r} {why}"


RULE = Rule(
    code="AC108",
    name="odd-size-skip",
    severity="error",
    what="A merge whose inputs differ in size because a stride on the way rounded an odd size down or up.",
    why=(
        "A stride of 2 makes 12 of 25 rows, or 13 with padding, and what doubles them again makes 24 or 26:"
        " the 25 rows of the skip find no partner. Which sizes survive follows from all the strides on both"
        " ways: after four halvings only multiples of 16 do. The sizes in the finding are those at which the"
        " layers above really meet; axes that fit here and not further on are named too. A merge that no size"
        " of the input would mend is AC001's."
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
inputs: {image: [3, 22, 25]}
layers:
  - {type: Conv2d, name: skip, out_channels: 8, kernel_size: 3, padding: 1}
  - {type: MaxPool2d, name: half, kernel_size: 2}
  - {type: Conv2d, out_channels: 8, kernel_size: 3, stride: 2, padding: 1}
  - {type: Upsample, name: wide, scale_factor: 2}
  - {type: Concat, from: [half, wide]}
  - {type: Upsample, name: up, scale_factor: 2}
  - {type: Concat, from: [skip, up]}
""",
            line=7,
            message="no multiple of 4; then 25 columns from skip meet 24 columns from up: the 25 columns of",
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
