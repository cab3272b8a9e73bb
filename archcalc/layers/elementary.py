"""Functions of single numbers that are no activations by trade (torch.exp, rsqrt, sin, abs ...)."""

from math import ceil, cos, erf, exp, expm1, floor, inf, isinf, log, log1p, nan, pi, sin, sqrt
from typing import TYPE_CHECKING, ClassVar

from archcalc.errors import Fault
from archcalc.facts import Facts, Tensor, pointwise
from archcalc.keeping import KEEPS_NOTHING, KEEPS_OUTPUT
from archcalc.layers.base import Layer, single
from archcalc.layers.curves import FAR, Activation, jump
from archcalc.layers.mathematics import ANYTHING, Ends

if TYPE_CHECKING:
    from collections.abc import Callable

LARGEST = 709.0
"""Where exp(x) is still a double."""


class Elementary(Activation, frozen=True):
    """A function of single numbers, which makes real numbers of whole ones."""

    takes_numbers = True
    in_formulas = True
    domain: ClassVar[Ends] = ANYTHING
    """From which to which number anything is said of it."""

    def infer(self, inputs: tuple[Tensor, ...]) -> Facts:
        """(*) -> (*)."""
        return pointwise(as_real(single(inputs)))

    def image(self, *read: Ends) -> Ends:
        """The hull of the function at both ends, and where it turns; nothing is said beyond its domain."""
        low, high = self.domain
        return super().image(*read) if low <= read[0][0] and read[0][1] <= high else ANYTHING

    def before_training(self, x: float) -> float:
        """The function; nan beyond its domain."""
        return self._at(x) if self.domain[0] <= x <= self.domain[1] else nan


class Exp(Elementary, frozen=True):
    """exp(x)."""

    saves = KEEPS_OUTPUT

    def _at(self, x: float) -> float:
        return exp(x) if x <= LARGEST else inf


class Expm1(Elementary, frozen=True):
    """exp(x) - 1."""

    saves = KEEPS_OUTPUT

    rectifies = True

    def _at(self, x: float) -> float:
        return expm1(x) if x <= LARGEST else inf


class Log(Elementary, frozen=True):
    """The natural logarithm."""

    domain = (0.0, inf)

    def image(self, *read: Ends) -> Ends:
        """No number is the largest logarithm."""
        low, high = super().image(*read)
        return low, inf if isinf(read[0][1]) else high

    def _at(self, x: float) -> float:
        return log(x) if x > 0 else -inf


class Log1p(Log, frozen=True):
    """log(1 + x)."""

    domain = (-1.0, inf)

    def _at(self, x: float) -> float:
        return log1p(x) if x > -1 else -inf


class Sqrt(Elementary, frozen=True):
    """The square root."""

    saves = KEEPS_OUTPUT

    domain = (0.0, inf)

    def _at(self, x: float) -> float:
        return sqrt(x)


class Rsqrt(Elementary, frozen=True):
    """1 / sqrt(x)."""

    saves = KEEPS_OUTPUT

    domain = (0.0, inf)

    def _at(self, x: float) -> float:
        return 1 / sqrt(x) if x else inf


class Reciprocal(Elementary, frozen=True):
    """1 / x."""

    saves = KEEPS_OUTPUT

    domain = (0.0, inf)

    def _at(self, x: float) -> float:
        return 1 / x if x else inf


class Sin(Elementary, frozen=True):
    """The sine of x radians."""

    def image(self, *read: Ends) -> Ends:
        """Of both ends, and of the quarters of a turn between them."""
        return wave(sin, read[0], pi / 2)

    def _at(self, x: float) -> float:
        return sin(x)


class Cos(Elementary, frozen=True):
    """The cosine of x radians."""

    def image(self, *read: Ends) -> Ends:
        """Of both ends, and of the halves of a turn between them."""
        return wave(cos, read[0], 0.0)

    def _at(self, x: float) -> float:
        return cos(x)


class Erf(Elementary, frozen=True):
    """2 / sqrt(pi) times the integral of exp(-t^2) from 0 to x."""

    def _at(self, x: float) -> float:
        return erf(x)


class Signed(Elementary, frozen=True):
    """A function that keeps whole numbers whole, and that torch has of no truths."""

    def infer(self, inputs: tuple[Tensor, ...]) -> Facts:
        """(*) -> (*)."""
        return pointwise(no_truths(single(inputs)))


class Abs(Signed, frozen=True):
    """|x|."""

    homogeneous = True
    turns = (0.0,)
    kept = (0.0, inf)

    def _at(self, x: float) -> float:
        return abs(x)


class Floor(Signed, frozen=True):
    """The largest whole number up to x."""

    saves = KEEPS_NOTHING

    def _at(self, x: float) -> float:
        return x if abs(x) >= FAR else float(floor(x))


class Ceil(Signed, frozen=True):
    """The smallest whole number from x on."""

    saves = KEEPS_NOTHING

    def _at(self, x: float) -> float:
        return x if abs(x) >= FAR else float(ceil(x))


class Round(Signed, frozen=True):
    """The whole number next to x, an even one in the middle between two."""

    saves = KEEPS_NOTHING

    def _at(self, x: float) -> float:
        return x if abs(x) >= FAR else float(round(x))


class Sign(Elementary, frozen=True):
    """-1, 0 or 1."""

    saves = KEEPS_NOTHING

    keeps_moments = True

    def infer(self, inputs: tuple[Tensor, ...]) -> Facts:
        """(*) -> (*)."""
        return pointwise(single(inputs))

    def _at(self, x: float) -> float:
        return float((x > 0) - (x < 0))

    def _turns(self) -> tuple[float, ...]:
        return jump(0.0)


class Neg(Layer, frozen=True):
    """-x."""

    saves = KEEPS_NOTHING

    takes_numbers = True

    def infer(self, inputs: tuple[Tensor, ...]) -> Facts:
        """(*) -> (*)."""
        return pointwise(no_truths(single(inputs)))

    def image(self, *read: Ends) -> Ends:
        """Both ends, the other way round."""
        return -read[0][1], -read[0][0]


def wave(function: "Callable[[float], float]", ends: Ends, crest: float) -> Ends:
    """Between which numbers a wave of length 2 pi and height 1 lies that is 1 at ``crest``."""
    low, high = ends
    if not high - low < 2 * pi:
        return -1.0, 1.0
    turns = range(floor((low - crest) / pi), ceil((high - crest) / pi) + 1)
    passed = [1.0 - 2.0 * (n % 2) for n in turns if low <= crest + n * pi <= high]
    values = (function(low), function(high), *passed)
    return min(values), max(values)


def as_real(tensor: Tensor) -> Tensor:
    """What torch makes of whole numbers where a result is a real one."""
    return tensor if tensor.is_float else Tensor(tensor.shape, "float32", tensor.batched)


def no_truths(tensor: Tensor) -> Tensor:
    """The tensor, which must not be of truths.

    Raises:
        Fault: it is.
    """
    if tensor.dtype == "bool":
        raise Fault("needs numbers, got bool", hint="Cast makes numbers of them")
    return tensor
