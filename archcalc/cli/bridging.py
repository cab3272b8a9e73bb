"""Commands that need torch, which is an extra: ``archcalc verify``."""

import sys
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from archcalc.cli.beside import (
    AgainstOption,
    ArgumentsOption,
    CheckpointOption,
    MapOption,
    lay_beside,
)
from archcalc.cli.commands import say
from archcalc.cli.formats import Format, show
from archcalc.cli.networks import opened
from archcalc.cli.options import FormatOption, FreezeOption, InputOption, SetOption, SpecArgument
from archcalc.cli.sources import AskedNetwork, FreshOption
from archcalc.effort import MODULES, one_by_one
from archcalc.errors import Fault
from archcalc.render.emit import json_text

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from archcalc.bridge.verification import Verification
    from archcalc.tracing import Trace


def verify(
    spec: SpecArgument,
    settings: SetOption = None,
    inputs: InputOption = None,
    freeze: FreezeOption = None,
    receptive_field: Annotated[
        bool,
        typer.Option(
            "--receptive-field", help="Also what units read, by gradients on the CPU: takes longer."
        ),
    ] = False,
    numeric: Annotated[
        bool,
        typer.Option("--numeric", help="Also run it forward and backward on random numbers."),
    ] = False,
    against: AgainstOption = None,
    arguments: ArgumentsOption = None,
    checkpoint: CheckpointOption = None,
    maps: MapOption = None,
    fresh: FreshOption = False,
    form: FormatOption = Format.table,
) -> None:
    """Build the torch modules and compare every number with them; exit 1 where one differs.

    With --against or --checkpoint, compare with a module of your own or the tensors of a file instead.
    Nothing is run but on torch's meta device, which holds no numbers, without one of the options.
    """
    from archcalc.render.reports import shapes_table
    from archcalc.render.verification import verification_document, verification_table

    asked = AskedNetwork(spec, settings, inputs, fresh=fresh, freeze=freeze)
    if asked.factory and arguments:
        if against is not None:
            fact = "SPEC and --against are both made by a factory; `archcalc import` writes a spec of one"
            raise typer.BadParameter(fact, param_hint="--args")
        asked, arguments = replace(asked, arguments=arguments), None
    trace = opened(asked, form, shapes_table)
    if against is not None or checkpoint is not None or arguments or maps:
        beside = "--against" if against is not None else "--checkpoint"
        if receptive_field or numeric:
            option = "--receptive-field" if receptive_field else "--numeric"
            raise typer.BadParameter(
                f"compares with archcalc's own modules: leave it out beside {beside}", param_hint=option
            )
        with needing_torch("verify"):
            same = lay_beside(trace, against, arguments, checkpoint, maps, form)
        if not same:
            raise typer.Exit(1)
        return
    one_by_one(trace, "a comparison with torch", MODULES)  # before torch is imported, which takes 200 MB
    with needing_torch("verify"):
        found = _verified(trace, receptive_field=receptive_field, numeric=numeric)
    show(
        form,
        lambda: [verification_table(found)],
        {Format.json: lambda: json_text(verification_document(found))},
    )
    if not found.agrees:
        raise typer.Exit(1)


def _verified(trace: "Trace", *, receptive_field: bool, numeric: bool) -> "Verification":
    """All checks that are asked for; those that need right shapes are left out where shapes differ."""
    from archcalc.bridge.verifying import SHAPES
    from archcalc.bridge.verifying import verify as verified

    with _progress("layers") as progress:
        found = verified(trace, progress)
    if receptive_field and not found.differs(SHAPES):
        from archcalc.bridge.probing.fields import verify_fields

        with _progress("receptive fields") as progress:
            found = found.beside(verify_fields(trace, progress))
    if numeric:
        from archcalc.bridge.numeric import verify_numbers

        with _progress("forward and backward"):
            found = found.beside(verify_numbers(trace))
    return found


@contextmanager
def needing_torch(command: str, extra: str = "torch") -> "Generator[None]":
    """What is done here needs torch; what it or a library fails with is said in a line, and ends with 2.

    Args:
        command: as it is typed.
        extra: of archcalc, with which all that it needs is installed.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        if error.name != "torch":
            raise
        say(f"{command} needs torch, an extra: pip install 'archcalc[{extra}]'")
        raise typer.Exit(2) from None
    except Fault as fault:
        hint = "".join(f"\n  {line}" for line in fault.hint.splitlines())
        say(f"{command}: {fault.fact}{hint}")
        raise typer.Exit(2) from None
    except RuntimeError as error:
        from archcalc.bridge.network import LayerError

        if not isinstance(error, LayerError):
            raise
        say(str(error))
        raise typer.Exit(1) from None


@contextmanager
def _progress(what: str) -> "Generator[Callable[[int, int], None] | None]":
    """Something to call with how far the work is; a bar in a terminal, once it takes long."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(what, total=None)
        yield lambda done, every: bar.update(task, completed=done, total=every)
