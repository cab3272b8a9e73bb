"""``archcalc diff`` and ``archcalc compare``: two networks, and many."""

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from archcalc.cli.commands import say
from archcalc.cli.completing import specs_completed
from archcalc.cli.formats import Format, show
from archcalc.cli.options import FormatOption, InputOption, SetOption, usage
from archcalc.cli.sources import ArgsOption, AskedNetwork, FreshOption, traced, warn_of
from archcalc.errors import SpecError
from archcalc.render.emit import json_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from archcalc.comparing.differences import NetworkDifference, Total
    from archcalc.comparing.limits import Condition
    from archcalc.comparing.sides import Side
    from archcalc.render.cells import Table
    from archcalc.tracing import Trace

SOURCE = (
    "a spec file, -, a shipped spec, package.module:factory, or a file of git's at a revision: net.yaml@main"
)


def diff(
    a: Annotated[
        str, typer.Argument(metavar="A", help=f"What there was: {SOURCE}.", autocompletion=specs_completed)
    ],
    b: Annotated[
        str | None,
        typer.Argument(
            metavar="[B]",
            help="What there is now; left out: A, with other values.",
            autocompletion=specs_completed,
        ),
    ] = None,
    settings: SetOption = None,
    settings_a: Annotated[
        list[str] | None, typer.Option("--set-a", metavar="NAME=VALUE", help="As --set, of A alone.")
    ] = None,
    settings_b: Annotated[
        list[str] | None, typer.Option("--set-b", metavar="NAME=VALUE", help="As --set, of B alone.")
    ] = None,
    inputs: InputOption = None,
    inputs_a: Annotated[
        list[str] | None, typer.Option("--input-a", metavar="NAME=SHAPE", help="As --input, of A alone.")
    ] = None,
    inputs_b: Annotated[
        list[str] | None, typer.Option("--input-b", metavar="NAME=SHAPE", help="As --input, of B alone.")
    ] = None,
    arguments: ArgsOption = None,
    arguments_a: Annotated[
        list[str] | None, typer.Option("--args-a", metavar="NAME=VALUE", help="As --args, of A alone.")
    ] = None,
    arguments_b: Annotated[
        list[str] | None, typer.Option("--args-b", metavar="NAME=VALUE", help="As --args, of B alone.")
    ] = None,
    fresh: FreshOption = False,
    every: Annotated[bool, typer.Option("--all", help="A row for each layer, nothing folded.")] = False,
    exit_code: Annotated[
        bool, typer.Option("--exit-code", help="Exit with 1 where anything differs.")
    ] = False,
    fail_on: Annotated[
        list[str] | None,
        typer.Option(
            "--fail-on",
            metavar="CONDITION",
            help="Exit with 1 where it comes true: 'params > +5%', 'macs > +100M', 'memory > 24MiB'; may be"
            " repeated.",
        ),
    ] = None,
    form: FormatOption = Format.table,
) -> None:
    """What differs between two networks: layers added, removed, changed, moved, renamed; numbers in all.

    Layers belong together by their names, then by what they are and read. What follows from other layers is
    told apart from what was written otherwise.
    """
    from archcalc.comparing.limits import come_true, parsed_condition
    from archcalc.render.differences import failed_words

    with usage("--fail-on"):
        conditions = [parsed_condition(text) for text in fail_on or ()]
    first = AskedNetwork(a, settings_a, inputs_a, arguments_a, fresh)
    if b is None and not (settings_a or settings_b or inputs_a or inputs_b or arguments_a or arguments_b):
        raise typer.BadParameter(
            "is A once more; give B, or other values: --set-b NAME=VALUE", param_hint="B"
        )
    if a == "-" and b in (None, "-"):
        raise typer.BadParameter("standard input can be read once: only A or B is -", param_hint="B")
    second = AskedNetwork(a if b is None else b, settings_b, inputs_b, arguments_b, fresh)
    sides = _both((first, second), settings, inputs, arguments)
    found = _difference(sides)
    with usage("--fail-on"):
        failed = come_true(conditions, found)
    names = _names(sides)
    _show_difference(found, names, failed if conditions else None, form, every=every)
    for condition, total in failed:
        say(f"failed: {failed_words(condition, total)}")
    if failed or (exit_code and not found.same):
        raise typer.Exit(1)


def _both(
    sides: tuple[AskedNetwork, AskedNetwork],
    settings: "Sequence[str] | None",
    inputs: "Sequence[str] | None",
    arguments: "Sequence[str] | None",
) -> tuple[AskedNetwork, AskedNetwork]:
    """Both sides with what is given for both; arguments of a factory are for those that are one."""
    if arguments and not any(side.factory for side in sides):
        raise typer.BadParameter("needs package.module:factory as A or B", param_hint="--args")
    if settings and all(side.factory for side in sides):
        raise typer.BadParameter(
            "torch modules have no variables: --args gives arguments", param_hint="--set"
        )

    def given(side: AskedNetwork) -> AskedNetwork:
        return replace(
            side,
            settings=[*(settings or () if not side.factory else ()), *(side.settings or ())],
            inputs=[*(inputs or ()), *(side.inputs or ())],
            arguments=[*(arguments or () if side.factory else ()), *(side.arguments or ())],
        )

    return given(sides[0]), given(sides[1])


def _difference(sides: tuple[AskedNetwork, AskedNetwork]) -> "NetworkDifference":
    """Trace both, a module for which no inputs are given on those of the other one, and compare them."""
    from archcalc.comparing.differences import network_difference

    order = (1, 0) if sides[0].factory and not sides[0].inputs else (0, 1)
    found: dict[int, Side] = {}
    for side in order:
        beside = found.get(1 - side)
        found[side] = _measured(sides[side], beside.trace if beside else None)
    return network_difference(found[0], found[1])


def _measured(asked: AskedNetwork, beside: "Trace | None" = None) -> "Side":
    """A network; a torch module without inputs is run on those of what stands beside it."""
    from archcalc.comparing.sides import side_of

    asked = replace(asked, beside=tuple(beside.inputs.values()) if beside else ())
    trace = traced(asked)
    warn_of(trace)
    return side_of(trace, asked.values())


def _names(sides: tuple[AskedNetwork, AskedNetwork]) -> tuple[str, str]:
    """What both are called: their sources, with the values of variables where these are one."""
    names = [side.spec for side in sides]
    if names[0] == names[1]:
        words = [[*(side.settings or ()), *(side.inputs or ()), *(side.arguments or ())] for side in sides]
        names = [" ".join([name, *given]) for name, given in zip(names, words, strict=True)]
    return names[0], names[1]


def _show_difference(
    found: "NetworkDifference",
    names: tuple[str, str],
    failed: "Sequence[tuple[Condition, Total]] | None",
    form: Format,
    *,
    every: bool,
) -> None:
    from archcalc.render.difference_documents import difference_csv, difference_document
    from archcalc.render.difference_markdown import difference_markdown
    from archcalc.render.differences import changes_table, failed_words, totals_table

    told = [failed_words(*each) for each in failed or ()]

    def tables() -> "list[Table]":
        changes = changes_table(found, every=every)
        return [totals_table(found, names), *([changes] if changes.rows else [])]

    own = {
        Format.json: lambda: json_text(difference_document(found, failed)),
        Format.csv: lambda: Format.csv.written(difference_csv(found)),
        Format.markdown: lambda: difference_markdown(found, names, told, every=every),
    }
    show(form, tables, own)


def compare(
    networks: Annotated[
        list[str],
        typer.Argument(metavar="NETWORK...", help=f"Each {SOURCE}.", autocompletion=specs_completed),
    ],
    sort: Annotated[
        str | None,
        typer.Option("--sort", metavar="QUANTITY", help="The smallest first; '-params': the largest first."),
    ] = None,
    pareto: Annotated[
        str,
        typer.Option(
            "--pareto",
            metavar="QUANTITIES",
            help="By what networks beat one another: 'params,macs,receptive_field' if nothing else is said.",
        ),
    ] = "params,macs,receptive_field",
    settings: SetOption = None,
    inputs: InputOption = None,
    arguments: ArgsOption = None,
    fresh: FreshOption = False,
    form: FormatOption = Format.table,
) -> None:
    """Networks beside one another: a row each, the largest layer, and which of them no other one beats.

    A network that cannot be read or traced is told, the others are compared, and the exit code is 2.
    """
    from archcalc.comparing.rows import network_rows
    from archcalc.render.networks import comparison_of_networks, comparison_table

    judged = [name.strip() for name in pareto.split(",") if name.strip()]
    with usage("--sort"):
        network_rows([], sort)
    with usage("--pareto"):
        network_rows([], None, judged)
    found, failed = _found_networks(networks, settings, inputs, arguments, fresh=fresh)
    if found:
        made = network_rows(found, sort, judged)
        bars = (sort or "params").removeprefix("-")
        own = {Format.json: lambda: json_text(comparison_of_networks(made, judged))}
        show(form, lambda: [comparison_table(made, judged, bars)], own)
    if failed:
        raise SpecError([problem for error in failed for problem in error.problems])


def _found_networks(
    networks: "Sequence[str]",
    settings: "Sequence[str] | None",
    inputs: "Sequence[str] | None",
    arguments: "Sequence[str] | None",
    *,
    fresh: bool,
) -> "tuple[list[tuple[str, Side]], list[SpecError]]":
    """Those that can be traced, and the errors of the others; modules are run on the inputs of a spec."""
    asked = [AskedNetwork(name, settings, inputs, None, fresh) for name in networks]
    if arguments and not any(each.factory for each in asked):
        raise typer.BadParameter("needs package.module:factory among the networks", param_hint="--args")
    found: dict[int, Side] = {}
    failed: dict[int, SpecError] = {}
    for place, each in sorted(enumerate(asked), key=lambda at: at[1].factory):
        beside = next(iter(found.values()), None)
        own = replace(each, settings=None, arguments=arguments) if each.factory else each
        try:
            found[place] = _measured(own, beside.trace if beside else None)
        except SpecError as error:
            failed[place] = error
    return [(networks[at], found[at]) for at in sorted(found)], [failed[at] for at in sorted(failed)]
