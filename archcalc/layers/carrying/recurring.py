"""Recurrences: the same weights at every step, so that ways back through time add up in step."""

from collections.abc import Callable
from math import exp, log, log10, prod
from typing import TYPE_CHECKING

from archcalc.effort import spend
from archcalc.formulas.propagation import walk_of_gradients
from archcalc.layers.carrying.bending import mean_slope, moments_of, product_for
from archcalc.layers.rectifiers import ReLU
from archcalc.layers.sigmoids import Sigmoid, Tanh
from archcalc.moments import Gradient, Moments, Propagated, Recurrence, Unruled
from archcalc.records import dataclass
from archcalc.tuples import NamedTuple

if TYPE_CHECKING:
    from archcalc.layers.curves import Activation
    from archcalc.moments import Arrived, Drawn

SAME = 1e-7
"""Relative change of a state from one step to the next that is none any more."""
FORWARD, BACK = 120, 40
"""Steps of the budget that a step of a recurrence takes, where all is known of its gates, and one back."""
MOST = 2000
"""Recurrence after which a state has long settled, or grown beyond any number."""
SIGMOID, TANH, RELU = Sigmoid(), Tanh(), ReLU()
HALF = 0.5
"""Mean of a gate before training: a sigmoid of numbers of mean 0."""
TWO_GATES = HALF**4
"""What two of them, each half open, let through of a square."""


class Sums(NamedTuple):
    """Variance of what the gates add up: of what arrives with the biases beside it, and of the state."""

    arriving: float
    beside: float
    fed: float
    """Factor of the state's mean square: features times the variance of a weight."""

    def of(self, state: float) -> float:
        """All of it, with the mean square of the state before."""
        return self.arriving + self.beside + self.fed * state


class Carry(NamedTuple):
    """One step back: h_t = a h_(t - 1) + r W h_(t - 1), and what arrives at the sums of the gates.

    Args:
        kept: a.
        varying: E a^2 beside a^2.
        steady: r^2 with the mean slopes of the gates, the recurrent weights included.
        fresh: what their squares have beside it.
        inwards: mean square of a gradient of the sums of all gates, over that of the state carried.
        enters: mean square of a gradient of what is carried, over that of the output.
        beside: of the sums, what comes from the output at once.
    """

    kept: float
    varying: float
    steady: float
    fresh: float
    inwards: float
    enters: float = 1.0
    beside: float = 0.0


@dataclass(frozen=True, slots=True)
class GateCell:
    """What a kind of recurrence does at one step.

    Args:
        forward: (sums at q, sums at p) of the gates, state (h, c) at q and p -> the next state.
        back: sums, state -> what a step back does.
        gates: numbers of the sums that read the input, over units.
    """

    forward: Callable[["Sums", "Sums", "StepMoments"], "StepMoments"]
    back: Callable[["Sums", "StepMoments"], Carry]


class StepMoments(NamedTuple):
    """Mean squares of the output h and the cell c, and what two steps or samples have of them in common."""

    output: float = 0.0
    cell: float = 0.0
    output_common: float = 0.0
    cell_common: float = 0.0
    following: float = 0.0
    """What is kept and the next new numbers have in common: what is alike in both adds up in step."""


def _pair(function: "Activation", square: float, common: float) -> tuple[float, float]:
    return product_for(function, square, square), product_for(function, square, common)


def _plain(function: "Activation") -> GateCell:
    """h_t = f(W x + b + U h_(t - 1))."""

    def forward(sums: Sums, alike: Sums, held: StepMoments) -> StepMoments:
        square, common = _pair(function, sums.of(held.output), alike.of(held.output_common))
        return StepMoments(square, 0.0, common)

    def back(sums: Sums, held: StepMoments) -> Carry:
        slope = moments_of(function, sums.of(held.output)).slope
        return Carry(0.0, 0.0, sums.fed * slope, 0.0, slope)

    return GateCell(forward, back)


def _gated(gate: float, new: float, kept: float, following: float) -> float:
    """Second moment of what gates leave of a state and of what is new; both are alike by so much."""
    return gate * (new + kept) + 2 * HALF**2 * following


def _lstm_forward(sums: Sums, alike: Sums, held: StepMoments) -> StepMoments:
    square, common = sums.of(held.output), alike.of(held.output_common)
    gate, gate_common = _pair(SIGMOID, square, common)
    new, new_common = _pair(TANH, square, common)
    cell = _gated(gate, new, held.cell, held.following)
    cell_common = _gated(gate_common, new_common, held.cell_common, held.following)
    out, out_common = _pair(TANH, cell, min(cell, cell_common))
    following = HALF * (held.following + new_common)
    return StepMoments(gate * out, cell, gate_common * out_common, min(cell, cell_common), following)


def _lstm_back(sums: Sums, held: StepMoments) -> Carry:
    square = sums.of(held.output)
    gate, new, out = moments_of(SIGMOID, square), moments_of(TANH, square), moments_of(TANH, held.cell)
    enters = gate.power * out.slope
    inwards = gate.power * new.slope + new.power * gate.slope + held.cell * gate.slope
    steady = sums.fed * TWO_GATES * mean_slope(TANH, square) * mean_slope(TANH, held.cell)
    fresh = enters * sums.fed * inwards - steady
    return Carry(HALF, gate.power - HALF**2, steady, fresh, inwards, enters, gate.slope * out.power)


def _gru_forward(sums: Sums, alike: Sums, held: StepMoments) -> StepMoments:
    square, common = sums.of(held.output), alike.of(held.output_common)
    gate, gate_common = _pair(SIGMOID, square, common)
    new, new_common = _pair(
        TANH, _candidate(sums, gate, held.output), _candidate(alike, gate_common, held.output_common)
    )
    output = _gated(gate, new, held.output, held.following)
    common = _gated(gate_common, new_common, held.output_common, held.following)
    return StepMoments(output, 0.0, min(output, common), 0.0, HALF * (held.following + new_common))


def _candidate(sums: Sums, gate: float, state: float) -> float:
    """Variance of W x + b + r (U h + b')."""
    return sums.arriving + sums.beside / 2 + gate * _reset(sums, state)


def _reset(sums: Sums, state: float) -> float:
    """Variance of U h + b', which the reset gate weighs."""
    return sums.fed * state + sums.beside / 2


def _gru_back(sums: Sums, held: StepMoments) -> Carry:
    gate = moments_of(SIGMOID, sums.of(held.output))
    new = moments_of(TANH, _candidate(sums, gate.power, held.output))
    reset = gate.power * new.slope * gate.slope * _reset(sums, held.output)
    update = gate.slope * (new.power + held.output)
    candidate = gate.power * new.slope
    steady = sums.fed * TWO_GATES * mean_slope(TANH, _candidate(sums, gate.power, held.output))
    fresh = sums.fed * (candidate * gate.power + update + reset) - steady
    return Carry(HALF, gate.power - HALF**2, steady, fresh, candidate + update + reset)


LSTM_CELL, GRU_CELL = GateCell(_lstm_forward, _lstm_back), GateCell(_gru_forward, _gru_back)
PLAIN = {"tanh": _plain(TANH), "relu": _plain(RELU)}


class RecurrentLevel(NamedTuple):
    """One layer of a recurrence on a sequence.

    Args:
        mean: the output, over all steps.
        last: the last states, h and c.
        gain: of a gradient at every step, towards what arrives.
        gain_of_last: of a gradient at the last step.
        steps: what happens along it.
    """

    mean: Moments
    last: tuple[Moments, Moments]
    gain: float
    gain_of_last: float
    steps: Recurrence


def level(
    cell: GateCell, state: Moments, drawn: "Drawn", suffix: str, sizes: tuple[int, int, int], steps: int
) -> RecurrentLevel:
    """A layer from zeros on; sizes: features that arrive, units, rows of the weight that reads them."""
    features, units, _ = sizes
    weight, fed = drawn[f"weight_ih{suffix}"], units * drawn[f"weight_hh{suffix}"]
    shift = drawn.get(f"bias_ih{suffix}", 0.0) + drawn.get(f"bias_hh{suffix}", 0.0)
    sums = Sums(features * weight * state.square, shift, fed)
    alike = Sums(features * weight * state.common, shift, fed)
    *_, held = path = _path(cell, sums, alike, steps)
    carry = cell.back(sums, path[-2] if len(path) > 1 else StepMoments())
    walks = _walks(carry, min(steps, MOST))
    left = [exp(min(walk, 600.0)) for walk in walks]
    into = units * weight
    over_time = sum((steps - n) * walk for n, walk in enumerate(left)) / steps
    outputs = _over_steps([each.output for each in path], steps)
    common = _over_steps([each.output_common for each in path], steps)
    shared = common if state.shared == state.common else 0.0
    first, last = path[0].output, held.output
    forward = log10(last / first) if first and last else 0.0
    near = max(0.0, outputs - common) * _near(carry.kept, steps)

    def back(times: float) -> float:
        return carry.inwards * carry.enters * times + carry.beside

    return RecurrentLevel(
        Moments(outputs, min(outputs, common + near), min(outputs, shared), spread=state.spread),
        (_last(held.output), _last(held.cell)),
        into * back(over_time),
        into * back(sum(left)) / steps,
        Recurrence(steps, forward, walks[-1] / log(10) * _unseen(steps)),
    )


def _near(kept: float, steps: int) -> float:
    """Mean of kept^k over all pairs of steps, k apart: what a unit has of its own past at the other one."""
    if steps < 2 or not kept:  # noqa: PLR2004  a pair
        return 0.0
    return 2 * sum((steps - k) * kept**k for k in range(1, min(steps, MOST))) / (steps * (steps - 1))


def _unseen(steps: int) -> float:
    """By what the logarithm grows where not all steps were walked."""
    return (steps - 1) / (min(steps, MOST) - 1) if steps > MOST else 1.0


def _last(square: float) -> Moments:
    return Moments(square, square)


def _path(cell: GateCell, sums: Sums, alike: Sums, steps: int) -> "list[StepMoments]":
    """The states from the first step on, until they change no more."""
    path = [cell.forward(sums, alike, StepMoments())]
    while len(path) < min(steps, MOST):
        spend(FORWARD)
        before = path[-1]
        path.append(after := cell.forward(sums, alike, before))
        if abs(after.output - before.output) <= SAME * before.output:
            break
    return path


def _over_steps(numbers: "list[float]", steps: int) -> float:
    """The mean over all steps, of which the last ones are as the last one that is given."""
    return (sum(numbers) + (steps - len(numbers)) * numbers[-1]) / steps


def _walks(carry: Carry, steps: int) -> "list[float]":
    """Logarithms of a gradient's mean square 0, 1, 2 ... steps back."""
    spend(BACK * steps)
    return walk_of_gradients(carry.kept, carry.varying, carry.steady, carry.fresh, steps - 1)


def carried_recurrence(
    cell: GateCell,
    read: "tuple[Arrived, ...]",
    drawn: "Drawn",
    sizes: tuple[int, int],
    outputs: int,
    *,
    both: bool,
) -> Propagated | Unruled:
    """Layers of a recurrence, one above the other; sizes: units, and layers."""
    first, *given = read
    state = first.state
    if state is None:
        return Unruled("it reads no real numbers")
    if given:
        return Unruled("it begins with states that are given")
    steps, features = map(int, first.tensor.shape)
    units, levels = sizes
    directions = 2 if both else 1
    found: list[RecurrentLevel] = []
    for number in range(levels):
        suffix = f"_l{number}"
        if f"weight_ih{suffix}" not in drawn or f"weight_hh{suffix}" not in drawn:
            return Unruled("nobody says how its weights are first drawn")
        found.append(level(cell, state, drawn, suffix, (features, units, 0), steps))
        state, features = found[-1].mean, directions * units
    *below, top = found
    gain = prod(directions * each.gain for each in below)

    def back(gradients: tuple[Gradient, ...]) -> tuple[Gradient, ...]:
        total = Gradient(0.0, 0.0)
        for index, gradient in enumerate(gradients):
            own = gradient.times(gain * directions * (top.gain if index == 0 else top.gain_of_last))
            total = Gradient(total.square + own.square, 0.0)
        return (total,)

    return Propagated((top.mean, *top.last[: outputs - 1]), back, top.steps)
