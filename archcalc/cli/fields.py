"""``archcalc rf``: receptive fields of a network, of one layer, of one unit, and between two layers."""

import json
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
)
from archcalc.cli.reading import opened, write_table
from archcalc.errors import Fault, nearest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from archcalc.analyses.dilation import DilationGroup
    from archcalc.analyses.receptive_field import Field
    from archcalc.analyses.units import UnitReads
    from archcalc.tracing import Trace

MAX_DIGITS = 15


def rf(
    spec: SpecArgument,
    layer: Annotated[
        str | None, typer.Option("--layer", help="Only this layer, or the end of this container.")
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
            "--from", metavar="LAYER", help="Count in units of this layer; with --layer: the way back."
        ),
    ] = None,
    coverage: Annotated[
        bool, typer.Option("--coverage", help="The positions that a unit reads and leaves out, per axis.")
    ] = False,
    picture: Annotated[bool, typer.Option("--picture", help="Draw a unit's field on the input.")] = False,
    settings: SetOption = None,
    inputs: InputOption = None,
    form: FormatOption = Format.table,
    depth: DepthOption = None,
) -> None:
    """Receptive field of every layer: size, stride and start on the input, per axis.

    --at, --coverage and --picture look at one unit (left out: the middle one) of --layer (left out: the
    last one that does not read the whole input).
    """
    from archcalc.render.reports import rf_table

    trace = opened(spec, settings, inputs, form, rf_table)
    warn(trace)
    only = None if layer is None else _layer_named(trace, layer, "--layer")
    first = None if source is None else _layer_named(trace, source, "--from")
    if first is not None and (at or coverage or picture):
        raise typer.BadParameter("counts in units of a layer, the others in the input", param_hint="--from")
    if first is not None and only is not None:
        _show_way(trace, first, only, form)
    elif at is not None or coverage or picture:
        _show_unit(trace, only or _last_local(trace), at, form, _extra(coverage, picture))
    else:
        _show_fields(trace, only, first, form, depth, check_hdc)


def warn(trace: "Trace") -> None:
    """Say on standard error which merges join branches that do not meet on one grid."""
    from archcalc.render.alignment import problems

    for problem in problems(trace):
        typer.echo(f"warning: {problem}", err=True)


def _show_fields(
    trace: "Trace", only: str | None, source: str | None, form: Format, depth: int | None, check_hdc: bool
) -> None:
    from dataclasses import replace

    from archcalc.analyses.dilation import dilation_groups
    from archcalc.render.coverage import groups_text
    from archcalc.render.document import document
    from archcalc.render.reports import rf_table

    groups = dilation_groups(trace) if check_hdc else None
    if form is Format.json:
        typer.echo(json.dumps(document(trace, groups, only, source), indent=1))
    else:
        table = rf_table(trace, None if form is Format.csv or only else depth, source)
        if only is not None:
            # A layer has no layers inside: what goes on behind its name is an output.
            mine = (row for row in table.rows if row.name == only or row.name.startswith(f"{only}."))
            rows = (replace(row, label=row.name) for row in mine)
            table = replace(table, rows=tuple(rows))
        write_table(table, form)
    if groups is not None:
        if form in (Format.table, Format.markdown):
            text = groups_text(groups, screen_width())
            typer.echo(
                f"\n```text{text}```" if form is Format.markdown else text, nl=form is not Format.table
            )
        _end(groups)


def _end(groups: "tuple[DilationGroup, ...]") -> None:
    if not all(group.full for group in groups):
        raise typer.Exit(1)


def _extra(coverage: bool, picture: bool) -> "Callable[[Trace, UnitReads], Iterator[str]]":
    """The lines below the table of a unit."""
    from archcalc.render.units import coverage_lines, pictures

    def lines(trace: "Trace", found: "UnitReads") -> "Iterator[str]":
        if coverage:
            yield from coverage_lines(trace, found, screen_width())
        if picture:
            yield from pictures(found, screen_width())

    return lines


def _show_unit(
    trace: "Trace",
    name: str,
    at: str | None,
    form: Format,
    extra: "Callable[[Trace, UnitReads], Iterator[str]]",
) -> None:
    from archcalc.analyses.units import unit_reads
    from archcalc.render.document import unit_document
    from archcalc.render.units import unit_table

    try:
        found = unit_reads(trace, name, None if at is None else _place(at))
        if form is Format.json:
            typer.echo(json.dumps(unit_document(trace, found), indent=1))
            return
        lines = [] if form is Format.csv else list(extra(trace, found))
        write_table(unit_table(trace, found), form)
    except Fault as fault:
        raise typer.BadParameter(fault.fact, param_hint="--at") from None
    if form is Format.markdown and lines:
        lines = ["", "```text", *lines, "```"]
    for line in lines:
        typer.echo(line)


def _show_way(trace: "Trace", source: str, name: str, form: Format) -> None:
    from archcalc.analyses.way_back import way_back
    from archcalc.render.units import way_back_table

    try:
        steps = way_back(trace, source, name)
    except Fault as fault:
        raise typer.BadParameter(f"{fault.fact}; {fault.hint}", param_hint="--from") from None
    write_table(way_back_table(trace, steps), form)


def _last_local(trace: "Trace") -> str:
    """The last layer that does not read the whole of every input; the last one where all do."""
    from archcalc.analyses.receptive_field import receptive_fields

    fields = receptive_fields(trace).layers
    local = (layer.name for layer in reversed(trace.layers) if _is_local(fields.get(layer.name, ())))
    return next(local, trace.layers[-1].name)


def _is_local(fields: "Sequence[Field]") -> bool:
    return any(not found.whole_input for found in fields)


def _place(text: str) -> tuple[int, ...]:
    """A unit such as ``3,5``."""
    parts = [part.strip() for part in text.strip().strip("[]()").split(",")]
    if not all(part.isdecimal() and len(part) <= MAX_DIGITS for part in parts):
        raise typer.BadParameter(f"needs a place such as 3,5, got {text!r}", param_hint="--at")
    return tuple(map(int, parts))


def _layer_named(trace: "Trace", name: str, option: str) -> str:
    """The layer of this name, or the last one inside the container of this name."""
    inside = trace.inside(name)
    if not inside:
        known = (*trace.by_name, *trace.scopes)
        raise typer.BadParameter(f"no layer {name!r}; {nearest(name, known)}", param_hint=option)
    return inside[-1].name
