"""``archcalc memory``: the bytes of a run."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import typer

from archcalc.cli.formats import Format, show
from archcalc.cli.lengths import Lengths, SoughtSize, tokens_of
from archcalc.cli.memory_options import (
    AccumulateOption,
    BatchesOption,
    BatchOption,
    CacheTypeOption,
    ContextOption,
    DataOption,
    DtypeOption,
    ExpertOption,
    FirstOption,
    FitOption,
    ForOption,
    KeepOption,
    LossOption,
    MasterOption,
    OptimizerName,
    OptimizerOption,
    PageOption,
    PipelineOption,
    RecomputedOption,
    SequenceOption,
    TensorOption,
    TrainOption,
    UpdateName,
    UpdateOption,
    ZeroOption,
)
from archcalc.cli.networks import opened
from archcalc.cli.options import FormatOption, FreezeOption, InputOption, SetOption, SpecArgument, usage
from archcalc.cli.plotting import PlotFileOption, PlotOption, show_plot
from archcalc.cli.sources import ArgsOption, AskedNetwork, FreshOption

if TYPE_CHECKING:
    from collections.abc import Sequence

    from archcalc.memory.cache import CacheSetting
    from archcalc.memory.running import MemoryRun
    from archcalc.plotting.figure import Figure
    from archcalc.render.cells import Table
    from archcalc.render.running import Fit
    from archcalc.tracing import Trace

BATCH, CONTEXT = "batch", "context"
PLOTTED = "1,2,4..64"
"""Batches of a plot, where none are named."""


def memory_(
    spec: SpecArgument,
    batch: BatchOption = 1,
    dtype: DtypeOption = None,
    train: TrainOption = False,
    optimizer: OptimizerOption = OptimizerName.adamw,
    checkpoint: RecomputedOption = None,
    accumulate: AccumulateOption = None,
    master: MasterOption = False,
    loss: LossOption = None,
    first: FirstOption = False,
    keep_gradients: KeepOption = False,
    update: UpdateOption = UpdateName.each,
    dp: DataOption = None,
    tp: TensorOption = 1,
    pp: PipelineOption = 1,
    ep: ExpertOption = 1,
    zero: ZeroOption = 0,
    sp: SequenceOption = False,
    context: ContextOption = None,
    cache_dtype: CacheTypeOption = None,
    page: PageOption = 1,
    fit: FitOption = None,
    grows: ForOption = BATCH,
    batches: BatchesOption = None,
    plot: PlotOption = False,
    plot_file: PlotFileOption = None,
    settings: SetOption = None,
    inputs: InputOption = None,
    arguments: ArgsOption = None,
    fresh: FreshOption = False,
    freeze: FreezeOption = None,
    form: FormatOption = Format.table,
) -> None:
    """Bytes of weights, activations at their peak, and of training; what is left out stands below.

    A run is without gradients: a tensor dies behind the last layer that reads it. Of training a step behind
    the first one is told, if not --first: gradients were set to None before it, and the optimizer has its
    states. On several devices the bytes of each are told, stage by stage.
    """
    from archcalc.memory.budget import TrainingRun
    from archcalc.memory.devices.placement import Placement
    from archcalc.memory.running import MemoryRun
    from archcalc.memory.scopes import scopes_named
    from archcalc.memory.storages import Setting
    from archcalc.render.reports import shapes_table

    limit = _limit(fit)
    if grows != BATCH and limit is None:
        raise typer.BadParameter("says what grows to a limit: add --fit", param_hint="--for")
    counts = _batches(batches or (PLOTTED if plot or plot_file else None))
    if counts and limit is not None:
        raise typer.BadParameter("a table of batches has no limit: leave one out", param_hint="--fit")
    asked = AskedNetwork(spec, settings, inputs, arguments, fresh, freeze)
    growing = SoughtSize(Lengths(asked), grows) if grows not in (BATCH, CONTEXT) else None
    trace = growing.lengths.given if growing else opened(asked, form, shapes_table)
    with usage("--checkpoint"):
        scopes = scopes_named(trace, checkpoint or ())
    setting = Setting(batch, dtype.value if dtype else None, train)
    step = TrainingRun(
        optimizer.value,
        scopes,
        accumulate or pp,
        master,
        first,
        keep_gradients,
        loss.value if loss else "",
        update.value,
    )
    with usage("--update"):
        step.check()
    training = step if train else None
    kept = context or (1 if grows == CONTEXT else None)
    with usage(None):
        cache = _cache(trace, kept, cache_dtype.dtype if cache_dtype else setting.dtype, page)
        run = MemoryRun(setting, training, Placement(dp or ep, tp, pp, ep, zero, sp), cache)
        if counts:
            figure = _show_batches(trace, run, counts, form)
            show_plot(figure, here=plot and form is Format.table, file=plot_file)
        else:
            asking = AskedRun(trace, run, grows, growing)
            _show(asking, None if limit is None else asking.fitting(limit), form)


def _cache(trace: "Trace", context: int | None, dtype: str | None, page: int) -> "CacheSetting | None":
    """The cache of a decoder, its numbers as the weights where nothing else is said."""
    from archcalc.memory.cache import CacheSetting, own_precision

    if context is None:
        return None
    return CacheSetting(tokens_of(trace, None), context, dtype or own_precision(trace), page)


def _limit(fit: str | None) -> int | None:
    """The bytes of ``--fit``."""
    from archcalc.budgets import parse_limit

    if fit is None:
        return None
    try:
        return int(parse_limit(fit).value)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--fit") from None


def _batches(written: str | None) -> tuple[int, ...]:
    """The counts of ``--batches``."""
    from archcalc.memory.batches import batches_of

    if written is None:
        return ()
    with usage("--batches"):
        return batches_of(written)


@dataclass(frozen=True, slots=True)
class AskedRun:
    """A run, and what of it grows to a limit.

    Args:
        trace: the network as it is given.
        run: how it is run.
        named: what grows, as it was asked for.
        growing: a size of the network; None: the batch or the context.
    """

    trace: "Trace"
    run: "MemoryRun"
    named: str
    growing: SoughtSize | None

    @property
    def name(self) -> str:
        """What grows."""
        return self.growing.name if self.growing else self.named

    def at(self, count: int) -> "tuple[Trace, MemoryRun] | None":
        """The network and the run of a count; None: the network refuses it."""
        if self.growing is None:
            of = self.run.of_context if self.named == CONTEXT else self.run.of_batch
            return self.trace, of(count)
        found = self.growing.at(count)
        return None if found is None else (found, self.run)

    def fitting(self, limit: int) -> "Fit":
        """The largest count within a limit."""
        from archcalc.memory.fitting import largest_fitting, longest_fitting

        def bytes_of(count: int) -> int | None:
            found = self.at(count)
            return None if found is None else found[1].peak(found[0])

        if self.growing is None:
            found = largest_fitting(lambda count: bytes_of(count) or 0, limit)
        else:
            found = longest_fitting(bytes_of, limit, self.growing.start)
        from archcalc.render.running import Fit

        return Fit(found, limit, self.name)


def _show(asking: AskedRun, fit: "Fit | None", form: Format) -> None:
    from archcalc.render.emit import json_text
    from archcalc.render.running import memory_document, memory_tables, run_words

    found = asking.at(fit.fitting.count) if fit and fit.fitting.count else None
    trace, run = found or (asking.trace, asking.run)
    report = run.memory(trace)

    def tables() -> "Sequence[Table]":
        every = memory_tables(report, run, trace.model, fit)
        return every[:1] if form is Format.csv else every

    words = run_words(trace.model, run)
    show(form, tables, {Format.json: lambda: json_text(memory_document(report, run, words, fit))})


def _show_batches(trace: "Trace", run: "MemoryRun", counts: tuple[int, ...], form: Format) -> "Figure":
    """Print a line per batch, and give what is to be drawn."""
    from archcalc.memory.batches import memory_by_batch
    from archcalc.render.batches import batches_document, batches_figure, batches_table
    from archcalc.render.emit import json_text
    from archcalc.render.running import run_left_out, run_words

    rows, words = memory_by_batch(trace, run, counts), run_words(trace.model, run)
    own = {Format.json: lambda: json_text(batches_document(rows, words))}
    show(form, lambda: [batches_table(rows, words, run_left_out(run))], own)
    return batches_figure(rows, trace.model)
