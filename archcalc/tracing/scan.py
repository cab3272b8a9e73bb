"""A recurrence over a sub-graph (``Scan``): what its steps are made of, and the facts of all of them."""

from dataclasses import replace
from itertools import chain
from typing import TYPE_CHECKING

from archcalc.errors import Fault
from archcalc.facts import Facts, Tensor, count
from archcalc.layers.base import Layer
from archcalc.tracing.graph import Trace
from archcalc.tracing.inferring import facts_of
from archcalc.tracing.records import tensor_name
from archcalc.tracing.scan_reads import StepReads
from archcalc.work import Work, Worked, repeated_work

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from archcalc.facts import Shape

    OfLayers = Mapping[str, Facts]


class ScanLayer(Layer, frozen=True, arbitrary_types_allowed=True):
    """Layers that are called for every position of a sequence in turn, with the states of the one before.

    Its inputs are the sequences, the first states that are given, and what the layers read from outside.
    """

    body: Trace
    """The layers of one step. Its inputs are elements, states and what comes from outside; its outputs are
    those of a step, and behind them the next states."""
    elements: tuple[str, ...]
    """Inputs of the body that are one position of a sequence."""
    states: tuple[str, ...]
    """Inputs of the body that are states."""
    given: tuple[str, ...]
    """States that begin with what a layer gives; the others begin with zeros."""
    outputs: tuple[str, ...]
    """Names of what the steps give, stacked."""
    axis: int = 0
    """The axis of a sequence along which it runs."""

    @property
    def arriving(self) -> tuple[str, ...]:
        """Inputs of the body in the order of the layer's own inputs."""
        return (*self.elements, *self.given, *self.outside)

    @property
    def outside(self) -> tuple[str, ...]:
        """Inputs of the body that are the same at every step."""
        own = {*self.elements, *self.states}
        return tuple(name for name in self.body.inputs if name not in own)

    @property
    def ends(self) -> tuple[str, ...]:
        """Names of the last states, as torch's recurrences call theirs."""
        return tuple(f"{name}_n" for name in self.states)

    def infer(self, inputs: tuple[Tensor, ...]) -> Facts:
        """(T, *n), states (*s) -> the outputs of all steps (T, *m), the last states (*s)."""
        steps = self._steps(inputs[: len(self.elements)])
        held = self._arriving(inputs)
        facts = self._of_one_step(held)
        made = [held[port.layer, port.output] for port in self.body.outputs]
        self._check_states(made)
        stacked = (replace(each, shape=self.with_steps(each.shape, steps)) for each in made)
        outputs = dict(zip((*self.outputs, *self.ends), (*stacked,), strict=False))
        outputs |= dict(zip(self.ends, made[len(self.outputs) :], strict=True))
        following = StepReads(self, facts, steps)
        reads = {name: following.of(index) for index, name in enumerate(outputs)}
        first = next(iter(reads.values()))
        shared = self._shared
        weights = _tensors({name: each.weights for name, each in facts.items()}, shared)
        active = [
            each.elements if each.active_params is None else each.active_params for each in facts.values()
        ]
        return Facts(
            outputs=outputs,
            work=tuple(chain.from_iterable(_work(*each, shared, steps) for each in facts.items())),
            reads=first,
            weights=weights,
            buffers=_tensors({name: each.buffers for name, each in facts.items()}, shared),
            other_reads={name: each for name, each in reads.items() if each != first},
            lookups=tuple(tensor_name(layer, own) for layer, each in facts.items() for own in each.lookups),
            active_params=None if all(each.active_params is None for each in facts.values()) else sum(active),
        )

    def with_steps(self, shape: "Shape", steps: int) -> "Shape":
        """The shape of a step's output for all steps."""
        return (*shape[: self.axis], steps, *shape[self.axis :])

    def one_step(self, shape: "Shape") -> "Shape":
        """The shape of a sequence at one step."""
        return (*shape[: self.axis], *shape[self.axis + 1 :])

    def _steps(self, sequences: tuple[Tensor, ...]) -> int:
        """How many there are.

        Raises:
            Fault: a sequence has no axis of steps, or another number of them.
        """
        for tensor in sequences:
            if len(tensor.shape) <= self.axis:
                fact = f"runs along the first axis of a sequence, got {list(tensor.shape)}"
                raise Fault(fact, key="from")
        lengths = [tensor.shape[self.axis] for tensor in sequences]
        if any(length != lengths[0] for length in lengths):
            fact = f"its sequences have {' and '.join(map(str, lengths))} steps"
            raise Fault(fact, key="from", hint="the first axes of all of them are the steps")
        return lengths[0]

    def _arriving(self, inputs: tuple[Tensor, ...]) -> dict[tuple[str, str], Tensor]:
        """What the body reads at a step."""
        held = {(name, "output"): tensor for name, tensor in self.body.inputs.items()}
        for name, tensor in zip(self.arriving, inputs, strict=True):
            sequence = name in self.elements
            own = replace(tensor, shape=self.one_step(tensor.shape)) if sequence else tensor
            held[name, "output"] = replace(own, batched=True) if name in self.states else own
        return held

    def _of_one_step(self, held: dict[tuple[str, str], Tensor]) -> "OfLayers":
        """The facts of every layer, and what each gives, which joins what is ``held``."""
        found: dict[str, Facts] = {}
        for layer in self.body.layers:
            read = tuple(held[port.layer, port.output] for port in layer.inputs)
            facts = found[layer.name] = facts_of(layer.arguments, read)
            held.update({(layer.name, name): tensor for name, tensor in facts.outputs.items()})
        return found

    def _check_states(self, made: "Sequence[Tensor]") -> None:
        """Refuse a state that changes its shape from step to step."""
        for name, tensor in zip(self.states, made[len(self.outputs) :], strict=True):
            before = self.body.inputs[name].shape
            if tensor.shape != before:
                old, new = (list(each[self.axis :]) for each in (before, tensor.shape))
                fact = f"state {name!r} is {old}, but {new} comes out for the next step"
                raise Fault(fact, key="states", hint="a state has one shape at all steps")

    @property
    def _shared(self) -> "Mapping[str, str]":
        """Tensors of the body that are an earlier one once more."""
        return {
            tensor_name(layer.name, own): full
            for layer in self.body.layers
            for own, full in layer.tied.items()
        }


def _work(name: str, facts: Facts, shared: "Mapping[str, str]", steps: int) -> Worked:
    """That of a layer in all steps; one with weights or products is a part."""
    own = _tensors({name: facts.weights}, shared)
    part = name if own or facts.macs else ""
    # Weights without work of their own (a Parameter) are the part's all the same.
    holding = Work("move", 0, (), part, count(own))
    return (
        *((holding,) if part else ()),
        *(
            replace(
                each,
                weights=tuple(
                    shared.get(full, full) for full in (tensor_name(name, own) for own in each.weights)
                ),
                name=part,
                params=0,
            )
            for each in repeated_work(facts.work, steps)
        ),
    )


def _tensors(
    of_layers: "Mapping[str, Mapping[str, Shape]]", shared: "Mapping[str, str]"
) -> "dict[str, Shape]":
    """The tensors of all layers under their names within the body, each once."""
    return {
        full: shape
        for layer, own in of_layers.items()
        for name, shape in own.items()
        if (full := tensor_name(layer, name)) not in shared
    }
