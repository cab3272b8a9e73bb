"""Sums, powers and limits with a fixed number, and of two tensors (torch.add, pow, clamp, sub, div ...)."""

from math import inf, isfinite, nan
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from archcalc.errors import Fault
from archcalc.facts import NOTHING, Facts, Tensor, along, pointwise
from archcalc.keeping import KEEPS_NOTHING, Saved
from archcalc.layers.arguments import Number
from archcalc.layers.base import Layer, single
from archcalc.layers.curves import Activation
from archcalc.layers.elementary import as_real
from archcalc.layers.mathematics import ANYTHING, Ends, Merge
from archcalc.layers.merging import Elementwise
from archcalc.layers.operations import on_each

if TYPE_CHECKING:
    from archcalc.moments import Arrived, Drawn, Propagated, Unruled

Finite = Annotated[Number, Field(allow_inf_nan=False)]
"""A whole or real number."""
PAIR = 2


class Offset(Layer, frozen=True):
    """Add the same number to every one, which is not learned: x + c."""

    saves = KEEPS_NOTHING

    takes_numbers = True

    value: Finite
    """c; a whole one leaves whole numbers whole."""

    def infer(self, inputs: tuple[Tensor, ...]) -> Facts:
        """(*) -> (*)."""
        return pointwise(with_number(single(inputs), self.value))

    def image(self, *read: Ends) -> Ends:
        """Both ends and c."""
        return read[0][0] + self.value, read[0][1] + self.value

    def carry(self, read: "tuple[Arrived, ...]", facts: Facts, drawn: "Drawn") -> "Propagated | Unruled":
        """The mean moves."""
        del facts, drawn
        from archcalc.layers.carrying.joining import carried_offset

        return carried_offset(read, float(self.value))


class Pow(Activation, frozen=True):
    """x^e with a fixed exponent e."""

    takes_numbers = True
    in_formulas = True

    exponent: Finite
    """e; a whole one from 0 on leaves whole numbers whole."""

    def infer(self, inputs: tuple[Tensor, ...]) -> Facts:
        """(*) -> (*)."""
        tensor = single(inputs)
        if isinstance(self.exponent, int) and self.exponent < 0 and not tensor.is_float:
            fact = f"whole numbers have no power of {self.exponent}, got {tensor.dtype}"
            raise Fault(fact, key="exponent", hint="a Cast to float32 before it makes real numbers of them")
        output = with_number(tensor, self.exponent)
        if self.exponent == 0:
            return Facts(
                {"output": output}, (on_each(output.shape),), (along(*(NOTHING for _ in tensor.shape)),)
            )
        return pointwise(output)

    def image(self, *read: Ends) -> Ends:
        """Of both ends and 0; nothing is said of negative numbers but for whole exponents."""
        return super().image(*read) if self._whole or read[0][0] >= 0 else ANYTHING

    def before_training(self, x: float) -> float:
        """The power; nan where it is not real."""
        return self._at(x) if self._whole or x >= 0 else nan

    @property
    def _whole(self) -> bool:
        return self.exponent >= 0 and self.exponent == int(self.exponent)

    def _at(self, x: float) -> float:
        try:
            return float(x**self.exponent)  # negative x have whole exponents
        except OverflowError:
            return -inf if x < 0 and self.exponent % 2 else inf
        except ZeroDivisionError:
            return inf

    def _turns(self) -> tuple[float, ...]:
        return (0.0,)

    def unchanged(self) -> Ends | None:
        """Everywhere with the exponent 1."""
        return ANYTHING if self.exponent == 1 else None


class Clamp(Activation, frozen=True):
    """min(max(x, min), max)."""

    takes_numbers = True
    in_formulas = True

    min: Number | None = None
    """Smallest output; null: no limit."""
    max: Number | None = None
    """Largest output; null: no limit."""

    def infer(self, inputs: tuple[Tensor, ...]) -> Facts:
        """(*) -> (*)."""
        tensor = single(inputs)
        limits = [limit for limit in (self.min, self.max) if limit is not None]
        if not limits:
            raise Fault("clamps to nothing", key="min", hint="write min, max or both")
        for limit in limits:
            tensor = with_number(tensor, limit)
        return pointwise(tensor)

    def unchanged(self) -> Ends | None:
        """From min to max; nowhere where min is above max, which is the output then."""
        low = -inf if self.min is None else float(self.min)
        high = inf if self.max is None else float(self.max)
        return (low, high) if low < high else None

    def _at(self, x: float) -> float:
        above = x if self.min is None else max(x, float(self.min))
        return above if self.max is None else min(above, float(self.max))


class OfTwo(Elementwise, frozen=True):
    """Join two inputs number by number; an axis of size 1 is repeated along the other input's axis."""

    def infer(self, inputs: tuple[Tensor, ...]) -> Facts:
        """(*), (*) -> (*), each axis equal or 1; what is one for all samples may have fewer axes."""
        if len(inputs) != PAIR:
            fact = f"takes 2 inputs, got {len(inputs)}"
            raise Fault(fact, key="from", hint="name them: from: [one, other]")
        return super().infer(inputs)


class Subtract(OfTwo, frozen=True):
    """The first input less the second one."""

    saves = KEEPS_NOTHING

    merges = Merge.SUM

    def infer(self, inputs: tuple[Tensor, ...]) -> Facts:
        """(*), (*) -> (*), each axis equal or 1; what is one for all samples may have fewer axes."""
        if any(tensor.dtype == "bool" for tensor in inputs):
            raise Fault("torch subtracts no bool", key="from", hint="LogicalNot turns truths round")
        return super().infer(inputs)

    def image(self, *read: Ends) -> Ends:
        """From the smallest less the largest to the largest less the smallest."""
        return read[0][0] - read[1][1], read[0][1] - read[1][0]

    def carry(self, read: "tuple[Arrived, ...]", facts: Facts, drawn: "Drawn") -> "Propagated | Unruled":
        """The sum of the first input and the second one with the other sign."""
        del drawn
        from archcalc.layers.carrying.joining import carried_difference

        return carried_difference(read, facts)


class Divide(OfTwo, frozen=True):
    """The first input through the second one."""

    saves = Saved(inputs=(1,), for_others=(0,))

    def infer(self, inputs: tuple[Tensor, ...]) -> Facts:
        """(*), (*) -> (*), each axis equal or 1; what is one for all samples may have fewer axes."""
        facts = super().infer(inputs)
        return Facts({"output": as_real(facts.outputs["output"])}, facts.work, facts.reads)

    def image(self, *read: Ends) -> Ends:
        """Of the ends, where the second input is above 0 and finite."""
        (low, high), (least, most) = read
        if least <= 0 or not all(map(isfinite, (low, high, most))):
            return (0.0, inf) if low >= 0 and least > 0 else ANYTHING
        quotients = [one / other for one in (low, high) for other in (least, most)]
        return min(quotients), max(quotients)


class Power(OfTwo, frozen=True):
    """The first input to the power of the second one."""

    saves = Saved(inputs=(0, 1), outputs=(0,))

    def infer(self, inputs: tuple[Tensor, ...]) -> Facts:
        """(*), (*) -> (*), each axis equal or 1; what is one for all samples may have fewer axes."""
        if all(tensor.dtype == "bool" for tensor in inputs):
            raise Fault("torch has no power of bool and bool", key="from")
        return super().infer(inputs)

    def image(self, *read: Ends) -> Ends:
        """Not below 0 where the first input is not."""
        return (0.0, inf) if read[0][0] >= 0 else ANYTHING


class Maximum(OfTwo, frozen=True):
    """The larger one of two numbers."""

    saves = Saved(inputs=(0, 1))

    def image(self, *read: Ends) -> Ends:
        """The larger ones of the ends."""
        return max(low for low, _ in read), max(high for _, high in read)


class Minimum(OfTwo, frozen=True):
    """The smaller one of two numbers."""

    saves = Saved(inputs=(0, 1))

    def image(self, *read: Ends) -> Ends:
        """The smaller ones of the ends."""
        return min(low for low, _ in read), min(high for _, high in read)


def with_number(tensor: Tensor, number: float) -> Tensor:
    """What torch makes of a tensor and a number: a real one makes real numbers, a whole one no truths."""
    if isinstance(number, float):
        return as_real(tensor)
    return Tensor(tensor.shape, "int64", tensor.batched) if tensor.dtype == "bool" else tensor
