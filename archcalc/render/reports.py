"""The tables of ``shapes`` and ``params``: which columns each has, and the totals below."""

from functools import partial
from typing import TYPE_CHECKING

from archcalc.render.cells import Percentage, Row, Table
from archcalc.render.columns import (
    frozen_words,
    input_column,
    macs_column,
    output_column,
    params_column,
    share_column,
    title_of,
    trainable_column,
    weights_column,
)
from archcalc.render.tree import table
from archcalc.tracing.in_runs import own_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from archcalc.analyses.compute import MacsReport
    from archcalc.analyses.parameters import ParamsReport
    from archcalc.tracing import Trace, TracedLayer


def shapes_table(trace: "Trace", depth: int | None = None) -> Table:
    """Per layer: the shapes that enter and the shape that leaves."""
    return table(trace, title_of(trace), (input_column(), output_column()), depth=depth)


def params_table(
    trace: "Trace", counted: "ParamsReport", depth: int | None = None, macs: "MacsReport | None" = None
) -> Table:
    """Per layer: the shapes of its weights, their elements, and their share of all.

    With ``macs`` these too, and below a layer a row for every part of it that has a name.
    """
    own = counted.layers
    share = share_column("Share", lambda layer: own[layer.name].params, counted.params)
    columns = [weights_column(counted), params_column(counted), share]
    footer, below = tuple(params_lines(counted)), None
    if macs is not None:
        columns, footer = [*columns, macs_column()], (*footer, macs_line(macs))
        below = partial(_parts, counted=counted)
    columns.append(trainable_column(counted))
    return table(trace, title_of(trace), columns, footer, depth, below, frozen_words(counted))


def _parts(layer: "TracedLayer", *, counted: "ParamsReport") -> "Iterator[Row]":
    """Gates, projections: params, share and MACs of each."""
    for name, own in counted.layers[layer.name].parts.items():
        macs_of_part = layer.facts.parts[name].macs
        share = (own or 0) / counted.params if counted.params else 0
        known = own or (None if own == 0 else "?")
        cells = ("part", "", known, Percentage(share), macs_of_part or None)
        yield Row(f"{layer.name}:{name}", name, cells, ("part", "", own, share, macs_of_part))


def macs_line(found: "MacsReport", batch: int = 1) -> str:
    """The total of one sample or a batch, and what counts."""
    samples = "one sample" if batch == 1 else f"a batch of {batch:,}"
    counts = f"{samples}, convolutions and matrix products only"
    return f"MACs {found.macs:,}{bound_words(found.unknown)}, FLOPs {found.flops:,}: {counts}"


def bound_words(unknown: "Sequence[str]") -> str:
    """What stands behind a sum that lacks some layers."""
    if not unknown:
        return ""
    from archcalc.render.names import in_words

    return f" (lower bound: not known for {in_words(unknown)})"


def params_lines(counted: "ParamsReport") -> "Iterator[str]":
    """Totals, and what is told of some of them."""
    yield (
        f"params {counted.params:,}: trainable {counted.trainable:,},"
        f" non-trainable {counted.non_trainable:,}; buffers {counted.buffers:,}"
    )
    yield from some_params_lines(counted)


def some_params_lines(counted: "ParamsReport") -> "Iterator[str]":
    """Embedding tables and active parameters where there are some, and which tensors are tied."""
    if counted.embedding:
        head = f", untied output head {counted.head:,}" if counted.head else ""
        neither = " (without both)" if counted.head else ""
        yield f"embedding {counted.embedding:,}{head}, non-embedding {counted.non_embedding:,}{neither}"
    if counted.active != counted.params:
        yield f"active {counted.active:,} of {counted.params:,}: those that one position goes through"
    if any(layer.tied for layer in own_of(counted.layers).values()):
        from archcalc.render.ties import tie_lines

        yield from tie_lines(counted.layers)
