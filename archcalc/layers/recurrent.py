"""Recurrent layers over a sequence (torch.nn.RNN, LSTM, GRU)."""

from abc import abstractmethod
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field

from archcalc.errors import Fault
from archcalc.facts import FEATURES, PAST, WHOLE, AxisRead, Facts, Shape, Tensor, along
from archcalc.formulas.recurrent import projection_params
from archcalc.kept import KeptTensors
from archcalc.layers.arguments import Probability
from archcalc.layers.base import agree, two_axes
from archcalc.layers.gates import OF_GRU, OF_LSTM, Gated, checked_states
from archcalc.work import Work, Worked

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from archcalc.keeping import Saved
    from archcalc.kept import Made
    from archcalc.layers.carrying.recurring import GateCell
    from archcalc.moments import Arrived, Drawn, Propagated, Unruled

MAX_LAYERS = 1_024
"""Layers of one recurrent layer; each has tensors of its own."""
WORKSPACE = "the workspace of oneDNN (CPU) or cuDNN (CUDA)"


class Recurrent(Gated, frozen=True):
    """Layers of gates that run along a sequence, one above the other."""

    kept_per_unit: ClassVar[int] = 0
    """Numbers that the backward reads again, a unit and step, beside h: gates and what is made of them."""
    keeps_last: ClassVar[bool] = False
    """It reads the last h again too, not only those that a step starts from."""

    num_layers: Annotated[int, Field(ge=1, le=MAX_LAYERS)] = 1
    """Layers one above the other; each reads the outputs of the one below."""
    batch_first: bool = False
    """Whether torch's batch axis stands before the steps; shapes here have none, so nothing depends on it."""
    dropout: Probability = 0.0
    """Probability of a zero between the layers in training; no number here depends on it."""
    bidirectional: bool = False
    """Run a second set of gates from the last step to the first, and put both outputs side by side."""

    @property
    def fed_back(self) -> int:
        """Features that leave a step and come back at the next one."""
        return self.hidden_size

    def infer(self, inputs: tuple[Tensor, ...]) -> Facts:
        """(T, F), first states as h_n or none -> output (T, D H), h_n (D layers, H), D 1 or 2 directions."""
        directions = 2 if self.bidirectional else 1
        rows = directions * self.num_layers
        last = {state: (rows, width) for state, width in zip(self.states, self._widths(), strict=True)}
        first = {f"{state}_0": shape for state, shape in last.items()}
        sequence, states = checked_states(inputs, first, "directions x layers, and features")
        steps, features = two_axes(sequence, "steps, features")
        agree("input_size", self.input_size, features)
        arriving = (features, *(directions * self.fed_back,) * (self.num_layers - 1))
        weights = self._weights(arriving)
        output = Tensor((steps, directions * self.fed_back), sequence.dtype)
        ends = {f"{state}_n": Tensor(shape, sequence.dtype) for state, shape in last.items()}
        along_steps = along(WHOLE if self.bidirectional else PAST, FEATURES)
        before = (AxisRead(None, FEATURES), AxisRead(1, FEATURES))
        at_the_end = (AxisRead(None, WHOLE), AxisRead(1, FEATURES))
        return Facts(
            outputs={"output": output, **ends},
            work=self._worked(arriving, steps, weights, directions, begun=bool(states)),
            reads=(along_steps, *(before for _ in states)),
            weights=weights,
            other_reads={name: (at_the_end, *(along(FEATURES, FEATURES) for _ in states)) for name in ends},
            inferred={"input_size": features},
        )

    def _worked(
        self,
        arriving: tuple[int, ...],
        steps: int,
        weights: "Iterable[str]",
        directions: int,
        *,
        begun: bool,
    ) -> Worked:
        """Work of every gate in all layers and directions."""
        return self.work(arriving * directions, self.fed_back, steps, weights, directions, begun=begun)

    def _weights(self, arriving: tuple[int, ...]) -> dict[str, Shape]:
        found: dict[str, Shape] = {}
        for level, features in enumerate(arriving):
            for side in ("", "_reverse") if self.bidirectional else ("",):
                found |= self.tensors(features, self.fed_back, f"_l{level}{side}")
        return found

    def drawn(self, facts: Facts) -> "Drawn":
        """All numbers from -1 / sqrt(h) to 1 / sqrt(h), biases too."""
        return dict.fromkeys(facts.weights, 1 / (3 * self.hidden_size))

    def carry(self, read: "tuple[Arrived, ...]", facts: Facts, drawn: "Drawn") -> "Propagated | Unruled":
        """Step by step, and back through all of them."""
        from archcalc.layers.carrying.recurring import carried_recurrence

        sizes, count = (self.fed_back, self.num_layers), len(facts.outputs)
        return carried_recurrence(self.cell, read, drawn, sizes, count, both=self.bidirectional)

    @property
    @abstractmethod
    def cell(self) -> "GateCell":
        """What it does to second moments at one step."""

    def keeping(self, inputs: tuple[Tensor, ...], facts: Facts) -> "Saved | None":
        """What each map reads, and at every step the state before it and what follows from the gates."""
        kept = KeptTensors(inputs)
        sequence, *given = kept.inputs
        rows = (1 + self.bidirectional) * self.num_layers
        widths = self._widths()
        # The first states of all layers and directions lie in one storage.
        states = given or [kept.new(rows, width) for width in widths]
        kept.keep(*states)
        made = [kept.new(*tensor.shape) for tensor in facts.outputs.values()]
        level, steps = sequence, sequence.tensor.shape[0]
        for number in range(self.num_layers):
            for _ in range(1 + self.bidirectional):
                self._reading(kept, number)(level, self.hidden_size)
                self._keep_steps(kept, steps)
            if number < self.num_layers - 1:
                level = kept.dropped(kept.new(*made[0].tensor.shape), self.dropout)
        return kept.saved(*made)

    def _reading(self, kept: KeptTensors, number: int) -> "Callable[[Made, int], Made]":
        """How a level reads its sequence: the first one turned where the batch stands first."""
        return kept.turned_linear if self.batch_first and not number else kept.linear

    def _keep_steps(self, kept: KeptTensors, steps: int) -> None:
        """What the steps of one layer in one direction keep, but for the first states."""
        projected = self.fed_back != self.hidden_size  # and so h before it
        kept.own(steps, self.hidden_size * (self.kept_per_unit + projected))
        for width in self._widths():
            kept.own(steps - (not self.keeps_last), width)

    def _widths(self) -> tuple[int, ...]:
        """Features of what is carried from step to step."""
        sizes = {"h": self.fed_back, "c": self.hidden_size}
        return tuple(sizes[state] for state in self.states)


class RNN(Recurrent, frozen=True):
    """Plain recurrence: h_t = tanh(W_ih x_t + b_ih + W_hh h_(t-1) + b_hh)."""

    keeps_last = True
    gates: ClassVar = ("hidden",)
    states: ClassVar = ("h",)

    nonlinearity: Literal["tanh", "relu"] = "tanh"
    """What is taken of the sum; of the numbers here only what a signal becomes depends on it."""

    @property
    def cell(self) -> "GateCell":
        """A map and a function."""
        from archcalc.layers.carrying.recurring import PLAIN

        return PLAIN[self.nonlinearity]


class GRU(Recurrent, frozen=True):
    """Gated recurrent units: gates r (reset) and z (update), candidate n; h_t = (1 - z) n + z h_(t-1)."""

    kept_per_unit = 6
    gates: ClassVar = ("reset", "update", "new")
    states: ClassVar = ("h",)
    between: ClassVar = OF_GRU

    @property
    def cell(self) -> "GateCell":
        """Three gates, one of which reads the state behind another one."""
        from archcalc.layers.carrying.recurring import GRU_CELL

        return GRU_CELL


class LSTM(Recurrent, frozen=True):
    """Long short-term memory: gates i, f, o and candidate g; c_t = f c_(t-1) + i g, h_t = o tanh(c_t)."""

    gates: ClassVar = ("input", "forget", "cell", "output")
    states: ClassVar = ("h", "c")
    between: ClassVar = OF_LSTM
    kept_per_unit = 5

    proj_size: Annotated[int, Field(ge=0)] = 0
    """Features to which every h_t is projected before it leaves and comes back; 0: it is not."""

    @property
    def cell(self) -> "GateCell":
        """Four gates and a sum."""
        from archcalc.layers.carrying.recurring import LSTM_CELL

        return LSTM_CELL

    @property
    def fed_back(self) -> int:
        """Features of h_t, behind the projection where there is one."""
        return self.proj_size or self.hidden_size

    def infer(self, inputs: tuple[Tensor, ...]) -> Facts:
        """(T, F), h_0 and c_0 or none -> output (T, D P), h_n (D layers, P), c_n (D layers, H).

        P is proj_size, or H without a projection.
        """
        if self.proj_size >= self.hidden_size:
            fact = f"proj_size {self.proj_size} is not smaller than hidden_size {self.hidden_size}"
            raise Fault(fact, key="proj_size", hint="leave it out to keep all features")
        return super().infer(inputs)

    def _worked(
        self,
        arriving: tuple[int, ...],
        steps: int,
        weights: "Iterable[str]",
        directions: int,
        *,
        begun: bool,
    ) -> Worked:
        names = tuple(weights)
        work = super()._worked(arriving, steps, names, directions, begun=begun)
        if not self.proj_size:
            return work
        params = directions * len(arriving) * projection_params(self.hidden_size, self.proj_size)
        matrices = tuple(name for name in names if name.startswith("weight_hr"))
        return *work, Work("product", steps * params, matrices, "projection", params, arriving=0)

    def tensors(self, features: int, fed_back: int, suffix: str = "") -> dict[str, Shape]:
        """Those of the gates, and the weight (r, h) of the projection where there is one."""
        found = super().tensors(features, fed_back, suffix)
        return found | ({f"weight_hr{suffix}": (self.proj_size, self.hidden_size)} if self.proj_size else {})

    def keeping(self, inputs: tuple[Tensor, ...], facts: Facts) -> "Saved | None":
        """At every step h, the gates, c and its tanh; of a device's own kernel all but its workspace.

        Without projections torch hands real numbers of 32 bits, and of 16 where the processor calculates with
        them, to oneDNN on a CPU and to cuDNN on CUDA.
        """
        found = super().keeping(inputs, facts)
        if found is None or self.proj_size or inputs[0].dtype == "float64":
            return found
        kept = KeptTensors(inputs)
        sequence, *given = kept.inputs
        sides, hidden, steps = 1 + self.bidirectional, self.hidden_size, sequence.tensor.shape[0]
        kept.keep(*(given or [kept.new(sides * self.num_layers, hidden) for _ in self.states]))
        made = [kept.new(*tensor.shape) for tensor in facts.outputs.values()]
        level = sequence
        for number in range(self.num_layers):
            self._reading(kept, number)(level, hidden)
            whole = number == self.num_layers - 1 and sides == 1
            ways = [made[0] if whole else kept.new(steps, hidden) for _ in range(sides)]
            kept.keep(*ways)
            kept.own(sides * len(self.states), hidden)
            joined = ways[0] if sides == 1 else kept.new(steps, sides * hidden)
            level = kept.dropped(joined, self.dropout) if number < self.num_layers - 1 else joined
        return replace(kept.saved(*made), beyond=WORKSPACE)
