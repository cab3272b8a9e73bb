"""What one layer states about itself: shapes, weights, multiply-accumulates, and what it reads."""

from collections.abc import Mapping
from dataclasses import field
from functools import lru_cache
from itertools import repeat
from math import prod
from typing import TYPE_CHECKING, Literal, Never

from archcalc.formulas.elementwise import each_number
from archcalc.records import dataclass
from archcalc.work import Part, Work, Worked, named_parts, operations_of

if TYPE_CHECKING:
    from archcalc.attended import Attention
    from archcalc.averages import Averages

Shape = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Tensor:
    """A shape without the batch axis, and torch's name of its dtype.

    Args:
        shape: sizes of the axes; none: a number.
        dtype: torch's name of it.
        batched: every sample has its own; what depends on no input is one for all of them.
    """

    shape: Shape
    dtype: str = "float32"
    batched: bool = True

    def __hash__(self) -> int:
        return hash(self.shape)  # the others seldom tell tensors apart

    @property
    def is_float(self) -> bool:
        """Whether it holds real numbers, as weights need them."""
        return self.dtype.startswith(("float", "bfloat"))


Arriving = Shape | Tensor
"""What stands in an input's place: another shape, or a dtype besides."""


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

    P is the number of phases; a phase may be empty, and steps may be negative. Transposed convolutions,
    upsampling, and adaptive pools whose sizes do not divide read like this.
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


@dataclass(frozen=True, slots=True)
class Past:
    """Output o reads every position from the first one to o (a recurrence, causal attention)."""


@dataclass(frozen=True, slots=True)
class Neighbours:
    """Node o reads itself and every node from which at most ``hops`` edges of the graph lead to it.

    Of an axis of edges it reads the edges on those ways. Which positions these are is in the graph, not in
    the spec, so no interval can be given.
    """

    hops: int = 1


@dataclass(frozen=True, slots=True)
class Unsaid:
    """Nobody can say which positions an output reads."""


Reach = Window | Phased | Whole | Past | Neighbours | Unsaid
UNSAID = Unsaid()
PAST = Past()
IDENTITY = Window()
FIRST = Phased(0, (range(1),))
"""Every output reads position 0: an axis of size 1 that is repeated."""
NOTHING = Phased(0, (range(0),))
"""Every output reads nothing: only the input's shape matters."""
WHOLE = Whole()
FEATURES = Whole(features=True)

Border = Literal["padding", "absent", "reflect", "replicate", "circular"]
"""What a read outside of the axis means.

``padding``: a constant, which depends on nothing. ``absent``: nothing, this output reads another input there
(a part of a concatenation). The others: a position inside, as torch's padding modes of these names have it.
"""


@dataclass(frozen=True, slots=True)
class Groups:
    """Features and outputs are cut in so many groups of neighbours; an output reads that of its number."""

    count: int


@dataclass(frozen=True, slots=True)
class AxisRead:
    """How one axis of an input is read.

    Args:
        to: the output axis that runs along with it. None when there is none any more: then every output unit
            reads what the reach says of output position 0.
        reach: the input positions that an output position reads.
        border: what stands outside of the axis.
        statistic: besides, every output depends on all positions, through a mean over them. Several such
            axes of an input are joined: the mean is over all of them together.
        sampled: an output reads only some of the positions of its reach; which ones is drawn at random, or
            follows from the data or from its other axes (fractional pooling, unpooling, pixel shuffle).
        divided: the output axes by which it follows, where the units along them together read all of it.
        group: of mixed features, those that an output really reads, where these are not all: its group.
        holds: what it holds where the reach does not say: features that are moved, anything of joined axes.
        only: an output axis, and the unit along it that alone reads this input: a layer of a stack.
    """

    to: int | None
    reach: Reach
    border: Border = "padding"
    statistic: bool = False
    sampled: bool = False
    divided: tuple[int, ...] = ()
    group: Window | Groups | None = None
    holds: Literal["features", "anything"] | None = None
    only: tuple[int, int] | None = None

    @property
    def mixes(self) -> bool:
        """Whether every output reads all of the axis."""
        return isinstance(self.reach, Whole | Neighbours) and self.group in (None, Groups(1))

    @property
    def window(self) -> Window | None:
        """The window that slides along both axes; None where none does."""
        return self.reach if isinstance(self.reach, Window) and self.to is not None else None


Reads = tuple[AxisRead, ...]
"""One entry per axis of an input."""


def unread(reads: Reads) -> bool:
    """Whether no output unit reads anything of an input, so that only its shape matters."""
    for read in reads:  # noqa: SIM110  it is asked of every layer: a generator takes twice as long
        if isinstance(read.reach, Phased) and read.reach == NOTHING:
            return True
    return False


def along(*reaches: Reach, border: Border = "padding", sampled: bool = False) -> Reads:
    """Reads of a layer that keeps the order of the axes: axis i in runs along axis i out."""
    return tuple(AxisRead(axis, reach, border, sampled=sampled) for axis, reach in enumerate(reaches))


Positional = Literal["learned", "sinusoidal", "rotary", "bias"]
"""How a layer tells positions apart: added numbers, turned queries and keys, a term on the scores."""

Argument = int | str | tuple[int, ...]
"""What a layer infers for an argument: a size, a truth, a word, or a number per axis."""

EMPTY: Mapping[str, Never] = {}
"""What most layers have none of, and share."""
_nothing = repeat(EMPTY).__next__
"""Gives it as a default, without a call of Python: facts are made for every layer."""


@dataclass(frozen=True, slots=True)
class Facts:
    """All that the rest of the program needs to know about one layer on its inputs.

    Args:
        outputs: name -> tensor in torch's order; the first is what the next layer reads.
        work: what it does for one sample, operation by operation.
        reads: per input, per axis of that input, what an output unit reads.
        weights: torch's parameter name -> shape; an empty name: the layer is the Parameter.
        buffers: torch's buffer name -> shape.
        transient: names of the buffers that are not in torch's state_dict.
        other_reads: output name -> reads, for the outputs whose units read something else.
        attention: what it attends to, if it does.
        positional: how it brings in positions, if it does.
        lookups: names of the weights that are tables of embeddings.
        active_params: parameters that one position uses (mixtures of experts); None: all.
        inferred: arguments that may be left out -> what they are on these inputs, in a form that torch takes.
        averages: what a normalisation takes its means of.
    """

    outputs: Mapping[str, Tensor]
    work: Worked
    reads: tuple[Reads, ...]
    weights: Mapping[str, Shape] = field(default_factory=_nothing)
    buffers: Mapping[str, Shape] = field(default_factory=_nothing)
    transient: tuple[str, ...] = ()
    other_reads: Mapping[str, tuple[Reads, ...]] = field(default_factory=_nothing)
    attention: "Attention | None" = None
    positional: Positional | None = None
    lookups: tuple[str, ...] = ()
    active_params: int | None = None
    inferred: Mapping[str, Argument] = field(default_factory=_nothing)
    averages: "Averages | None" = None
    _elements: tuple[int, ...] = field(default=(), init=False, repr=False, compare=False)
    _macs: tuple[int | None, ...] = field(default=(), init=False, repr=False, compare=False)
    _parts: tuple[Mapping[str, Part], ...] = field(default=(), init=False, repr=False, compare=False)
    """These are added up when they are first asked for: a layer may be made of thousands of parts."""

    @property
    def elements(self) -> int:
        """Elements of all weights together."""
        if not self._elements:
            object.__setattr__(self, "_elements", (sum(map(prod, self.weights.values())),))
        return self._elements[0]

    @property
    def macs(self) -> int | None:
        """Multiply-accumulates for one sample: its products; None where they are not known."""
        if not self._macs:
            object.__setattr__(self, "_macs", (operations_of(self.work, "product"),))
        return self._macs[0]

    @property
    def parts(self) -> Mapping[str, Part]:
        """Name -> share of params and MACs, for layers whose parts have names."""
        if not self._parts:
            object.__setattr__(self, "_parts", (named_parts(self.work),))
        return self._parts[0]

    @property
    def first_reads(self) -> Reads:
        """What a unit of the first output reads of the first input; nothing where there is none."""
        return self.reads[0] if self.reads else ()

    def reads_of(self, output: str) -> tuple[Reads, ...]:
        """What a unit of the output of this name reads: per input, per axis of that input."""
        return self.other_reads.get(output, self.reads)


def pointwise(
    tensor: Tensor,
    weights: Mapping[str, Shape] | None = None,
    inferred: Mapping[str, Argument] | None = None,
    operations: int = 1,
) -> Facts:
    """Facts of a layer that maps every number by itself: so many operations for each, 0 MACs."""
    reads, own = (unmoved(len(tensor.shape)),), weights or EMPTY
    work = (Work("elementwise", each_number(tensor.shape, operations), tuple(own)),) if operations else ()
    return Facts({"output": tensor}, work, reads, own, inferred=inferred or EMPTY)


@lru_cache(maxsize=64)
def unmoved(axes: int) -> Reads:
    """Reads of a layer whose every output depends on the input at its own place alone."""
    return along(*(IDENTITY for _ in range(axes)))


def count(tensors: Mapping[str, Shape]) -> int:
    """Elements of all tensors together."""
    return sum(map(prod, tensors.values()))
