"""Cells of a table: what a number, a shape or a field looks like to a person, and in CSV."""

from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from archcalc.analyses.receptive_field import AxisField, Field
    from archcalc.facts import Shape
    from archcalc.tracing import TracedLayer

Cell = str | int | float | None
SHOWN_SIZES = 3
"""Sizes by phase that a cell lists one by one."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table of layers.

    Args:
        header: its title.
        cell: the cell of a layer.
        total: the cell of a container from its layers; left out: empty.
        right: numbers stand on the right.
        key: its name in CSV, where the cell is ``raw``; left out: as ``cell``.
    """

    header: str
    cell: "Callable[[TracedLayer], Cell]"
    total: "Callable[[Sequence[TracedLayer]], Cell] | None" = None
    right: bool = False
    raw: "Callable[[TracedLayer], Cell] | None" = None


@dataclass(frozen=True, slots=True)
class Row:
    """A layer or a container.

    Args:
        name: its full name.
        label: what its line begins with: the last part of the name, indented.
        container: it stands above the rows of its layers.
        cells: the other columns, for people.
        raw: the other columns, for machines.
    """

    name: str
    label: str
    container: bool
    cells: tuple[Cell, ...]
    raw: tuple[Cell, ...] = ()


@dataclass(frozen=True, slots=True)
class Below:
    """A row below that of a layer: a part of it, or one of its further outputs.

    Args:
        name: its full name.
        label: what its line begins with.
        cells: the columns behind it, for people.
        raw: the columns, for machines.
    """

    name: str
    label: str
    cells: tuple[Cell, ...]
    raw: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under headers, with a title above and lines below."""

    title: str
    headers: tuple[str, ...]
    right: tuple[bool, ...]
    rows: tuple[Row, ...]
    footer: tuple[str, ...] = ()


def shape(value: "Shape") -> str:
    """A shape with its batch axis: [N, 64, 56, 56]."""
    return f"[{', '.join(['N', *map(str, value)])}]"


def shapes(values: "Sequence[Shape]") -> str:
    """Several shapes: one a line, or ``2 x [N, 64]`` when they are equal."""
    if len(values) > 1 and len(set(values)) == 1:
        return f"{len(values)} x {shape(values[0])}"
    return "\n".join(shape(value) for value in values)


def plain_shape(value: "Shape") -> str:
    """A shape without the batch, for CSV: 64x56x56."""
    return "x".join(map(str, value))


def size_cell(found: "Field") -> str:
    """Size of a receptive field: ``35``, ``5 x 7`` where the axes differ, ``whole``."""
    return _axes(found, _size)


def stride_cell(found: "Field") -> str:
    """Stride of a receptive field in input positions."""
    return _axes(found, lambda axis: _number(axis.spans.stride if axis.spans else None))


def start_cell(found: "Field") -> str:
    """First position that unit 0 reads; ``..3`` where it reads everything up to 3."""
    return _axes(found, _start)


def _start(axis: "AxisField") -> str:
    if axis.spans is not None and axis.spans.unbounded:
        last = axis.spans.at(0)
        return f"..{last[1]}" if last else "-"
    return _number(replace(axis, whole=False).start)


def _axes(found: "Field", of: "Callable[[AxisField], str]") -> str:
    if not found.axes:
        return of_whole(of)
    texts = [of(axis) for axis in found.axes]
    return texts[0] if len(set(texts)) == 1 else " x ".join(texts)


def of_whole(of: "Callable[[AxisField], str]") -> str:
    """What a field without axes shows: a vector of features is always read whole."""
    return "whole" if of is _size else "-"


def _size(axis: "AxisField") -> str:
    """The size; of an axis that is read whole, the size of the local field on its other paths in brackets."""
    if axis.hops is not None:
        near = f"{'' if axis.exact else '~'}{axis.hops} hop{'' if axis.hops == 1 else 's'}"
        return f"whole ({near})" if axis.whole else near
    if axis.spans is None:
        return "whole" if axis.whole else "unaligned" if not axis.aligned else "unknown"
    sizes = sorted(set(axis.spans.sizes))
    few = "/".join(map(str, sizes)) if len(sizes) <= SHOWN_SIZES else f"{sizes[0]}..{sizes[-1]}"
    mark = "" if axis.exact else "~"
    local = f"{mark}{few}"
    if axis.spans.unbounded:
        local = f"{mark}past"
    return local if not axis.whole else "whole" if axis.spans.shift == 0 else f"whole ({local})"


def _number(value: Fraction | int | None) -> str:
    return "-" if value is None else str(value)
