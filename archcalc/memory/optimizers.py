"""What optimizers keep of every parameter, and what a step needs besides.

PyTorch's torch.optim (2.13), tensor by tensor as on a CPU; Adafactor as torch.optim has it; Lion (Chen et al.
2023, arXiv 2302.06675); 8-bit Adam in blocks (Dettmers et al. 2021, arXiv 2110.02861, section 2.1).
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING

from archcalc.formulas.rounding import ceil_divided

if TYPE_CHECKING:
    from archcalc.facts import Shape

SINGLE = 4
"""Bytes of a number in single precision, as of a counter of steps."""
BLOCK = 256
"""Numbers of one block of an 8-bit state, which share a largest number in single precision."""
SMALL = 4096
"""Parameters of fewer numbers keep their states in single precision."""
CODES = 256
"""Numbers that 8 bits can stand for, one table a state."""


@dataclass(frozen=True, slots=True)
class Optimizer:
    """An optimizer.

    Args:
        name: as the command line calls it.
        keeps: of a parameter's shape and the bytes of its numbers, the bytes of its states.
        needs: of the bytes of the largest parameter, what a step needs besides; None: nobody can tell.
        number_by_number: its states can be cut wherever the parameter is.
    """

    name: str
    keeps: "Callable[[Shape, int], int]"
    needs: Callable[[int], int] | None
    number_by_number: bool = True


def _nothing(largest: int) -> int:
    """A step that writes over what is there."""
    del largest
    return 0


def _quotient(largest: int) -> int:
    """A root and what is divided by it, of one parameter at a time."""
    return 2 * largest


def _moments(count: int, *, counted: bool = False) -> "Callable[[Shape, int], int]":
    """So many numbers for every number, maybe with a counter of steps."""
    return lambda shape, width: count * prod(shape) * width + SINGLE * counted


def _factored(shape: "Shape", width: int) -> int:
    """Of matrices a number per row and one per column, of vectors one per number; a counter of steps."""
    if len(shape) < 2:  # noqa: PLR2004  rows and columns
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
        Optimizer("sgd", _moments(0), _nothing),
        Optimizer("momentum", _moments(1), _nothing),
        Optimizer("adam", _moments(2, counted=True), _quotient),
        Optimizer("adamw", _moments(2, counted=True), _quotient),
        Optimizer("adafactor", _factored, None, number_by_number=False),
        Optimizer("adam8bit", _quantised, None),
        Optimizer("lion", _moments(1), None),
    )
}
