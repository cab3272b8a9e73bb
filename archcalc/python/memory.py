"""The bytes of a run as ``archcalc memory`` has them."""

from dataclasses import fields
from typing import TYPE_CHECKING, Literal, TypedDict, Unpack

from archcalc.analyses.decoding import token_input
from archcalc.errors import Fault
from archcalc.footprint.budget import MemoryReport
from archcalc.footprint.cache import BITS, CacheSetting, own_precision
from archcalc.footprint.devices.bytes_of_devices import DevicesReport
from archcalc.footprint.devices.placement import Placement
from archcalc.footprint.fitting import largest_fitting, limit_of
from archcalc.footprint.optimizers import OPTIMIZERS
from archcalc.footprint.running import MemoryRun
from archcalc.footprint.scopes import scopes_named
from archcalc.footprint.training import UPDATES, TrainingRun, stated_batch
from archcalc.python.decoding import CacheDtype
from archcalc.python.opening import one_of, setting_given, traced_given
from archcalc.python.shown import Shown
from archcalc.records import dataclass
from archcalc.render.running import Fit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from archcalc.footprint.training import Update
    from archcalc.python.opening import FloatDtype, GivenOptions, Network
    from archcalc.render.cells import Table
    from archcalc.tracing import Trace

OptimizerChoice = Literal[
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


class PlacementOptions(TypedDict, total=False):
    """On how many devices, as on the command line."""

    dp: int
    tp: int
    pp: int
    ep: int
    zero: int
    sp: bool


class CacheOptions(TypedDict, total=False):
    """A decoder's cache, as on the command line: tokens, type of its numbers, tokens of a page."""

    context: int
    dtype: CacheDtype
    page: int


@dataclass(frozen=True, repr=False, kw_only=True)
class MemoryOfNetwork(Shown, MemoryReport):
    """The bytes of a run, or of a training step; of several devices those of the one that needs most.

    Args:
        model: the network.
        run: how it is run; with ``fit`` the largest batch that fits.
        devices: every stage of the pipeline.
        fit: the answer to ``fit``.
    """

    model: str
    run: MemoryRun
    devices: DevicesReport
    fit: "Fit | None" = None

    def tables(self) -> "Sequence[Table]":
        """What ``archcalc memory`` prints."""
        from archcalc.render.running import memory_tables

        return memory_tables(self.devices, self.run, self.model, self.fit)


def memory(
    network: "Network",
    *,
    batch: int | None = None,
    dtype: "FloatDtype | None" = None,
    train: bool = False,
    optimizer: OptimizerChoice = "adamw",
    checkpoint: "str | Iterable[str]" = (),
    accumulate: int | None = None,
    master: bool = False,
    loss: str | None = None,
    first: bool = False,
    keep_gradients: bool = False,
    update: "Update" = "each",
    devices: PlacementOptions | None = None,
    cache: CacheOptions | None = None,
    fit: str | int | None = None,
    **given: "Unpack[GivenOptions]",
) -> MemoryOfNetwork:
    """Bytes of weights, of activations at their peak, and of training, as ``archcalc memory`` has them.

    Args:
        network: a trace, a spec, its name or file, or its data.
        batch: samples at a time; None: 1, or of a training step the ``batch_size`` of the spec.
        dtype: precision of all real numbers; None: as the network has them.
        train: a training step instead of a run; the options that follow are its own.
        optimizer: whose states are kept.
        checkpoint: scopes, or patterns of scopes, that are calculated again in the backward pass.
        accumulate: batches whose gradients add up before a step; None: as many as stages of the pipeline.
        master: weights and states of the optimizer in single precision besides ``dtype``.
        loss: the loss of the first output, whose targets are held, as torch has it or in short; ``none``: it
            is left out; None: that of the spec.
        first: the first step, before which the optimizer has no states.
        keep_gradients: gradients are set to zero, not to None, before a step.
        update: the optimizer steps each parameter by itself, all at once (``foreach``) or by a kernel of its
            own (``fused``).
        devices: among how many it is divided: ``{"tp": 8, "dp": 4, "zero": 1}``.
        cache: what a decoder keeps: ``{"context": 8192, "dtype": "float8", "page": 16}``.
        fit: find the largest batch that takes at most so many bytes: ``"24GiB"``.
        given: ``set``, ``input`` and ``freeze``, as on the command line.

    Raises:
        Fault: an option is wrong.
        SpecError: the spec cannot be read or traced.
    """
    one_of("optimizer", optimizer, OPTIMIZERS)
    one_of("update", update, UPDATES)
    if accumulate is not None and accumulate < 1:
        raise Fault(f"accumulate needs at least 1, got {accumulate}")
    limit = None if fit is None else limit_of(fit)
    trace = traced_given(network, given)
    stated = stated_batch(trace) if train and batch is None else None
    setting = setting_given(stated or 1 if batch is None else batch, dtype, training=train)
    scopes = scopes_named(trace, [checkpoint] if isinstance(checkpoint, str) else list(checkpoint))
    placement = _placement(devices or {})
    asked = TrainingRun(
        *(optimizer, scopes, accumulate or placement.pp, master, first, keep_gradients), update=update
    )
    training = asked.judged_by(loss, trace) if train else None
    if training:
        training.check(trace, setting)
    run = MemoryRun(setting, training, placement, _cache(trace, cache, dtype), bool(stated))
    found = None if limit is None else Fit(largest_fitting(_peaks(run, trace), limit), limit, "batch")
    if found is not None and found.fitting.count:
        run = run.of_batch(found.fitting.count)
    report = run.memory(trace)
    own = report.stages[report.worst].memory
    told = {each.name: getattr(own, each.name) for each in fields(own)}
    return MemoryOfNetwork(**told, model=trace.model, run=run, devices=report, fit=found)


def _peaks(run: MemoryRun, trace: "Trace") -> "Callable[[int], int]":
    return lambda batch: run.of_batch(batch).peak(trace)


def _placement(devices: PlacementOptions) -> Placement:
    for word, count in devices.items():
        one_of("device option", word, PlacementOptions.__annotations__)
        if not isinstance(count, int) or count < (word not in {"zero", "sp"}):
            raise Fault(f"{word} needs a whole number of at least 1, got {count!r}")
    given: PlacementOptions = {"dp": devices.get("ep", 1), **devices}
    return Placement(**given)


def _cache(trace: "Trace", cache: CacheOptions | None, dtype: str | None) -> CacheSetting | None:
    if cache is None:
        return None
    for word in cache:
        one_of("cache option", word, CacheOptions.__annotations__)
    kept = one_of("cache dtype", cache.get("dtype") or dtype or own_precision(trace), BITS)
    context, page = cache.get("context", 0), cache.get("page", 1)
    if min(context, page) < 1:
        raise Fault(f"context and page are at least 1, got {min(context, page)}")
    return CacheSetting(token_input(trace), context, kept, page)
