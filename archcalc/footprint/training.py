"""The bytes of a training step, itemised: what stands there, what comes and goes, and the most at once."""

from collections.abc import Mapping
from dataclasses import replace
from functools import cached_property
from math import prod
from typing import TYPE_CHECKING, Literal, cast, get_args

from archcalc.errors import Fault
from archcalc.footprint.backward import backward_peak
from archcalc.footprint.budget import Amount, MemoryReport, held_amounts
from archcalc.footprint.bytes import width
from archcalc.footprint.following import turns_followed
from archcalc.footprint.held import held_weights, own_weights
from archcalc.footprint.liveness import training_peak
from archcalc.footprint.losses import BY_CLASS, LOSSES, JudgedOutput, loss_named, stated_loss
from archcalc.footprint.optimizers import OPTIMIZERS, SINGLE
from archcalc.footprint.sharing import ALL_OF_IT, GRADIENTS, STATES, DeviceShare
from archcalc.footprint.step_needs import step_needs
from archcalc.records import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterator

    from archcalc.footprint.following import Followed
    from archcalc.footprint.held import Weight
    from archcalc.footprint.saved import SavedReport
    from archcalc.footprint.storages import Setting, Storages
    from archcalc.tracing import Trace

Update = Literal["each", "foreach", "fused"]
"""How torch's optimizers take parameters: one by one, all together, or by a kernel of their own."""
UPDATES: tuple[Update, ...] = get_args(Update)


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
        stated: torch's name of the loss that the spec states, where nothing else was asked for; ``loss`` is
            empty where nobody has measured what it keeps.
        update: how a step takes the parameters, one by one, all together, or by a kernel of its own.
    """

    optimizer: str = "adamw"
    checkpoints: tuple[str, ...] = ()
    accumulate: int = 1
    master: bool = False
    first: bool = False
    keep_gradients: bool = False
    loss: str = ""
    stated: str = ""
    update: "Update" = "each"

    def judged_by(self, written: str | None, trace: "Trace") -> "TrainingRun":
        """The same with the loss that is asked for, or else with that of the network's spec.

        Raises:
            Fault: there is no such loss.
        """
        if written is None:
            stated = stated_loss(trace)
            known = BY_CLASS.get(stated)
            return replace(self, loss=known.name if known else "", stated=stated)
        found = loss_named(written)
        return replace(self, loss=found.name if found else "", stated="")

    def check(self, trace: "Trace", setting: "Setting") -> None:
        """Refuse what torch has not, and what makes no sense.

        Raises:
            Fault: a fused step of an optimizer of which torch has no such kernel; copies in single precision
                of weights that are.
        """
        if self.update == "fused" and not OPTIMIZERS[self.optimizer].fused:
            known = ", ".join(each.name for each in OPTIMIZERS.values() if each.fused)
            raise Fault(f"torch has no fused {self.optimizer}", hint=f"there are {known}")
        if self.master and all(each.width >= SINGLE for _, each in held_weights(trace, setting)):
            raise Fault(
                "all weights are in single precision, and need no master weights",
                hint="add --dtype bfloat16",
            )


def stated_batch(trace: "Trace") -> int | None:
    """Samples of a batch on a device as the spec of a network states them."""
    training = trace.stated.get("training")
    found = (
        cast("Mapping[str, object]", training).get("batch_size") if isinstance(training, Mapping) else None
    )
    return found if isinstance(found, int) else None


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
    step = _Step(trace, replace(setting, training=True), training, share)
    alone = training.update != "foreach" or OPTIMIZERS[training.optimizer].together is not None
    unsaid = () if alone else (f"what a foreach step of {training.optimizer} needs beside its states",)
    shown = (*step.held, step.activations, *(() if step.standing else (Amount(OF_WEIGHTS, step.gradients),)))
    return MemoryReport(shown, tuple(step.moments()), (), step.kept.unknown, unsaid)


OF_WEIGHTS = "gradients of weights"


@dataclass(frozen=True)
class _Step:
    """A step of training on a device, of which every part is calculated when it is first asked for.

    Args:
        trace: the network, or a stage of it.
        setting: how it is run.
        training: how it is trained.
        share: what the device has of it.
    """

    trace: "Trace"
    setting: "Setting"
    training: TrainingRun
    share: DeviceShare

    @cached_property
    def trained(self) -> "list[tuple[int, Weight]]":
        """Weights that get a gradient, each with how often it is there."""
        short, flow = self.followed.short, self.followed.flow
        return [
            (short.of(layer.name), weight)
            for layer in short.trace.layers
            for weight in own_weights(layer, self.setting)
            if weight.name in flow.weights
        ]

    @cached_property
    def stepped(self) -> "list[tuple[int, Weight]]":
        """What of them the device's optimizer steps."""
        return [(times, self.share.of(weight, STATES)) for times, weight in self.trained]

    @cached_property
    def gradients(self) -> int:
        """Bytes of the gradients of weights."""
        return sum(times * self.share.of(weight, GRADIENTS).bytes for times, weight in self.trained)

    @cached_property
    def states(self) -> int:
        """Bytes of the states of the optimizer."""
        optimizer, master = OPTIMIZERS[self.training.optimizer], self.training.master
        return sum(
            times * optimizer.keeps(each.shape, SINGLE if master else each.width)
            for times, each in self.stepped
        )

    @property
    def standing(self) -> str:
        """Why gradients of weights are there all the time; empty: they are not."""
        if self.training.accumulate > 1:
            return "of the batches before"
        divided = self.share.zero >= GRADIENTS or self.training.keep_gradients
        return "divided as they are made" if divided else ""

    @cached_property
    def followed(self) -> "Followed":
        """The turns that it is followed through, and what autograd keeps of a batch."""
        return turns_followed(self.trace, self.setting, self.training.checkpoints, self.share.entering)

    @property
    def kept(self) -> "SavedReport":
        """What autograd keeps of a batch."""
        return self.followed.kept

    @cached_property
    def storages(self) -> "Storages":
        """Where every output of these turns lies."""
        return self.followed.lying

    @property
    def batches(self) -> str:
        """How many are there at once, in a pipeline."""
        return f"{self.share.flights} batches" if self.share.flights > 1 else ""

    @property
    def activations(self) -> Amount:
        """What autograd keeps of all batches that are there at once."""
        kept = self.share.flights * (self.kept.bytes - self.kept.of_inputs(self.trace))
        note = f"of {self.batches}, the input left out" if self.batches else "the input left out"
        return Amount("saved activations", kept, note)

    @cached_property
    def loss(self) -> JudgedOutput | None:
        """The loss, and the output that it judges."""
        if not self.training.loss:
            return None
        port = self.trace.outputs[0]
        at, number = self.storages.at(port), width(self.setting.tensor(port.tensor).dtype)
        kept = any(tensor.storage == at for tensor in self.kept.tensors)
        return JudgedOutput(LOSSES[self.training.loss], self.setting.bytes(port.tensor), number, kept)

    @cached_property
    def held(self) -> tuple[Amount, ...]:
        """What is there all the time."""
        return tuple(self._held())

    def _held(self) -> "Iterator[Amount]":
        yield from held_amounts(self.trace, self.setting, self.share)
        if self.training.master:
            master = SINGLE * sum(times * prod(weight.shape) for times, weight in self.stepped)
            yield Amount("master weights", master, "single precision")
        yield Amount("optimizer states", self.states, self.training.optimizer)
        if self.standing:
            yield Amount(OF_WEIGHTS, self.gradients, self.standing)
        yield Amount("input", self.share.flights * self.arriving, self.batches)
        if self.loss:
            targets = self.loss.loss.target_bytes(self.setting, self.trace.outputs[0].tensor)
            yield Amount("targets", self.share.flights * targets, self.batches)

    @cached_property
    def arriving(self) -> int:
        """Bytes of the inputs of a batch."""
        return sum(self.setting.bytes(tensor) for tensor in self.trace.inputs.values())

    @cached_property
    def base(self) -> int:
        """Bytes that are there all the time; before its first step the optimizer has no states."""
        return sum(item.bytes for item in self.held) - (self.states if self.training.first else 0)

    @cached_property
    def before(self) -> int:
        """The same with the activations of the batches before, in a pipeline."""
        saved = self.kept.bytes - self.kept.of_inputs(self.trace)
        return self.base + (self.share.flights - 1) * saved

    @cached_property
    def number(self) -> int:
        """Bytes of the loss itself."""
        return self.loss.number if self.loss else 0

    def moments(self) -> "Iterator[Amount]":
        """What is there at most in each part of the step."""
        end = self._forward_end()
        yield from self._forward(end)
        if self.loss:
            yield Amount("loss", self.loss.when_judged(end), self.loss.loss.name)
            yield Amount("gradient of the loss", self.loss.when_turned_back(end), "the output is given up")
        yield self._backward()
        states = self.states if self.training.first else 0
        gradients = 0 if self.standing else self.gradients
        needs = step_needs(OPTIMIZERS[self.training.optimizer], self.stepped, self.training)
        step = sum((self.base, states, gradients, needs, self.number))
        yield Amount("optimizer step", step, self.training.optimizer)

    def _forward_end(self) -> int:
        """Bytes at the end of the forward pass: what autograd keeps, and outputs that it does not keep."""
        found = self.storages
        known = {tensor.storage for tensor in self.kept.tensors}
        left = {found.at(port) for port in self.trace.outputs} - known
        outputs = sum(found.bytes[at] for at in left if found.purposes[at] == "activation")
        return self.before + self.kept.bytes - self.kept.of_inputs(self.trace) + outputs

    def _forward(self, end: int) -> "Iterator[Amount]":
        yield Amount("forward", end, "its end: all saved activations and the output")
        walk = training_peak(self.followed.short, self.storages, self.kept)
        most = self.before - self.arriving + walk.bytes
        if most > end:
            yield Amount("forward on the way", most, f"at {walk.layer}")

    def _backward(self) -> Amount:
        walk = backward_peak(
            self.followed.short,
            self.storages,
            self.kept,
            self.training.checkpoints,
            accumulating=bool(self.standing),
            entering=self.share.entering,
        )
        # The loss, and its gradient by itself, which is 1.
        judged = self.number + (self.loss.width if self.loss else 0)
        most = self.before - self.kept.of_inputs(self.trace) + walk.bytes + judged
        return Amount("backward", most, f"at {walk.layer}" if walk.layer else "nothing is trained")
