"""Arguments and options that the commands share, and what they mean."""

from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, cast

import typer

from archcalc.cli.completing import (
    inputs_completed,
    layers_completed,
    specs_completed,
    variables_completed,
)
from archcalc.cli.formats import Format
from archcalc.errors import Fault
from archcalc.printable import one_line

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    from archcalc.expressions import Value
    from archcalc.facts import Arriving, Shape

SpecArgument = Annotated[
    str,
    typer.Argument(
        metavar="SPEC",
        help="A spec file, - for standard input, the name of a shipped spec, or package.module:factory of a"
        " torch module: only this factory is run, and the top level of its module, which is imported.",
        autocompletion=specs_completed,
    ),
]
SetOption = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="NAME=VALUE",
        help="Replace a variable of the spec; may be repeated.",
        autocompletion=variables_completed,
    ),
]
InputOption = Annotated[
    list[str] | None,
    typer.Option(
        "--input",
        metavar="NAME=SHAPE",
        help="Replace an input's shape, without the batch: image=3,256,256; its dtype too: tokens=35:int64."
        " Of a torch module: what its forward is run on.",
        autocompletion=inputs_completed,
    ),
]
FreezeOption = Annotated[
    list[str] | None,
    typer.Option(
        "--freeze",
        metavar="PATTERN",
        help="Count these layers as frozen: 'encoder.*'; may be repeated.",
        autocompletion=layers_completed,
    ),
]
SymbolicOption = Annotated[
    bool,
    typer.Option(
        "--symbolic",
        help="Formulas in the names of the variables and of sizes of inputs, and where they hold.",
    ),
]
FormatOption = Annotated[Format, typer.Option("--format", help="How to write the report.")]
DepthOption = Annotated[
    int | None,
    typer.Option(
        "--depth", min=1, help="Fold containers below this depth: a row has the sums of all its layers."
    ),
]


def parsed_settings(written: "Sequence[str]") -> "dict[str, Value]":
    """The values of ``--set`` by name."""
    values: dict[str, Value] = {}
    for text in written:
        name, equals, value = text.partition("=")
        if not equals or not name:
            raise typer.BadParameter(f"needs NAME=VALUE, got {text!r}", param_hint="--set")
        values[name.strip()] = cast("Value", parsed_value(text, value, "--set"))
    return values


def several_settings(written: "Sequence[str]") -> "dict[str, list[Value]]":
    """The values of ``--set`` by name, where each may have several, with commas or in options of their own.

    A list is written ``widths=[32,64]``, and several of them ``widths=[32,64],[64,128]``. What begins with
    ``=`` is one expression.
    """
    values: dict[str, list[Value]] = {}
    for text in written:
        name, _, value = text.partition("=")
        if not name or "," not in value or value.lstrip().startswith("="):
            found = list(parsed_settings([text]).values())
        else:
            found = cast("list[Value]", parsed_value(text, f"[{value}]", "--set"))
        values.setdefault(name.strip(), []).extend(found)
    return values


def parsed_value(word: str, text: str, option: str) -> object:
    """A value in YAML, a part of a ``word`` of the command line."""
    from archcalc.source import scalar

    try:
        return scalar(text)
    except Fault as fault:
        raise typer.BadParameter(f"{word!r}: {fault.fact}", param_hint=option) from None


@contextmanager
def usage(option: str | None) -> "Generator[None]":
    """A fault in what is done here is one of an option's value, or of the whole command line."""
    try:
        yield
    except Fault as fault:
        hint = f"; {fault.hint}" if fault.hint else ""
        raise typer.BadParameter(one_line(f"{fault.fact}{hint}"), param_hint=option) from None


def parsed_inputs(written: "Sequence[str]", known: "Sequence[str]") -> "dict[str, Arriving]":
    """The shapes of ``--input`` by name, some with a dtype; without a name they are of the only input."""
    shapes: dict[str, Arriving] = {}
    if not written:
        return shapes
    from archcalc.arriving import arriving_of

    for text in written:
        name, equals, sizes = text.rpartition("=")
        if not equals and len(known) > 1:
            names = ", ".join(known)
            raise typer.BadParameter(
                f"needs NAME=SHAPE with one of {names}, got {text!r}", param_hint="--input"
            )
        with usage("--input"):
            shapes[name.strip() if equals else known[0]] = arriving_of(sizes)
    return shapes


def parse_shape(text: str, where: str) -> "Shape":
    """A shape such as ``3,224,224``, as an option or argument called ``where``."""
    from archcalc.arriving import shape_of

    with usage(where):
        return shape_of(text)


def screen_width() -> int:
    """Columns of the terminal; 120 in a pipe."""
    import shutil

    return shutil.get_terminal_size((120, 24)).columns
