"""AC202: dilation rates of one group that share a factor, where the layers before it fill the holes."""

from math import gcd
from typing import TYPE_CHECKING

from archcalc.rules.language import Bad, Context, Findings, Rule, at
from archcalc.rules.questions.rates import fuller

if TYPE_CHECKING:
    from archcalc.analyses.dilation import DilationGroup


def check(context: Context) -> Findings:
    """Groups of two or more layers whose rates have a common factor; with holes in the input it is AC201."""
    for group in context.dilation_groups:
        shared = gcd(*group.alone.rates)
        if group.full and shared > 1 and len(group.layers) > 1:
            yield at(
                context.trace.by_name[group.layers[-1]],
                _message(group, shared),
                key="dilation",
                consequence=f"per axis the map falls apart into {shared} interleaved ones that never meet",
                hint=_hint(group),
                cures=tuple(fuller(context, group, group.alone.nearest)),
            )


def _message(group: "DilationGroup", shared: int) -> str:
    rates, reads = " ".join(map(str, group.alone.rates)), group.alone.coverage
    return (
        f"dilation {rates} has the common factor {shared}: a unit reads {reads.read:,} of the {reads.span:,}"
        f" positions of its field on the output of the layer before, per axis"
    )


def _hint(group: "DilationGroup") -> str:
    nearest = group.alone.nearest
    if nearest is None:
        return "begin the group with dilation 1, and let the rates have no common factor"
    return f"the nearest rates without one are {' '.join(map(str, nearest))}"


RULE = Rule(
    code="AC202",
    name="rates-with-common-factor",
    severity="info",
    what="Dilated layers in a row whose rates share a factor, where no position of the input is left out.",
    why=(
        "With rates 2 2 2 a unit reads every second unit of the map in front of the group, and its neighbour"
        " the others: within the group the two halves never exchange anything. Layers in front, such as the"
        " stem of a ResNet, have fields that overlap and so fill the holes in the input, which is why AC201"
        " is silent here; published networks of this kind work, and gain from rates without a common factor."
    ),
    instead="Use rates such as 1 2 3 or 1 2 5 in turn; `archcalc hdc` tries them.",
    source=(
        "Wang et al., Understanding Convolution for Semantic Segmentation, 2018 (arXiv 1702.08502),"
        " section 3.2: the rates of a group should have no common factor"
    ),
    good=(
        """\
inputs: {image: [3, 64, 64]}
layers:
  - {type: Conv2d, out_channels: 8, kernel_size: 3, stride: 2, padding: 1}
  - ReLU
  - {type: Conv2d, out_channels: 8, kernel_size: 3, padding: 1}
  - {type: Conv2d, out_channels: 8, kernel_size: 3, padding: 2, dilation: 2}
  - {type: Conv2d, out_channels: 8, kernel_size: 3, padding: 2, dilation: 2}
""",
        """\
inputs: {image: [3, 64, 64]}
layers:
  - {type: Conv2d, out_channels: 8, kernel_size: 7, stride: 2, padding: 3}
  - {type: Conv2d, out_channels: 8, kernel_size: 3, padding: 2, dilation: 2, note: alone}
""",
    ),
    bad=(
        Bad(
            """\
inputs: {image: [3, 64, 64]}
layers:
  - {type: Conv2d, out_channels: 8, kernel_size: 7, stride: 2, padding: 3}
  - {type: Conv2d, out_channels: 8, kernel_size: 3, padding: 2, dilation: 2}
  - ReLU
  - {type: Conv2d, out_channels: 8, kernel_size: 3, padding: 2, dilation: 2}
""",
            line=6,
            column=75,
            message="dilation 2 2 has the common factor 2: a unit reads 5 of the 9 positions of its field",
        ),
        Bad(
            """\
inputs: {samples: [1, 402]}
layers:
  - {type: Conv1d, out_channels: 8, kernel_size: 12, stride: 3}
  - {type: Conv1d, out_channels: 8, kernel_size: 3, padding: 2, dilation: 2}
  - {type: Conv1d, out_channels: 8, kernel_size: 3, padding: 4, dilation: 4}
""",
            line=5,
            message="dilation 2 4 has the common factor 2",
        ),
    ),
    check=check,
)
