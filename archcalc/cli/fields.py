"""``archcalc rf``: receptive fields of a network, of one layer, of one unit, and between two layers."""

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from archcalc.cli.commands import say
from archcalc.cli.completing import layers_completed
from archcalc.cli.formats import Format, show
from archcalc.cli.networks import opened
from archcalc.cli.options import (
    DepthOption,
    FormatOption,
    InputOption,
    SetOption,
    SpecArgument,
    screen_width,
    usage,
)
from archcalc.cli.sources import ArgsOption, AskedNetwork, FreshOption
from archcalc.lookup import layer_meant, source_meant
from archcalc.render.emit import json_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from archcalc.analyses.receptive_field import ReceptiveFieldReport
    from archcalc.render.cells import Column, Table
    from archcalc.tracing import Trace

MAX_DIGITS = 15


def rf(
    spec: SpecArgument,
    layer: Annotated[
        str | None,
        typer.Option(
            "--layer",
            help="Only this layer, or the end of this container.",
            autocompletion=layers_completed,
        ),
    ] = None,
    check_hdc: Annotated[
        bool, typer.Option("--check-hdc", help="Check the groups of dilated layers; exit 1 on holes.")
    ] = False,
    at: Annotated[
        str | None,
        typer.Option("--at", metavar="UNIT", help="What a unit reads, e.g. 3,5, clipped at the border too."),
    ] = None,
    source: Annotated[
        str | None,
        typer.Option(
            "--from",
            metavar="LAYER|INPUT",
            help="Count in units of this layer or input; with --layer: the way back.",
            autocompletion=layers_completed,
        ),
    ] = None,
    coverage: Annotated[
        bool, typer.Option("--coverage", help="The positions that a unit reads and leaves out, per axis.")
    ] = False,
    picture: Annotated[bool, typer.Option("--picture", help="Draw a unit's field on the input.")] = False,
    settings: SetOption = None,
    inputs: InputOption = None,
    arguments: ArgsOption = None,
    fresh: FreshOption = False,
    form: FormatOption = Format.table,
    depth: DepthOption = None,
) -> None:
    """Receptive field of every layer: size, stride and start on the input, per axis.

    --at, --coverage and --picture look at one unit (left out: the middle one) of --layer (left out: the
    last one that does not read the whole input).
    """
    from archcalc.analyses.receptive_field import receptive_fields
    from archcalc.analyses.units import last_local
    from archcalc.effort import one_by_one
    from archcalc.render.alignment import problems
    from archcalc.render.fields import rf_table
    from archcalc.render.tree import refuse_many_rows

    def above(part: "Trace", depth: int | None) -> "Table":
        return rf_table(part, receptive_fields(part), depth)

    trace = opened(AskedNetwork(spec, settings, inputs, arguments, fresh), form, above, depth)
    single = at is not None or coverage or picture
    if layer is None and not single:
        refuse_many_rows(trace, depth)  # before any of them is followed
    fields = receptive_fields(trace)
    for problem in problems(trace, fields):
        say(f"warning: {problem}")
    with usage("--layer"):
        only = None if layer is None else layer_meant(trace, layer)
    with usage("--from"):
        first = None if source is None else source_meant(trace, source)
    if check_hdc and (single or (first is not None and only is not None)):
        fact = "judges the network, not one unit or a way back; ask for these by themselves"
        raise typer.BadParameter(fact, param_hint="--check-hdc")
    from_layer = first is not None and first not in trace.inputs
    if from_layer and single:
        raise typer.BadParameter("counts in units of a layer, the others in the input", param_hint="--from")
    counted = fields
    if first is not None:
        with usage("--from"):
            counted = receptive_fields(trace, first) if from_layer else fields.on(first)
    if single:
        one_by_one(trace, "what a unit reads")
        with usage("--layer"):
            unit_of = only or last_local(trace, counted)
        _show_unit(trace, counted, unit_of, at, form, coverage, picture)
    elif first is not None and only is not None:
        _show_way(trace, fields, counted, first, only, form)
    else:
        folded = None if only else depth
        shown = trace if only is None else replace(trace, layers=(trace.by_name[only],))
        table = partial(rf_table, shown, counted, folded, first)
        _show_fields(trace, fields, counted, table, only, form, check_hdc, folded)


def _show_fields(
    trace: "Trace",
    fields: "ReceptiveFieldReport",
    counted: "ReceptiveFieldReport",
    table: "Callable[[Sequence[Column]], Table]",
    only: str | None,
    form: Format,
    check_hdc: bool,
    depth: int | None,
) -> None:
    """Every layer, or ``only`` one, and the dilation groups behind them."""
    from archcalc.analyses.dilation import dilation_groups
    from archcalc.analyses.summary import summary
    from archcalc.render.dilation import group_columns, groups_text
    from archcalc.render.document import around_layers, layer_entries
    from archcalc.render.fields import of_layer
    from archcalc.render.json_pieces import json_pieces

    groups = dilation_groups(trace, fields) if check_hdc else None

    def tables() -> "list[Table]":
        found = table(() if groups is None else group_columns(groups))
        return [found if only is None else of_layer(found, only)]

    def document() -> "Iterator[str]":
        found = summary(trace, counted)
        layers = layer_entries(trace, found, only, depth)
        return json_pieces(around_layers(trace, found, groups), "layers", layers)

    show(form, tables, {Format.json: document})
    if groups is not None:
        if form in (Format.table, Format.markdown):
            text = groups_text(groups, screen_width())
            typer.echo(text if form is Format.table else f"\n```text{text}```\n", nl=False)
        if not all(group.full for group in groups):
            raise typer.Exit(1)


def _show_unit(
    trace: "Trace",
    fields: "ReceptiveFieldReport",
    name: str,
    at: str | None,
    form: Format,
    coverage: bool,
    picture: bool,
) -> None:
    """One unit, and below it how often each position is read and a drawing, where these are wanted."""
    from archcalc.analyses.units import unit_coverage, unit_reads
    from archcalc.render.pictures import coverage_lines, pictures
    from archcalc.render.units import unit_document, unit_table

    drawn = form in (Format.table, Format.markdown)
    with usage("--at"):
        found = unit_reads(trace, fields, name, None if at is None else _place(at))
        counted = unit_coverage(trace, found) if coverage else ()
    show(
        form,
        lambda: [unit_table(trace, found, () if drawn else counted)],
        {Format.json: lambda: json_text(unit_document(trace, found, counted))},
    )
    lines = [*coverage_lines(counted, screen_width()), *(pictures(found, screen_width()) if picture else ())]
    if drawn and lines:
        fenced = lines if form is Format.table else ["", "```text", *lines, "```"]
        typer.echo("\n".join(fenced))


def _show_way(
    trace: "Trace",
    fields: "ReceptiveFieldReport",
    counted: "ReceptiveFieldReport",
    source: str,
    name: str,
    form: Format,
) -> None:
    from archcalc.analyses.way_back import way_back
    from archcalc.render.units import way_back_table

    with usage("--from"):
        steps = way_back(trace, fields, counted, source, name)
    show(form, lambda: [way_back_table(trace, steps)])


def _place(text: str) -> tuple[int, ...]:
    """A unit such as ``3,5``."""
    parts = [part.strip() for part in text.strip().strip("[]()").split(",")]
    if not all(part.isdecimal() and len(part) <= MAX_DIGITS for part in parts):
        raise typer.BadParameter(f"needs a place such as 3,5, got {text!r}", param_hint="--at")
    return tuple(map(int, parts))
