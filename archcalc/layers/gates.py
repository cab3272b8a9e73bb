"""What recurrences share: gates that read an input and a state, and the states that may be given."""

from abc import ABC
from typing import TYPE_CHECKING, ClassVar, Literal

from archcalc.errors import Fault
from archcalc.facts import Shape, Tensor
from archcalc.formulas.elementwise import between_gates
from archcalc.formulas.recurrent import gate_macs, gate_params
from archcalc.layers.arguments import Positive
from archcalc.layers.base import Layer, single_float
from archcalc.layers.operations import BIAS
from archcalc.work import Work, Worked

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

OF_LSTM = 5
"""f c, i g, their sum; tanh of it, times o."""
OF_GRU = 5
"""r times a sum; 1 - z, times n, plus z h."""


class Gated(Layer, ABC, frozen=True):
    """Gates that read an input and the state of the step before."""

    gates: ClassVar[tuple[str, ...]]
    """Their names, in the order in which torch stacks them in a weight."""
    states: ClassVar[tuple[str, ...]]
    """Letters of what is carried from step to step."""
    between: ClassVar[int] = 0
    """Operations per unit and step that make the next state of the gates."""

    input_size: Positive | None = None
    """Features that arrive at a step; inferred, checked when written."""
    hidden_size: Positive
    """Units, and so features of the state."""
    bias: bool = True
    """Add ``num_biases`` numbers per unit and gate."""
    num_biases: Literal[1, 2] = 2
    """Vectors of biases: torch has 2, one beside each matrix; Keras has 1, in its default GRU 2."""

    def tensors(self, features: int, fed_back: int, suffix: str = "") -> dict[str, Shape]:
        """Torch's weights of all gates stacked: (k h, in), (k h, r), a bias (k h) beside both or one."""
        rows = len(self.gates) * self.hidden_size
        found: dict[str, Shape] = {
            f"weight_ih{suffix}": (rows, features),
            f"weight_hh{suffix}": (rows, fed_back),
        }
        beside = ("ih", "hh")[: self.biases]
        return found | {f"bias_{matrix}{suffix}": (rows,) for matrix in beside}

    @property
    def biases(self) -> int:
        """Vectors of biases that there are."""
        return self.num_biases if self.bias else 0

    def work(
        self,
        arriving: "Sequence[int]",
        fed_back: int,
        steps: int,
        weights: "Iterable[str]",
        first: int,
        *,
        begun: bool,
    ) -> Worked:
        """The products of every gate in all cells, and what is done with their sums.

        A gate adds two sums and its biases, and takes a function of them: an operation each.

        Args:
            arriving: features that every cell reads.
            fed_back: of the state that comes back.
            steps: of the sequence.
            weights: names of all tensors.
            first: of the cells, those that read what arrives.
            begun: it begins with states that arrive, not with zeros.
        """
        names, hidden = tuple(weights), self.hidden_size
        matrices = tuple(name for name in names if name.startswith(("weight_ih", "weight_hh")))
        biases = tuple(name for name in names if name.startswith(BIAS))
        params = sum(gate_params(width, hidden, fed_back, self.biases) for width in arriving)
        macs = steps * sum(gate_macs(width, hidden, fed_back) for width in arriving)
        outside = first * gate_macs(arriving[0], hidden * steps, 0)
        zeros = 0 if begun else len(arriving) * gate_macs(0, hidden, fed_back)
        each = len(self.gates) * (1 + self.biases + 1) + self.between
        return (
            *(
                Work("product", macs, matrices, gate, params, arriving=outside, first=zeros)
                for gate in self.gates
            ),
            Work("elementwise", between_gates(steps, len(arriving) * hidden, each), biases),
        )


def checked_states(
    inputs: tuple[Tensor, ...], wanted: "Mapping[str, Shape]", meaning: str
) -> tuple[Tensor, tuple[Tensor, ...]]:
    """What arrives at the steps, and the first states where they are given: all of them, or none.

    Args:
        inputs: what arrives.
        wanted: name of a state -> the shape it must have.
        meaning: what these sizes are.
    """
    sequence, states = inputs[0], inputs[1:]
    if states and len(states) != len(wanted):
        names = " and ".join(wanted)
        fact = f"takes 1 input, or {1 + len(wanted)} with {names}, got {len(inputs)}"
        raise Fault(fact, key="from")
    single_float((sequence,))
    for (name, shape), state in zip(wanted.items(), states, strict=False):
        if state.shape != shape:
            fact = f"{name} has shape {list(state.shape)}, but {list(shape)} is needed"
            raise Fault(fact, key="from", hint=f"the sizes are {meaning}, without the batch axis")
        if state.dtype != sequence.dtype:
            raise Fault(f"{name} is {state.dtype}, but the input is {sequence.dtype}", key="from")
    return sequence, states
