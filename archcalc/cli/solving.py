"""``archcalc solve``: the value of a variable, a size or an argument that gives what is wanted."""

from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from archcalc.cli.completing import explained_completed
from archcalc.cli.explaining import is_network
from archcalc.cli.formats import Format, show
from archcalc.cli.options import FormatOption, InputOption, SetOption, usage
from archcalc.cli.single import is_kind, layer_entry, one_layer_error
from archcalc.cli.sources import AskedNetwork
from archcalc.errors import SpecError
from archcalc.render.emit import json_text

if TYPE_CHECKING:
    from collections.abc import Generator

    from archcalc.solving.one_layer import LayerSolution
    from archcalc.solving.solution import Solution
    from archcalc.solving.varying import GivenNetwork, Varied


def solve(
    words: Annotated[
        list[str],
        typer.Argument(
            metavar="SPEC | KIND SHAPE... [KEY=VALUE...]",
            help="A network, or a layer as `archcalc layer` has it.",
            autocompletion=explained_completed,
        ),
    ],
    sought: Annotated[
        str | None,
        typer.Option(
            "--for",
            metavar="NAME",
            help="A variable, a size of an input as image[1], several with commas: all with one value; of a"
            " layer an argument.",
        ),
    ] = None,
    want: Annotated[
        list[str] | None,
        typer.Option(
            "--want",
            metavar="WANT",
            help="params=1M, 'memory<=24MiB', output_shape=512,7,7, output=112 (all positions); may be"
            " repeated: all of it.",
        ),
    ] = None,
    sizes: Annotated[
        bool,
        typer.Option("--sizes", help="Which sizes of the inputs are valid, or which values of --for."),
    ] = False,
    span: Annotated[
        str | None,
        typer.Option(
            "--range", metavar="FIRST..LAST", help="Values that are tried: 1..4096, or 32..4096:32."
        ),
    ] = None,
    settings: SetOption = None,
    inputs: InputOption = None,
    form: FormatOption = Format.table,
) -> None:
    """The values that give wanted figures, or the valid sizes of the inputs; exit 1 where there are none."""
    if sizes and (want or span):
        raise typer.BadParameter("--sizes takes neither --want nor --range", param_hint="--sizes")
    if not sizes and not sought:
        fact = "needs --for NAME and --want QUANTITY=NUMBER, or --sizes"
        raise typer.BadParameter(fact, param_hint="--for")
    if is_kind(words[0]) and not is_network(words[0]):
        found = _of_layer(words, sought, want or (), span, form, sizes=sizes)
    elif len(words) > 1:
        raise typer.BadParameter(f"takes one SPEC, got {len(words)} words", param_hint="SPEC")
    else:
        network = _network(AskedNetwork(words[0], settings, inputs))
        found = (
            _sizes(network, sought, form) if sizes else _of_network(network, sought, want or (), span, form)
        )
    if not found:
        raise typer.Exit(1)


def _network(asked: AskedNetwork) -> "GivenNetwork":
    from archcalc.solving.varying import GivenNetwork

    if asked.factory:
        raise typer.BadParameter(
            "a torch module is read at one size: solve the spec that `archcalc import` makes of it",
            param_hint="SPEC",
        )
    model = asked.model()
    return GivenNetwork(model, asked.values(), asked.shapes(model))


def _of_network(
    network: "GivenNetwork", sought: str | None, want: "list[str] | tuple[()]", span: str | None, form: Format
) -> bool:
    from archcalc.solving.ranges import span_of
    from archcalc.solving.solution import solution
    from archcalc.solving.varying import varied
    from archcalc.solving.wants import wants

    with usage("--range"):
        values = span_of(span)
    with usage("--want"):
        wanted = wants(want)
    with usage("--for"):
        found = solution(varied(network, sought or ""), wanted, values)
    _show_solution(found, form)
    return found.found


def _sizes(network: "GivenNetwork", sought: str | None, form: Format) -> bool:
    from archcalc.solving.valid_sizes import input_axes
    from archcalc.solving.varying import varied

    with usage("--for"):
        asked = (varied(network, sought),) if sought else input_axes(network)
    return _show_sizes(asked, form)


def _show_sizes(asked: "tuple[Varied, ...]", form: Format, first: int = 1) -> bool:
    from archcalc.render.solving import sizes_document, sizes_table
    from archcalc.solving.valid_sizes import all_valid_sizes

    found = all_valid_sizes(asked, first)
    show(form, lambda: [sizes_table(found)], {Format.json: lambda: json_text(sizes_document(found))})
    return any(each.smallest is not None for each in found)


def _of_layer(
    words: list[str],
    sought: str | None,
    want: "list[str] | tuple[()]",
    span: str | None,
    form: Format,
    *,
    sizes: bool,
) -> bool:
    from archcalc.solving.one_layer import LoneLayer, argument_varied, layer_solution
    from archcalc.solving.ranges import span_of
    from archcalc.solving.wants import wants

    kind, *rest = words
    inputs, entry = layer_entry(kind, rest)
    arguments = {key: value for key, value in entry.items() if key not in ("type", "from", "name")}
    if not sought:
        raise typer.BadParameter("needs the argument: --for padding", param_hint="--for")
    with _alone(kind), usage("--for"):
        varied = argument_varied(LoneLayer(kind, inputs, arguments), sought)
        if sizes:
            return _show_sizes((varied,), form, 0)
    with usage("--range"):
        values = span_of(span, 0)
    with usage("--want"):
        wanted = wants(want)
    with _alone(kind), usage("--for"):
        found = layer_solution(varied, wanted, values)
    _show_solution(found.same, form, found)
    return found.found


@contextmanager
def _alone(kind: str) -> "Generator[None]":
    """Errors of a layer alone have no file."""
    try:
        yield
    except SpecError as error:
        raise one_layer_error(kind, error) from None


def _show_solution(found: "Solution", form: Format, layer: "LayerSolution | None" = None) -> None:
    from archcalc.render.solving import solution_document, solution_table

    each = layer.each if layer is not None else ()
    own = {Format.json: lambda: json_text(solution_document(found, each))}
    show(form, lambda: [solution_table(found, each)], own)
