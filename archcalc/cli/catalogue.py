"""Commands about the tool itself: layer kinds, shipped specs, the JSON Schema."""

import json
from typing import TYPE_CHECKING, Annotated

import typer

from archcalc.cli.options import Format, FormatOption
from archcalc.errors import nearest

if TYPE_CHECKING:
    from archcalc.render.cells import Table


def layers(
    kind: Annotated[
        str | None, typer.Argument(metavar="[KIND]", help="A layer kind or a shipped block.")
    ] = None,
    form: FormatOption = Format.table,
) -> None:
    """List the layer kinds and shipped blocks, or the arguments of one."""
    from archcalc.layers.registry import KINDS
    from archcalc.render import catalogue
    from archcalc.tracing import library

    if kind is None:
        _write(catalogue.kinds(), form)
    elif kind in KINDS:
        _write(catalogue.arguments(kind), form)
    elif kind in library.names():
        typer.echo(library.text(kind), nl=False)
    else:
        hint = nearest(kind, (*KINDS, *library.names()))
        raise typer.BadParameter(f"no layer kind or block {kind!r}; {hint}", param_hint="KIND")


def zoo(form: FormatOption = Format.table) -> None:
    """List the shipped specs: paper, year, what each shows."""
    from archcalc.render import catalogue

    _write(catalogue.zoo(), form)


def schema() -> None:
    """Print the JSON Schema of the spec language, for editors."""
    from archcalc.schema import schema as spec_schema

    typer.echo(json.dumps(spec_schema(), indent=1))


def _write(table: "Table", form: Format) -> None:
    from archcalc.render import emit

    if form is Format.json:
        typer.echo(json.dumps(emit.records(table), indent=1))
        return
    emitted = {Format.table: emit.text, Format.csv: emit.csv, Format.markdown: emit.markdown}[form](table)
    typer.echo(emitted, nl=False)
