"""The bytes of a run, itemised: what is held, what comes and goes, and the most at once."""

from dataclasses import dataclass, replace
from math import prod
from typing import TYPE_CHECKING

from archcalc.memory.backward import backward_peak
from archcalc.memory.held import buffer_bytes, held_weights
from archcalc.memory.liveness import inference_peak
from archcalc.memory.optimizers import OPTIMIZERS, SINGLE
from archcalc.memory.saved import saved_activations

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


def inference_memory(trace: "Trace", setting: "Setting") -> MemoryReport:
    """Bytes of a forward pass without gradients."""
    setting = replace(setting, training=False)
    peak = inference_peak(trace, setting)
    held = _held(trace, setting)
    total = sum(item.bytes for item in held) + peak.bytes
    return MemoryReport(held, (Amount("forward", total, f"at {peak.layer}"),), peak.alive)


def training_memory(trace: "Trace", setting: "Setting", training: TrainingRun) -> MemoryReport:
    """Bytes of a training step behind the first one, when the optimizer has its states."""
    setting = replace(setting, training=True)
    trained = [weight for weight in held_weights(trace, setting) if weight.trained]
    optimizer = OPTIMIZERS[training.optimizer]
    master = SINGLE * sum(prod(weight.shape) for weight in trained) if training.master else 0
    states = sum(
        optimizer.keeps(weight.shape, SINGLE if training.master else weight.width) for weight in trained
    )
    gradients = sum(weight.bytes for weight in trained)
    kept = saved_activations(trace, setting, training.checkpoints)
    arriving = sum(setting.bytes(tensor) for tensor in trace.inputs.values())
    several = training.accumulate > 1
    held = (
        *_held(trace, setting),
        *([Amount("master weights", master, "single precision")] if master else []),
        Amount("optimizer states", states, training.optimizer),
        *([Amount("gradients of weights", gradients, "of the batches before")] if several else []),
        Amount("input", arriving),
    )
    walk = backward_peak(trace, setting, kept, training.checkpoints, accumulating=several)
    base, of_inputs = sum(item.bytes for item in held), kept.of_inputs(trace)
    made = sum(setting.bytes(port.tensor) for port in trace.outputs)
    # Master weights are stepped one by one, and the gradient of one in single precision.
    largest = max((prod(w.shape) * (SINGLE if training.master else w.width) for w in trained), default=0)
    needs = (optimizer.needs(largest) if optimizer.needs else 0) + (largest if training.master else 0)
    moments = (
        Amount(
            "forward", base + kept.bytes - of_inputs + made, "its end: all saved activations and the output"
        ),
        Amount("backward", base + walk.bytes - of_inputs, f"at {walk.layer}"),
        Amount("optimizer step", base + (0 if several else gradients) + needs, training.optimizer),
    )
    parts = (
        Amount("saved activations", kept.bytes - of_inputs, "the input left out"),
        Amount("gradients of weights", gradients),
    )
    unsaid = () if optimizer.needs else (f"what a step of {training.optimizer} needs beside its states",)
    shown = (*held, parts[0], *(() if several else parts[1:]))
    return MemoryReport(shown, moments, (), kept.unknown, unsaid)


def _held(trace: "Trace", setting: "Setting") -> tuple[Amount, ...]:
    every = held_weights(trace, setting)
    numbers = sum(prod(weight.shape) for weight in every)
    return (
        Amount("weights", sum(weight.bytes for weight in every), f"{numbers:,} numbers"),
        Amount("buffers", buffer_bytes(trace, setting)),
    )
