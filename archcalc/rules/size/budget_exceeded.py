"""AC701: a network beyond its budget."""

from fractions import Fraction
from typing import TYPE_CHECKING

from archcalc.rules.base import Bad, Rule

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from archcalc.analyses.receptive_field import AxisField
    from archcalc.budgets import Comparison, Limit, Metric
    from archcalc.rules.base import Finding
    from archcalc.rules.context import Context

LARGEST = 3
"""Layers that a finding names."""


def check(context: "Context") -> "Iterator[Finding]":
    """Every budget that the network does not keep."""
    for metric, limit in context.spec.budgets.items():
        if metric == "receptive_field":
            yield from _field(context, limit)
        elif metric != "memory":
            yield from _counted(context, metric, limit)


def _counted(context: "Context", metric: "Metric", limit: "Limit") -> "Iterator[Finding]":
    """A budget of something that layers add up to."""
    shares, unknown = _shares(context, metric)
    total = sum(shares.values())
    unit = metric.replace("_", " ")
    if not keeps(total, limit):
        most = sorted(shares.items(), key=lambda item: -item[1])[:LARGEST]
        named = ", ".join(f"{context.by_name[name].subject} {share:,}" for name, share in most if share)
        least = "at least " if unknown else ""
        yield context.at_spec(
            ("budgets", metric),
            f"{least}{total:,} {unit}, {_beyond(Fraction(total), limit)}",
            consequence="the network is not the one that was planned for",
            hint=f"most are in {named}" if named else "no layer has any",
        )
    elif unknown and limit.comparison in ("<=", "<"):
        named = ", ".join(unknown[:LARGEST])
        yield context.at_spec(
            ("budgets", metric),
            f"{total:,} {unit} are known, and {len(unknown):,} layers state none: {named}",
            consequence="whether the budget is kept cannot be said",
            hint="give the budget room for these layers, or take it out",
        )


def _shares(context: "Context", metric: "Metric") -> "tuple[Mapping[str, int], list[str]]":
    """Layer -> its part, and the layers that state none."""
    if metric in ("params", "trainable_params"):
        counted = context.params.layers.items()
        return {name: own.params if metric == "params" else own.trainable for name, own in counted}, []
    factor = 2 if metric == "flops" else 1
    known = {
        layer.name: factor * layer.facts.macs for layer in context.layers if layer.facts.macs is not None
    }
    return known, [layer.name for layer in context.layers if layer.facts.macs is None]


def _field(context: "Context", limit: "Limit") -> "Iterator[Finding]":
    """The budget of the field: every output, on every input it depends on, along every axis."""
    for output, source, axis in _axes(context):
        everything = axis.whole or (axis.spans is not None and axis.spans.unbounded)
        if everything and limit.comparison in (">=", ">"):
            continue  # it reads all there is
        where = f"the field of {output} along axis {axis.axis} of {source}"
        if axis.size is None:
            known = "unbounded" if everything else "not known: branches of unequal strides meet in it"
            what = f"{where} is {known}"
        elif keeps(axis.size, limit):
            continue
        else:
            what = f"{where} is {axis.size:,}, {_beyond(Fraction(axis.size), limit)}"
        yield context.at_spec(
            ("budgets", "receptive_field"),
            what,
            consequence="a unit of the output sees more or less than was planned for",
            hint="kernels, strides and dilations in front of it set its size: `archcalc rf` prints all",
        )
        return


def _axes(context: "Context") -> "Iterable[tuple[str, str, AxisField]]":
    """Output, input and field along one axis, for all of them."""
    for port in context.trace.outputs:
        for field in context.fields.outputs.get((port.layer, port.output), ()):
            for axis in field.axes:
                yield str(port), field.input, axis


def keeps(value: int, limit: "Limit") -> bool:
    """Whether a value is within a limit."""
    return {
        "<=": value <= limit.value,
        "<": value < limit.value,
        ">=": value >= limit.value,
        ">": value > limit.value,
        "==": value == limit.value,
    }[limit.comparison]


WORDS: "Mapping[Comparison, str]" = {
    "<=": "at most",
    "<": "less than",
    ">=": "at least",
    ">": "more than",
    "==": "exactly",
}


def _beyond(value: Fraction, limit: "Limit") -> str:
    """The distance to the limit, in numbers and as a share of it."""
    excess = abs(value - limit.value)
    share = f" ({float(excess / limit.value):.1%})" if limit.value else ""
    side = "more" if value > limit.value else "less"
    text = "which is the limit itself" if not excess else f"{_number(excess)}{share} {side}"
    return f"{text}, where the budget is {WORDS[limit.comparison]} {_number(limit.value)}"


def _number(value: Fraction) -> str:
    return f"{value.numerator:,}" if value.denominator == 1 else f"{float(value):,.2f}"


RULE = Rule(
    code="AC701",
    name="budget-exceeded",
    severity="error",
    what="A network that does not keep a limit of its `budgets`.",
    why=(
        "Parameters, multiply-accumulates and the receptive field follow from the layers alone, so a"
        " change that breaks a limit shows before anything is trained. The finding says by how much, and"
        " which layers hold most of it. MACs count one sample; a field that reads a whole axis is as large"
        " as the input there. A budget of memory is read, but not judged yet."
    ),
    instead="Change the layers that the finding names, or the budget.",
    source=("archcalc's spec language: budgets"),
    good=(
        """\
inputs: {image: [3, 32, 32]}
layers:
  - {type: Conv2d, out_channels: 8, kernel_size: 3}
budgets: {params: 224, macs: 200K, receptive_field: 3}
""",
    ),
    bad=(
        Bad(
            """\
inputs: {image: [3, 32, 32]}
layers:
  - {type: Conv2d, name: conv, out_channels: 8, kernel_size: 3}
budgets: {params: 200, macs: 200K}
""",
            line=4,
            column=19,
            message="224 params, 24 (12.0%) more, where the budget is at most 200",
        ),
        Bad(
            """\
inputs: {image: [3, 32, 32]}
layers:
  - {type: Conv2d, out_channels: 8, kernel_size: 3}
budgets:
  receptive_field: ">= 9"
""",
            line=5,
            message="is 3, 6 (66.7%) less, where the budget is at least 9",
        ),
    ),
    check=check,
)
