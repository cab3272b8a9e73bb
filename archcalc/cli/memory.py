"""``archcalc memory``: the bytes of a run."""

from dataclasses import replace
from typing import TYPE_CHECKING

import typer

from archcalc.cli.asked_run import BATCH, CONTEXT, AskedRun
from archcalc.cli.formats import Format, show
from archcalc.cli.lengths import Decoder, Lengths, SoughtSize
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
from archcalc.tuples import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from archcalc.footprint.cache import CacheSetting
    from archcalc.footprint.running import MemoryRun
    from archcalc.footprint.storages import Setting
    from archcalc.footprint.training import TrainingRun
    from archcalc.plotting.figure import Figure
    from archcalc.render.cells import Table
    from archcalc.render.running import Fit
    from archcalc.tracing import Trace

PLOTTED = "1,2,4..64"
"""Batches of a plot, where none are named."""


def memory_(
    spec: SpecArgument,
    batch: BatchOption = None,
    dtype: DtypeOption = None,
    train: TrainOption = False,
    optimizer: OptimizerOption = None,
    checkpoint: RecomputedOption = None,
    accumulate: AccumulateOption = None,
    master: MasterOption = False,
    loss: LossOption = None,
    first: FirstOption = False,
    keep_gradients: KeepOption = False,
    update: UpdateOption = None,
    dp: DataOption = None,
    tp: TensorOption = 1,
    pp: PipelineOption = 1,
    ep: ExpertOption = 1,
    zero: ZeroOption = 0,
    sp: SequenceOption = False,
    context: ContextOption = None,
    cache_dtype: CacheTypeOption = None,
    page: PageOption = None,
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
    from archcalc.footprint.devices.placement import Placement
    from archcalc.footprint.running import MemoryRun
    from archcalc.footprint.storages import Setting
    from archcalc.footprint.training import TrainingRun, stated_batch

    limit = _limit(fit)
    counts = _batches(PLOTTED if batches is None and (plot or plot_file) else batches)
    _refuse(
        "of a training step: add --train",
        not train,
        {
            "--optimizer": optimizer,
            "--checkpoint": checkpoint,
            "--accumulate": accumulate,
            "--master": master,
            "--loss": loss,
            "--first": first,
            "--keep-gradients": keep_gradients,
            "--update": update,
        },
    )
    cached = {"--cache-dtype": cache_dtype, "--page": page}
    _refuse("of a decoder's cache: add --context", context is None and grows != CONTEXT, cached)
    _refuse("what grows to a limit: add --fit", limit is None, {"--for": grows if grows != BATCH else None})
    _refuse("what grows with --for context: leave one out", grows == CONTEXT, {"--context": context})
    _refuse("one of --batches: leave one out", bool(counts), {"--fit": fit, "--batch": batch})
    _refuse("what --fit looks for: leave one out", bool(fit) and grows == BATCH, {"--batch": batch})
    asked = AskedNetwork(spec, settings, inputs, arguments, fresh, freeze)
    trace, growing, decoder = _network(asked, form, grows, context)
    step = TrainingRun(
        optimizer.value if optimizer else OptimizerName.adamw.value,
        accumulate=accumulate or pp,
        master=master,
        first=first,
        keep_gradients=keep_gradients,
        update=update.value if update else UpdateName.each.value,
    )
    stated = stated_batch(trace) if train and batch is None else None
    setting = Setting(batch or stated or 1, dtype.value if dtype else None, train)
    training = _training(trace, setting, step, checkpoint or (), loss) if train else None
    kept = cache_dtype.dtype if cache_dtype else setting.dtype
    with usage(None):
        cache = _cache(trace, decoder, context or 1, kept, page or 1)
        run = MemoryRun(setting, training, Placement(dp or ep, tp, pp, ep, zero, sp), cache, bool(stated))
        if counts:
            figure = _show_batches(trace, run, counts, form)
            show_plot(figure, here=plot and form is Format.table, file=plot_file)
        else:
            asking = AskedRun(trace, run, grows, growing)
            _show(asking, None if limit is None else asking.fitting(limit), form)


def _refuse(why: str, when: bool, given: "Mapping[str, object]") -> None:
    """Refuse the first option that is given, ``when`` it means nothing there."""
    for option, value in given.items():
        if when and value:
            raise typer.BadParameter(f"is {why}", param_hint=option)


class _Network(NamedTuple):
    """A network, what of it grows to a limit (None: the batch), and its decoder where there is a cache."""

    trace: "Trace"
    growing: SoughtSize | Decoder | None
    decoder: Decoder | None


def _network(asked: AskedNetwork, form: Format, grows: str, context: int | None) -> _Network:
    from archcalc.render.reports import shapes_table

    if grows == BATCH and context is None:
        return _Network(opened(asked, form, shapes_table), None, None)
    lengths = Lengths(asked)
    if grows == CONTEXT:
        decoder = Decoder(lengths)
        return _Network(lengths.given, decoder, decoder)
    growing = None if grows == BATCH else SoughtSize(lengths, grows)
    if context is None:
        return _Network(lengths.given, growing, None)
    decoder = Decoder(lengths)
    decoder.check(context)
    return _Network(lengths.given, growing, decoder)


def _training(
    trace: "Trace", setting: "Setting", step: "TrainingRun", checkpoint: "Sequence[str]", loss: str | None
) -> "TrainingRun":
    """The training step with its scopes and its loss."""
    from archcalc.footprint.scopes import scopes_named

    with usage("--checkpoint"):
        step = replace(step, checkpoints=scopes_named(trace, checkpoint))
    with usage("--loss"):
        step = step.judged_by(loss, trace)
    with usage("--update" if not step.master else None):
        step.check(trace, setting)
    return step


def _cache(
    trace: "Trace", decoder: Decoder | None, context: int, dtype: str | None, page: int
) -> "CacheSetting | None":
    """The cache of a decoder, its numbers as the weights where nothing else is said."""
    from archcalc.footprint.cache import CacheSetting, own_precision

    if decoder is None:
        return None
    return CacheSetting(decoder.tokens, context, dtype or own_precision(trace), page)


def _limit(fit: str | None) -> int | None:
    """The bytes of ``--fit``."""
    from archcalc.footprint.fitting import limit_of

    if fit is None:
        return None
    with usage("--fit"):
        return limit_of(fit)


def _batches(written: str | None) -> tuple[int, ...]:
    """The counts of ``--batches``."""
    from archcalc.footprint.batches import batches_of

    if written is None:
        return ()
    with usage("--batches"):
        return batches_of(written)


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
    from archcalc.footprint.batches import memory_by_batch
    from archcalc.render.batches import batches_document, batches_figure, batches_table
    from archcalc.render.emit import json_text
    from archcalc.render.running import run_left_out, run_title, run_words

    rows = memory_by_batch(trace, run, counts)
    own = {Format.json: lambda: json_text(batches_document(rows, run_words(trace.model, run)))}
    title = run_title(trace.model, run, batch=False)
    show(form, lambda: [batches_table(rows, title, run_left_out(run))], own)
    return batches_figure(rows, trace.model)
