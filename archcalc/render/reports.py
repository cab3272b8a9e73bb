"""The tables of the reading commands: which columns each has."""

from dataclasses import replace
from typing import TYPE_CHECKING

from archcalc.analyses.compute import macs
from archcalc.analyses.parameters import ParamsReport, params
from archcalc.analyses.receptive_field import receptive_fields
from archcalc.render.cells import (
    Column,
    field_size,
    field_start,
    field_stride,
    plain_shape,
    shape,
    shapes,
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


def params_table(trace: "Trace", depth: int | None = None) -> "Table":
    """Per layer: the shapes of its weights, their elements, and their share of all."""
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
    return table(trace, _title(trace), columns, params_footer(counted), depth)


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
    if any(axis.hops is not None for found in fields.values() for field in found for axis in field.axes):
        footer += ("k hops: the nodes from which at most k edges lead to the unit's own, and those edges",)
    if source is None:
        return table(trace, _title(trace), columns, footer, depth)
    layers = tuple(layer for layer in trace.layers if layer.name in fields)
    title = f"{trace.model}: in units of {source}"
    return table(replace(trace, layers=layers), title, columns, footer, depth)


def summary_table(trace: "Trace", depth: int | None = None) -> "Table":
    """Per layer: output, params, MACs and receptive field."""
    counted = params(trace)
    fields = receptive_fields(trace).layers
    known, unknown = macs(trace)
    columns = (
        _output_column(),
        Column(
            "Params",
            lambda layer: counted.layers[layer.name].params or None,
            lambda inside: sum(counted.layers[layer.name].params for layer in inside),
            right=True,
            raw=lambda layer: counted.layers[layer.name].params,
        ),
        Column(
            "MACs",
            lambda layer: layer.facts.macs or ("?" if layer.facts.macs is None else None),
            lambda inside: sum(layer.facts.macs or 0 for layer in inside),
            right=True,
            raw=lambda layer: layer.facts.macs,
        ),
        _field_columns(fields)[0],
    )
    bound = f" (lower bound: not known for {', '.join(unknown)})" if unknown else ""
    footer = (
        *params_footer(counted),
        f"MACs {known:,}{bound}, FLOPs {2 * known:,}: one sample, convolutions and matrix products only",
    )
    return table(trace, _title(trace), columns, footer, depth)


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


def _field_columns(fields: "Mapping[str, Sequence[Field]]") -> tuple[Column, ...]:
    def column(header: str, of: "Callable[[Field], str]") -> Column:
        def cell(layer: "TracedLayer") -> str:
            found = fields.get(layer.name, ())
            texts = [of(field) for field in found]
            named = len(found) > 1 and header == "Field"
            return "\n".join(
                f"{field.input}: {text}" if named else text for field, text in zip(found, texts, strict=True)
            )

        return Column(header, cell, lambda inside: cell(inside[-1]), right=True)

    return (column("Field", field_size), column("Stride", field_stride), column("Start", field_start))


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
