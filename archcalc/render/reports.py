"""The tables of ``shapes``, ``params`` and ``summary``: which columns each has, and the totals below."""

from functools import partial
from typing import TYPE_CHECKING

from archcalc.render.cells import Column, Row, Table, plain_shape
from archcalc.render.columns import (
    frozen_words,
    input_column,
    macs_column,
    output_column,
    params_column,
    title_of,
    trainable_column,
)
from archcalc.render.fields import size_column
from archcalc.render.ties import tie_lines
from archcalc.render.tree import table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from archcalc.analyses.compute import MacsReport
    from archcalc.analyses.parameters import ParamsReport
    from archcalc.analyses.summary import Summary
    from archcalc.tracing import Trace, TracedLayer


def shapes_table(trace: "Trace", depth: int | None = None) -> Table:
    """Per layer: the shapes that enter and the shape that leaves."""
    return table(trace, title_of(trace), (input_column(), output_column()), depth=depth)


def summary_table(trace: "Trace", found: "Summary", depth: int | None = None) -> Table:
    """Per layer: output, params, MACs and receptive field."""
    columns = (
        output_column(),
        params_column(found.params),
        macs_column(),
        size_column(found.fields),
        trainable_column(found.params),
    )
    footer = (*params_lines(found.params), macs_line(found.macs))
    return table(trace, title_of(trace), columns, footer, depth, remark=frozen_words(found.params))


def params_table(
    trace: "Trace", counted: "ParamsReport", depth: int | None = None, macs: "MacsReport | None" = None
) -> Table:
    """Per layer: the shapes of its weights, their elements, and their share of all.

    With ``macs`` these too, and below a layer a row for every part of it that has a name.
    """
    columns = [_weights_column(counted), params_column(counted), _share_column(counted)]
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
        cells = ("part", "", known, _share(own or 0, counted.params), macs_of_part or None)
        yield Row(f"{layer.name}:{name}", name, cells, ("part", "", own, share, macs_of_part))


def _share_column(counted: "ParamsReport") -> Column:
    whole, layers = counted.params, counted.layers
    return Column(
        "Share",
        lambda layer: _share(layers[layer.name].params, whole),
        lambda scope: _share(sum(layers[layer.name].params for layer in scope.layers), whole),
        right=True,
        raw=lambda layer: layers[layer.name].params / whole if whole else 0,
        raw_total=lambda scope: sum(layers[layer.name].params for layer in scope.layers) / (whole or 1),
    )


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f} %" if part and whole else ""


def _weights_column(counted: "ParamsReport") -> Column:
    def weights(layer: "TracedLayer", line: str, shape_of: "Callable[[tuple[int, ...]], str]") -> str:
        tied = counted.layers[layer.name].tied
        return line.join(
            f"{name} {shape_of(value)}".lstrip() + (f" = {tied[name]}" if name in tied else "")
            for name, value in layer.facts.weights.items()
        )

    return Column(
        "Weights",
        lambda layer: weights(layer, "\n", lambda value: str(list(value))),
        raw=lambda layer: weights(layer, "; ", plain_shape),
    )


def macs_line(found: "MacsReport") -> str:
    """The total, and what counts."""
    bound = f" (lower bound: not known for {', '.join(found.unknown)})" if found.unknown else ""
    counts = "one sample, convolutions and matrix products only"
    return f"MACs {found.macs:,}{bound}, FLOPs {found.flops:,}: {counts}"


def params_lines(counted: "ParamsReport") -> "Iterator[str]":
    """Totals, embedding tables and active parameters where there are some, and which tensors are tied."""
    yield (
        f"params {counted.params:,}: trainable {counted.trainable:,},"
        f" non-trainable {counted.non_trainable:,}; buffers {counted.buffers:,}"
    )
    if counted.embedding:
        head = f", untied output head {counted.head:,}" if counted.head else ""
        neither = " (without both)" if counted.head else ""
        yield f"embedding {counted.embedding:,}{head}, non-embedding {counted.non_embedding:,}{neither}"
    if counted.active != counted.params:
        yield f"active {counted.active:,} of {counted.params:,}: those that one position goes through"
    yield from tie_lines(counted.layers)
