"""The bytes of a run as ``archcalc memory`` has them."""

from dataclasses import dataclass, field, fields, replace
from typing import TYPE_CHECKING, Literal, Unpack

from archcalc.budgets import parse_limit
from archcalc.errors import Fault
from archcalc.memory.budget import UPDATES, MemoryReport, TrainingRun, fitting_batch, run_memory
from archcalc.memory.losses import LOSSES
from archcalc.memory.optimizers import OPTIMIZERS
from archcalc.memory.scopes import scopes_named
from archcalc.memory.storages import Setting
from archcalc.python.opening import one_of, setting_given, traced_given
from archcalc.python.shown import Shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from archcalc.memory.budget import Update
    from archcalc.memory.fitting import Fitting
    from archcalc.python.opening import GivenOptions, Network, Precision
    from archcalc.render.cells import Table

Optimizer = Literal[
    "sgd",
    "momentum",
    "adam",
    "adamw",
    "amsgrad",
    "rmsprop",
    "adagrad",
    "adadelta",
    "adamax",
    "nadam",
    "radam",
    "adafactor",
    "adam8bit",
    "lion",
]
"""Optimizers by what they keep."""
Judging = Literal["", "cross_entropy", "nll", "mse", "smooth_l1", "huber"]
"""Losses of which it is known what they keep; empty: none."""


@dataclass(frozen=True, repr=False, kw_only=True)
class MemoryOfNetwork(Shown, MemoryReport):
    """The bytes of a run, or of a training step.

    Args:
        model: the network.
        setting: batch and precision; with ``fit`` the largest batch that fits.
        training: how it is trained; None: a run without gradients.
        fitting: the answer to ``fit``.
        limit: the bytes of ``fit``.
    """

    model: str = ""
    setting: Setting = field(default_factory=Setting)
    training: TrainingRun | None = None
    fitting: "Fitting | None" = None
    limit: int | None = None

    def tables(self) -> "Sequence[Table]":
        """What ``archcalc memory`` prints."""
        from archcalc.render.memory import memory_tables, run_words

        words = run_words(self.model, self.setting, self.training)
        return memory_tables(self, words, self.fitting, self.limit)


def memory(
    network: "Network",
    *,
    batch: int = 1,
    dtype: "Precision | None" = None,
    train: bool = False,
    optimizer: Optimizer = "adamw",
    checkpoint: "str | Iterable[str]" = (),
    accumulate: int = 1,
    master: bool = False,
    loss: Judging = "",
    first: bool = False,
    keep_gradients: bool = False,
    update: "Update" = "each",
    fit: str | int | None = None,
    **given: "Unpack[GivenOptions]",
) -> MemoryOfNetwork:
    """Bytes of weights, of activations at their peak, and of training, as ``archcalc memory`` has them.

    Args:
        network: a trace, a spec, its name or file, or its data.
        batch: samples at a time.
        dtype: precision of all real numbers; None: as the network has them.
        train: a training step instead of a run; the options that follow are its own.
        optimizer: whose states are kept.
        checkpoint: scopes, or patterns of scopes, that are calculated again in the backward pass.
        accumulate: batches whose gradients add up before a step.
        master: weights and states of the optimizer in single precision besides ``dtype``.
        loss: the loss of the first output, whose targets are held.
        first: the first step, before which the optimizer has no states.
        keep_gradients: gradients are set to zero, not to None, before a step.
        update: the optimizer steps each parameter by itself, all at once (``foreach``) or by a kernel of its
            own (``fused``).
        fit: find the largest batch that takes at most so many bytes: ``"24GiB"``.
        given: ``set``, ``input`` and ``freeze``, as on the command line.

    Raises:
        Fault: an option is wrong.
        SpecError: the spec cannot be read or traced.
    """
    setting = setting_given(batch, dtype, training=train)
    one_of("optimizer", optimizer, OPTIMIZERS)
    if accumulate < 1:
        raise Fault(f"accumulate needs at least 1, got {accumulate}")
    limit = None if fit is None else _limit(fit)
    trace = traced_given(network, given)
    scopes = scopes_named(trace, [checkpoint] if isinstance(checkpoint, str) else list(checkpoint))
    if loss:
        one_of("loss", loss, LOSSES)
    one_of("update", update, UPDATES)
    run = TrainingRun(optimizer, scopes, accumulate, master, first, keep_gradients, loss, update)
    run.check()
    training = run if train else None
    fitting = None if limit is None else fitting_batch(trace, setting, training, limit)
    if fitting is not None and fitting.count:
        setting = replace(setting, batch=fitting.count)
    found = run_memory(trace, setting, training)
    told = {each.name: getattr(found, each.name) for each in fields(found)}
    return MemoryOfNetwork(
        **told, model=trace.model, setting=setting, training=training, fitting=fitting, limit=limit
    )


def _limit(fit: str | int) -> int:
    try:
        return int(parse_limit(fit).value)
    except ValueError as error:
        raise Fault(str(error)) from None
