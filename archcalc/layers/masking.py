"""Masked autoencoders: a random part of a sequence stays, and is later put back among mask tokens.

He et al. 2021 (arXiv 2111.06377). Which positions stay is drawn for every sample, so a unit of the result may
have any of them: it reads the whole axis, and of that a part that chance tells.
"""

from typing import Annotated

from pydantic import Field

from archcalc.errors import Fault
from archcalc.facts import IDENTITY, WHOLE, AxisRead, Facts, Reads, Tensor
from archcalc.formulas.elementwise import each_number
from archcalc.formulas.resampling import scaled
from archcalc.keeping import INDEX, Saved, per_sample
from archcalc.layers.arguments import Positive
from archcalc.layers.base import Layer, single_float, two_axes
from archcalc.layers.mathematics import Passing
from archcalc.layers.positional import BARE
from archcalc.work import Work

DRAWN: Reads = (AxisRead(0, WHOLE, sampled=True), AxisRead(1, IDENTITY))


class RandomMasking(Layer, frozen=True):
    """Keep a random part of the positions, in training and inference alike."""

    passes = Passing.CHOSEN

    mask_ratio: Annotated[float, Field(ge=0, lt=1)] = 0.75
    """Share of the positions that are taken out."""

    def infer(self, inputs: tuple[Tensor, ...]) -> Facts:
        """(T, D) -> (floor(T (1 - mask_ratio)), D)."""
        tensor = single_float(inputs)
        positions, features = two_axes(tensor, "positions, features")
        kept = scaled(positions, 1 - self.mask_ratio)
        if not kept:
            fact = f"mask_ratio {self.mask_ratio:g} leaves none of {positions} positions"
            raise Fault(fact, key="mask_ratio", hint="a smaller one, or more positions")
        output = Tensor((kept, features), tensor.dtype)
        return Facts({"output": output}, (Work("gather", each_number(output.shape)),), (DRAWN,))

    def keeping(self, inputs: tuple[Tensor, ...], facts: Facts) -> Saved | None:
        """What arrives, and the order of its positions."""
        del facts
        return Saved(inputs=(0,), others=(per_sample(inputs[0].shape[0], INDEX),))


class MaskTokens(Layer, frozen=True):
    """Put the kept positions back in their places, and one learned vector in all others.

    The vector is the Parameter (1, 1, D), called as the layer itself.
    """

    positions: Positive
    """Positions of the result, without the first tokens."""
    first_tokens: Annotated[int, Field(ge=0)] = 0
    """Tokens before the positions that were never taken out (a class token)."""

    def infer(self, inputs: tuple[Tensor, ...]) -> Facts:
        """(first_tokens + K, D) -> (first_tokens + positions, D), K at most ``positions``."""
        tensor = single_float(inputs)
        arriving, features = two_axes(tensor, "positions, features")
        if arriving < self.first_tokens:
            fact = f"first_tokens is {self.first_tokens}, but {arriving} positions arrive"
            raise Fault(fact, key="first_tokens")
        kept = arriving - self.first_tokens
        if kept > self.positions:
            raise Fault(f"{kept} positions arrive for {self.positions} places", key="positions")
        output = Tensor((self.first_tokens + self.positions, features), tensor.dtype)
        work = (Work("gather", each_number(output.shape), (BARE,)),)
        return Facts({"output": output}, work, (DRAWN,), {BARE: (1, 1, features)})

    def keeping(self, inputs: tuple[Tensor, ...], facts: Facts) -> Saved | None:
        """Positions and mask tokens one behind the other, and their order."""
        del facts
        features = inputs[0].shape[1]
        return Saved(
            others=(Tensor((self.positions, features), inputs[0].dtype), per_sample(self.positions, INDEX))
        )
