"""The bytes of a run, itemised: what is held, what comes and goes, and the most at once."""

from dataclasses import dataclass, replace
from math import prod
from typing import TYPE_CHECKING, Literal, get_args

from archcalc.errors import Fault
from archcalc.memory.backward import backward_peak
from archcalc.memory.held import buffer_bytes, held_weights
from archcalc.memory.liveness import inference_peak
from archcalc.memory.losses import LOSSES
from archcalc.memory.optimizers import OPTIMIZERS, SINGLE
from archcalc.memory.saved import saved_activations
from archcalc.memory.sharing import ALL_OF_IT, GRADIENTS, STATES, WEIGHTS, DeviceShare
from archcalc.memory.storages import storages

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from archcalc.memory.held import Weight
    from archcalc.memory.liveness import Alive
    from archcalc.memory.losses import Loss
    from archcalc.memory.optimizers import Optimizer
    from archcalc.memory.saved import NotAllKnown, SavedReport
    from archcalc.memory.storages import Setting
    from archcalc.tracing import Trace

Update = Literal["each", "foreach", "fused"]
"""How torch's optimizers take parameters: one by one, all together, or by a kernel of their own."""
UPDATES: tuple[Update, ...] = get_args(Update)


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
        first: it is the first step, before which the optimizer has no states.
        keep_gradients: gradients are set to zero before a step, not given up (``set_to_none=False``).
        loss: a name of ``LOSSES``; empty: what it keeps is left out.
        update: how a step takes the parameters, one by one, all together, or by a kernel of its own.
    """

    optimizer: str = "adamw"
    checkpoints: tuple[str, ...] = ()
    accumulate: int = 1
    master: bool = False
    first: bool = False
    keep_gradients: bool = False
    loss: str = ""
    update: "Update" = "each"

    def check(self) -> None:
        """Refuse what torch has not.

        Raises:
            Fault: a fused step of an optimizer of which torch has no such kernel.
        """
        if self.update == "fused" and not OPTIMIZERS[self.optimizer].fused:
            known = ", ".join(each.name for each in OPTIMIZERS.values() if each.fused)
            raise Fault(f"torch has no fused {self.optimizer}", hint=f"there are {known}")


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
    unknown: "tuple[NotAllKnown, ...]" = ()
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
    """Bytes of a training step; behind the first one the optimizer has its states.

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
    several = training.accumulate > 1 or share.zero >= GRADIENTS or training.keep_gradients
    standing = "of the batches before" if training.accumulate > 1 else "divided as they are made"
    loss = LOSSES.get(training.loss)
    judged = trace.outputs[0].tensor
    targets = loss.target_bytes(setting, judged) if loss else 0
    batches = f"{share.flights} batches" if share.flights > 1 else ""
    held = (
        *_held(trace, setting, share),
        *([Amount("master weights", master, "single precision")] if master else []),
        Amount("optimizer states", states, training.optimizer),
        *([Amount("gradients of weights", gradients, standing)] if several else []),
        Amount("input", share.flights * arriving, batches),
        *([Amount("targets", share.flights * targets, batches)] if loss else []),
    )
    walk = backward_peak(
        trace, setting, kept, training.checkpoints, accumulating=several, entering=share.entering
    )
    base, of_inputs = sum(item.bytes for item in held), kept.of_inputs(trace)
    # Before its first step the optimizer has no states.
    base -= states if training.first else 0
    before = (share.flights - 1) * (kept.bytes - of_inputs)
    made = _not_kept(trace, setting, kept)
    needs = _step_needs(optimizer, stepped, training)
    found = base + before - of_inputs
    run = found + kept.bytes
    judging = _Judged(loss, setting.bytes(judged), kept=_is_kept(trace, setting, kept)) if loss else None
    stepping = base + (states if training.first else 0) + (0 if several else gradients) + needs
    moments = (
        Amount("forward", run + made, "its end: all saved activations and the output"),
        *(judging.moments(run + made) if judging else ()),
        Amount(
            "backward",
            found + walk.bytes + (judging.number + SINGLE if judging else 0),
            f"at {walk.layer}",
        ),
        Amount("optimizer step", stepping + (judging.number if judging else 0), training.optimizer),
    )
    parts = (
        Amount(
            "saved activations",
            before + kept.bytes - of_inputs,
            f"of {batches}, the input left out" if batches else "the input left out",
        ),
        Amount("gradients of weights", gradients),
    )
    together = training.update == "foreach" and optimizer.together is None
    unsaid = (f"what a foreach step of {training.optimizer} needs beside its states",) if together else ()
    shown = (*held, parts[0], *(() if several else parts[1:]))
    return MemoryReport(shown, moments, (), kept.unknown, unsaid)


def _step_needs(optimizer: "Optimizer", stepped: "Sequence[Weight]", training: TrainingRun) -> int:
    """What a step needs beside weights, gradients and states.

    Master weights are stepped one by one, and the gradient of one in single precision.
    """
    wide = max((SINGLE if training.master else weight.width for weight in stepped), default=0)
    sizes = [prod(weight.shape) * wide for weight in stepped]
    single = max(sizes, default=0) if training.master else 0
    if training.update == "fused":
        return single
    if training.update == "foreach":
        return single + (optimizer.together or 0) * sum(sizes)
    return single + optimizer.needs([weight.shape for weight in stepped], wide)


@dataclass(frozen=True, slots=True)
class _Judged:
    """A loss of an output.

    Args:
        loss: which one.
        output: bytes of the output.
        kept: the layer that made the output keeps it, so that it stays whatever the loss keeps.
    """

    loss: "Loss"
    output: int
    kept: bool

    @property
    def number(self) -> int:
        """Bytes of the loss itself."""
        return self.output if self.loss.whole else SINGLE

    def moments(self, forward: int) -> "Iterator[Amount]":
        """When the loss is calculated, and when its gradient is made.

        Args:
            forward: bytes at the end of the forward pass, with the output.
        """
        loss, output = self.loss, self.output
        weights = SINGLE * loss.weighed
        yield Amount("loss", forward + loss.forward * output + self.number + weights, loss.name)
        own = output if loss.apart and self.kept else 0
        made = loss.backward * output + SINGLE  # the gradient of the loss by itself is 1
        numbers = self.number + (0 if loss.apart else weights)
        yield Amount("gradient of the loss", forward + own + made + numbers, "the output is given up")


def _not_kept(trace: "Trace", setting: "Setting", kept: "SavedReport") -> int:
    """Bytes of the outputs that autograd does not keep anyway."""
    found = storages(trace, setting)
    known = {tensor.storage for tensor in kept.tensors}
    return sum(found.held[at].bytes for at in {found.at(port) for port in trace.outputs} - known)


def _is_kept(trace: "Trace", setting: "Setting", kept: "SavedReport") -> bool:
    """Whether the first output lies in a storage that autograd keeps."""
    at = storages(trace, setting).at(trace.outputs[0])
    return any(tensor.storage == at for tensor in kept.tensors)


def _held(trace: "Trace", setting: "Setting", share: DeviceShare = ALL_OF_IT) -> tuple[Amount, ...]:
    every = [share.of(weight, WEIGHTS) for weight in held_weights(trace, setting)]
    numbers = sum(prod(weight.shape) for weight in every)
    return (
        Amount("weights", sum(weight.bytes for weight in every), f"{numbers:,} numbers"),
        Amount("buffers", buffer_bytes(trace, setting)),
    )
