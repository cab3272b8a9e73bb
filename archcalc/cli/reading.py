"""Commands that read a spec and print a report."""

import json
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from archcalc.cli.options import (
    DepthOption,
    Format,
    FormatOption,
    FreezeOption,
    InputOption,
    SetOption,
    SpecArgument,
    traced,
)
from archcalc.errors import Fault, SpecError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from archcalc.render.cells import Table
    from archcalc.tracing import Trace

    TableOf = Callable[[Trace, int | None], Table]


def shapes(
    spec: SpecArgument,
    settings: SetOption = None,
    inputs: InputOption = None,
    form: FormatOption = Format.table,
    depth: DepthOption = None,
) -> None:
    """Input and output shape of every layer."""
    from archcalc.render.reports import shapes_table

    report(spec, settings, inputs, form, depth, shapes_table)


def params(
    spec: SpecArgument,
    settings: SetOption = None,
    inputs: InputOption = None,
    freeze: FreezeOption = None,
    form: FormatOption = Format.table,
    depth: DepthOption = None,
    parts: Annotated[
        bool, typer.Option("--parts", help="MACs too, and a row for every gate or projection of a layer.")
    ] = False,
) -> None:
    """Weights, parameters and share of every layer; totals below."""
    from archcalc.render.reports import params_table

    report(spec, settings, inputs, form, depth, partial(params_table, parts=parts), freeze)


def summary(
    spec: SpecArgument,
    settings: SetOption = None,
    inputs: InputOption = None,
    freeze: FreezeOption = None,
    form: FormatOption = Format.table,
    depth: DepthOption = None,
) -> None:
    """Output, parameters, multiply-accumulates and receptive field of every layer."""
    from archcalc.render.reports import summary_table

    report(spec, settings, inputs, form, depth, summary_table, freeze)


def attention(
    spec: SpecArgument,
    settings: SetOption = None,
    inputs: InputOption = None,
    form: FormatOption = Format.table,
) -> None:
    """Every attention layer: heads, mask, parts, and the positional information that reaches it."""
    from archcalc.analyses.attention import attention as attention_of
    from archcalc.render import attention as tables
    from archcalc.render.reports import shapes_table

    trace = opened(spec, settings, inputs, form, shapes_table)
    found = attention_of(trace)
    if form is Format.json:
        typer.echo(json.dumps(tables.attention_document(found, trace.model), indent=1))
    elif form is Format.csv:
        write_table(tables.attention_csv(found, trace.model), form)
    else:
        write_table(tables.attention_table(found, trace.model), form)
        if found.layers:
            typer.echo()
            write_table(tables.parts_table(found), form)


def report(
    spec: str,
    settings: "Sequence[str] | None",
    inputs: "Sequence[str] | None",
    form: Format,
    depth: int | None,
    table_of: "TableOf",
    freeze: "Sequence[str] | None" = None,
) -> None:
    """Trace a spec and print one table of it, or the document."""
    trace = opened(spec, settings, inputs, form, table_of)
    write(_frozen(trace, freeze) if freeze else trace, table_of, form, depth)


def _frozen(trace: "Trace", patterns: "Sequence[str]") -> "Trace":
    from archcalc.tracing.freezing import frozen

    try:
        return frozen(trace, patterns)
    except Fault as fault:
        raise typer.BadParameter(f"{fault.fact}; {fault.hint}", param_hint="--freeze") from None


def opened(
    spec: str,
    settings: "Sequence[str] | None",
    inputs: "Sequence[str] | None",
    form: Format,
    table_of: "TableOf",
) -> "Trace":
    """The trace of a spec; a spec that fails still shows the table down to the failing layer."""
    try:
        trace = traced(spec, settings, inputs)
    except SpecError as error:
        if error.partial and error.partial.layers and form in (Format.table, Format.markdown):
            write(error.partial, table_of, form, None)
        raise
    for finding in trace.findings:
        typer.echo(f"warning: {finding}", err=True)
    return trace


def write(
    trace: "Trace",
    table_of: "TableOf",
    form: Format,
    depth: int | None,
) -> None:
    """Print one table of a trace, or the document."""
    if form is Format.json:
        from archcalc.render.document import document

        typer.echo(json.dumps(document(trace), indent=1))
        return
    write_table(table_of(trace, None if form is Format.csv else depth), form)


def write_table(table: "Table", form: Format) -> None:
    """Print a table as text, CSV, Markdown, or its rows as JSON."""
    from archcalc.render import emit

    if form is Format.json:
        typer.echo(json.dumps(emit.records(table), indent=1))
        return
    emitted = {Format.table: emit.text, Format.csv: emit.csv, Format.markdown: emit.markdown}[form](table)
    typer.echo(emitted, nl=False)
