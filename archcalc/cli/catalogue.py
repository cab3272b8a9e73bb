"""Commands about the tool itself: layer kinds, shipped specs, the JSON Schema."""

import json
from typing import Annotated

import typer

from archcalc.cli.options import Format, FormatOption
from archcalc.cli.reading import write_table
from archcalc.errors import nearest


def layers(
    kind: Annotated[
        str | None, typer.Argument(metavar="KIND", help="A layer kind or a shipped block.")
    ] = None,
    form: FormatOption = Format.table,
) -> None:
    """List the layer kinds and shipped blocks, or the arguments of one."""
    from archcalc.layers.registry import KINDS
    from archcalc.render import catalogue
    from archcalc.spec import CONTAINERS
    from archcalc.tracing import library

    if kind is None:
        write_table(catalogue.kinds_table(), form)
    elif kind in KINDS:
        write_table(catalogue.arguments_table(kind), form)
    elif kind in library.block_names():
        _write_block(kind, form)
    elif kind in CONTAINERS:
        write_table(catalogue.container_table(kind), form)
    else:
        hint = nearest(kind, (*KINDS, *CONTAINERS, *library.block_names()))
        raise typer.BadParameter(f"no layer kind or block {kind!r}; {hint}", param_hint="KIND")


def _write_block(name: str, form: Format) -> None:
    from archcalc.render.pages import block_layers, block_page, block_table

    if form is Format.markdown:
        typer.echo(block_page(name), nl=False)
        return
    write_table(block_table(name), form)
    if form is Format.table:
        typer.echo(f"\n{block_layers(name)}", nl=False)


def zoo(form: FormatOption = Format.table) -> None:
    """List the shipped specs: paper, year, what each shows."""
    from archcalc.render import catalogue

    write_table(catalogue.zoo_table(), form)


def schema() -> None:
    """Print the JSON Schema of the spec language, for editors."""
    from archcalc.schema import schema as spec_schema

    typer.echo(json.dumps(spec_schema(), indent=1))
