"""Sums of products by letters (torch.einsum)."""

from dataclasses import replace
from math import prod
from typing import TYPE_CHECKING

from archcalc.errors import Fault
from archcalc.facts import FIRST, IDENTITY, WHOLE, AxisRead, Facts, Reads, Tensor
from archcalc.formulas.elementwise import each_number
from archcalc.keeping import Aliasing
from archcalc.kept import KeptTensors
from archcalc.layers.attention_parts import one_float
from archcalc.layers.base import Layer
from archcalc.layers.broadcasting import shapes_listed
from archcalc.tuples import NamedTuple
from archcalc.work import Work

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from archcalc.facts import Shape
    from archcalc.keeping import Saved
    from archcalc.kept import Made

BATCH, SEVERAL = "", 2
"""The batch as a letter, and a size that is not 1."""
PAIR = ("left", "right")


class Einsum(Layer, frozen=True):
    """Multiply the inputs along axes of one letter, and add up along those that the result has not.

    MACs count the inputs from the left on, two at a time, as torch does without a library for their order; a
    product without a sum counts as 0.
    """

    equation: str
    """Letters of the axes of every input, and of the result, without the batch: ``hid,hjd->hij``."""

    def infer(self, inputs: tuple[Tensor, ...]) -> Facts:
        """(i, k), (k, j) -> (i, j) for ``ik,kj->ij``."""
        terms, result = self._terms(inputs)
        one_float(inputs)
        sizes = _sizes(terms, inputs)
        reads = tuple(
            _reads(term, tensor.shape, result, sizes) for term, tensor in zip(terms, inputs, strict=True)
        )
        output = Tensor(tuple(sizes[letter] for letter in result), inputs[0].dtype)
        return Facts({"output": output}, tuple(_work(terms, inputs, result)), reads)

    def keeping(self, inputs: tuple[Tensor, ...], facts: Facts) -> "Saved | None":
        """Both factors of every product, in the order of its matrices."""
        kept = KeptTensors(inputs)
        terms, result = self._terms(inputs)
        held = _Operand(kept.inputs[0], _with_batch(terms[0], inputs[0]))
        for index in range(1, len(terms)):
            right = _Operand(kept.inputs[index], _with_batch(terms[index], inputs[index]))
            held = _multiplied(kept, held, right, _later(terms, inputs, index) | {BATCH, *result}, result)
        found = kept.saved(*(kept.new(*made.shape) for made in facts.outputs.values()))
        # The first two are kept each for the gradient of the other.
        pair = replace(found, inputs=(), for_others=found.inputs)
        return pair if len(terms) == len(PAIR) else found

    def sharing(self, *, training: bool) -> Aliasing | None:
        """A view of a single input whose axes are moved, and none is added up."""
        del training
        left, _, result = self.equation.replace(" ", "").partition("->")
        return Aliasing.AXES if sorted(left) == sorted(result) else None

    def _terms(self, inputs: tuple[Tensor, ...]) -> tuple[list[str], str]:
        """Letters of the inputs, and of the result.

        Raises:
            Fault: they are no such equation, or not one of these inputs.
        """
        left, arrow, result = self.equation.replace(" ", "").partition("->")
        terms = left.split(",")
        if not arrow or not all(term.isalpha() and term.isascii() for term in (*terms, result or "a")):
            fact = f"needs letters as in 'ik,kj->ij', got {self.equation!r}"
            raise Fault(fact, key="equation", hint="dots are written as letters, and the result too")
        if len(terms) != len(inputs):
            raise Fault(f"equation has {len(terms)} inputs, got {len(inputs)}", key="from")
        for term, tensor in zip(terms, inputs, strict=True):
            if len(term) != len(tensor.shape):
                raise Fault(
                    f"{term!r} has {len(term)} axes, but {list(tensor.shape)} arrives", key="equation"
                )
        for term in (*terms, result):
            if len(set(term)) < len(term):
                raise Fault(f"{term!r} has a letter twice", key="equation")
        unknown = set(result) - set("".join(terms))
        if unknown:
            raise Fault(f"no input has the axis {min(unknown)!r} of the result", key="equation")
        return terms, result


class _Operand(NamedTuple):
    """A factor: the tensor, and its letters with their sizes in the order in which its numbers lie."""

    made: "Made"
    lies: "dict[str, int]"


def _with_batch(term: str, tensor: Tensor) -> dict[str, int]:
    """Sizes by letters, the batch before them; its size stands for several."""
    batch = {BATCH: SEVERAL} if tensor.batched else {}
    return batch | dict(zip(term, tensor.shape, strict=True))


def _multiplied(kept: KeptTensors, left: _Operand, right: _Operand, later: set[str], result: str) -> _Operand:
    """The product of two factors, as a product of matrices where letters of both are added up.

    A letter that is added up and that one of them has alone is added up before.
    """
    gone = (left.lies.keys() | right.lies.keys()) - later
    sizes = {each: max(left.lies.get(each, 1), right.lies.get(each, 1)) for each in (*left.lies, *right.lies)}
    both = {each for each in sizes if left.lies.get(each, 1) > 1 < right.lies.get(each, 1)}
    left, right = (_summed(kept, each, gone - both) for each in (left, right))
    order = sorted(sizes, key=lambda each: (each != BATCH, each not in result, result.find(each), each))
    shared, added = (
        [each for each in order if each in both and (each in gone) == end] for end in (False, True)
    )
    lies: list[str] = list(shared)
    for operand in (left, right):
        alone = [each for each in order if each not in both and operand.lies.get(each, 1) > 1]
        lies += alone
        joined = not added or all(_lies_joined(operand, some) for some in (shared, alone, added))
        kept.keep(operand.made if joined else kept.new(*_numbers(operand.lies)))
    made = {each: sizes[each] for each in (*lies, *order) if each not in gone}
    return _Operand(kept.new(*_numbers(made), batched=BATCH in made), made)


def _summed(kept: KeptTensors, operand: _Operand, alone: set[str]) -> _Operand:
    """The factor without letters along which it is added up by itself."""
    left = {each: size for each, size in operand.lies.items() if each not in alone}
    if prod(left.values()) == prod(operand.lies.values()):
        return operand._replace(lies=left)
    return _Operand(kept.new(*_numbers(left), batched=BATCH in left), left)


def _later(terms: list[str], inputs: tuple[Tensor, ...], index: int) -> set[str]:
    """The letters of the factors behind this one; along a size of 1 there is nothing to add up later."""
    behind = zip(terms[index + 1 :], inputs[index + 1 :], strict=True)
    return {
        letter for term, tensor in behind for letter, size in zip(term, tensor.shape, strict=True) if size > 1
    }


def _numbers(sizes: "dict[str, int]") -> "Iterator[int]":
    """The sizes without the batch."""
    return (size for letter, size in sizes.items() if letter != BATCH)


def _lies_joined(operand: _Operand, letters: list[str]) -> bool:
    """Whether axes lie one in the other in this order, so that a view joins them."""
    lies = [each for each, size in operand.lies.items() if size > 1]
    places = [lies.index(each) for each in letters if operand.lies.get(each, 1) > 1]
    return places == list(range(places[0], places[0] + len(places))) if places else True


def _sizes(terms: list[str], inputs: tuple[Tensor, ...]) -> "Mapping[str, int]":
    """The size of every letter, which inputs share or have as 1."""
    sizes: dict[str, int] = {}
    for term, tensor in zip(terms, inputs, strict=True):
        for letter, size in zip(term, tensor.shape, strict=True):
            known = sizes.get(letter, 1)
            if known != size and 1 not in (known, size):
                raise Fault(f"axis {letter!r} is {known} and {size}: {shapes_listed(inputs)}", key="from")
            sizes[letter] = max(known, size)
    return sizes


def _reads(term: str, shape: "Shape", result: str, sizes: "Mapping[str, int]") -> Reads:
    found: list[AxisRead] = []
    for letter, size in zip(term, shape, strict=True):
        to = result.index(letter) if letter in result else None
        alone = size < sizes[letter]
        found.append(AxisRead(to, WHOLE if to is None else FIRST if alone else IDENTITY))
    return tuple(found)


def _work(terms: list[str], inputs: tuple[Tensor, ...], result: str) -> "Iterator[Work]":
    """The products that torch makes, one input after the other, and the sums along what one of them has."""
    held = dict(zip(terms[0], inputs[0].shape, strict=True))
    if len(terms) == 1:
        yield Work("reduction", each_number(inputs[0].shape))
    for index in range(1, len(terms)):
        right = dict(zip(terms[index], inputs[index].shape, strict=True))
        later = _later(terms, inputs, index) | set(result)
        gone = (held.keys() | right.keys()) - later
        sizes = {letter: max(held.get(letter, 1), right.get(letter, 1)) for letter in held | right}
        # What only one of the two has is added up before; without a sum of products nothing is left to count.
        summed = {each for each in gone if held.get(each, 1) == right.get(each, 1) > 1}
        made = prod(size for each, size in sizes.items() if each in summed or each not in gone)
        yield Work("product" if summed else "elementwise", made, arriving=None if index == 1 else 0)
        held = {letter: size for letter, size in sizes.items() if letter not in gone}
