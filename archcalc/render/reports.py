"""The tables of the reading commands: which columns each has."""

from dataclasses import replace
from typing import TYPE_CHECKING

from archcalc.analyses.compute import macs
from archcalc.analyses.parameters import ParamsReport, params
from archcalc.analyses.receptive_field import receptive_fields
from archcalc.render.cells import (
    Below,
    Column,
    plain_shape,
    shape,
    shapes,
    size_cell,
    start_cell,
    stride_cell,
)
from archcalc.render.ties import tied_lines
from archcalc.render.tree import table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from archcalc.analyses.receptive_field import Field
    from archcalc.render.cells import Table
    from archcalc.tracing import Trace, TracedLayer


def shapes_table(trace: "Trace", depth: int | None = None) -> "Table":
    """Per layer: the shapes that enter and the shape that leaves."""
    return table(trace, _title(trace), (_input_column(), _output_column()), depth=depth)


def params_table(trace: "Trace", depth: int | None = None, *, parts: bool = False) -> "Table":
    """Per layer: the shapes of its weights, their elements, and their share of all.

    With ``parts`` the MACs too, and below a layer a row for every part of it that has a name.
    """
    counted = params(trace)
    layers = counted.layers
    columns = (
        Column(
            "Weights",
            lambda layer: _weights(layer, counted, "\n", shape_of=lambda value: str(list(value))),
            raw=lambda layer: _weights(layer, counted, "; ", shape_of=plain_shape),
        ),
        Column(
            "Params",
            lambda layer: layers[layer.name].params or None,
            lambda inside: sum(layers[layer.name].params for layer in inside),
            right=True,
            raw=lambda layer: layers[layer.name].params,
        ),
        Column(
            "Share",
            lambda layer: _share(layers[layer.name].params, counted.params),
            lambda inside: _share(sum(layers[layer.name].params for layer in inside), counted.params),
            right=True,
            raw=lambda layer: layers[layer.name].params / counted.params if counted.params else 0,
        ),
    )
    footer = params_footer(counted)
    if not parts:
        return table(trace, _title(trace), columns, footer, depth)
    return table(
        trace,
        _title(trace),
        (*columns, _macs_column()),
        (*footer, macs_footer(trace)),
        depth,
        lambda layer: _part_rows(layer, counted),
    )


def _part_rows(layer: "TracedLayer", counted: ParamsReport) -> "Iterator[Below]":
    """Gates, projections: params, share and MACs of each."""
    for name, own in counted.layers[layer.name].parts.items():
        macs_of_part = layer.facts.parts[name].macs
        share = (own or 0) / counted.params if counted.params else 0
        known = own or (None if own == 0 else "?")
        cells = ("part", "", known, _share(own or 0, counted.params), macs_of_part or None)
        yield Below(f"{layer.name}:{name}", name, cells, ("part", "", own, share, macs_of_part))


def rf_table(trace: "Trace", depth: int | None = None, source: str | None = None) -> "Table":
    """Per layer: size, stride and start of the receptive field, in positions of the input.

    With a ``source`` they are counted in units of that layer's output, for the layers that depend on it.
    """
    report = receptive_fields(trace, source)
    fields = report.layers
    columns = (_output_column(), *_field_columns(fields))
    footer: tuple[str, ...] = (
        (
            "unit i reads from start + i x stride to start + i x stride + field - 1, padding included;"
            " one number: the same for every axis"
        ),
    )
    every = [axis for found in fields.values() for field in found for axis in field.axes]
    if any(axis.spans is not None and axis.spans.unbounded for axis in every):
        footer += ("past: with start ..n unit i reads everything up to n + i x stride, without a limit",)
    if any(axis.hops is not None for axis in every):
        footer += ("k hops: the nodes from which at most k edges lead to the unit's own, and those edges",)

    def below(layer: "TracedLayer") -> "Iterator[Below]":
        for name, found in report.others(layer).items():
            size = layer.facts.outputs[name].shape
            texts = tuple(
                _field_cell(found, of, named=header == "Field") for header, of in FIELD_CELLS.items()
            )
            cells, raw = ("output", shape(size), *texts), ("output", plain_shape(size), *texts)
            yield Below(f"{layer.name}.{name}", name, cells, raw)

    if source is None:
        return table(trace, _title(trace), columns, footer, depth, below)
    layers = tuple(layer for layer in trace.layers if layer.name in fields)
    title = f"{trace.model}: in units of {source}"
    return table(replace(trace, layers=layers), title, columns, footer, depth, below)


def summary_table(trace: "Trace", depth: int | None = None) -> "Table":
    """Per layer: output, params, MACs and receptive field."""
    counted = params(trace)
    fields = receptive_fields(trace).layers
    columns = (
        _output_column(),
        Column(
            "Params",
            lambda layer: counted.layers[layer.name].params or None,
            lambda inside: sum(counted.layers[layer.name].params for layer in inside),
            right=True,
            raw=lambda layer: counted.layers[layer.name].params,
        ),
        _macs_column(),
        _field_columns(fields)[0],
    )
    footer = (*params_footer(counted), macs_footer(trace))
    return table(trace, _title(trace), columns, footer, depth)


def macs_footer(trace: "Trace") -> str:
    """The total, and what counts."""
    known, unknown = macs(trace)
    bound = f" (lower bound: not known for {', '.join(unknown)})" if unknown else ""
    return f"MACs {known:,}{bound}, FLOPs {2 * known:,}: one sample, convolutions and matrix products only"


def params_footer(counted: ParamsReport) -> tuple[str, ...]:
    """Totals, and which tensors are tied to which."""
    return (
        (
            f"params {counted.params:,}: trainable {counted.trainable:,},"
            f" non-trainable {counted.non_trainable:,}; buffers {counted.buffers:,}"
        ),
        *_shares(counted),
        *tied_lines(counted),
    )


def _shares(counted: ParamsReport) -> "Iterator[str]":
    """Embedding tables and active parameters, where a network has them."""
    if counted.embedding:
        yield f"embedding {counted.embedding:,}, non-embedding {counted.non_embedding:,}"
    if counted.active != counted.params:
        yield f"active {counted.active:,} of {counted.params:,}: those that one position goes through"


def _title(trace: "Trace") -> str:
    inputs = ", ".join(f"{name} {shape(tensor.shape)}" for name, tensor in trace.inputs.items())
    return f"{trace.model}: {inputs}"


def _input_column() -> Column:
    return Column(
        "Input",
        lambda layer: shapes([port.tensor.shape for port in layer.inputs]),
        lambda inside: shape(inside[0].inputs[0].tensor.shape),
        raw=lambda layer: "; ".join(plain_shape(port.tensor.shape) for port in layer.inputs),
    )


def _output_column() -> Column:
    return Column(
        "Output",
        lambda layer: shape(layer.output.shape),
        lambda inside: shape(inside[-1].output.shape),
        raw=lambda layer: plain_shape(layer.output.shape),
    )


def _macs_column() -> Column:
    return Column(
        "MACs",
        lambda layer: layer.facts.macs or ("?" if layer.facts.macs is None else None),
        lambda inside: sum(layer.facts.macs or 0 for layer in inside),
        right=True,
        raw=lambda layer: layer.facts.macs,
    )


FIELD_CELLS = {"Field": size_cell, "Stride": stride_cell, "Start": start_cell}


def _field_columns(fields: "Mapping[str, Sequence[Field]]") -> tuple[Column, ...]:
    def column(header: str, of: "Callable[[Field], str]") -> Column:
        def cell(layer: "TracedLayer") -> str:
            return _field_cell(fields.get(layer.name, ()), of, named=header == "Field")

        return Column(header, cell, lambda inside: cell(inside[-1]), right=True)

    return tuple(column(header, of) for header, of in FIELD_CELLS.items())


def _field_cell(found: "Sequence[Field]", of: "Callable[[Field], str]", *, named: bool) -> str:
    """A line for every input, with its name where there are several."""
    several = named and len(found) > 1
    return "\n".join(f"{field.input}: {of(field)}" if several else of(field) for field in found)


def _weights(
    layer: "TracedLayer", counted: ParamsReport, line: str, shape_of: "Callable[[tuple[int, ...]], str]"
) -> str:
    tied = counted.layers[layer.name].tied
    return line.join(
        f"{name} {shape_of(value)}".lstrip() + (f" = {tied[name]}" if name in tied else "")
        for name, value in layer.facts.weights.items()
    )


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f} %" if part and whole else ""
