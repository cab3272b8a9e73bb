"""One step of a recurrence (torch.nn.RNNCell, LSTMCell, GRUCell)."""

from typing import TYPE_CHECKING, ClassVar, Literal

from archcalc.errors import Fault
from archcalc.facts import FEATURES, IDENTITY, Facts, Reach, Shape, Tensor, along
from archcalc.kept import KeptTensors
from archcalc.layers.base import agree
from archcalc.layers.gates import OF_GRU, OF_LSTM, Gated, checked_states

if TYPE_CHECKING:
    from archcalc.keeping import Saved

CARRIED: dict[str, Reach] = {"h": FEATURES, "c": IDENTITY}
"""How the states of the step before are read: h through a map, c number by number."""


class RecurrentCell(Gated, frozen=True):
    """The gates at one step; without states they start from zeros."""

    kept_per_unit: ClassVar[int]
    """Numbers that the backward reads again, a unit, beside the states: gates and what is made of them."""
    keeps_state: ClassVar[bool] = False
    """Its backward reads the new state."""

    ends: ClassVar[tuple[str, ...]] = ("output",)
    """Names of the new states."""

    def infer(self, inputs: tuple[Tensor, ...]) -> Facts:
        """(F), the state (H) or none -> output (H), the new state."""
        state: Shape = (self.hidden_size,)
        before = {f"{letter}_0": state for letter in self.states}
        tensor, states = checked_states(inputs, before, "hidden_size")
        if len(tensor.shape) != 1:
            fact = f"needs 1 axis (features), got {len(tensor.shape)}: {list(tensor.shape)}"
            hint = "a cell takes one step; RNN, LSTM and GRU run along a sequence"
            raise Fault(fact, hint=hint, axes=(1,))
        (features,) = tensor.shape
        agree("input_size", self.input_size, features)
        weights = self.tensors(features, self.hidden_size)
        return Facts(
            outputs={name: Tensor(state, tensor.dtype) for name in self.ends},
            work=self.work((features,), self.hidden_size, 1, weights, 1, begun=bool(states)),
            reads=(along(FEATURES), *(along(CARRIED[letter]) for letter in self.states[: len(states)])),
            weights=weights,
            inferred={"input_size": features},
        )

    def keeping(self, inputs: tuple[Tensor, ...], facts: Facts) -> "Saved | None":
        """Its input, the state before it, zeros where none is given, and so many numbers a unit."""
        kept = KeptTensors(inputs)
        features, *given = kept.inputs
        kept.linear(features, self.hidden_size)
        kept.keep(*(given or [kept.new(self.hidden_size)]))
        kept.own(self.hidden_size * self.kept_per_unit)
        made = [kept.new(*tensor.shape) for tensor in facts.outputs.values()]
        kept.keep(*made[: self.keeps_state])
        return kept.saved(*made)


class RNNCell(RecurrentCell, frozen=True):
    """One step of RNN: h' = tanh(W_ih x + b_ih + W_hh h + b_hh)."""

    kept_per_unit = 0
    keeps_state = True
    gates: ClassVar = ("hidden",)
    states: ClassVar = ("h",)

    nonlinearity: Literal["tanh", "relu"] = "tanh"
    """What is taken of the sum; no number here depends on it."""


class GRUCell(RecurrentCell, frozen=True):
    """One step of GRU: gates r (reset) and z (update), candidate n; h' = (1 - z) n + z h."""

    kept_per_unit = 6
    gates: ClassVar = ("reset", "update", "new")
    states: ClassVar = ("h",)
    between: ClassVar = OF_GRU


class LSTMCell(RecurrentCell, frozen=True):
    """One step of LSTM: gates i, f, o and candidate g; c' = f c + i g, h' = o tanh(c')."""

    kept_per_unit = 5
    gates: ClassVar = ("input", "forget", "cell", "output")
    states: ClassVar = ("h", "c")
    between: ClassVar = OF_LSTM
    ends: ClassVar = ("h_1", "c_1")

    def infer(self, inputs: tuple[Tensor, ...]) -> Facts:
        """(F), h_0 (H) and c_0 (H) or none -> h_1 (H), c_1 (H)."""
        return super().infer(inputs)
