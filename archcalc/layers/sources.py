"""What a network holds beside its layers: parameters, buffers and constants, which read nothing.

They are one for all samples. Whatever is made of them alone is so too, until it meets something of a sample.
"""

from typing import TYPE_CHECKING, Literal

from archcalc.errors import Fault
from archcalc.facts import Facts, Tensor
from archcalc.keeping import KEEPS_NOTHING
from archcalc.layers.arguments import WholeShape
from archcalc.layers.base import Layer
from archcalc.layers.positional import BARE
from archcalc.spec.network import Dtype

if TYPE_CHECKING:
    from archcalc.moments import Arrived, Drawn, Propagated, Unruled

ConstantForm = Literal["fill", "range", "causal", "window", "cosines", "sines", "other"]
SQUARE = 2
"""Axes of a mask: queries and keys."""


class WithoutInputs(Layer, frozen=True):
    """A tensor that is there without anything arriving."""

    saves = KEEPS_NOTHING

    is_source = True

    shape: WholeShape
    """Its sizes as torch has them; []: a number."""
    dtype: Dtype = "float32"
    """torch's name of its dtype."""

    @property
    def held(self) -> Tensor:
        """What leaves it."""
        return Tensor(self.shape, self.dtype, batched=False)


class Parameter(WithoutInputs, frozen=True):
    """A learned tensor (torch.nn.Parameter), called as the layer itself."""

    def infer(self, inputs: tuple[Tensor, ...]) -> Facts:
        """Nothing -> shape."""
        nothing(inputs)
        if not self.held.is_float:
            raise Fault(f"torch learns real numbers only, not {self.dtype}", key="dtype", hint="a Buffer can")
        return Facts({"output": self.held}, (), (), {BARE: self.shape})

    def carry(self, read: "tuple[Arrived, ...]", facts: Facts, drawn: "Drawn") -> "Propagated | Unruled":
        """Numbers that no module draws; those of ``init``."""
        del read, facts
        from archcalc.layers.carrying.looking_up import carried_own

        return carried_own(drawn.get(BARE))


class Buffer(WithoutInputs, frozen=True):
    """A tensor that is kept with the weights and is not learned, called as the layer itself."""

    persistent: bool = True
    """It is in the state_dict too."""
    in_constants: bool = False
    """Constants are made of its numbers, and so it serves although no layer reads it."""

    @property
    def serves_unread(self) -> bool:
        """Constants take its numbers."""
        return self.in_constants

    def infer(self, inputs: tuple[Tensor, ...]) -> Facts:
        """Nothing -> shape."""
        nothing(inputs)
        transient = () if self.persistent else (BARE,)
        return Facts({"output": self.held}, (), (), buffers={BARE: self.shape}, transient=transient)


class Constant(WithoutInputs, frozen=True):
    """A tensor that is made anew in every pass, of the sizes alone: a mask, a range, a table of sines."""

    value: float | None = None
    """The number that belongs to its form; null: none, or it is not known."""
    form: ConstantForm = "other"
    """fill: ``value`` everywhere; range: 0, 1, 2 ... along the last axis; causal: it hides the keys behind a
    query, with ``value`` or false; window: besides those that are far away; cosines, sines: of positions
    times frequencies; other: not known."""

    @property
    def stands_in(self) -> bool:
        """Of a form that is not known, or of which only the kind of numbers is."""
        return self.form in ("other", "cosines", "sines")

    def infer(self, inputs: tuple[Tensor, ...]) -> Facts:
        """Nothing -> shape."""
        nothing(inputs)
        if self.form == "fill" and self.value is None:
            raise Fault("form 'fill' needs a value", key="form", hint="write value, or form: other")
        if self.form in ("causal", "window") and len(self.shape) < SQUARE:
            fact = f"form {self.form!r} needs axes of queries and keys, got {list(self.shape)}"
            raise Fault(fact, key="shape")
        return Facts({"output": self.held}, (), ())


def nothing(inputs: tuple[Tensor, ...]) -> None:
    """Refuse inputs."""
    if inputs:
        raise Fault(f"takes no input, got {len(inputs)}", key="from", hint="the layer behind it reads it")
