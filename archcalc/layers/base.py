"""What every layer kind is: a frozen record of torch's arguments with one method, ``infer``."""

from abc import ABC, abstractmethod
from math import inf
from typing import TYPE_CHECKING, ClassVar

from pydantic import BaseModel

from archcalc.errors import Fault, Unequal
from archcalc.keeping import Aliasing
from archcalc.layers.mathematics import ANYTHING, Distribution, Ends, Merge, Passing, Statistics, hull

if TYPE_CHECKING:
    from typing import Self

    from archcalc.dividing import Cuts
    from archcalc.facts import Facts, Tensor
    from archcalc.formulas.gaussian import Bent
    from archcalc.keeping import Saved
    from archcalc.moments import Arrived, Drawn, Propagated, Unruled


class Layer(
    BaseModel,
    ABC,
    frozen=True,
    strict=True,
    extra="forbid",
    defer_build=True,
):
    """A layer kind: its fields are the YAML keys, with torch's names, meanings and defaults.

    What its function does to numbers, whatever the weights, is stated beside ``infer`` where it differs from
    what stands here: rules ask for it, and never for a kind.
    """

    mapped: ClassVar[int] = 0
    """Leading axes of a sample along which it is applied, each position by itself (``Vmap``)."""
    passes: ClassVar[Passing | None] = None
    """How it hands on the numbers of its first input; None: it makes others of them."""
    merges: ClassVar[Merge | None] = None
    """How it joins all of its inputs; None: it takes one, or each for something else."""
    normalizes: ClassVar[Statistics | None] = None
    """Of which numbers it takes the mean square, by whose root it divides."""
    centred: ClassVar[bool] = True
    """Of a normalisation: it takes the mean off first."""
    distributes: ClassVar[Distribution | None] = None
    """Which distribution it makes of the numbers along an axis."""
    linear: ClassVar[bool] = False
    """Of a layer with weights: f(a x + b y) = a f(x) + b f(y) but for a constant, in its first input."""
    transposed: ClassVar[bool] = False
    """The first axis of its weight is that of the features it reads, not of those it makes."""
    bends: ClassVar[bool] = False
    """A function of single numbers that is not linear."""
    in_formulas: ClassVar[bool] = False
    """It bends, but as a step of a formula (torch.exp, a power): no activation that stands between maps."""
    rectifies: ClassVar[bool] = False
    """Of single numbers: 0 at 0, and far from 0 less comes through below than above, |f(-x)| < f(x)."""
    homogeneous: ClassVar[bool] = False
    """Of single numbers: f(c x) = c f(x) for every positive c."""
    keeps_moments: ClassVar[bool] = False
    """Of single numbers: of normal ones of mean 0 and variance 1 it keeps the mean and the variance."""
    kept: ClassVar[Ends | None] = None
    """Of single numbers: from which to which f(x) = x, where no argument says it; else ``unchanged``."""
    drops: ClassVar[bool] = False
    """In training it takes out numbers at random, with probability ``p``; at inference it does nothing."""
    drops_channels: ClassVar[bool] = False
    """It takes out whole channels, or samples, and no single numbers."""
    halves: ClassVar[bool] = False
    """It multiplies one half of an axis with a function of the other half."""
    is_source: ClassVar[bool] = False
    """It reads nothing: neither the layer before it, nor an input of the network."""
    takes_numbers: ClassVar[bool] = False
    """It reads tensors without axes too: one number for all samples, or one a sample."""
    pairs_axes: ClassVar[bool] = False
    """It pairs the axes of its inputs from the last one on, as torch broadcasts."""
    detaches: ClassVar[bool] = False
    """No gradient goes back through it."""
    saves: "ClassVar[Saved | None]" = None
    """What autograd keeps of it, where that is the same for all arguments and inputs; else ``keeping``."""
    untold: ClassVar[str] = "nobody can tell"
    """Why ``keeping`` does not say what autograd keeps of it, where it does not."""
    shares: ClassVar[Aliasing | None] = None
    """How its outputs lie in the storage of its first input, always; else ``sharing``."""
    initial: ClassVar[float | None] = None
    """Of a layer with a weight: n times the variance that torch first gives its numbers, and those of a bias,
    where ``weight[0]`` holds n. None: it is another one."""

    @property
    def serves_unread(self) -> bool:
        """Whether it is of use although no layer reads it."""
        return False

    @property
    def stands_in(self) -> bool:
        """Its numbers only stand for others that nobody knows."""
        return False

    @abstractmethod
    def infer(self, inputs: "tuple[Tensor, ...]") -> "Facts":
        """Moments every fact of this layer on ``inputs`` (shapes without the batch).

        Raises:
            Fault: where torch would refuse the arguments or the inputs.
        """

    def image(self, *read: Ends) -> Ends:
        """Between which numbers those of its first output lie, in training and at inference.

        Args:
            read: between which those of each input lie.
        """
        if self.distributes is not None:
            return (-inf, 0.0) if self.distributes is Distribution.LOG_SOFTMAX else (0.0, 1.0)
        return hull(*read) if self.merges else read[0] if self.passes else ANYTHING

    def bent(self, square: float) -> "Bent | None":
        """Of a function of single numbers, before training: what it makes of normal numbers of mean 0.

        Args:
            square: their mean square.

        Returns:
            None: it is no such function.

        Raises:
            OverflowError: what it makes is beyond what a double holds.
        """
        del square
        return None

    def carry(self, read: "tuple[Arrived, ...]", facts: "Facts", drawn: "Drawn") -> "Propagated | Unruled":
        """What it does to second moments before training, forwards and backwards.

        Args:
            read: its inputs, and what is known of their numbers.
            facts: what it states on them.
            drawn: mean squares of its first weights.

        Returns:
            ``Unruled``: nobody can say.
        """
        from archcalc.layers.carrying.traits import by_traits

        return by_traits(self, read, facts, drawn)

    def drawn(self, facts: "Facts") -> "Drawn":
        """Mean squares of the numbers that torch first gives its weights, where they are known."""
        from archcalc.layers.carrying.traits import first_weights

        return first_weights(self, facts)

    def keeping(self, inputs: "tuple[Tensor, ...]", facts: "Facts") -> "Saved | None":
        """What autograd keeps of it in training.

        Args:
            inputs: what it reads, in the precision in which it is trained.
            facts: what it states on them.

        Returns:
            None: nobody can tell.
        """
        del inputs, facts
        return self.saves

    def sharing(self, *, training: bool) -> Aliasing | None:
        """How its outputs lie in the storage of its first input; None: in storages of their own."""
        del training
        return Aliasing.WRITTEN if self.overwrites else self.shares

    def divided(self, facts: "Facts") -> "dict[str, Cuts]":
        """Along which axes devices divide its weights, where each device reads and gives all features.

        Args:
            facts: what it states.

        Returns:
            Name of a weight -> the axes; weights that are left out stand on every device.
        """
        del facts
        return {}

    def units(self, facts: "Facts") -> tuple[int, ...]:
        """Of a layer that joins features of one head alone: heads in the features of each of its inputs.

        Its output has as many as the first. Empty: it has no heads, and its reads say what it joins.
        """
        del facts
        return ()

    def for_part(self, parts: int) -> "Self":
        """The layer on one of so many devices, which has a part of the heads of its features."""
        del parts
        return self

    @property
    def overwrites(self) -> bool:
        """Whether it writes over its first input."""
        return bool(self.__dict__.get("inplace"))  # a field of some; pydantic looks long for what is none

    @property
    def joined_heads(self) -> int:
        """Heads whose results stand side by side in its features, where it could give their mean; else 1."""
        return 1

    @property
    def pairs_inputs(self) -> bool:
        """Whether it pairs the axes of its inputs, as it stands here."""
        return self.pairs_axes

    def unchanged(self) -> Ends | None:
        """Of a function of single numbers: from which number to which f(x) = x."""
        return self.kept


# They are known now as class variables. pydantic would evaluate all of them again for every kind, in vain:
# two thirds of the time that it takes to make the class of one.
Layer.__annotations__.clear()


class Regrouping(Layer, frozen=True):
    """A layer that gives the same numbers, each once, in another order or shape."""

    passes = Passing.REGROUPED


class Taking(Layer, frozen=True):
    """A layer each of whose numbers is the one that it reads at some place, or a constant of its own."""

    passes = Passing.CHOSEN


def single(inputs: "tuple[Tensor, ...]") -> "Tensor":
    """The only input of a layer that takes one."""
    if len(inputs) != 1:
        raise Fault(
            f"takes 1 input, got {len(inputs)}",
            key="from",
            hint="merge them first with Add, Multiply or Concat",
        )
    return inputs[0]


def single_float(inputs: "tuple[Tensor, ...]") -> "Tensor":
    """The only input of a layer that calculates with real numbers."""
    tensor = inputs[0] if len(inputs) == 1 else single(inputs)
    if not tensor.is_float:
        raise Fault(f"needs a floating point input, got {tensor.dtype}", hint=floats_hint(tensor))
    return tensor


def floats_hint(tensor: "Tensor") -> str:
    """A hint where whole numbers arrive instead of real ones."""
    if not tensor.dtype.startswith(("int", "uint")):
        return ""
    return "tokens become vectors in an Embedding; other numbers are declared float32"


def channels_first(tensor: "Tensor", rank: int) -> tuple[int, tuple[int, ...]]:
    """Split (C, *positions) into C and the ``rank`` position sizes."""
    if len(tensor.shape) != rank + 1:
        letters = ", ".join(("C", *("D", "H", "W")[3 - rank :])) if rank > 1 else "C, L"
        raise Fault(
            f"needs {rank + 1} axes ({letters}), got {len(tensor.shape)}: {list(tensor.shape)}",
            hint="shapes are written without the batch axis",
            axes=(rank + 1,),
        )
    return tensor.shape[0], tensor.shape[1:]


def two_axes(
    tensor: "Tensor", names: str, hint: str = "shapes are written without the batch axis"
) -> tuple[int, int]:
    """The sizes of a tensor of two axes, which ``names`` calls in the fault of any other."""
    if len(tensor.shape) != 2:  # noqa: PLR2004  said in the name
        fact = f"needs 2 axes ({names}), got {len(tensor.shape)}: {list(tensor.shape)}"
        raise Fault(fact, hint=hint, axes=(2,))
    first, second = tensor.shape
    return first, second


def agree(key: str, written: int | None, arriving: int) -> None:
    """Check an input size that the spec states against the one that arrives."""
    if written is not None and written != arriving:
        raise Fault(
            f"{key} is {written}, but {arriving} arrive", key=key, unequal=Unequal(key, written, arriving)
        )
