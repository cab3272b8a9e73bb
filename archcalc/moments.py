"""What a kind does to the second moments of a signal and of its gradient, before anything is trained.

A tensor is taken for its numbers over random first weights and random samples. Its gradient is that of a
random sum of the network's outputs, whose weights are independent, of mean 0 and of variance 1.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

from archcalc.facts import Tensor
from archcalc.formulas.gaussian import NORMAL_FOURTH
from archcalc.records import dataclass
from archcalc.tuples import NamedTuple

if TYPE_CHECKING:
    from archcalc.formulas.shifted import Bend


class Composed(NamedTuple):
    """A function of single numbers that was taken of normal ones.

    Args:
        function: it.
        before: of what.
        slope: mean square of its slope there.
        name: which layers it is made of; the same name means the same function.
        depth: how many functions it is made of.
        homogeneous: f(c x) = c f(x) for every positive c.
        bend: what it is, where it is a line with a bend.
    """

    function: Callable[[float], float]
    before: "Moments"
    slope: float
    name: str
    depth: int = 1
    homogeneous: bool = False
    bend: "Bend | None" = None


class Strand(NamedTuple):
    """Channels of a concatenation from one input: their share, and E x^2 less what samples share."""

    share: float
    varying: float


@dataclass(frozen=True, slots=True)
class Moments:
    """The numbers of a tensor.

    Args:
        square: E x^2.
        common: E x x' of one unit at two positions of a sample; ``square`` where there are no positions.
        shared: E x x' of one unit in two samples, each at some position.
        mean: E x over the units.
        spread: variance of ``square`` from one draw of the weights, or sample, to the next, over its square.
        fourth: E x^4 / (E x^2)^2.
        made: the function whose values they are, and of which normal numbers.
        parts: of a concatenation of channels, the share of each part and its variance in a batch.
        places: variance of ``square`` from position to position, over its square.
        turned: of (T, F) whose axes are swapped: 1, and 2 once a map has mixed what were positions.
        source: of which output of the network's layers they are copies; empty: of none.
        doubt: why the numbers above are not sure; empty: they are.
    """

    square: float
    common: float
    shared: float = 0.0
    mean: float = 0.0
    spread: float = 0.0
    fourth: float = NORMAL_FOURTH
    made: Composed | None = None
    parts: "tuple[Strand, ...]" = ()
    places: float = 0.0
    turned: int = 0
    source: str = ""
    doubt: str = ""


class Gradient(NamedTuple):
    """The gradient of a tensor.

    Args:
        square: E g^2.
        common: E g g' of one unit at two positions of a sample.
        steeper: by how much the function that made these numbers is steeper where the gradient arrives: at
            the largest ones of a max pool a rectifier mostly has its slope.
        along: what positions share of it times these numbers, over their deviation: (E g x)^2 / E x^2.
        parts: of a concatenation of channels, the mean square of each part; empty: the same in all.
    """

    square: float
    common: float
    steeper: float = 1.0
    along: float = 0.0
    parts: tuple[float, ...] = ()

    def times(self, gain: float, common: float | None = None) -> "Gradient":
        """The same times a gain; what positions share times ``common``, where that is another."""
        return Gradient(
            self.square * gain,
            self.common * (gain if common is None else common),
            parts=tuple(part * gain for part in self.parts),
        )


NO_GRADIENT = Gradient(0.0, 0.0)
Back = Callable[[tuple[Gradient, ...]], tuple[Gradient, ...]]
"""Gradients of the outputs -> gradients of the inputs."""


def by_gain(gain: float, common: float | None = None) -> Back:
    """The way back of a layer that multiplies the gradient's mean square; see ``Gradient.times``."""

    def back(gradients: tuple[Gradient, ...]) -> tuple[Gradient, ...]:
        return (gradients[0].times(gain, common),)

    return back


def nothing_back(inputs: int) -> Back:
    """The way back of a layer that no gradient passes."""

    def back(gradients: tuple[Gradient, ...]) -> tuple[Gradient, ...]:
        del gradients
        return (NO_GRADIENT,) * inputs

    return back


def handed_on(gradients: tuple[Gradient, ...]) -> tuple[Gradient, ...]:
    """The way back of a layer that adds something of its own."""
    return gradients


class Recurrence(NamedTuple):
    """What a recurrence does over its steps.

    Args:
        steps: how many there are.
        forward: log10 of the mean square of the last state over that of the first one.
        backward: log10 of the mean square of the gradient at the first step over that at the last one, of a
            gradient that arrives there alone.
    """

    steps: int
    forward: float
    backward: float


class Propagated(NamedTuple):
    """What comes of the numbers that a layer reads, and of the gradients that come back.

    Args:
        states: of its outputs, in their order.
        back: gradients of its outputs -> those of its inputs.
        steps: of a recurrence, what happens along it.
        doubt: why the gradients are not sure; empty: they are.
    """

    states: tuple[Moments, ...]
    back: Back
    steps: Recurrence | None = None
    doubt: str = ""


@dataclass(frozen=True, slots=True)
class Unruled:
    """Nobody can say what a layer does to second moments, and why."""

    reason: str


class Arrived(NamedTuple):
    """An input of a layer, and its numbers; None: whole numbers, truths."""

    tensor: Tensor
    state: Moments | None


Drawn = dict[str, float]
"""Name of a weight -> mean square of its first numbers; a weight that is not named has no known ones."""
