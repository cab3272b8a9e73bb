"""What autograd keeps of a layer for its backward pass, and which outputs lie in the storage of an input.

Read off torch 2.13 on a CPU, where a tensor that several layers keep, or that one makes and the next one
keeps, is one storage and counts once.
"""

from dataclasses import replace
from enum import Enum
from math import prod
from typing import TYPE_CHECKING

from archcalc.facts import Tensor
from archcalc.records import dataclass

if TYPE_CHECKING:
    from collections.abc import Sequence

    from archcalc.facts import Shape

SINGLE = "float32"
"""Precision in which sums are taken where a layer calculates in half: those of a fused softmax."""
INDEX = "int64"
"""Places of maxima."""


class Aliasing(Enum):
    """How the outputs of a layer lie in the storage of its first input."""

    SAME = "the input itself"
    DTYPE = "the input itself, where it has their dtype"
    WRITTEN = "written over the input"
    AXES = "a view: axes are moved, cut, made or taken out"
    SHAPE = "a view of the numbers in their order, where the layout has one; else a copy"


@dataclass(frozen=True, slots=True)
class Saved:
    """What a layer keeps from its forward pass to its backward pass.

    Args:
        inputs: which inputs, as they arrive.
        for_weights: those that are kept for the gradients of its weights alone.
        for_inputs: those that are kept for the gradients of any inputs.
        for_others: those of which each is kept for the gradients of the other inputs alone.
        outputs: which outputs.
        others: tensors of its own, made in training: masks, copies, products on the way.
        results: tensors of its own that the operation makes at inference too: places of maxima, statistics.
        ending: the inputs are read with all axes but so many last ones joined to one; where they lie so that
            no view joins them, a copy is kept. None: they are read as they lie.
        turned: inputs that are read with the batch behind their first axis, for the gradients of the weights:
            of each mention a copy is kept, or of a batch of one sample, which lies alike, the input.
        own_for_weights: tensors of its own that are kept for the gradients of its weights alone.
        own_for_inputs: those that are kept for the gradients of any inputs.
        alone: what it keeps of a batch of one sample, where that is something else.
        beyond: what it keeps besides, of which nobody can tell the size; empty: nothing.
    """

    inputs: tuple[int, ...] = ()
    for_weights: tuple[int, ...] = ()
    for_inputs: tuple[int, ...] = ()
    for_others: tuple[int, ...] = ()
    outputs: tuple[int, ...] = ()
    others: tuple[Tensor, ...] = ()
    results: tuple[Tensor, ...] = ()
    ending: int | None = None
    turned: tuple[int, ...] = ()
    own_for_weights: tuple[Tensor, ...] = ()
    own_for_inputs: tuple[Tensor, ...] = ()
    alone: "Saved | None" = None
    beyond: str = ""

    def of_batch(self, batch: int) -> "Saved":
        """What it keeps of so many samples."""
        return self.alone if self.alone is not None and batch == 1 else self

    def beside(self, *others: Tensor) -> "Saved":
        """The same, and tensors of its own."""
        return replace(self, others=(*self.others, *others))

    def with_results(self, *results: Tensor) -> "Saved":
        """The same, and tensors that are made at inference too."""
        return replace(self, results=(*self.results, *results))

    def arriving(
        self, needing: "Sequence[int]", *, trained: bool, learning: bool | None = None
    ) -> tuple[int, ...]:
        """The inputs that it really keeps.

        Args:
            needing: of each input, whether a gradient goes on to it.
            trained: a weight of the layer gets a gradient.
            learning: one that is multiplied with what arrives does; None: it does where any does.
        """
        learning = trained if learning is None else learning
        if not (trained or any(needing)):
            return ()
        # Of several they are joined from the left on: the first one meets the second one alone.
        crosswise = (each for each in self.for_others if any(needing[:each] if each else needing[1:2]))
        beside = (*(self.for_weights if learning else ()), *(self.for_inputs if any(needing) else ()))
        return (*self.inputs, *beside, *crosswise)

    def own(self, *, needed: bool = True, trained: bool) -> tuple[Tensor, ...]:
        """The tensors of its own that it really keeps.

        Args:
            needed: a gradient goes on to an input.
            trained: a weight of the layer gets a gradient.
        """
        beside = (*(self.own_for_weights if trained else ()), *(self.own_for_inputs if needed else ()))
        return (*self.others, *self.results, *beside)

    def over(self, leading: "Shape") -> "Saved":
        """The same of a layer that is applied at every position of leading axes."""
        others, results, for_weights, for_inputs = (
            tuple(replace(each, shape=(*leading, *each.shape)) if each.batched else each for each in tensors)
            for tensors in (self.others, self.results, self.own_for_weights, self.own_for_inputs)
        )
        made = replace(self, others=others, results=results)
        return replace(made, own_for_weights=for_weights, own_for_inputs=for_inputs)


KEEPS_NOTHING = Saved()
KEEPS_INPUT = Saved(inputs=(0,))
KEEPS_OUTPUT = Saved(outputs=(0,))


def same_shape(tensor: Tensor, dtype: str | None = None) -> Tensor:
    """A tensor of this shape, maybe of another dtype."""
    return Tensor(tensor.shape, dtype or tensor.dtype)


def per_sample(count: int, dtype: str) -> Tensor:
    """So many numbers for every sample."""
    return Tensor((count,), dtype)


def per_batch(count: int, dtype: str) -> Tensor:
    """So many numbers, however many samples there are."""
    return Tensor((count,), dtype, batched=False)


def rows_of(tensor: Tensor, along: int = 1) -> int:
    """Rows of a sample whose last axes, so many, are one row."""
    return prod(tensor.shape[: len(tensor.shape) - along])
