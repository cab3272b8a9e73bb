"""Commands that read a spec and print a report."""

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from archcalc.cli.options import (
    DepthOption,
    Format,
    FormatOption,
    InputOption,
    SetOption,
    SpecArgument,
    screen_width,
    traced,
)
from archcalc.errors import SpecError, nearest

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from archcalc.analyses.dilation import DilationGroup
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
    form: FormatOption = Format.table,
    depth: DepthOption = None,
) -> None:
    """Weights, parameters and share of every layer; totals below."""
    from archcalc.render.reports import params_table

    report(spec, settings, inputs, form, depth, params_table)


def summary(
    spec: SpecArgument,
    settings: SetOption = None,
    inputs: InputOption = None,
    form: FormatOption = Format.table,
    depth: DepthOption = None,
) -> None:
    """Output, parameters, multiply-accumulates and receptive field of every layer."""
    from archcalc.render.reports import summary_table

    report(spec, settings, inputs, form, depth, summary_table)


def rf(
    spec: SpecArgument,
    check_hdc: Annotated[
        bool, typer.Option("--check-hdc", help="Check the groups of dilated layers; exit 1 on holes.")
    ] = False,
    layer: Annotated[
        str | None, typer.Option("--layer", help="Only this layer, or the end of this container.")
    ] = None,
    settings: SetOption = None,
    inputs: InputOption = None,
    form: FormatOption = Format.table,
    depth: DepthOption = None,
) -> None:
    """Receptive field of every layer: size, stride and start on the input, per axis."""
    from archcalc.analyses.dilation import dilation_groups
    from archcalc.render.coverage import groups_text
    from archcalc.render.reports import rf_table

    trace = opened(spec, settings, inputs, form, rf_table)
    groups = dilation_groups(trace) if check_hdc else None
    only = None if layer is None else _layer_named(trace, layer)
    _write(trace, rf_table, form, depth, only, groups)
    if groups is not None:
        if form in (Format.table, Format.markdown):
            typer.echo(groups_text(groups, screen_width()), nl=False)
        if not all(group.full for group in groups):
            raise typer.Exit(1)


def report(
    spec: str,
    settings: "Sequence[str] | None",
    inputs: "Sequence[str] | None",
    form: Format,
    depth: int | None,
    table_of: "TableOf",
) -> None:
    """Trace a spec and print one table of it, or the document."""
    _write(opened(spec, settings, inputs, form, table_of), table_of, form, depth)


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
            _write(error.partial, table_of, form, None)
        raise
    for finding in trace.findings:
        typer.echo(f"warning: {finding}", err=True)
    return trace


def _write(
    trace: "Trace",
    table_of: "TableOf",
    form: Format,
    depth: int | None,
    only: str | None = None,
    groups: "Sequence[DilationGroup] | None" = None,
) -> None:
    from archcalc.render import emit

    if form is Format.json:
        from archcalc.render.document import document

        typer.echo(json.dumps(document(trace, groups, only), indent=1))
        return
    table = table_of(trace, None if form is Format.csv or only is not None else depth)
    if only is not None:
        rows = (replace(row, label=row.name) for row in table.rows if row.name == only)
        table = replace(table, rows=tuple(rows))
    emitted = {Format.table: emit.text, Format.csv: emit.csv, Format.markdown: emit.markdown}[form](table)
    typer.echo(emitted, nl=False)


def _layer_named(trace: "Trace", name: str) -> str:
    """The layer of this name, or the last one inside the container of this name."""
    inside = [layer.name for layer in trace.layers if layer.name == name or layer.name.startswith(f"{name}.")]
    if not inside:
        known = (*(layer.name for layer in trace.layers), *trace.scopes)
        raise typer.BadParameter(f"no layer {name!r}; {nearest(name, known)}", param_hint="--layer")
    return inside[-1]
