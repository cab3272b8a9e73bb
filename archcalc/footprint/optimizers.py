"""What optimizers keep of every parameter, and what a step needs besides.

PyTorch's torch.optim (2.13), measured; not measured: Lion (Chen et al. 2023, arXiv 2302.06675), its step as
algorithm 2 written out in torch, two products and their sum; 8-bit Adam in blocks (Dettmers et al. 2021,
arXiv 2110.02861, section 2.1), whose kernel writes over what is there.
"""

from collections.abc import Callable, Sequence
from math import prod
from typing import TYPE_CHECKING

from archcalc.formulas.rounding import ceil_divided
from archcalc.records import dataclass

if TYPE_CHECKING:
    from archcalc.facts import Shape

Scratch = Callable[[Sequence["Shape"], int], int]
SINGLE = 4
"""Bytes of a number in single precision, as of a counter of steps."""
BLOCK = 256
"""Numbers of one block of an 8-bit state, which share a largest number in single precision."""
SMALL = 4096
"""Parameters of fewer numbers keep their states in single precision."""
CODES = 256
"""Numbers that 8 bits can stand for, one table a state."""
MATRIX = 2
"""Axes from which on a parameter has rows and columns."""


@dataclass(frozen=True, slots=True)
class Optimizer:
    """An optimizer.

    Args:
        name: as the command line calls it.
        keeps: of a parameter's shape and the bytes of its numbers, the bytes of its states.
        needs: of the shapes of all parameters and the bytes of a number, what a step needs besides.
        number_by_number: its states can be cut wherever the parameter is.
        together: tensors like every parameter that a step needs where it takes all at once (torch's foreach);
            None: nobody has measured it.
        fused: torch has a kernel of it that needs nothing.
    """

    name: str
    keeps: "Callable[[Shape, int], int]"
    needs: Scratch
    number_by_number: bool = True
    together: int | None = None
    fused: bool = False


def _copies(count: int, *, before: int = 0) -> Scratch:
    """So many tensors as large as the parameter.

    Args:
        count: of one parameter.
        before: of them so many are there still when those of the next parameter are made, one by one.
    """

    def needed(shapes: "Sequence[Shape]", width: int) -> int:
        sizes = [prod(shape) * width for shape in shapes]
        made = range(1, count + 1)
        return max(
            (
                each * size + min(before, count + 1 - each) * last
                for size, last in zip(sizes, [0, *sizes], strict=False)
                for each in made
            ),
            default=0,
        )

    return needed


def _of_factors(shapes: "Sequence[Shape]", width: int) -> int:
    """Of matrices their squares from rows and columns, the means of both, and the mean of the rows' means.

    Of a vector its squares and their mean. What was made last of each is there still.
    """
    most = vector = means = update = 0
    for shape in shapes:
        size = prod(shape) * width
        if len(shape) < MATRIX:
            most, vector = max(most, size + max(vector, size) + update + means), size
        else:
            means = _factored(shape, width) - SINGLE
            most = max(most, size + means + prod(shape[:-MATRIX]) * width + vector + update)
        update = size
    return most


def _moments(count: int, *, counted: int = 0) -> "Callable[[Shape, int], int]":
    """So many numbers for every number, maybe with numbers that count steps."""
    return lambda shape, width: count * prod(shape) * width + SINGLE * counted


def _factored(shape: "Shape", width: int) -> int:
    """Of matrices a number per row and one per column, of vectors one per number; a counter of steps."""
    if len(shape) < MATRIX:
        return prod(shape) * width + SINGLE
    return (prod(shape[:-1]) + prod((*shape[:-2], shape[-1]))) * width + SINGLE


def _quantised(shape: "Shape", width: int) -> int:
    """Two states of a byte a number, a largest number a block, and a table of what the bytes stand for."""
    del width
    numbers = prod(shape)
    if numbers < SMALL:
        return 2 * SINGLE * numbers
    return 2 * (numbers + ceil_divided(numbers, BLOCK) * SINGLE + CODES * SINGLE)


OPTIMIZERS = {
    optimizer.name: optimizer
    for optimizer in (
        Optimizer("sgd", _moments(0), _copies(0), together=0, fused=True),
        Optimizer("momentum", _moments(1), _copies(0), together=0, fused=True),
        Optimizer("adam", _moments(2, counted=True), _copies(2, before=1), together=1, fused=True),
        Optimizer("adamw", _moments(2, counted=True), _copies(2, before=1), together=1, fused=True),
        Optimizer("amsgrad", _moments(3, counted=True), _copies(2, before=1), fused=True),
        Optimizer("rmsprop", _moments(1, counted=True), _copies(1, before=1)),
        Optimizer("adagrad", _moments(1, counted=True), _copies(1, before=1), fused=True),
        Optimizer("adadelta", _moments(2, counted=True), _copies(2, before=2)),
        Optimizer("adamax", _moments(2, counted=True), _copies(1)),
        Optimizer("nadam", _moments(2, counted=2), _copies(2, before=1)),
        Optimizer("radam", _moments(2, counted=True), _copies(2)),
        Optimizer("adafactor", _factored, _of_factors, number_by_number=False),
        Optimizer("adam8bit", _quantised, _copies(0)),
        Optimizer("lion", _moments(1), _copies(3, before=1)),
    )
}
