"""What one layer states about itself: shapes, weights, multiply-accumulates, and what it reads."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import prod

Shape = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Tensor:
    """A shape without the batch axis, and torch's name of its dtype."""

    shape: Shape
    dtype: str = "float32"

    @property
    def is_float(self) -> bool:
        """Whether it holds real numbers, as weights need them."""
        return self.dtype.startswith(("float", "bfloat"))


@dataclass(frozen=True, slots=True)
class Window:
    """Output o reads the inputs ``o stride - padding + k dilation`` for k = 0 .. kernel - 1.

    ``padding`` counts the positions before the axis; those behind it only matter for the output's size.
    """

    kernel: int = 1
    stride: int = 1
    padding: int = 0
    dilation: int = 1

    @property
    def shift(self) -> int:
        """Input positions from one period of outputs to the next."""
        return self.stride

    @property
    def phases(self) -> tuple[range, ...]:
        """Input positions that the outputs of the first period read."""
        first = -self.padding
        return (range(first, first + self.kernel * self.dilation, self.dilation),)


@dataclass(frozen=True, slots=True)
class Phased:
    """A window that depends on the output's phase: output ``q P + r`` reads ``q shift + phases[r]``.

    P is the number of phases. Adaptive pools whose sizes do not divide read like this.
    """

    shift: int
    phases: tuple[range, ...]


@dataclass(frozen=True, slots=True)
class Whole:
    """Every output reads the whole axis.

    Args:
        features: the axis holds channels or features that the layer mixes, not positions.
    """

    features: bool = False


Reach = Window | Phased | Whole
IDENTITY = Window()
WHOLE = Whole()
FEATURES = Whole(features=True)


@dataclass(frozen=True, slots=True)
class AxisRead:
    """How one axis of an input is read.

    Args:
        to: the output axis that runs along with it; None when there is none any more.
        reach: the input positions that an output position reads.
        partial: only some positions of the output read this input (a part of a concatenation).
    """

    to: int | None
    reach: Reach
    partial: bool = False


Reads = tuple[AxisRead, ...]
"""One entry per axis of an input."""


def along(*reaches: Reach) -> Reads:
    """Reads of a layer that keeps the order of the axes: axis i in runs along axis i out."""
    return tuple(AxisRead(axis, reach) for axis, reach in enumerate(reaches))


@dataclass(frozen=True, slots=True)
class Facts:
    """All that the rest of the program needs to know about one layer on its inputs.

    Args:
        outputs: name -> tensor in torch's order; the first is what the next layer reads.
        macs: multiply-accumulates for one sample; None where they are not known.
        reads: per input, per axis of that input, what an output unit reads.
        weights: torch's parameter name -> shape.
        buffers: torch's buffer name -> shape.
    """

    outputs: Mapping[str, Tensor]
    macs: int | None
    reads: tuple[Reads, ...]
    weights: Mapping[str, Shape] = field(default_factory=dict[str, Shape])
    buffers: Mapping[str, Shape] = field(default_factory=dict[str, Shape])


def pointwise(tensor: Tensor, weights: Mapping[str, Shape] | None = None) -> Facts:
    """Facts of a layer that maps every number by itself: the same shape, 0 MACs."""
    reads = along(*(IDENTITY for _ in tensor.shape))
    return Facts({"output": tensor}, 0, (reads,), weights or {})


def count(tensors: Mapping[str, Shape]) -> int:
    """Elements of all tensors together."""
    return sum(prod(shape) for shape in tensors.values())
