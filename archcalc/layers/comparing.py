"""Truths: comparisons, what they are made of, and what they choose (torch.eq, where, masked_fill)."""

from math import isfinite
from typing import Literal

from archcalc.errors import Fault
from archcalc.facts import Facts, Tensor
from archcalc.keeping import KEEPS_INPUT, KEEPS_NOTHING, Saved
from archcalc.layers.arguments import Number
from archcalc.layers.arithmetic import PAIR, Finite, OfTwo
from archcalc.layers.base import Layer, Taking, single
from archcalc.layers.broadcasting import broadcast_reads
from archcalc.layers.mathematics import Ends, hull
from archcalc.layers.merging import promote
from archcalc.layers.operations import on_each

Comparator = Literal["eq", "ne", "lt", "le", "gt", "ge"]
CHOOSING = 3
TRUTHS = "a Compare makes truths"


class Compare(OfTwo, frozen=True):
    """Compare the input with a second one, or with a number."""

    saves = KEEPS_NOTHING

    op: Comparator
    """eq: equal, ne: not equal, lt: less, le: not greater, gt: greater, ge: not less."""
    other: Finite | None = None
    """The number; null: the second input."""

    def infer(self, inputs: tuple[Tensor, ...]) -> Facts:
        """(*), maybe (*) -> (*) of truths, each axis equal or 1."""
        if self.other is None:
            return truths(super().infer(inputs))
        return truths(LogicalNot().infer(inputs))

    def image(self, *read: Ends) -> Ends:
        """0 or 1."""
        del read
        return 0.0, 1.0


class LogicalAnd(OfTwo, frozen=True):
    """Whether both are true, or no 0."""

    saves = KEEPS_NOTHING

    def infer(self, inputs: tuple[Tensor, ...]) -> Facts:
        """(*), (*) -> (*) of truths, each axis equal or 1."""
        return truths(super().infer(inputs))

    def image(self, *read: Ends) -> Ends:
        """0 or 1."""
        del read
        return 0.0, 1.0


class LogicalOr(LogicalAnd, frozen=True):
    """Whether one is true, or no 0."""


class LogicalNot(Layer, frozen=True):
    """Whether it is not true, or 0."""

    saves = KEEPS_NOTHING

    takes_numbers = True

    def infer(self, inputs: tuple[Tensor, ...]) -> Facts:
        """(*) -> (*) of truths."""
        tensor = single(inputs)
        return truths(Facts({"output": tensor}, (on_each(tensor.shape),), broadcast_reads((tensor,))[1]))

    def image(self, *read: Ends) -> Ends:
        """0 or 1."""
        del read
        return 0.0, 1.0


class Where(Layer, frozen=True):
    """Where the first input is true the number of the second one, else that of the third one."""

    saves = KEEPS_INPUT

    takes_numbers = True
    pairs_axes = True

    def infer(self, inputs: tuple[Tensor, ...]) -> Facts:
        """(*) of truths, (*), (*) -> (*), each axis equal or 1."""
        if len(inputs) != CHOOSING:
            fact = f"takes 3 inputs (truths, where true, where not), got {len(inputs)}"
            raise Fault(fact, key="from", hint="name them: from: [mask, one, other]")
        no_numbers(inputs[0], "the first input")
        shape, reads = broadcast_reads(inputs)
        return Facts({"output": Tensor(shape, promote(inputs[1:]))}, (on_each(shape),), reads)

    def image(self, *read: Ends) -> Ends:
        """The numbers of both."""
        return hull(*read[1:])


class MaskedFill(Taking, frozen=True):
    """Put one number wherever the second input is true."""

    saves = Saved(inputs=(1,))

    takes_numbers = True
    pairs_axes = True

    value: Number
    """The number; -.inf hides scores from a softmax."""

    def infer(self, inputs: tuple[Tensor, ...]) -> Facts:
        """(*), (*) of truths -> (*), each axis equal or 1."""
        if len(inputs) != PAIR:
            fact = f"takes 2 inputs (numbers, truths), got {len(inputs)}"
            raise Fault(fact, key="from", hint="name them: from: [scores, mask]")
        no_numbers(inputs[1], "the second input")
        dtype = inputs[0].dtype
        beyond = not isfinite(self.value) or (dtype == "uint8" and self.value < 0)
        if beyond and not inputs[0].is_float and dtype != "bool":
            raise Fault(f"{dtype} has no {self.value}", key="value", hint="write a whole number")
        shape, reads = broadcast_reads(inputs)
        return Facts({"output": Tensor(shape, dtype)}, (on_each(shape),), reads)

    def image(self, *read: Ends) -> Ends:
        """The numbers of the first input, and the value."""
        return hull(read[0], (self.value, self.value))


def truths(facts: Facts) -> Facts:
    """The same, of truths."""
    output = facts.outputs["output"]
    return Facts({"output": Tensor(output.shape, "bool", output.batched)}, facts.work, facts.reads)


def no_numbers(tensor: Tensor, which: str) -> None:
    """Refuse anything but truths.

    Raises:
        Fault: it is something else.
    """
    if tensor.dtype != "bool":
        raise Fault(f"needs bool as {which}, got {tensor.dtype}", key="from", hint=TRUTHS)
