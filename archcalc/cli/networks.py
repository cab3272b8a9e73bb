"""Commands that trace a spec and print a table of its layers."""

from contextlib import suppress
from typing import TYPE_CHECKING, Annotated

import typer

from archcalc.cli.formats import Format, show
from archcalc.cli.options import (
    DepthOption,
    FormatOption,
    FreezeOption,
    InputOption,
    SetOption,
    SpecArgument,
    SymbolicOption,
    usage,
)
from archcalc.cli.sources import ArgsOption, AskedNetwork, FreshOption, traced, warn_of
from archcalc.errors import SpecError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from archcalc.render.cells import Table
    from archcalc.render.formulas import Told
    from archcalc.tracing import Trace

    TableOf = Callable[[Trace, int | None], Table]


def shapes(
    spec: SpecArgument,
    settings: SetOption = None,
    inputs: InputOption = None,
    arguments: ArgsOption = None,
    fresh: FreshOption = False,
    form: FormatOption = Format.table,
    depth: DepthOption = None,
    symbolic: SymbolicOption = False,
) -> None:
    """Input and output shape of every layer."""
    from archcalc.render.reports import shapes_table

    if symbolic:
        show_formulas(
            AskedNetwork(spec, settings, inputs, arguments, fresh), form, ("output", "params", "macs")
        )
        return
    report(AskedNetwork(spec, settings, inputs, arguments, fresh), form, depth, shapes_table)


def params(
    spec: SpecArgument,
    settings: SetOption = None,
    inputs: InputOption = None,
    arguments: ArgsOption = None,
    fresh: FreshOption = False,
    freeze: FreezeOption = None,
    form: FormatOption = Format.table,
    depth: DepthOption = None,
    parts: Annotated[
        bool, typer.Option("--parts", help="MACs too, and a row for every gate or projection of a layer.")
    ] = False,
    symbolic: SymbolicOption = False,
) -> None:
    """Weights, parameters and share of every layer; totals below.

    Non-embedding parameters are those without the tables that are looked up (tokens, positions), and without
    an output head that scores the tokens and is not tied to their table.
    """
    from archcalc.analyses.compute import macs
    from archcalc.analyses.parameters import params as counted
    from archcalc.render.reports import params_table

    if symbolic:
        show_formulas(AskedNetwork(spec, settings, inputs, arguments, fresh), form, ("params",))
        return

    def table(trace: "Trace", depth: int | None) -> "Table":
        return params_table(trace, counted(trace), depth, macs(trace) if parts else None)

    report(AskedNetwork(spec, settings, inputs, arguments, fresh, freeze), form, depth, table)


def attention(
    spec: SpecArgument,
    settings: SetOption = None,
    inputs: InputOption = None,
    arguments: ArgsOption = None,
    fresh: FreshOption = False,
    form: FormatOption = Format.table,
) -> None:
    """Every attention layer: heads, mask, parts, and the positional information that reaches it."""
    from archcalc.analyses.attention import attention as attention_of
    from archcalc.render.attention import attention_table, parts_table
    from archcalc.render.attention_document import attention_csv, attention_document
    from archcalc.render.emit import json_text
    from archcalc.render.reports import shapes_table

    trace = opened(AskedNetwork(spec, settings, inputs, arguments, fresh), form, shapes_table)
    found = attention_of(trace)

    def tables() -> "list[Table]":
        return [attention_table(found, trace.model), *([parts_table(found)] if found.layers else [])]

    own = {
        Format.json: lambda: json_text(attention_document(found, trace.model)),
        Format.csv: lambda: Format.csv.written(attention_csv(found, trace.model)),
    }
    show(form, tables, own)


def report(
    asked: AskedNetwork,
    form: Format,
    depth: int | None,
    table_of: "TableOf",
) -> None:
    """Trace a spec and print one table of it, or the document."""
    from archcalc.render.tree import refuse_many_rows

    trace = opened(asked, form, table_of, depth)
    refuse_many_rows(trace, depth)  # before anything is counted for them
    show(form, lambda: [table_of(trace, depth)], {Format.json: lambda: document_text(trace, depth)})


def show_formulas(asked: AskedNetwork, form: Format, told: "Sequence[Told]") -> None:
    """Print formulas of a network."""
    from archcalc.render.emit import json_text
    from archcalc.render.formulas import formulas_document, formulas_latex, formulas_table
    from archcalc.solving.formulas import formulas_of

    model = asked.model()
    with usage("--symbolic"):
        found = formulas_of(model, asked.values(), asked.shapes(model))
    own = {
        Format.json: lambda: json_text(formulas_document(found)),
        Format.latex: lambda: formulas_latex(found, told),
    }
    show(form, lambda: [formulas_table(found, told)], own)


def document_text(trace: "Trace", depth: int | None = None) -> "Iterator[str]":
    """The JSON document of a network, piece by piece: a layer is made when it is written."""
    from archcalc.analyses.summary import summary
    from archcalc.render.document import around_layers, layer_entries
    from archcalc.render.json_pieces import json_pieces

    found = summary(trace)
    return json_pieces(around_layers(trace, found), "layers", layer_entries(trace, found, depth=depth))


def opened(
    asked: AskedNetwork,
    form: Format,
    table_of: "TableOf",
    depth: int | None = None,
) -> "Trace":
    """The trace of a spec, with what is to be frozen.

    A spec that fails still shows the table down to the failing layer.
    """
    try:
        trace = traced(asked)
    except SpecError as error:
        if error.partial and error.partial.layers and form in (Format.table, Format.markdown):
            from archcalc.render.cells import partial_table

            with suppress(SpecError):  # of a table that is too long, which is not what is wrong
                typer.echo(form.written(partial_table(table_of(error.partial, depth))), nl=False)
        raise
    warn_of(trace)
    if not asked.freeze:
        return trace
    from archcalc.tracing.freezing import frozen

    with usage("--freeze"):
        return frozen(trace, asked.freeze)
