"""``archcalc macs``: what a pass costs, by layer, and how other tools count it."""

from enum import Enum
from typing import TYPE_CHECKING, Annotated

import typer

from archcalc.cli.formats import Format, show
from archcalc.cli.networks import opened, show_formulas
from archcalc.cli.options import (
    DepthOption,
    FormatOption,
    FreezeOption,
    InputOption,
    SetOption,
    SpecArgument,
    SymbolicOption,
    usage,
)
from archcalc.cli.sources import ArgsOption, AskedNetwork, FreshOption
from archcalc.effort import one_by_one
from archcalc.render.emit import json_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from archcalc.counting.costs import Pass
    from archcalc.counting.measuring import Measured
    from archcalc.tracing import Trace

MAX_BATCH = 2**40


class By(str, Enum):  # noqa: UP042  typer shows the values of a str enum
    """What a row stands for."""

    layer = "layer"
    type = "type"
    depth = "depth"


class Sorted(str, Enum):  # noqa: UP042  typer shows the values of a str enum
    """Columns to sort by."""

    macs = "macs"
    backward = "backward"
    flops = "flops"
    share = "share"
    others = "others"
    bytes = "bytes"
    intensity = "intensity"
    time = "time"


class Reals(str, Enum):  # noqa: UP042  typer shows the values of a str enum
    """dtypes of the numbers that are multiplied."""

    float64 = "float64"
    float32 = "float32"
    tf32 = "tf32"
    float16 = "float16"
    bfloat16 = "bfloat16"
    float8 = "float8"
    int8 = "int8"


def macs(
    spec: SpecArgument,
    batch: Annotated[int, typer.Option("--batch", min=1, max=MAX_BATCH, help="Samples at a time.")] = 1,
    backward: Annotated[
        bool, typer.Option("--backward", help="The backward pass too, of what needs gradients.")
    ] = False,
    causal: Annotated[bool, typer.Option("--causal", help="Leave out the pairs that masks hide.")] = False,
    by: Annotated[By, typer.Option("--by", help="What a row stands for.")] = By.layer,
    sort: Annotated[
        Sorted | None, typer.Option("--sort", help="A column to sort by, the largest first.")
    ] = None,
    dtype: Annotated[Reals | None, typer.Option("--dtype", help="Type of all real numbers.")] = None,
    device: Annotated[
        str | None,
        typer.Option("--device", metavar="NAME", help="Least time on a device: h100, a100, l4 ..."),
    ] = None,
    step_time: Annotated[
        str | None,
        typer.Option(
            "--step-time", metavar="TIME", help="Measured time of a step, 0.35s or 12ms: gives MFU."
        ),
    ] = None,
    convention: Annotated[
        str | None,
        typer.Option("--convention", metavar="NAME", help="Count as another tool: thop, fvcore ..."),
    ] = None,
    compare: Annotated[
        bool, typer.Option("--compare", help="A column for each convention, and why.")
    ] = False,
    settings: SetOption = None,
    inputs: InputOption = None,
    arguments: ArgsOption = None,
    fresh: FreshOption = False,
    freeze: FreezeOption = None,
    form: FormatOption = Format.table,
    depth: DepthOption = None,
    symbolic: SymbolicOption = False,
) -> None:
    """Multiply-accumulates, FLOPs, other operations and bytes of every layer; how other tools count them.

    A multiply-accumulate is a product of the linear algebra with its sum, two FLOPs. Element-wise work stands
    apart. Below the table is what counts and what does not.
    """
    from archcalc.render.reports import shapes_table
    from archcalc.render.tree import refuse_many_rows

    asked = AskedNetwork(spec, settings, inputs, arguments, fresh, freeze)
    if symbolic:
        show_formulas(asked, form, ("macs",))
        return
    if convention is not None or compare:
        other = {"--batch": batch > 1, "--backward": backward, "--causal": causal, "--device": device}
        other |= {"--sort": sort, "--by": by is not By.layer, "--step-time": step_time, "--dtype": dtype}
        _only(compare=compare, named=convention is not None, other=other)
        _conventions(opened(asked, form, shapes_table, depth), convention, form, depth)
        return
    trace = opened(asked, form, shapes_table, depth)
    if by is By.layer:
        refuse_many_rows(trace, depth)  # before anything is counted for them
    from archcalc.counting.costs import Pass

    how = Pass(batch, None if dtype is None else dtype.value, causal, backward)
    _costs(_measured(trace, how, device, step_time), by, sort, form, depth)


def _only(*, compare: bool, named: bool, other: "Mapping[str, object]") -> None:
    """Refuse what a convention does not know: they count a forward pass of one sample."""
    if compare and named:
        raise typer.BadParameter("compares all conventions; leave --convention out", param_hint="--compare")
    for option, given in other.items():
        if given:
            raise typer.BadParameter("other tools count a forward pass of one sample", param_hint=option)


def _conventions(trace: "Trace", name: str | None, form: Format, depth: int | None) -> None:
    from archcalc.counting.conventions.registry import conventions_named
    from archcalc.render.conventions import compared_tables, conventions_document, conventions_table

    with usage("--convention"):
        chosen = conventions_named(name)
    one_by_one(trace, "what other tools count")
    own = {Format.json: lambda: json_text(conventions_document(trace, chosen))}
    wide = form is not Format.table or name is not None
    show(
        form,
        lambda: (
            [conventions_table(trace, chosen, depth)] if wide else list(compared_tables(trace, chosen, depth))
        ),
        own,
    )


def _measured(trace: "Trace", how: "Pass", device: str | None, step_time: str | None) -> "Measured":
    """The costs of a network, and where it runs."""
    from archcalc.counting.measuring import device_named, measured_costs, seconds_of

    with usage("--device"):
        found = None if device is None else device_named(device)
    if step_time is not None and device is None:
        raise typer.BadParameter("a share of which peak? name a --device", param_hint="--step-time")
    with usage("--step-time"):
        step = None if step_time is None else seconds_of(step_time)
    with usage("--dtype"):
        return measured_costs(trace, how, found, step)


def _costs(shown: "Measured", by: By, sort: Sorted | None, form: Format, depth: int | None) -> None:
    from archcalc.render.costs import costs_document, measured_table

    with usage("--sort"):
        found = measured_table(shown, by.value, None if sort is None else sort.value, depth)
    show(form, lambda: [found], {Format.json: lambda: json_text(costs_document(shown, found))})
