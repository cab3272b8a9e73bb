"""AC309: a GLU whose gates are the other half of the positions."""

from archcalc.cures.making import setting
from archcalc.rules.language import Bad, Context, Findings, Rule, at
from archcalc.rules.questions.functions import in_place, normalizes
from archcalc.rules.questions.maps import is_map, mixed_axis
from archcalc.rules.questions.neighbours import way_before

PAIR = 2
"""An axis of two may well be made for its two halves."""


def check(context: Context) -> Findings:
    """GLUs along another axis than that of the channels which a layer before them has made."""
    for glu in context.layers:
        if not glu.arguments.halves:
            continue
        _, before = way_before(context, glu.inputs[0], lambda layer: in_place(layer) or normalizes(layer))
        halved = mixed_axis(glu)
        if before is None or halved is None or not is_map(before):
            continue
        made = mixed_axis(before)
        size = glu.inputs[0].tensor.shape[halved]
        if made is None or made == halved or size <= PAIR:
            continue
        yield at(
            glu,
            f"it halves axis {halved}, {size} positions, and not the {before.output.shape[made]} channels"
            f" that {before.subject} makes",
            key="dim",
            consequence="each position gets its gate from half the axis away, and half of them are gone",
            hint=f"write dim: {made + 1}, which is torch's count of the channels with the batch before them",
            cures=(setting(glu, "torch's count of the channels with the batch before them", dim=made + 1),),
        )


RULE = Rule(
    code="AC309",
    name="glu-over-positions",
    severity="warning",
    what="A GLU that halves positions instead of the channels that the layer before it has made for it.",
    why=(
        "GLU cuts an axis into values and gates. The layer before it makes both, twice as many channels as"
        " are wanted. torch's default is the last axis, which behind a convolution is a position: there the"
        " left half of a picture or the first half of a sequence is multiplied with gates of the other half."
        " Widths are not judged here: an odd axis is refused when the spec is traced, as are slopes of a"
        " PReLU that are neither one nor as many as the channels; one slope for all is torch's default."
    ),
    instead="`{type: GLU, dim: 1}` behind a convolution, the default behind a Linear.",
    source="Dauphin et al., Language Modeling with Gated Convolutional Networks, 2016 (arXiv 1612.08083)",
    good=(
        """\
inputs: {frames: [80, 100]}
layers:
  - {type: Conv1d, out_channels: 512, kernel_size: 1}
  - {type: GLU, dim: 1}
""",
        """\
inputs: {tokens: [100, 64]}
layers:
  - {type: Linear, out_features: 256}
  - GLU
""",
        """\
inputs: {image: [8, 32, 32]}
layers:
  - {type: GLU, note: what the axes of an input are is not known}
""",
    ),
    bad=(
        Bad(
            """\
inputs: {frames: [80, 100]}
layers:
  - {type: Conv1d, name: conv, out_channels: 512, kernel_size: 1}
  - GLU
""",
            line=4,
            column=5,
            message="it halves axis 1, 100 positions, and not the 512 channels that conv (Conv1d) makes",
        ),
        Bad(
            """\
inputs: {image: [3, 32, 32]}
layers:
  - {type: Conv2d, name: conv, out_channels: 64, kernel_size: 3, padding: 1, bias: false}
  - BatchNorm2d
  - type: GLU
    dim: 2        # counts the batch
""",
            line=6,
            column=10,
            message="it halves axis 1, 32 positions, and not the 64 channels that conv (Conv2d) makes",
        ),
    ),
    check=check,
)
