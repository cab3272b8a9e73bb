"""``archcalc sweep``: all combinations of values, with what becomes of the network."""

import os
import sys
from contextlib import contextmanager
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from archcalc.cli.commands import say
from archcalc.cli.completing import inputs_completed, variables_completed
from archcalc.cli.formats import Format, show
from archcalc.cli.options import FormatOption, SpecArgument, several_settings, usage
from archcalc.cli.plotting import show_plot
from archcalc.cli.sources import AskedNetwork
from archcalc.render.emit import json_text

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence

    from archcalc.loading import Model
    from archcalc.sweeping.evaluation import SweepCounts
    from archcalc.sweeping.plan import Plan
    from archcalc.sweeping.running import Running, SweepOutcome

MAX_JOBS = 1024
INTERRUPTED = 130
"""The exit code of what Ctrl-C has ended."""
ALL = (Format.csv, Format.json)
"""Formats for machines, which have every row unless a limit is given."""


def sweep(
    spec: SpecArgument,
    settings: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="NAME=VALUES",
            help="Values of a variable: width=32..256:8, width=32..512*2, depth=2,3,4, act=relu,gelu; may be"
            " repeated.",
            autocompletion=variables_completed,
        ),
    ] = None,
    inputs: Annotated[
        list[str] | None,
        typer.Option(
            "--input",
            metavar="NAME=SHAPE",
            help="Sizes of an input, without the batch: image=3,224..512:32,224; may be repeated for several"
            " shapes.",
            autocompletion=inputs_completed,
        ),
    ] = None,
    condition: Annotated[
        str | None,
        typer.Option("--where", metavar="CONDITION", help="Keep these: 'params < 5M and macs < 1G'."),
    ] = None,
    sort: Annotated[
        list[str] | None,
        typer.Option("--sort", metavar="COLUMNS", help="Sort by these, -macs: the largest first."),
    ] = None,
    columns: Annotated[
        str | None,
        typer.Option("--columns", metavar="QUANTITIES", help="Columns: params,macs,memory,output_shape ..."),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", metavar="FILE", help="Write all rows: .csv, .jsonl or .parquet."),
    ] = None,
    restart: Annotated[
        bool, typer.Option("--restart", help="Begin anew where a sweep into the file was interrupted.")
    ] = False,
    limit: Annotated[int | None, typer.Option("--limit", min=1, help="Rows that are printed.")] = None,
    plot: Annotated[
        str | None,
        typer.Option("--plot", metavar="X,Y", help="Draw two columns against each other: params,macs."),
    ] = None,
    plot_file: Annotated[
        Path | None,
        typer.Option("--plot-file", metavar="FILE", help="Write the plot into a .png, .svg or .pdf file."),
    ] = None,
    jobs: Annotated[
        int | None, typer.Option("--jobs", min=1, max=MAX_JOBS, help="Processes; left out: one a core.")
    ] = None,
    dask: Annotated[
        str | None,
        typer.Option("--dask", metavar="ADDRESS", help="Hand the work to a Dask cluster: tcp://host:8786."),
    ] = None,
    form: FormatOption = Format.table,
) -> None:
    """All combinations of values of variables and sizes: parameters, MACs and field of each, and more.

    An interrupted sweep with --output goes on where it was when the same command is given again.
    """
    with _numpy():
        from archcalc.sweeping.plan import SHOWN, TOP
        from archcalc.sweeping.running import Running

        model = _model(spec)
        axes = _plotted(plot, plot_file)
        plan = _plan(
            model,
            settings or (),
            inputs or (),
            condition=condition,
            sort=sort,
            columns=columns,
            axes=axes,
            output=output,
        )
        top = limit or (None if form in ALL and output is None else TOP)
        plan = replace(plan, top=top, shown=SHOWN if axes else 0)
        found = _swept(plan, Running(jobs or os.cpu_count() or 1, dask, output, restart))
    _show(plan, found, form, "" if output is None else str(output))
    if axes:
        from archcalc.render.sweeping import sweep_figure

        show_plot(
            sweep_figure(plan, found, *axes), here=plot is not None and form is Format.table, file=plot_file
        )


@contextmanager
def _numpy() -> "Generator[None]":
    """Say what is missing where columns cannot be calculated."""
    try:
        import_module("numpy")  # only looked for
    except ModuleNotFoundError:
        typer.echo("a sweep needs numpy, an extra: pip install 'archcalc[sweep]'", err=True)
        raise typer.Exit(2) from None
    yield


def _model(spec: str) -> "Model":
    asked = AskedNetwork(spec)
    if asked.factory:
        raise typer.BadParameter(
            "a torch module has no variables: sweep the spec that `archcalc import` makes of it",
            param_hint="SPEC",
        )
    return asked.model()


def _plotted(plot: str | None, file: Path | None) -> "tuple[str, ...]":
    """The two columns of a plot; empty: there is none."""
    if plot is None and file is None:
        return ()
    names = tuple(name.strip() for name in (plot or "params,macs").split(","))
    if len(names) != 2:  # noqa: PLR2004  x and y
        raise typer.BadParameter(f"needs two columns such as params,macs, got {plot!r}", param_hint="--plot")
    return names


def _plan(
    model: "Model",
    settings: "Sequence[str]",
    inputs: "Sequence[str]",
    *,
    condition: str | None,
    sort: "Sequence[str] | None",
    columns: str | None,
    axes: "tuple[str, ...]",
    output: Path | None,
) -> "Plan":
    from archcalc.sweeping.asked import space_of
    from archcalc.sweeping.plan import format_of, planned

    with usage(None):
        space = space_of(model, several_settings(settings), _shapes(inputs, list(model.spec.inputs)))
    with usage("--output"):
        file = None if output is None else format_of(output.name)
    named = [name.strip() for name in (columns or "").split(",") if name.strip()]
    with usage(None):
        return planned(
            model,
            space,
            columns=named,
            where_text=condition,
            sort=sort or (),
            named=axes,
            file=file,
        )


def _shapes(written: "Sequence[str]", known: "Sequence[str]") -> dict[str, list[object]]:
    """What ``--input`` gives, by name; without a name of the only input."""
    found: dict[str, list[object]] = {}
    for text in written:
        name, equals, sizes = text.rpartition("=")
        if not equals and len(known) > 1:
            names = ", ".join(known)
            fact = f"needs NAME=SHAPE with one of {names}, got {text!r}"
            raise typer.BadParameter(fact, param_hint="--input")
        found.setdefault(name.strip() if equals else known[0], []).append(sizes)
    return found


def _swept(plan: "Plan", how: "Running") -> "SweepOutcome":
    done = 0
    try:
        with usage(None), _progress(plan.space.count) as progress:

            def noted(counts: "SweepCounts") -> None:
                nonlocal done
                done = counts.candidates
                if progress is not None:
                    progress(counts)

            found = how.of(plan, noted)
    except KeyboardInterrupt:
        more = "; the same command goes on from there" if how.file is not None else ""
        say(f"interrupted after {done:,} of {plan.space.count:,} candidates{more}")
        raise typer.Exit(INTERRUPTED) from None
    if found.before:
        say(f"{how.file}: {found.before:,} candidates were done before")
    return found


@contextmanager
def _progress(count: int) -> "Generator[Callable[[SweepCounts], None] | None]":
    """A bar on standard error, where that is a terminal."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

    columns = (BarColumn(), TaskProgressColumn(), TimeRemainingColumn(), TextColumn("{task.description}"))
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=count)

        def advance(counts: "SweepCounts") -> None:
            told = f"{counts.kept:,} networks, {counts.failed:,} that are none"
            bar.update(task, completed=counts.candidates, description=told)

        yield advance


def _show(plan: "Plan", found: "SweepOutcome", form: Format, file: str) -> None:
    from archcalc.render.sweeping import sweep_document, sweep_table

    own = {Format.json: lambda: json_text(sweep_document(plan, found))}
    show(form, lambda: [sweep_table(plan, found, file)], own)
