"""A pad of any axes (torch.nn.functional.pad); its sides begin at the last axis."""

from typing import Literal

from archcalc.errors import Fault
from archcalc.facts import IDENTITY, AxisRead, Border, Facts, Tensor
from archcalc.keeping import KEEPS_INPUT, KEEPS_NOTHING, Saved
from archcalc.layers.arguments import SideList
from archcalc.layers.base import Taking, single
from archcalc.layers.borders import UNTRUE, check_border, side_reach
from archcalc.layers.mathematics import Ends, hull
from archcalc.layers.operations import copy_work

PadMode = Literal["constant", "reflect", "replicate", "circular"]
FILLED_AXES = 3
"""Axes that torch fills with what stands in them."""
SIDES = 2
"""Sides of an axis."""


class Pad(Taking, frozen=True):
    """Positions added on the sides of the last axes; negative numbers cut positions off."""

    pad: SideList
    """Two numbers per axis (before, behind), the last axis first; axes that are not named stay."""
    mode: PadMode = "constant"
    """What stands there: ``value``, the axis mirrored, its ends repeated, or the axis going round."""
    value: float = 0.0
    """The constant."""

    def infer(self, inputs: tuple[Tensor, ...]) -> Facts:
        """(*a, *n) -> (*a, *(before + n + behind))."""
        tensor = single(inputs)
        axes = len(tensor.shape)
        border: Border = "padding" if self.mode == "constant" else self.mode
        self._check(axes)
        check_border(tensor, border)
        sides = self._sides(axes)
        reads = tuple(
            AxisRead(axis, side_reach(border, n, *each, "pad") if any(each) else IDENTITY, border)
            for axis, (n, each) in enumerate(zip(tensor.shape, sides, strict=True))
        )
        shape = tuple(n + sum(each) for n, each in zip(tensor.shape, sides, strict=True))
        return Facts({"output": Tensor(shape, tensor.dtype)}, copy_work(shape), (reads,))

    def _check(self, axes: int) -> None:
        """Refuse sides without an axis, and axes that torch cannot fill."""
        if len(self.pad) % SIDES:
            fact = f"pad has {len(self.pad)} values, which is no pair per axis"
            raise Fault(fact, key="pad", hint="two per axis (before, behind), the last axis first")
        padded = len(self.pad) // SIDES
        if padded > axes:
            raise Fault(f"pad names {padded} axes, but a sample has {axes}", key="pad")
        if self.mode == "constant":
            return
        if self.value:
            fact = f"mode {self.mode!r} puts no value in the padding, got {self.value:g}"
            raise Fault(fact, key="value", hint="mode: constant does")
        if padded > FILLED_AXES or axes > FILLED_AXES + 1:
            fact = f"torch fills {FILLED_AXES} axes of at most {FILLED_AXES + 1} by mode {self.mode!r}"
            raise Fault(f"{fact}, got {padded} of {axes}", key="mode")

    def _sides(self, axes: int) -> tuple[tuple[int, int], ...]:
        """Positions before and behind, first axis first."""
        pairs = [(self.pad[at], self.pad[at + 1]) for at in range(0, len(self.pad), SIDES)]
        return ((0, 0),) * (axes - len(pairs)) + tuple(reversed(pairs))

    def image(self, *read: Ends) -> Ends:
        """The constant too."""
        return hull(read[0], (self.value, self.value)) if self.mode == "constant" else read[0]

    def keeping(self, inputs: tuple[Tensor, ...], facts: Facts) -> Saved | None:
        """Its input where the padding is found by place; else nothing."""
        del inputs, facts
        return KEEPS_INPUT if self.mode in UNTRUE else KEEPS_NOTHING
