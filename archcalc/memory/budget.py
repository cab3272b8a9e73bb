"""The bytes of a run, itemised: what is held, what comes and goes, and the most at once."""

from dataclasses import dataclass, replace
from math import prod
from typing import TYPE_CHECKING

from archcalc.memory.backward import backward_peak
from archcalc.memory.held import buffer_bytes, held_weights
from archcalc.memory.liveness import inference_peak
from archcalc.memory.optimizers import OPTIMIZERS, SINGLE
from archcalc.memory.saved import saved_activations
from archcalc.memory.sharing import ALL_OF_IT, GRADIENTS, STATES, WEIGHTS, DeviceShare

if TYPE_CHECKING:
    from archcalc.memory.liveness import Alive
    from archcalc.memory.saved import Unknown
    from archcalc.memory.storages import Setting
    from archcalc.tracing import Trace


@dataclass(frozen=True, slots=True)
class Amount:
    """A part of the bytes: what it is, how many, and where or of what."""

    name: str
    bytes: int
    note: str = ""


@dataclass(frozen=True, slots=True)
class TrainingRun:
    """How a network is trained.

    Args:
        optimizer: a name of ``OPTIMIZERS``.
        checkpoints: full names of scopes that are calculated again in the backward pass.
        accumulate: batches whose gradients are added up before a step.
        master: weights and states of the optimizer are kept in single precision beside those of the run.
    """

    optimizer: str = "adamw"
    checkpoints: tuple[str, ...] = ()
    accumulate: int = 1
    master: bool = False


@dataclass(frozen=True, slots=True)
class MemoryReport:
    """The bytes of a run.

    Args:
        held: what is there all the time.
        moments: what is there at most in each part of the run, with all that is held.
        alive: tensors that are alive at the peak of a run without gradients, the largest first.
        unknown: layers of which not all is known that training keeps, so that all sums are lower bounds.
        unsaid: what else makes the sums lower bounds.
    """

    held: tuple[Amount, ...]
    moments: tuple[Amount, ...]
    alive: "tuple[Alive, ...]" = ()
    unknown: "tuple[Unknown, ...]" = ()
    unsaid: tuple[str, ...] = ()

    @property
    def peak(self) -> Amount:
        """The moment at which most bytes are there."""
        return max(self.moments, key=lambda moment: moment.bytes)


def inference_memory(
    trace: "Trace", setting: "Setting", share: DeviceShare = ALL_OF_IT, kept: Amount | None = None
) -> MemoryReport:
    """Bytes of a forward pass without gradients.

    Args:
        trace: the network, or a stage of it.
        setting: how it is run.
        share: what one of several devices has of it.
        kept: what is held besides: the cache of a decoder.
    """
    setting = replace(setting, training=False)
    peak = inference_peak(trace, setting)
    held = (*_held(trace, setting, share), *([kept] if kept else []))
    total = sum(item.bytes for item in held) + peak.bytes
    return MemoryReport(held, (Amount("forward", total, f"at {peak.layer}"),), peak.alive)


def training_memory(
    trace: "Trace", setting: "Setting", training: TrainingRun, share: DeviceShare = ALL_OF_IT
) -> MemoryReport:
    """Bytes of a training step behind the first one, when the optimizer has its states.

    Args:
        trace: the network, or a stage of it.
        setting: how it is run.
        training: how it is trained.
        share: what one of several devices has of it.
    """
    setting = replace(setting, training=True)
    trained = [weight for weight in held_weights(trace, setting) if weight.trained]
    optimizer = OPTIMIZERS[training.optimizer]
    stepped = [share.of(weight, STATES) for weight in trained]
    master = SINGLE * sum(prod(weight.shape) for weight in stepped) if training.master else 0
    states = sum(
        optimizer.keeps(weight.shape, SINGLE if training.master else weight.width) for weight in stepped
    )
    gradients = sum(share.of(weight, GRADIENTS).bytes for weight in trained)
    kept = saved_activations(trace, setting, training.checkpoints, share.entering)
    arriving = sum(setting.bytes(tensor) for tensor in trace.inputs.values())
    several = training.accumulate > 1 or share.zero >= GRADIENTS
    standing = "of the batches before" if training.accumulate > 1 else "divided as they are made"
    batches = f"{share.flights} batches" if share.flights > 1 else ""
    held = (
        *_held(trace, setting, share),
        *([Amount("master weights", master, "single precision")] if master else []),
        Amount("optimizer states", states, training.optimizer),
        *([Amount("gradients of weights", gradients, standing)] if several else []),
        Amount("input", share.flights * arriving, batches),
    )
    walk = backward_peak(
        trace, setting, kept, training.checkpoints, accumulating=several, entering=share.entering
    )
    base, of_inputs = sum(item.bytes for item in held), kept.of_inputs(trace)
    before = (share.flights - 1) * (kept.bytes - of_inputs)
    made = sum(setting.bytes(port.tensor) for port in trace.outputs)
    # Master weights are stepped one by one, and the gradient of one in single precision.
    largest = max((prod(w.shape) * (SINGLE if training.master else w.width) for w in stepped), default=0)
    needs = (optimizer.needs(largest) if optimizer.needs else 0) + (largest if training.master else 0)
    found = base + before - of_inputs
    moments = (
        Amount(
            "forward",
            found + kept.bytes + made,
            "its end: all saved activations and the output",
        ),
        Amount("backward", found + walk.bytes, f"at {walk.layer}"),
        Amount("optimizer step", base + (0 if several else gradients) + needs, training.optimizer),
    )
    parts = (
        Amount(
            "saved activations",
            before + kept.bytes - of_inputs,
            f"of {batches}, the input left out" if batches else "the input left out",
        ),
        Amount("gradients of weights", gradients),
    )
    unsaid = () if optimizer.needs else (f"what a step of {training.optimizer} needs beside its states",)
    shown = (*held, parts[0], *(() if several else parts[1:]))
    return MemoryReport(shown, moments, (), kept.unknown, unsaid)


def _held(trace: "Trace", setting: "Setting", share: DeviceShare = ALL_OF_IT) -> tuple[Amount, ...]:
    every = [share.of(weight, WEIGHTS) for weight in held_weights(trace, setting)]
    numbers = sum(prod(weight.shape) for weight in every)
    return (
        Amount("weights", sum(weight.bytes for weight in every), f"{numbers:,} numbers"),
        Amount("buffers", buffer_bytes(trace, setting)),
    )
