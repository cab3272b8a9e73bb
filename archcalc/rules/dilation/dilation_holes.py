"""AC201: dilated layers that never read some positions of their receptive field."""

from typing import TYPE_CHECKING

from archcalc.analyses.gridding import beside_others, is_filled
from archcalc.rules.language import Bad, Context, Cure, Findings, Rule, at
from archcalc.rules.questions.rates import cut_to_reach, dilated_in_front, filling, with_rates
from archcalc.rules.questions.taps import padded_axes

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from archcalc.analyses.dilation import DilationGroup
    from archcalc.analyses.transfer import Units


def check(context: Context) -> Findings:
    """Groups of dilated layers with holes, at the last dilated layer of the group."""
    known: dict[tuple[Units, str], bool] = {}
    holed = [
        group
        for group in context.dilation_groups
        if not (group.full or _beyond_the_map(context, group) or is_filled(context.trace, group, known))
    ]
    for group in beside_others(context.trace, holed):
        dilated = [name for name, rate in zip(group.layers, group.alone.rates, strict=True) if rate > 1]
        yield at(
            context.trace.by_name[dilated[-1]],
            _message(group),
            key="dilation",
            consequence="what stands on the unread positions is lost to every unit behind it (gridding)",
            hint=_hint(group),
            cures=tuple(_cures(context, group, holed)),
        )


def _cures(context: Context, group: "DilationGroup", holed: "Sequence[DilationGroup]") -> "Iterator[Cure]":
    """The nearest rates without holes, or layers in front that read what the rates leave out.

    Groups beside it that are like it, and those of the same layers along another axis, change with it.
    """
    rates = group.alone.rates
    alike = [each for each in holed if each.alone.rates == rates or set(each.layers) & set(group.layers)]
    for groups in ([group], alike):
        near = [(each, each.nearest) for each in groups if each.nearest is not None]
        if len(near) == len(groups):
            yield with_rates(context, near)
        yield with_rates(
            context, [(each, cut_to_reach(each.alone.rates, each.alone.kernels)) for each in groups]
        )
    added = max((filling(each.alone.rates, each.alone.kernels) or () for each in alike), key=len)
    if added:
        first = next(name for name, rate in zip(group.layers, rates, strict=True) if rate > 1)
        yield dilated_in_front(context, context.trace.by_name[first], added, "all positions are read then")


def _beyond_the_map(context: Context, group: "DilationGroup") -> bool:
    """Whether a rate is not below the size of its map: such taps read zeros only, of which AC107 tells."""
    return any(
        axis.used_taps < axis.window.kernel and axis.window.dilation > 1
        for name in group.layers
        for axis in padded_axes(context.trace.by_name[name])
    )


def _message(group: "DilationGroup") -> str:
    rates, kernels = (" ".join(map(str, numbers)) for numbers in (group.alone.rates, group.alone.kernels))
    reads = group.reads
    counted = f"{reads.read:,} of the {reads.span:,} positions" if reads else "not all positions"
    return (
        f"dilation {rates} with kernels {kernels} reads {counted} of its field on {group.input!r}, per axis"
    )


def _hint(group: "DilationGroup") -> str:
    if group.nearest is None:
        return "begin a group with dilation 1, and let the rates have no common factor"
    if len(group.nearest) == 1:
        return f"write dilation: {group.nearest[0]}, or put a convolution without dilation in front of it"
    return f"the nearest rates without holes are {' '.join(map(str, group.nearest))}"


RULE = Rule(
    code="AC201",
    name="dilation-holes",
    severity="warning",
    what="Dilated layers in a row whose receptive field has positions that no unit behind them reads.",
    why=(
        "Kernels with rates that share a factor read a grid: with 2 2 2 every second position between the"
        " first and the last is skipped, and neighbouring outputs come from disjoint inputs. The field"
        " looks large, but thin structures fall through, and the output shows the grid. Judged are the"
        " exact positions of the network's input, through everything in front of the group, not the"
        " recursion of the paper. What branches beside the group read together with it is not left out; a"
        " mean of the whole input, as an atrous pyramid adds, tells of no place and does not count."
    ),
    instead=(
        "Use rates without a common factor that begin with 1, such as 1 2 5 (HDC); `archcalc hdc` tries"
        " rates."
    ),
    source=(
        "Wang et al., Understanding Convolution for Semantic Segmentation, 2018 (arXiv 1702.08502),"
        " section 3.2"
    ),
    good=(
        """\
inputs: {image: [8, 64, 64]}
layers:
  - {type: Conv2d, out_channels: 8, kernel_size: 3, padding: 1}
  - {type: Conv2d, out_channels: 8, kernel_size: 3, padding: 2, dilation: 2}
  - {type: Conv2d, out_channels: 8, kernel_size: 3, padding: 5, dilation: 5}
""",
        """\
inputs: {samples: [8, 256]}
layers:
  - type: Branches      # what one leaves out another one reads
    branches:
      - - {type: Conv1d, out_channels: 8, kernel_size: 3, padding: 1}
        - ReLU
      - - {type: Conv1d, out_channels: 8, kernel_size: 3, padding: 2, dilation: 2}
        - ReLU
      - - {type: Conv1d, out_channels: 8, kernel_size: 3, padding: 3, dilation: 3}
        - ReLU
""",
    ),
    bad=(
        Bad(
            """\
inputs: {image: [8, 64, 64]}
layers:
  - {type: Conv2d, out_channels: 8, kernel_size: 3, padding: 2, dilation: 2}
  - ReLU
  - {type: Conv2d, out_channels: 8, kernel_size: 3, padding: 2, dilation: 2}
  - ReLU
  - {type: Conv2d, out_channels: 8, kernel_size: 3, padding: 2, dilation: 2}
""",
            line=7,
            column=75,
            message="dilation 2 2 2 with kernels 3 3 3 reads 7 of the 13 positions of its field on 'image'",
        ),
        Bad(
            """\
inputs: {image: [8, 64, 64]}
layers:
  - type: Residual      # the shortcut reads none of the others, and a gate sees but their mean
    body:
      - {type: Conv2d, out_channels: 8, kernel_size: 3, padding: 2, dilation: 2}
      - ReLU
      - {type: Conv2d, out_channels: 8, kernel_size: 3, padding: 2, dilation: 2}
      - {type: SqueezeExcitation, squeeze_channels: 2}
""",
            line=7,
            message="dilation 2 2 with kernels 3 3 reads 5 of the 9 positions of its field on 'image'",
        ),
    ),
    check=check,
)
