"""``--plot`` and ``--plot-file``: what a command has to draw, in the terminal and in a file."""

from pathlib import Path
from shutil import get_terminal_size
from typing import TYPE_CHECKING, Annotated

import typer

from archcalc.cli.commands import say
from archcalc.errors import Fault

if TYPE_CHECKING:
    from archcalc.plotting.figure import Figure

PlotOption = Annotated[bool, typer.Option("--plot", help="Draw a plot below the table.")]
PlotFileOption = Annotated[
    Path | None,
    typer.Option("--plot-file", metavar="FILE", help="Write the plot into a .png, .svg or .pdf file."),
]
NEEDS = "a plot needs {library}, an extra: pip install 'archcalc[plot]'"


def show_plot(figure: "Figure", *, here: bool, file: Path | None) -> None:
    """Draw a figure where it is wanted.

    Args:
        figure: what to draw.
        here: below what is printed.
        file: into it too.

    Raises:
        typer.Exit: with 2, after a line that says why: a library is missing, the file cannot be written.
    """
    from archcalc.plotting import files, terminal

    try:
        if file is not None:
            files.write_plot(figure, file)
        if here:
            typer.echo("\n" + terminal.plot_text(figure, get_terminal_size().columns), nl=False)
    except ModuleNotFoundError as error:
        if error.name not in {"plotext", "matplotlib"}:
            raise
        typer.echo(NEEDS.format(library=error.name), err=True)
        raise typer.Exit(2) from None
    except Fault as fault:
        say(f"{fault.fact}" + (f"\n  {fault.hint}" if fault.hint else ""))
        raise typer.Exit(2) from None
