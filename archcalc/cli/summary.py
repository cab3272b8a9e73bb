"""``archcalc summary``: a table of chosen columns, and the sizes of a network below it."""

from typing import TYPE_CHECKING, Annotated

import typer

from archcalc.cli.formats import Format, show
from archcalc.cli.networks import opened
from archcalc.cli.options import (
    DepthOption,
    FormatOption,
    FreezeOption,
    InputOption,
    SetOption,
    SpecArgument,
    usage,
)
from archcalc.cli.precisions import MAX_COUNT, PrecisionName
from archcalc.cli.sources import ArgsOption, AskedNetwork, FreshOption

if TYPE_CHECKING:
    from collections.abc import Iterator

    from archcalc.render.cells import Table
    from archcalc.tracing import Trace


def summary(
    spec: SpecArgument,
    columns: Annotated[
        list[str] | None,
        typer.Option(
            "--columns",
            metavar="NAME,...",
            help="Columns in this order, behind name: type, input, output, kernel, weights, params, share,"
            " trainable, buffers, macs, macs_share, flops, param_bytes, activations, memory,"
            " receptive_field.",
        ),
    ] = None,
    sort: Annotated[
        str | None,
        typer.Option(
            "--sort", metavar="COLUMN", help="A column to sort by, the largest first, without the tree."
        ),
    ] = None,
    batch: Annotated[int, typer.Option("--batch", min=1, max=MAX_COUNT, help="Samples at a time.")] = 1,
    dtype: Annotated[
        PrecisionName | None,
        typer.Option("--dtype", help="Precision of all real numbers; else the spec's own."),
    ] = None,
    settings: SetOption = None,
    inputs: InputOption = None,
    arguments: ArgsOption = None,
    fresh: FreshOption = False,
    freeze: FreezeOption = None,
    form: FormatOption = Format.table,
    depth: DepthOption = None,
) -> None:
    """Output, parameters, multiply-accumulates and receptive field of every layer, or columns of your choice.

    Below are totals and sizes in the order of torchinfo, what each is, and where torchinfo counts otherwise.
    """
    from archcalc.analyses.summary import Summary
    from archcalc.footprint.storages import Setting
    from archcalc.render.emit import terminal_width
    from archcalc.render.summary import summary_table
    from archcalc.render.summary_columns import columns_named
    from archcalc.render.tree import refuse_many_rows
    from archcalc.render.view import View

    with usage("--columns"):
        words = [word for each in columns or () for word in each.split(",")]
        chosen = columns_named(words) if words else ()
    with usage("--sort"):
        view = View(chosen, None if sort is None else columns_named([sort])[0], depth)
    setting = Setting(batch, None if dtype is None else dtype.value)

    def table(trace: "Trace", _depth: int | None) -> "Table":
        found = Summary(trace, setting)
        wide = form is Format.table and terminal_width() is not None
        return summary_table(found, view, wide=wide, totals=form is not Format.csv)

    trace = opened(AskedNetwork(spec, settings, inputs, arguments, fresh, freeze), form, table)
    refuse_many_rows(trace, depth)  # before anything is counted for them

    def document() -> "Iterator[str]":
        from archcalc.render.json_pieces import json_pieces
        from archcalc.render.summary_document import around_summary, summary_entries

        found = Summary(trace, setting)
        return json_pieces(around_summary(found), "layers", summary_entries(found, view))

    own = {Format.json: document}
    show(form, lambda: [table(trace, None)], own)
