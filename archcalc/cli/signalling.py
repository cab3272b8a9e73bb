"""``archcalc signal``: what the initialisation does before the first step."""

from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from archcalc.cli.formats import Format, show
from archcalc.cli.networks import opened
from archcalc.cli.options import (
    DepthOption,
    FormatOption,
    FreezeOption,
    InputOption,
    SetOption,
    SpecArgument,
    usage,
)
from archcalc.cli.plotting import PlotFileOption, PlotOption, show_plot
from archcalc.cli.sources import ArgsOption, AskedNetwork, FreshOption
from archcalc.render.emit import json_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from archcalc.source import Document
    from archcalc.tracing import Trace

InitOption = Annotated[
    list[str] | None,
    typer.Option(
        "--init",
        metavar="NAME",
        help="Draw all weights so: kaiming_normal, xavier_uniform, orthogonal, trunc_normal:0.02 ..., and"
        " zero_last_norm, depth_scaled for the ends of residual branches; may be repeated.",
    ),
]


def signal(
    spec: SpecArgument,
    init: InitOption = None,
    settings: SetOption = None,
    inputs: InputOption = None,
    arguments: ArgsOption = None,
    fresh: FreshOption = False,
    freeze: FreezeOption = None,
    form: FormatOption = Format.table,
    depth: DepthOption = None,
    plot: PlotOption = False,
    plot_file: PlotFileOption = None,
) -> None:
    """What the initialisation does before the first step: signal and gradient along the network.

    Mean squares over random weights and normal inputs, in closed form; where the gradient vanishes or
    explodes, what is to blame, and what mends it.
    """
    from archcalc.propagating.curing import holds, mended
    from archcalc.propagating.first_step import first_step
    from archcalc.propagating.walking import signal as walked
    from archcalc.render.reports import shapes_table
    from archcalc.render.signal import signal_document, signal_figure, signal_table

    asked = AskedNetwork(spec, settings, inputs, arguments, fresh, freeze)
    trace = opened(asked, form, shapes_table, depth)
    with usage("--init"):
        report = walked(trace, tuple(init or ()))
    found = first_step(trace, report)
    cures = () if found.ratio is None or holds(found) else mended(trace, report, _retracing(asked, trace))
    document = partial(signal_document, trace, report, found, cures)
    show(
        form,
        lambda: [signal_table(trace, report, found, cures, depth)],
        {Format.json: lambda: json_text(document())},
    )
    if plot or plot_file is not None:
        show_plot(signal_figure(trace, report, found), here=plot, file=plot_file)


def _retracing(asked: AskedNetwork, before: "Trace") -> "Callable[[Document], Trace]":
    """Traces a changed spec with the same variables and inputs."""
    from archcalc.loading import check
    from archcalc.tracing import trace

    def retraced(document: "Document") -> "Trace":
        return trace(check(document), asked.values(), dict(before.inputs))

    return retraced
