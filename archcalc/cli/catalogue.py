"""Commands about the tool itself: layer kinds, shipped specs, the JSON Schema."""

from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from archcalc.cli.completing import kinds_completed, zoo_completed
from archcalc.cli.formats import Format, show
from archcalc.cli.options import FormatOption
from archcalc.errors import nearest
from archcalc.render.emit import json_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from archcalc.cli.formats import Own
    from archcalc.render.cells import Table


def layers(
    kind: Annotated[
        str | None,
        typer.Argument(
            metavar="KIND", help="A layer kind or a shipped block.", autocompletion=kinds_completed
        ),
    ] = None,
    form: FormatOption = Format.table,
) -> None:
    """List the layer kinds and shipped blocks, or the arguments of one."""
    from archcalc.layers.registry import KINDS
    from archcalc.render import catalogue, pages
    from archcalc.spec import CONTAINERS
    from archcalc.tracing import library

    own: Own = {}
    table: Callable[[], Table]
    if kind is None:
        table = catalogue.kinds_table
    elif kind in KINDS:
        table = partial(catalogue.arguments_table, kind)
    elif kind in library.block_names():
        table = partial(pages.block_table, kind)
        own = {
            Format.table: lambda: f"{Format.table.written(table())}\n{pages.block_layers(kind)}",
            Format.markdown: partial(pages.block_page, kind),
        }
    elif kind in CONTAINERS:
        table = partial(catalogue.container_table, kind)
    else:
        hint = nearest(kind, (*KINDS, *CONTAINERS, *library.block_names()))
        raise typer.BadParameter(f"no layer kind or block {kind!r}; {hint}", param_hint="KIND")
    show(form, lambda: [table()], own)


def zoo(
    name: Annotated[
        str | None,
        typer.Argument(
            metavar="NAME", help="A shipped spec, to print its text.", autocompletion=zoo_completed
        ),
    ] = None,
    form: FormatOption = Format.table,
) -> None:
    """List the shipped specs: paper, year, what each shows; or print the text of one."""
    from archcalc import zoo as shipped
    from archcalc.render import catalogue

    if name is None:
        show(form, lambda: [catalogue.zoo_table()])
        return
    path = shipped.path_of(name)
    if path is None:
        hint = nearest(name, shipped.names(), "`archcalc zoo` lists them")
        raise typer.BadParameter(f"no shipped spec {name[:60]!r}; {hint}", param_hint="NAME")
    if form is not Format.table:
        raise typer.BadParameter("is for the list: a spec is printed as it is written", param_hint="--format")
    typer.echo(path.read_text(encoding="utf-8"), nl=False)


def schema() -> None:
    """Print the JSON Schema of the spec language, for editors."""
    from archcalc.schema import schema as spec_schema

    typer.echo(json_text(spec_schema()), nl=False)
