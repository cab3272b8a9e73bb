"""What activations leave as it is: pairs of them, and the numbers that the first one gives."""

from math import inf
from typing import TYPE_CHECKING

from archcalc.rules.questions.images import ELEMENTWISE, argument
from archcalc.rules.questions.neighbours import mixed_axis
from archcalc.rules.questions.ranges import ANY, Range

if TYPE_CHECKING:
    from archcalc.tracing import TracedLayer

POSITIVE = ("ReLU", "LeakyReLU", "PReLU", "RReLU", "ELU", "CELU")
"""They leave numbers from 0 on as they are."""
KINKED = ("LeakyReLU", "ELU", "CELU")
"""They do that, and leave numbers below 0 below 0."""


def keeps(layer: "TracedLayer", read: Range) -> bool:
    """Whether it leaves all numbers of a range as they are."""
    if layer.is_a("Hardtanh"):
        return read.within(argument(layer.arguments, "min_val"), argument(layer.arguments, "max_val"))
    return read.within(0, 6) if layer.is_a("ReLU6") else layer.is_a(*POSITIVE) and read.low >= 0


def along_one_axis(first: "TracedLayer", second: "TracedLayer") -> bool:
    """Whether both go along the same axis, with nothing regrouped between."""
    direct = second.inputs[0].layer == first.name
    return direct and mixed_axis(first) == mixed_axis(second) is not None


def keeps_signs(layer: "TracedLayer") -> bool:
    """Whether it keeps the sign of every number, and the numbers from 0 on as they are."""
    if not layer.is_a(*KINKED):
        return False
    low, _ = ELEMENTWISE[layer.type](layer.arguments, -1.0, 1.0)
    return -inf < low <= 0


def gives(layer: "TracedLayer") -> Range:
    """What a layer gives whatever it reads."""
    image = ELEMENTWISE.get(layer.type)
    return Range(*image(layer.arguments, -inf, inf)) if image else ANY


def told(reach: Range) -> str:
    """A range in words: numbers from 0 to 1."""
    if reach.low == -inf:
        return f"numbers up to {reach.high:.3g}"
    return f"numbers from {reach.low:.3g}" + (f" to {reach.high:.3g}" if reach.high < inf else " on")
