"""What tools count of recurrent layers, from their weights as torch stacks them."""

from math import prod
from typing import TYPE_CHECKING

from archcalc.counting.conventions.prices import maps

if TYPE_CHECKING:
    from archcalc.counting.conventions.prices import Price
    from archcalc.tracing import TracedLayer

MATRICES = ("weight_ih", "weight_hh")


def steps(layer: "TracedLayer") -> int:
    """Steps of the sequence; a cell runs one."""
    return prod(layer.inputs[0].tensor.shape[:-1])


def bias_sums(layer: "TracedLayer") -> int:
    """A sum per step for every number of every bias."""
    found = (shape for name, shape in layer.facts.weights.items() if name.startswith("bias"))
    return steps(layer) * sum(map(prod, found))


def gates_added(gates: int, more: int) -> "Price":
    """Products of the gates, their biases, and so much more per unit and step; a projection is not seen."""

    def priced(layer: "TracedLayer") -> int:
        weights = layer.facts.weights
        macs = sum(prod(shape) for name, shape in weights.items() if name.startswith(MATRICES))
        rows = sum(shape[0] for name, shape in weights.items() if name.startswith("weight_hh"))
        return steps(layer) * (macs + rows // gates * more) + bias_sums(layer)

    return priced


def units_assumed(gates: int, more: int) -> "Price":
    """By hidden_size alone: a projection is not known, and every gate has a sum, two biases or none.

    Args:
        gates: of a unit.
        more: operations per unit and step that make the next state.
    """

    def priced(layer: "TracedLayer") -> int:
        given = dict(layer.arguments)
        hidden, biased = _number(given["hidden_size"]), bool(given["bias"])
        directions = 1 + bool(given.get("bidirectional"))
        above = (directions * hidden,) * (_number(given.get("num_layers", 1)) - 1)
        arriving = (layer.inputs[0].tensor.shape[-1], *above)
        each = gates * (1 + 2 * biased) + more
        units = directions * hidden
        return steps(layer) * units * sum(gates * (width + hidden) + each for width in arriving)

    return priced


def unfused(price: "Price") -> "Price":
    """This price of all but an LSTM without a projection, which is one operator (of oneDNN on a CPU)."""

    def priced(layer: "TracedLayer") -> int | None:
        return 0 if layer.type == "LSTM" and not dict(layer.arguments)["proj_size"] else price(layer)

    return priced


def with_bias_sums(layer: "TracedLayer") -> int | None:
    """Products, and a sum for every bias."""
    macs = maps(layer)
    return None if macs is None else macs + bias_sums(layer)


def _number(given: object) -> int:
    return given if isinstance(given, int) else 1
