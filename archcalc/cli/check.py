"""``archcalc check``: design mistakes in specs."""

from enum import Enum
from itertools import product
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from archcalc.cli.completing import (
    inputs_completed,
    rules_completed,
    specs_completed,
    variables_completed,
)
from archcalc.cli.formats import FindingFormat
from archcalc.cli.options import FreezeOption, parsed_inputs, several_settings, usage
from archcalc.cli.sources import ArgsOption, FreshOption, given_tensors, parsed_arguments
from archcalc.render.findings import diffs_text, statistics_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from archcalc.facts import Arriving
    from archcalc.rules.engine.overriding import OtherValues
    from archcalc.rules.selection import Selection

MAX_WAYS = 1000
"""Combinations of values with which every spec is checked."""


class LeastSeverity(str, Enum):  # noqa: UP042  typer shows the values of a str enum
    """Severities, the most serious one first."""

    error = "error"
    warning = "warning"
    info = "info"


def check(
    paths: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="PATH",
            help="Files, folders, - for standard input; left out: this folder, and the torch modules that its"
            " pyproject.toml names. package.module:factory is a torch module: only this factory is run, and"
            " the top level of its module, which is imported.",
            autocompletion=specs_completed,
        ),
    ] = None,
    select: Annotated[
        list[str] | None,
        typer.Option(
            "--select",
            metavar="RULES",
            help="Run these rules, not the default set: AC301,AC2,norm-order.",
            autocompletion=rules_completed,
        ),
    ] = None,
    ignore: Annotated[
        list[str] | None,
        typer.Option(
            "--ignore", metavar="RULES", help="Do not run these rules.", autocompletion=rules_completed
        ),
    ] = None,
    extend: Annotated[
        list[str] | None,
        typer.Option(
            "--extend-select",
            metavar="RULES",
            help="Run these rules besides.",
            autocompletion=rules_completed,
        ),
    ] = None,
    specs_only: Annotated[
        bool, typer.Option("--specs-only", help="Pass over files that are no specs, as in folders.")
    ] = False,
    least: Annotated[
        LeastSeverity, typer.Option("--min-severity", help="Leave out the rules of a lower severity.")
    ] = LeastSeverity.info,
    settings: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="NAME=VALUE[,VALUE]",
            help="Check with other values of a variable, one after the other; may be repeated.",
            autocompletion=variables_completed,
        ),
    ] = None,
    inputs: Annotated[
        list[str] | None,
        typer.Option(
            "--input",
            metavar="NAME=SHAPE",
            help="Check with another shape of an input: image=3,256,256; its dtype too: tokens=35:int64;"
            " may be repeated for several. Of a torch module: what its forward is run on.",
            autocompletion=inputs_completed,
        ),
    ] = None,
    arguments: ArgsOption = None,
    task: Annotated[
        str | None,
        typer.Option("--task", help="What a torch module is for, as `task` of a spec: classification."),
    ] = None,
    loss: Annotated[
        str | None,
        typer.Option("--loss", help="What trains a torch module, as `loss` of a spec: CrossEntropyLoss."),
    ] = None,
    fresh: FreshOption = False,
    freeze: FreezeOption = None,
    baseline: Annotated[
        Path | None,
        typer.Option("--baseline", metavar="FILE", help="Leave out the known findings in this file."),
    ] = None,
    write_baseline: Annotated[
        bool, typer.Option("--write-baseline", help="Write what is found to the file of --baseline.")
    ] = False,
    fix: Annotated[bool, typer.Option("--fix", help="Mend in the files what can be mended safely.")] = False,
    diff: Annotated[
        bool, typer.Option("--diff", help="Print what --fix would change as a diff, and write nothing.")
    ] = False,
    form: Annotated[
        FindingFormat, typer.Option("--output-format", help="How to write the findings.")
    ] = FindingFormat.text,
    statistics: Annotated[bool, typer.Option("--statistics", help="Count the findings by rule.")] = False,
    quiet: Annotated[
        bool, typer.Option("--quiet", "-q", help="Print the findings and nothing else.")
    ] = False,
    watch: Annotated[
        bool, typer.Option("--watch", help="Check again whenever a file is saved, until Ctrl-C.")
    ] = False,
    exit_zero: Annotated[bool, typer.Option("--exit-zero", help="Exit with 0 whatever is found.")] = False,
) -> None:
    """Look for design mistakes: exit 0 when there are none, 1 with findings, 2 for wrong usage."""
    from archcalc.cli.rounds import Wanted, one_round, watched
    from archcalc.importing.sources import Goals
    from archcalc.loading import is_factory, module_source
    from archcalc.rules.engine.modules import ModuleTask

    for_people = form in (FindingFormat.text, FindingFormat.concise)
    piped = "-" in (paths or ())
    named = [path for path in paths or () if is_factory(path)]
    rest = [path for path in paths or () if not is_factory(path)]
    altered = bool(settings or (inputs and not named) or freeze)
    _refuse_apart(named, rest, settings, inputs, {"--args": arguments, "--task": task, "--loss": loss})
    _refuse(bool(named) and (fix or diff), "--diff" if diff else "--fix", "changes specs, and no Python")
    _refuse(bool(named) and watch, "--watch", "is for specs: a torch module is run once")
    text_only = form is not FindingFormat.text and (diff or statistics)
    _refuse(text_only, "--output-format", "--diff and --statistics are text only")
    _refuse(fix and not diff and piped, "--fix", "cannot mend standard input; --diff shows what would change")
    why = "mends the spec as it is written; --set, --input and --freeze judge another network: leave one out"
    _refuse(altered and (fix or diff), "--diff" if diff else "--fix", why)
    _refuse(write_baseline and not baseline, "--write-baseline", "needs --baseline FILE: where to write")
    _refuse(write_baseline and (diff or statistics), "--write-baseline", "prints no diff and no statistics")
    _refuse(watch and piped, "--watch", "needs files: standard input is read once")
    _refuse(watch and not for_people, "--watch", "is for people: --output-format text or concise")
    writes = fix or diff or write_baseline
    _refuse(watch and writes, "--watch", "writes nothing: no --fix, --diff or --write-baseline")
    selection = _selection(select, extend, ignore, least)
    given = _given(settings or (), inputs or () if not named else (), freeze or ())
    goals = Goals({"task": task, "loss": loss})
    sources = [
        module_source(factory, parsed_arguments(arguments or ()), given_tensors(inputs or ()))
        for factory in named
    ]
    wanted = Wanted(
        rest,
        selection,
        given,
        "diff" if diff else "write" if fix else "none",
        diffs_text if diff else statistics_text if statistics else form.written,
        for_people=for_people and not quiet,
        baseline=baseline,
        write_baseline=write_baseline,
        notes=not quiet,
        specs_only=specs_only,
        helping=form is not FindingFormat.concise and not (diff or statistics or write_baseline),
        modules=tuple(
            ModuleTask(source, goals, selection, cache=not fresh, given=given) for source in sources
        ),
        cache=not fresh,
    )
    if watch:
        watched(wanted)
    elif one_round(wanted) and not exit_zero:
        raise typer.Exit(1)


def _refuse_apart(
    named: "Sequence[str]",
    rest: "Sequence[str]",
    settings: "Sequence[str] | None",
    inputs: "Sequence[str] | None",
    of_modules: "Mapping[str, object]",
) -> None:
    """Refuse what is said of torch modules where there is none, and what means another thing for specs."""
    for option, value in of_modules.items():
        _refuse(bool(value) and not named, option, "is for package.module:factory, and none is named")
    _refuse(
        bool(named and settings),
        "--set",
        "a torch module has no variables: --args gives its factory arguments",
    )
    _refuse(
        bool(named and rest and inputs),
        "--input",
        "means other things for specs and torch modules: check them apart",
    )


def _refuse(wrong: bool, option: str, why: str) -> None:
    if wrong:
        raise typer.BadParameter(why, param_hint=option)


def _selection(
    select: "Sequence[str] | None",
    extend: "Sequence[str] | None",
    ignore: "Sequence[str] | None",
    least: LeastSeverity,
) -> "Selection":
    from archcalc.rules.selection import Selection

    return Selection(
        None if select is None else _codes("--select", select),
        _codes("--extend-select", extend or ()),
        _codes("--ignore", ignore or ()),
        least.value,
    )


def _codes(option: str, written: "Sequence[str]") -> tuple[str, ...]:
    """Codes and names with commas between them, or of an option that is repeated."""
    from archcalc.rules.selection import known

    codes = [code.strip() for text in written for code in text.split(",") if code.strip()]
    if written and not codes and option == "--select":  # mostly an empty variable of a script
        raise typer.BadParameter("no code was given, and no rule would run", param_hint=option)
    with usage(option):
        return tuple(map(known, codes))


def _given(
    settings: "Sequence[str]", inputs: "Sequence[str]", freeze: "Sequence[str]"
) -> "tuple[OtherValues, ...]":
    """Every combination of the values, each once; empty where nothing is given."""
    if not (settings or inputs or freeze):
        return ()
    from archcalc.rules.engine.overriding import OtherValues

    values = [[(name, value) for value in found] for name, found in several_settings(settings).items()]
    shapes = _several_shapes(inputs)
    count = prod(map(len, values)) * prod(map(len, shapes.values()))
    if count > MAX_WAYS:
        raise typer.BadParameter(
            f"{count:,} combinations of values, at most {MAX_WAYS:,}", param_hint="--set"
        )
    return tuple(
        OtherValues(dict(setting), dict(shape), tuple(freeze))
        for setting in product(*values)
        for shape in product(*shapes.values())
    )


def _several_shapes(inputs: "Sequence[str]") -> "dict[str, list[tuple[str, Arriving]]]":
    """The shapes of ``--input`` by name; without a name they are those of the only input."""
    given = [pair for text in inputs for pair in parsed_inputs([text], [""]).items()]
    named = sorted({name for name, _ in given if name})
    only = named[0] if len(named) == 1 else ""  # of a spec with one input both ways of writing mean that one
    shapes: dict[str, list[tuple[str, Arriving]]] = {}
    for name, shape in given:
        shapes.setdefault(name or only, []).append((name or only, shape))
    return shapes
