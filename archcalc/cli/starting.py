"""``archcalc new``: a spec to start from."""

from pathlib import Path
from typing import Annotated

import typer

from archcalc.cli.commands import say
from archcalc.cli.completing import starters_completed
from archcalc.cli.files import write_new
from archcalc.errors import nearest


def new(
    name: Annotated[
        str | None,
        typer.Argument(
            metavar="NAME",
            help="classifier (left out), segmentation or language_model.",
            autocompletion=starters_completed,
        ),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE", help="Write it there; an old file is never replaced."),
    ] = None,
) -> None:
    """Print a commented spec to start from, or write it to a file."""
    from archcalc import starters

    known = starters.starter_names()
    chosen = starters.FIRST if name is None else name.lower().replace("-", "_")
    if chosen not in known:
        hint = nearest(chosen, known, f"there are {', '.join(known)}")
        raise typer.BadParameter(f"no starter {(name or '')[:60]!r}; {hint}", param_hint="NAME")
    text = starters.starter_text(chosen)
    if output is None:
        typer.echo(text, nl=False)
        return
    write_new(output, text)
    say(f"{output} is written; archcalc summary {output} shows the network", err=False)
