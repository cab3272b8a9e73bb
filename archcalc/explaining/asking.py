"""A layer asked once more, on sizes that remember: those that arrive, and those among its arguments."""

from dataclasses import replace
from typing import TYPE_CHECKING, cast

from archcalc.sizes.tape import Tape
from archcalc.tracing.inferring import facts_of
from archcalc.tuples import NamedTuple

if TYPE_CHECKING:
    from archcalc.facts import Facts, Tensor
    from archcalc.keeping import Saved
    from archcalc.tracing import TracedLayer


class Remembering(NamedTuple):
    """A layer's facts on sizes that remember.

    Args:
        tape: the sizes by name: ``x[1]`` of what arrives, of several inputs ``x0[1]``; arguments by theirs.
        inputs: what arrives.
        facts: what it states.
        saved: what autograd keeps of it; None: nobody can tell.
    """

    tape: Tape
    inputs: "tuple[Tensor, ...]"
    facts: "Facts"
    saved: "Saved | None"


def asked_again(layer: "TracedLayer") -> Remembering:
    """Ask a layer for its facts where all sizes remember."""
    tape = Tape()
    inputs = tuple(
        replace(
            port.tensor,
            shape=tuple(tape.give(f"{name}[{axis}]", size) for axis, size in enumerate(port.tensor.shape)),
        )
        for name, port in zip(input_names(layer), layer.inputs, strict=True)
    )
    given = {key: _given(tape, key, value) for key, value in layer.arguments}
    # Checked before: a copy is not checked again, which would make plain numbers of the sizes.
    record = layer.arguments.model_copy(update=given)
    facts = facts_of(record, inputs)
    saved = record.keeping(inputs, facts)
    tape.end()
    return Remembering(tape, inputs, facts, saved)


def input_names(layer: "TracedLayer") -> tuple[str, ...]:
    """What formulas call the inputs: ``x``, or ``x0``, ``x1`` where there are several."""
    several = len(layer.inputs) > 1
    return tuple(f"x{index}" if several else "x" for index in range(len(layer.inputs)))


def _given(tape: Tape, key: str, value: object) -> object:
    if type(value) is int:
        return tape.give(key, value)
    if type(value) is tuple:
        items = cast("tuple[object, ...]", value)
        return tuple(_given(tape, f"{key}[{index}]", item) for index, item in enumerate(items))
    return value
