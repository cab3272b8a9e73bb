"""AC701: a network beyond its budget."""

from difflib import get_close_matches
from fractions import Fraction
from operator import eq, ge, gt, le, lt
from typing import TYPE_CHECKING

from archcalc.effort import spend
from archcalc.errors import MAX_CHOICES, MAX_PROBLEMS, MAX_WORD, nearest
from archcalc.lookup import layer_meant
from archcalc.records import dataclass
from archcalc.rules.language import Bad, Context, Cure, Findings, Port, RenameKey, Rule, TracedLayer, at_spec
from archcalc.rules.questions.axes import fields_of
from archcalc.tracing.beginning import first_of_runs
from archcalc.tracing.records import Origin
from archcalc.tracing.times import with_times
from archcalc.tuples import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from archcalc.budgets import Comparison, Limit, Metric
    from archcalc.source import Path
    from archcalc.spec import Limits

LARGEST = 3
"""Layers that a finding names."""


@dataclass(frozen=True, slots=True)
class Budgeted:
    """What a budget is about: the whole network, or a layer or scope of it.

    Args:
        path: of its limits in the spec.
        layers: in execution order.
        ports: the outputs that leave it.
    """

    path: "Path"
    layers: "Sequence[TracedLayer]"
    ports: "tuple[Port, ...]"


def check(context: Context) -> Findings:
    """Every budget that the network, or a scope of it, does not keep."""
    budgets, unknown = context.spec.budgets, 0
    yield from _judged(context, budgets, Budgeted(("budgets",), context.whole.layers, context.trace.outputs))
    for name, limits in budgets.scopes.items():
        spend(len(context.layers))
        path = ("budgets", "scopes", name)
        if inside := context.whole.inside(name):
            last = context.whole.by_name[layer_meant(context.whole, name)]
            ports = tuple(Port(last.name, output, tensor) for output, tensor in last.facts.outputs.items())
            yield from _judged(context, limits, Budgeted(path, inside, ports[:1]))
        else:
            unknown += 1
            helped = unknown <= MAX_PROBLEMS  # each hint compares a name with those of all layers
            yield at_spec(
                context,
                path,
                f"no layer or scope {name!r}",
                at_key=True,
                consequence="nothing is measured by this budget",
                hint=nearest(name, (*context.trace.scopes, *context.trace.by_name)) if helped else "",
                cures=_renamed(context, name) if helped else (),
            )


def _renamed(context: Context, name: str) -> tuple[Cure, ...]:
    """The budget of the scope, or else the layer, whose name is the nearest."""
    scopes = Origin(context.model.document, ("budgets", "scopes"))
    near = (
        get_close_matches(name[:MAX_WORD], list(names)[:MAX_CHOICES], n=1)
        for names in (context.trace.scopes, context.trace.by_name)
    )
    return tuple(Cure((RenameKey(scopes, name, found[0]),)) for found in near if found)


def _judged(context: Context, limits: "Limits", part: Budgeted) -> Findings:
    for metric, limit in limits.written():
        if metric == "receptive_field":
            yield from _field(context, part, limit)
        elif metric == "memory":
            yield from _memory(context, part, limit)
        else:
            yield from _counted(context, part, metric, limit)


def _counted(context: Context, part: Budgeted, metric: "Metric", limit: "Limit") -> Findings:
    """A budget of something that layers add up to."""
    total, largest, unknown, unstated = _shares(context, part, metric)
    unit = metric.replace("_", " ")
    if not _keeps_to(total, limit):
        named = ", ".join(f"{subject} {share:,}" for subject, share in largest if share)
        least = "at least " if unknown else ""
        yield at_spec(
            context,
            (*part.path, metric),
            f"{least}{total:,} {unit}, {_beyond(Fraction(total), limit)}",
            consequence="the network is not the one that was planned for",
            hint=f"most are in {named}" if named else "no layer has any",
        )
    elif unknown and limit.comparison in ("<=", "<"):
        named = ", ".join(unstated)
        yield at_spec(
            context,
            (*part.path, metric),
            f"{total:,} {unit} are known, and {unknown:,} layers state none: {named}",
            consequence="whether the budget is kept cannot be said",
            hint="give the budget room for these layers, or take it out",
        )


def _memory(context: Context, part: Budgeted, limit: "Limit") -> Findings:
    """The budget of the bytes: of one sample, without gradients."""
    report = context.memory
    total = report.peak.bytes
    if not _keeps_to(total, limit):
        most = [(each.bytes, each.name) for each in report.held]
        most += [(each.bytes, each.name) for each in report.alive]
        named = ", ".join(f"{name} {size:,}" for size, name in sorted(most, reverse=True)[:LARGEST])
        yield at_spec(
            context,
            (*part.path, "memory"),
            f"{total:,} bytes of memory, {_beyond(Fraction(total), limit)}",
            consequence="the network takes more or less than was planned for, with one sample alone",
            hint=f"most {report.peak.note} are {named}: `archcalc memory` prints all",
        )


class Shares(NamedTuple):
    """What layers add up to, the largest of them, how many state nothing, and the first of these."""

    total: int
    most: "list[tuple[str, int]]"
    unknown: int
    unstated: "list[str]"


def _shares(context: Context, part: Budgeted, metric: "Metric") -> Shares:
    """What each layer has of a quantity; of turns that are the same the first ones are named."""
    every = [(times, _share(context, layer, metric)) for times, layer in with_times(part.layers)]
    named = [(layer.subject, _share(context, layer, metric)) for layer in first_of_runs(part.layers, LARGEST)]
    known = [(subject, share) for subject, share in named if share is not None]
    return Shares(
        sum(times * (share or 0) for times, share in every),
        sorted(known, key=lambda item: -item[1])[:LARGEST],
        sum(times for times, share in every if share is None),
        [subject.rpartition(" (")[0] for subject, share in named if share is None][:LARGEST],
    )


def _share(context: Context, layer: TracedLayer, metric: "Metric") -> int | None:
    if metric in ("params", "trainable_params"):
        counted = context.params.layers[layer.name]
        return counted.params if metric == "params" else counted.trainable
    macs = layer.facts.macs
    return None if macs is None else macs * (2 if metric == "flops" else 1)


def _field(context: Context, part: Budgeted, limit: "Limit") -> Findings:
    """The budget of the field: every output, on every input it depends on, along every axis."""
    axes = ((port, *found) for port in part.ports for found in fields_of(context, port))
    for output, source, axis in axes:
        everything = axis.whole or (axis.spans is not None and axis.spans.unbounded)
        if everything and limit.comparison in (">=", ">"):
            continue  # it reads all there is
        where = f"the field of {output} along axis {axis.axis} of {source}"
        if axis.size is None:
            why = "an operator is unknown" if axis.unknown else "branches of unequal strides meet in it"
            known = "unbounded" if everything else f"not known: {why}"
            what = f"{where} is {known}"
        elif _keeps_to(axis.size, limit):
            continue
        else:
            what = f"{where} is {axis.size:,}, {_beyond(Fraction(axis.size), limit)}"
        yield at_spec(
            context,
            (*part.path, "receptive_field"),
            what,
            consequence="a unit of the output sees more or less than was planned for",
            hint="kernels, strides and dilations in front of it set its size: `archcalc rf` prints all",
        )
        return


COMPARISONS: "Mapping[Comparison, tuple[Callable[[int, Fraction], bool], str]]" = {
    "<=": (le, "at most"),
    "<": (lt, "less than"),
    ">=": (ge, "at least"),
    ">": (gt, "more than"),
    "==": (eq, "exactly"),
}


def _keeps_to(value: int, limit: "Limit") -> bool:
    return COMPARISONS[limit.comparison][0](value, limit.value)


def _beyond(value: Fraction, limit: "Limit") -> str:
    """The distance to the limit, in numbers and as a share of it."""
    excess = abs(value - limit.value)
    share = f" ({float(excess / limit.value):,.1%})" if limit.value else ""
    side = "more" if value > limit.value else "less"
    text = "which is the limit itself" if not excess else f"{_number(excess)}{share} {side}"
    return f"{text}, where the budget is {COMPARISONS[limit.comparison][1]} {_number(limit.value)}"


def _number(value: Fraction) -> str:
    return f"{value.numerator:,}" if value.denominator == 1 else f"{float(value):,.2f}"


RULE = Rule(
    code="AC701",
    name="budget-exceeded",
    severity="error",
    what="A network, or a scope of it, that does not keep a limit of its `budgets`.",
    why=(
        "Parameters, multiply-accumulates and the receptive field follow from the layers alone, so a"
        " change that breaks a limit shows before anything is trained. The finding says by how much, and"
        " which layers hold most of it. MACs count one sample; a field that reads a whole axis is as large"
        " as the input there, and keeps every lower limit."
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
        """\
inputs: {image: [3, 32, 32]}
layers:
  - {type: DoubleConv, name: stem, width: 8}
  - {type: Conv2d, name: head, out_channels: 2, kernel_size: 1}
budgets:
  params: 1K
  scopes:
    stem: {params: 900, receptive_field: ">= 5"}
    head: {macs: 20K}
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
        Bad(
            """\
inputs: {image: [3, 32, 32]}
layers:
  - {type: Conv2d, name: stem, out_channels: 8, kernel_size: 3}
  - ReLU
  - {type: Conv2d, name: head, out_channels: 2, kernel_size: 1}
budgets:
  scopes:
    stem: {params: 224}
    head: {params: 10}
""",
            line=9,
            column=20,
            message="18 params, 8 (80.0%) more, where the budget is at most 10",
        ),
        Bad(
            """\
inputs: {image: [3, 32, 32]}
layers:
  - {type: Conv2d, name: stem, out_channels: 8, kernel_size: 3}
budgets:
  scopes:
    steam: {params: 224}
""",
            line=6,
            column=5,
            message="no layer or scope 'steam'",
        ),
    ),
    check=check,
)
