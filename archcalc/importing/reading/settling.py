"""The finished program: scopes that are no layer's name, and which classes its scopes are of."""

from dataclasses import replace
from typing import TYPE_CHECKING

from archcalc.facts import Tensor
from archcalc.importing.program import Program
from archcalc.importing.reading.layouts import layout_of_value, sample_shape

if TYPE_CHECKING:
    from archcalc.importing.program import Read, Step
    from archcalc.importing.reading.draft import Draft


def settled_program(draft: "Draft", outputs: "tuple[Read, ...]") -> Program:
    """The program of a draft."""
    recording = draft.recording
    outputs = never_empty(draft, outputs)
    layers = {".".join((*step.scope, step.name)) for step in draft.steps if step.name is not None}
    inputs = {
        name: Tensor(
            sample_shape(recording.values[number].sizes, layout_of_value(recording.values[number])),
            recording.values[number].dtype,
        )
        for name, number in recording.inputs.items()
    }
    return Program(
        name=recording.class_name,
        inputs=inputs,
        steps=tuple(outside(step, layers) for step in draft.steps),
        outputs=outputs,
        classes={name: module.class_name for name, module in recording.modules.items() if not module.known},
        shapes=tuple(draft.shapes),
    )


def never_empty(draft: "Draft", outputs: "tuple[Read, ...]") -> "tuple[Read, ...]":
    """A network has a layer: one that hands its input on has an Identity."""
    if draft.steps:
        return outputs
    given = {node.read: node for node in draft.nodes.values()}
    return tuple(draft.add("Identity", given[read]).read for read in outputs)


def outside(step: "Step", layers: "set[str]") -> "Step":
    """An operator of a module that is a layer itself (its function has the weights) stands beside it."""
    scope = step.scope
    while step.name is None and scope and ".".join(scope) in layers:
        scope = scope[:-1]
    return step if scope == step.scope else replace(step, scope=scope)
