"""The largest tensors that there are: sizes and elements are counted with 64 bits, axes are a few."""

from math import prod
from typing import TYPE_CHECKING

from archcalc.errors import Fault

if TYPE_CHECKING:
    from archcalc.facts import Facts, Shape

MOST = 2**63 - 1
"""Of an axis, and of all elements of a tensor, as torch counts them."""
MOST_AXES = 64
"""Of a tensor on which torch can work: its sums, means and norms take no more."""


def check_extents(facts: "Facts") -> None:
    """Refuse a layer of which some tensor is larger than any that torch can have.

    Raises:
        Fault: it says which one, and its number.
    """
    shapes = [*facts.weights.values(), *facts.buffers.values()]
    for tensor in facts.outputs.values():
        shapes.append(tensor.shape)  # noqa: PERF401  it is asked of every layer: a list of its own takes longer
    for shape in shapes:
        elements = prod(shape)
        if not (type(elements) is int and 0 < elements <= MOST and len(shape) <= MOST_AXES):
            break
    else:
        return  # as nearly all: no size is larger than the product of all
    check_each(facts)


def check_each(facts: "Facts") -> None:
    """The same, tensor by tensor: of sizes that remember no product is to be followed.

    Raises:
        Fault: it says which one, and its number.
    """
    for name, tensor in facts.outputs.items():
        check_shape("output" if name == "output" else f"output {name}", tensor.shape)
    for name, shape in (*facts.weights.items(), *facts.buffers.items()):
        check_shape(name or "parameter", shape)


def check_shape(what: str, shape: "Shape") -> None:
    """Refuse a shape with too many axes, too large a size, or too many elements.

    Raises:
        Fault: it says which.
    """
    if len(shape) > MOST_AXES:
        hint = "leave out what adds axes, or Flatten what arrives"
        raise Fault(f"{what} has {len(shape)} axes, the most is {MOST_AXES}", hint=hint)
    # What a size remembers is not asked: a bound that is so far away says nothing.
    sizes = tuple(map(int.__int__, shape))
    if max(sizes, default=0) > MOST:
        raise Fault(f"a size of {what} is {max(sizes):,}, the most is {MOST:,}", hint=SMALLER)
    if (elements := prod(sizes)) > MOST:
        written = " x ".join(map(str, sizes))
        raise Fault(f"{what} has {written} = {elements:,} elements, the most is {MOST:,}", hint=SMALLER)


SMALLER = "make it smaller: no tensor is so large"
