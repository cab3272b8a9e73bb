"""The application: its commands, and what becomes of errors."""

import os
import sys
from contextlib import suppress
from functools import cache
from io import TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn, TextIO

import typer

from archcalc import __version__
from archcalc.cli.commands import Commands, say
from archcalc.errors import SpecError
from archcalc.printable import one_line

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

CRASHED = 70
"""Exit code of a fault of this program: EX_SOFTWARE of sysexits.h, which no findings end with."""
PLUGINS = "PYDANTIC_DISABLE_PLUGINS"
"""pydantic's variable: without plugins it looks through no packages for some that watch its models."""
SIZES = ("COLUMNS", "LINES", "TERMINAL_WIDTH")
"""Variables of the system, and typer's own, that say how wide or high the window is."""
COMPLETE = "_ARCHCALC_COMPLETE"
"""Environment variable with which a shell asks for what fits: it has no place for errors."""
TRACEBACK = "ARCHCALC_TRACEBACK"
"""Environment variable with which such a fault shows its traceback."""
MAX_SAID = 300
"""Characters of what Python says of it."""
app = typer.Typer(
    name="archcalc",
    cls=Commands,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Shapes, parameters, receptive fields and dilation coverage of a network written as a YAML spec.",
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"archcalc {__version__}")
        raise typer.Exit


@app.callback()
def common(
    _version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Options before the command."""


def main(arguments: "Sequence[str] | None" = None) -> None:
    """Run the command line; ends with 0, 1 (findings), 2 (bad spec or usage) or 70 (a fault of this)."""
    os.environ.setdefault(PLUGINS, "1")
    if any(not _is_usual(os.environ.get(size, "80")) for size in SIZES):
        from archcalc.cli.window import believable

        believable(SIZES)
    # Python has no streams at all where the caller closed them.
    sys.stdout, sys.stderr = sys.stdout or _nowhere(), sys.stderr or _nowhere()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            # A terminal that cannot show a character gets a question mark, not a traceback.
            stream.reconfigure(errors="replace")
    try:
        _run(sys.argv[1:] if arguments is None else arguments)
    except OSError as error:  # specs are read elsewhere: this is the output, to a full disk for instance
        _give_up(f"the output cannot be written: {(error.strerror or str(error)).lower()}")
    except Exception as error:  # a fault of this program, which must not look like findings
        if os.environ.get(TRACEBACK):
            raise
        _give_up(_crash(error), CRASHED)


def _is_usual(size: str) -> bool:
    """Whether a window may have so many columns or lines; compared as words, 100 is looked at closer."""
    return size.isascii() and size.isdecimal() and len(size) in {2, 3} and size >= "20"


def _run(arguments: "Sequence[str]") -> None:
    try:
        _commands()(args=_words(arguments), prog_name="archcalc")
    except SpecError as error:
        for problem in error.problems:
            say(str(problem))
        sys.exit(2)


@cache
def _commands() -> "Callable[..., object]":
    """All commands, put together once for all runs of a process."""
    group = typer.main.get_command(app)
    if isinstance(group, Commands):
        group.list_all()
    return group


def _words(arguments: "Sequence[str]") -> list[str]:
    """The words of a command line, as typer reads them."""
    if list(arguments[:1]) != ["hdc"]:
        return list(arguments)
    from archcalc.cli.single import hdc_words

    return hdc_words(arguments)


def _crash(error: Exception) -> str:
    """What a person is told of a fault of this program, and how to report it."""
    said = one_line(str(error))[:MAX_SAID]
    return (
        f"archcalc {__version__} has a fault: {type(error).__name__}{f': {said}' if said else ''}\n"
        "  report it, please, with the command and the files that it was given;"
        f" {TRACEBACK}=1 shows where it happened"
    )


def _give_up(reason: str, code: int = 2) -> NoReturn:
    """End with this code, and throw away what Python would try to write once more on its way out."""
    asked_by_shell = os.environ.get(COMPLETE, "").startswith("complete")
    with suppress(OSError):
        if not asked_by_shell:
            say(reason)
    sys.stdout, sys.stderr = _nowhere(), _nowhere()
    sys.exit(0 if asked_by_shell else code)


def _nowhere() -> TextIO:
    return Path(os.devnull).open("w", encoding="utf-8")
