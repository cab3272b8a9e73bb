"""``archcalc memory``: the bytes of a run."""

from dataclasses import replace
from enum import Enum
from typing import TYPE_CHECKING, Annotated

import typer

from archcalc.cli.formats import Format, show
from archcalc.cli.networks import opened
from archcalc.cli.options import FormatOption, FreezeOption, InputOption, SetOption, SpecArgument, usage
from archcalc.cli.sources import ArgsOption, AskedNetwork, FreshOption

if TYPE_CHECKING:
    from collections.abc import Sequence

    from archcalc.memory.budget import TrainingRun
    from archcalc.memory.fitting import Fitting
    from archcalc.memory.storages import Setting
    from archcalc.render.cells import Table
    from archcalc.tracing import Trace

MAX_COUNT = 2**31 - 1


class Precision(str, Enum):  # noqa: UP042  typer shows the values of a str enum
    """dtypes of weights and activations."""

    float64 = "float64"
    float32 = "float32"
    float16 = "float16"
    bfloat16 = "bfloat16"


class OptimizerName(str, Enum):  # noqa: UP042  as above
    """Optimizers by what they keep."""

    sgd = "sgd"
    momentum = "momentum"
    adam = "adam"
    adamw = "adamw"
    amsgrad = "amsgrad"
    rmsprop = "rmsprop"
    adagrad = "adagrad"
    adadelta = "adadelta"
    adamax = "adamax"
    nadam = "nadam"
    radam = "radam"
    adafactor = "adafactor"
    adam8bit = "adam8bit"
    lion = "lion"


class LossName(str, Enum):  # noqa: UP042  as above
    """Losses of which it is known what they keep."""

    cross_entropy = "cross_entropy"
    nll = "nll"
    mse = "mse"
    smooth_l1 = "smooth_l1"
    huber = "huber"


class UpdateName(str, Enum):  # noqa: UP042  as above
    """How an optimizer takes the parameters."""

    each = "each"
    foreach = "foreach"
    fused = "fused"


def memory_(
    spec: SpecArgument,
    batch: Annotated[int, typer.Option("--batch", min=1, max=MAX_COUNT, help="Samples at a time.")] = 1,
    dtype: Annotated[
        Precision | None, typer.Option("--dtype", help="Precision of all real numbers; else the spec's own.")
    ] = None,
    train: Annotated[bool, typer.Option("--train", help="A training step instead of a run.")] = False,
    optimizer: Annotated[
        OptimizerName, typer.Option("--optimizer", help="With --train: whose states are kept.")
    ] = OptimizerName.adamw,
    checkpoint: Annotated[
        list[str] | None,
        typer.Option(
            "--checkpoint",
            metavar="SCOPE",
            help="With --train: a scope, or a pattern of scopes, that is calculated again in the backward"
            " pass; may be repeated.",
        ),
    ] = None,
    accumulate: Annotated[
        int,
        typer.Option(
            "--accumulate",
            min=1,
            max=MAX_COUNT,
            help="With --train: batches whose gradients add up before a step.",
        ),
    ] = 1,
    master: Annotated[
        bool,
        typer.Option(
            "--master", help="With --train: weights and optimizer states in single precision besides --dtype."
        ),
    ] = False,
    loss: Annotated[
        LossName | None,
        typer.Option("--loss", help="With --train: the loss of the first output, and its targets."),
    ] = None,
    first: Annotated[
        bool, typer.Option("--first", help="With --train: the first step, before which there are no states.")
    ] = False,
    keep_gradients: Annotated[
        bool,
        typer.Option(
            "--keep-gradients", help="With --train: gradients are set to zero, not to None, before a step."
        ),
    ] = False,
    update: Annotated[
        UpdateName,
        typer.Option(
            "--update",
            help="With --train: the optimizer steps each parameter by itself, as torch does on a CPU, all at"
            " once (foreach, as on CUDA), or by a kernel of its own (fused).",
        ),
    ] = UpdateName.each,
    fit: Annotated[
        str | None,
        typer.Option(
            "--fit", metavar="BYTES", help="Find the largest batch that takes at most so much: 24GiB."
        ),
    ] = None,
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
    states.
    """
    from archcalc.memory.budget import TrainingRun, fitting_batch
    from archcalc.memory.scopes import scopes_named
    from archcalc.memory.storages import Setting
    from archcalc.render.reports import shapes_table

    limit = _limit(fit)
    trace = opened(AskedNetwork(spec, settings, inputs, arguments, fresh, freeze), form, shapes_table)
    with usage("--checkpoint"):
        scopes = scopes_named(trace, checkpoint or ())
    setting = Setting(batch, dtype.value if dtype else None, train)
    run = TrainingRun(
        optimizer.value,
        scopes,
        accumulate,
        master,
        first,
        keep_gradients,
        loss.value if loss else "",
        update.value,
    )
    with usage("--update"):
        run.check()
    training = run if train else None
    fitting = None if limit is None else fitting_batch(trace, setting, training, limit)
    if fitting is not None and fitting.count:
        setting = replace(setting, batch=fitting.count)
    _show(trace, setting, training, (fitting, limit), form)


def _limit(fit: str | None) -> int | None:
    """The bytes of ``--fit``."""
    from archcalc.budgets import parse_limit

    if fit is None:
        return None
    try:
        return int(parse_limit(fit).value)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--fit") from None


def _show(
    trace: "Trace",
    setting: "Setting",
    training: "TrainingRun | None",
    fit: "tuple[Fitting | None, int | None]",
    form: Format,
) -> None:
    from archcalc.memory.budget import run_memory
    from archcalc.render.emit import json_text
    from archcalc.render.memory import memory_document, memory_tables, run_words

    report, (fitting, limit) = run_memory(trace, setting, training), fit
    words = run_words(trace.model, setting, training)

    def tables() -> "Sequence[Table]":
        found = memory_tables(report, words, fitting, limit)
        return found[:1] if form is Format.csv else found

    show(form, tables, {Format.json: lambda: json_text(memory_document(report, words, fitting))})
