"""``archcalc import``: a torch module as a spec to read, keep and change."""

from pathlib import Path
from typing import Annotated

import typer

from archcalc.cli.commands import say
from archcalc.cli.files import write_new
from archcalc.cli.options import InputOption
from archcalc.cli.sources import ArgsOption, FreshOption, given_tensors, parsed_arguments


def import_(
    source: Annotated[
        str,
        typer.Argument(
            metavar="SOURCE",
            help="package.module:factory of a torch module: only this factory is run, and the top level of"
            " its module, which is imported.",
        ),
    ],
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE", help="Write it there; an old file is never replaced."),
    ] = None,
    flat: Annotated[
        bool, typer.Option("--flat", help="An entry for every layer: no blocks and no repeats.")
    ] = False,
    inputs: InputOption = None,
    arguments: ArgsOption = None,
    fresh: FreshOption = False,
) -> None:
    """Write a torch module as a spec, and say on standard error whether both have the same numbers.

    Exit 1 where parameters, buffers, output shapes or MACs differ from the module's.
    """
    from archcalc.importing.imported import python_document
    from archcalc.importing.opening import imported_spec
    from archcalc.loading import check, is_factory, module_source
    from archcalc.render.importing import import_lines
    from archcalc.writing import write

    if not is_factory(source):
        _refuse(source)
    given = module_source(source, parsed_arguments(arguments or ()), given_tensors(inputs or ()))
    found = imported_spec(given, "layers" if flat else "readable", cache=not fresh)
    text = write(check(python_document(found)).spec)
    if output is None:
        typer.echo(text, nl=False)
    else:
        write_new(output, text)
        say(f"{output} is written")
    for line in import_lines(source, found.comparison):
        say(line)
    if found.comparison.differences:
        raise typer.Exit(1)


def _refuse(source: str) -> None:
    """Say what is wrong with what is no torch module.

    Raises:
        SpecError: there is no such file, or it is none that can be read.
        typer.BadParameter: it is a spec.
    """
    from archcalc.loading import load

    name = load(source).name
    raise typer.BadParameter(f"{name} is a spec already: needs package.module:factory", param_hint="SOURCE")
