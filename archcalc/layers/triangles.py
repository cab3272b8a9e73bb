"""Triangles of matrices (torch.tril, triu)."""

from abc import abstractmethod
from dataclasses import replace

from archcalc.errors import Fault
from archcalc.facts import IDENTITY, NOTHING, AxisRead, Facts, Tensor
from archcalc.keeping import KEEPS_NOTHING
from archcalc.layers.base import Taking, single
from archcalc.layers.mathematics import Ends, with_zero
from archcalc.layers.operations import copy_work
from archcalc.layers.phases import read_where

MATRIX = 2
Bounds = tuple[int, int]


class Triangle(Taking, frozen=True):
    """A triangle of the last two axes, with zeros beside it."""

    saves = KEEPS_NOTHING

    diagonal: int = 0
    """The diagonal at its edge: 0 is the main one, 1 that on its right."""

    def infer(self, inputs: tuple[Tensor, ...]) -> Facts:
        """(*, R, C) -> (*, R, C)."""
        tensor = single(inputs)
        axes = len(tensor.shape)
        if axes < MATRIX:
            raise Fault(f"needs 2 or more axes, got {axes}: {list(tensor.shape)}")
        *lead, count, width = tensor.shape
        rows, columns, whole = self._kept(count, width)
        column = _between(axes - 1, width, *columns)
        # Which columns a unit reads follows from its row.
        reads = (
            *(AxisRead(axis, IDENTITY) for axis in range(len(lead))),
            _between(axes - 2, count, *rows),
            column if whole else replace(column, sampled=True),
        )
        return Facts({"output": tensor}, copy_work(tensor.shape), (reads,))

    @abstractmethod
    def _kept(self, rows: int, columns: int) -> tuple[Bounds, Bounds, bool]:
        """Rows and columns that have something of the triangle, and whether it has all that they have."""

    def image(self, *read: Ends) -> Ends:
        """Zeros too."""
        return with_zero(read[0])


class Tril(Triangle, frozen=True):
    """Keep what stands below a diagonal of the last two axes, and put zeros above it."""

    def _kept(self, rows: int, columns: int) -> tuple[Bounds, Bounds, bool]:
        first, last = max(-self.diagonal, 0), min(rows + self.diagonal, columns)
        return (first, rows), (0, last), last - 1 <= first + self.diagonal


class Triu(Triangle, frozen=True):
    """Keep what stands above a diagonal of the last two axes, and put zeros below it."""

    def _kept(self, rows: int, columns: int) -> tuple[Bounds, Bounds, bool]:
        first, last = max(self.diagonal, 0), min(columns - self.diagonal, rows)
        return (0, last), (first, columns), first >= last - 1 + self.diagonal


def _between(axis: int, n: int, start: int, stop: int) -> AxisRead:
    """The units from ``start`` to before ``stop`` read their own position, the others nothing."""
    if stop <= start:
        return AxisRead(axis, NOTHING)
    if start == 0 and stop == n:
        return AxisRead(axis, IDENTITY)
    return read_where(axis, n, range(int(start), int(stop)))
