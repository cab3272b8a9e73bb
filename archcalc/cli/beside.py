"""What ``archcalc verify`` lays beside a spec: a torch module of the user's, or a checkpoint."""

from typing import TYPE_CHECKING, Annotated

import typer

from archcalc.cli.formats import Format, show
from archcalc.cli.options import usage
from archcalc.cli.sources import parsed_arguments
from archcalc.render.emit import json_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from archcalc.matching.comparison import SideBySide
    from archcalc.matching.maps import NameMap
    from archcalc.tracing import Trace

AgainstOption = Annotated[
    str | None,
    typer.Option(
        "--against",
        metavar="MODULE:NAME",
        help="Compare with this torch module instead: a class, or a function that makes one. Runs its code.",
    ),
]
ArgumentsOption = Annotated[
    list[str] | None,
    typer.Option(
        "--args",
        metavar="NAME=VALUE",
        help="An argument for --against, or for SPEC where that is a factory, in YAML; may be repeated.",
    ),
]
CheckpointOption = Annotated[
    str | None,
    typer.Option(
        "--checkpoint",
        metavar="FILE",
        help="Compare with the tensors of a checkpoint instead: safetensors (or the index of shards), GGUF,"
        " .pt. No weights are read, and torch is only needed for .pt.",
    ),
]
MapOption = Annotated[
    list[str] | None,
    typer.Option(
        "--map",
        metavar="THEIRS=OURS",
        help="What names of theirs are in the spec: 'features.{i}=conv{i}'; may be repeated.",
    ),
]


def lay_beside(
    trace: "Trace",
    module: str | None,
    arguments: "Sequence[str] | None",
    checkpoint: str | None,
    maps: "Sequence[str] | None",
    form: Format,
) -> bool:
    """Compare a network with a module, a checkpoint or both, and print it; whether nothing differs."""
    from archcalc.render.comparison import comparison_document, comparison_tables

    if arguments and module is None:
        raise typer.BadParameter("needs --against, whose arguments these are", param_hint="--args")
    if module is None and checkpoint is None:
        raise typer.BadParameter(
            "needs --against or --checkpoint: it is about their names", param_hint="--map"
        )
    found = list(_comparisons(trace, module, arguments or (), checkpoint, _maps(maps or ())))
    show(
        form,
        lambda: [table for each in found for table in comparison_tables(each)],
        {Format.json: lambda: json_text(comparison_document(trace.model, found))},
    )
    return all(each.same for each in found)


def _comparisons(
    trace: "Trace",
    module: str | None,
    arguments: "Sequence[str]",
    checkpoint: str | None,
    maps: "Sequence[NameMap]",
) -> "Iterator[SideBySide]":
    if checkpoint is not None:
        from archcalc.checkpoints.beside import beside_checkpoint

        yield beside_checkpoint(trace, checkpoint, maps)
    if module is not None:
        from archcalc.bridge.against import against

        yield against(trace, module, parsed_arguments(arguments), maps)


def _maps(written: "Sequence[str]") -> "list[NameMap]":
    from archcalc.matching.maps import name_map

    with usage("--map"):
        return [name_map(text) for text in written]
