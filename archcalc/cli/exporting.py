"""``archcalc export``: a network as code, or as a file of another tool."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from archcalc.cli.commands import say
from archcalc.cli.files import write_new
from archcalc.cli.formats import Format
from archcalc.cli.networks import opened
from archcalc.cli.options import FreezeOption, InputOption, SetOption, SpecArgument
from archcalc.cli.sources import ArgsOption, AskedNetwork, FreshOption

if TYPE_CHECKING:
    from archcalc.tracing import Trace


class Target(StrEnum):
    """What a network can be exported to."""

    torch = "torch"
    onnx = "onnx"


def export(
    spec: SpecArgument,
    target: Annotated[
        Target, typer.Option("--to", help="torch: the source of an nn.Module; onnx: a file, by way of torch.")
    ],
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE", help="Write it there; an old file is never replaced."),
    ] = None,
    settings: SetOption = None,
    inputs: InputOption = None,
    arguments: ArgsOption = None,
    fresh: FreshOption = False,
    freeze: FreezeOption = None,
) -> None:
    """Write the network as a readable torch module, with the spec's names, or as an ONNX file."""
    from archcalc.render.reports import shapes_table

    if target is Target.onnx and output is None:
        raise typer.BadParameter("an ONNX file is not text: name one with -o", param_hint="--output")
    trace = opened(AskedNetwork(spec, settings, inputs, arguments, fresh, freeze), Format.csv, shapes_table)
    if target is Target.onnx and output is not None:
        _write_onnx(trace, output)
        return
    from archcalc.exporting import torch_source

    text = torch_source(trace)
    if output is None:
        typer.echo(text, nl=False)
        return
    write_new(output, text)
    say(f"{output} is written", err=False)


def _write_onnx(trace: "Trace", output: Path) -> None:
    """Write an ONNX file that is not there yet."""
    from archcalc.cli.bridging import needing_torch

    if output.exists():
        raise typer.BadParameter(f"{output} is there already", param_hint="--output")
    with needing_torch("export --to onnx", "onnx"):
        from archcalc.bridge.interchange import compare_onnx, onnx_file

        content = onnx_file(trace)
        compare_onnx(trace, content)
        write_new(output, content)
    say(f"{output} is written, and onnx infers the same shapes", err=False)
