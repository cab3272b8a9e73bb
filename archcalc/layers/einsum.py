"""Sums of products by letters (torch.einsum)."""

from math import prod
from typing import TYPE_CHECKING

from archcalc.errors import Fault
from archcalc.facts import FIRST, IDENTITY, WHOLE, AxisRead, Facts, Reads, Tensor
from archcalc.formulas.elementwise import each_number
from archcalc.layers.attention_parts import one_float
from archcalc.layers.base import Layer
from archcalc.layers.broadcasting import shapes_listed
from archcalc.work import Work

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from archcalc.facts import Shape


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
        later = set(result).union(*terms[index + 1 :])
        gone = (held.keys() | right.keys()) - later
        sizes = {letter: max(held.get(letter, 1), right.get(letter, 1)) for letter in held | right}
        # What only one of the two has is added up before; without a sum of products nothing is left to count.
        summed = {each for each in gone if held.get(each, 1) == right.get(each, 1) > 1}
        made = prod(size for each, size in sizes.items() if each in summed or each not in gone)
        yield Work("product" if summed else "elementwise", made, arriving=None if index == 1 else 0)
        held = {letter: size for letter, size in sizes.items() if letter not in gone}
