"""AC205: an output that sees less of the input than its task needs."""

from typing import TYPE_CHECKING

from archcalc.rules.language import Bad, Context, Cure, Findings, Port, Replace, Rule, at, at_spec
from archcalc.rules.questions.axes import axis_word, counted, fields_of
from archcalc.rules.questions.functions import takes_positions
from archcalc.rules.questions.maps import is_convolution
from archcalc.spec.goals import task_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from archcalc.analyses.receptive_field import AxisField

POOLED = (1, 2, 3)
"""Axes over which a pool goes."""
DECISIONS = ("classification", "regression")
"""Tasks with one answer to the whole input."""


def check(context: Context) -> Findings:
    """Outputs with a field below ``min_receptive_field``, and answers to a whole input from a part of it."""
    yield from _below_minimum(context)
    if task_name(context.spec.task) in DECISIONS:
        for port in context.trace.outputs:
            for source, axis in fields_of(context, port):
                read = _read(axis)
                single = axis.along is None or port.tensor.shape[axis.along] == 1
                if single and read is not None and read < axis.length and not _demanded(context, axis):
                    word = axis_word(context.trace.inputs[source].shape, axis.axis)
                    yield at(
                        context.trace.by_name[port.layer],
                        f"the answer is made from {read:,} of the {counted(axis.length, word)} of {source!r}",
                        consequence="what stands on the others cannot change it",
                        hint="pool over all positions, or widen the field: dilations, strides, more layers",
                        cures=tuple(_pooled(context, port)),
                    )
                    break


def _pooled(context: Context, port: Port) -> "Iterator[Cure]":
    """A mean over all positions in the place of what takes a few of them."""
    for layer in reversed(context.trace.above((port,))):
        axes = len(layer.output.shape) - layer.mapped - 1
        if takes_positions(layer) and axes in POOLED:
            pool = {"output_size": 1} | ({"from": source} if (source := layer.origin.written("from")) else {})
            yield Cure((Replace(layer.origin, ({"type": f"AdaptiveAvgPool{axes}d", **pool},)),))


def _widened(context: Context, port: Port, axis: "AxisField", least: int) -> "Iterator[Cure]":
    """Dilated convolutions in front of the last one, each of which reads on where those before it end."""
    layers = [layer for layer in context.trace.above((port,)) if is_convolution(layer)]
    jump = axis.spans.stride if axis.spans else None
    if not layers or jump is None or axis.size is None:
        return
    rates: list[int] = []
    size = axis.size
    from archcalc.rules.questions.rates import MOST, dilated_in_front

    while size < min(least, axis.length) and len(rates) < MOST:
        rates.append(2 ** (len(rates) + 1))
        size += int(2 * rates[-1] * jump)
    yield dilated_in_front(context, layers[-1], rates, f"it reads {size:,} then")


def _demanded(context: Context, axis: "AxisField") -> bool:
    """Whether the spec asks for all of an axis by a number of its own, which then has a finding."""
    limit = context.spec.budgets.receptive_field
    budgeted = limit is not None and limit.comparison in (">=", ">") and limit.value >= axis.length
    asked = budgeted or (context.spec.min_receptive_field or 0) >= axis.length
    return asked and axis.size is not None and axis.size < axis.length


def _below_minimum(context: Context) -> Findings:
    least = context.spec.min_receptive_field
    for port in context.trace.outputs if least is not None else ():
        for source, axis in fields_of(context, port):
            if _mapped(context, port, axis):
                continue
            if axis.size is not None and axis.size < min(least or 1, axis.length):
                word = axis_word(context.trace.inputs[source].shape, axis.axis)
                yield at_spec(
                    context,
                    ("min_receptive_field",),
                    f"a unit of {port} reads {counted(axis.size, word)} of {source!r}, {least:,} are needed",
                    consequence="what it would have to see to decide lies outside of its field",
                    hint="widen the field: larger kernels or dilations, more strides or layers",
                    cures=tuple(_widened(context, port, axis, least or 1)),
                )
                return


def _mapped(context: Context, port: Port, axis: "AxisField") -> bool:
    """Whether the output was made at every position of an axis by itself, on purpose (``Vmap``)."""
    layer = context.trace.source(port)
    return layer is not None and axis.along is not None and axis.along < layer.mapped


def _read(axis: "AxisField") -> int | None:
    """Positions inside of the input that its first unit reads, at most; None: not known."""
    if axis.whole or axis.spans is None:
        return None
    span = axis.spans.at(0)
    if span is None:
        return None
    return max(0, min(span[1], axis.length - 1) - max(span[0] or 0, 0) + 1)


RULE = Rule(
    code="AC205",
    name="small-field",
    severity="warning",
    what="An output with a field below `min_receptive_field`, or an answer from a part of the input.",
    why=(
        "A unit cannot decide by what it does not see. With `min_receptive_field` a spec says how much a unit"
        " of the output has to see, in positions of the input along each axis: the size of the objects, the"
        " reach of a dependence. A `classification` or `regression` with one answer has to see everything; a"
        " temporal convolution whose last step is taken often does not. The field in front of a global"
        " pool is not judged: the pool sees all, and bags of small fields classify well. An input smaller"
        " than the minimum only has to be seen whole. Where a budget asks for all of it too, AC701 speaks."
    ),
    instead="Widen the field (dilation, strides, layers), or pool over all positions before the answer.",
    source=(
        "Luo et al., Understanding the Effective Receptive Field in Deep Convolutional Neural Networks, 2016"
        " (arXiv 1701.04128); Bai, Kolter & Koltun, 2018 (arXiv 1803.01271), section 3.3: dilations to see"
        " the whole history"
    ),
    good=(
        """\
task: segmentation
min_receptive_field: 5
inputs: {image: [3, 64, 64]}
layers:
  - {type: Conv2d, out_channels: 8, kernel_size: 3, padding: 1}
  - ReLU
  - {type: Conv2d, out_channels: 8, kernel_size: 3, padding: 1}
""",
        """\
task: classification
inputs: {image: [3, 64, 64]}
layers:
  - {type: Conv2d, out_channels: 8, kernel_size: 3, padding: 1}
  - {type: AdaptiveAvgPool2d, output_size: 1}
  - Flatten
  - {type: Linear, out_features: 10}
""",
        """\
task: classification
inputs: {sequence: [8, 100]}
layers:
  - {type: LSTM, hidden_size: 16, batch_first: true}
  - {type: Slice, dim: 0, start: -1, note: it has seen all steps}
  - Flatten
  - {type: Linear, out_features: 10}
""",
    ),
    bad=(
        Bad(
            """\
task: segmentation
min_receptive_field: 32
inputs: {image: [3, 64, 64]}
layers:
  - {type: Conv2d, out_channels: 8, kernel_size: 3, padding: 1}
  - ReLU
  - {type: Conv2d, name: scores, out_channels: 8, kernel_size: 3, padding: 1}
""",
            line=2,
            column=22,
            message="a unit of scores reads 5 rows of 'image', 32 are needed",
        ),
        Bad(
            """\
task: classification
inputs: {sequence: [8, 100]}
layers:
  - {type: CausalConv, out_channels: 8, kernel_size: 3}
  - {type: CausalConv, out_channels: 8, kernel_size: 3, dilation: 2}
  - {type: Slice, dim: 1, start: -1}
  - Flatten
  - {type: Linear, name: head, out_features: 10}
""",
            line=8,
            message="the answer is made from 7 of the 100 positions of 'sequence'",
        ),
    ),
    check=check,
)
