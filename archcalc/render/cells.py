"""Tables and their cells: what a number or a shape looks like to a person, and in CSV."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar, overload

from archcalc.records import dataclass

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from archcalc.facts import Shape, Tensor
    from archcalc.tracing import TracedLayer
    from archcalc.tracing.graph import TracedScope

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Percentage:
    """A part of a whole, 0 to 1: ``12.5 %``; a terminal has a bar beside it where there is room."""

    part: float

    def __str__(self) -> str:
        return f"{100 * self.part:.1f} %" if self.part else ""


Cell = str | int | float | Percentage | None


def amount(cell: Cell) -> float:
    """The number of a cell; what is not known or not there is none at all."""
    return cell if isinstance(cell, int | float) else 0


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table of layers.

    Args:
        header: its title.
        cell: the cell of a layer.
        total: the cell of a container; left out: empty.
        right: numbers stand on the right.
        raw: the cell of a layer for machines; left out: as ``cell``.
        raw_total: the cell of a folded container for machines; left out: as ``total``.
        shown: to people too.
        alike: layers of all turns of a run have the same cell.
        sums: the cell of a container is what those of its layers add up to.
    """

    header: str
    cell: "Callable[[TracedLayer], Cell]"
    total: "Callable[[TracedScope], Cell] | None" = None
    right: bool = False
    raw: "Callable[[TracedLayer], Cell] | None" = None
    raw_total: "Callable[[TracedScope], Cell] | None" = None
    shown: bool = True
    alike: bool = False
    sums: bool = False


class Later(Sequence[T]):
    """Values that are made when the first of them is asked for: people ask for none of those for machines."""

    __slots__ = ("_found", "_make", "_of")

    def __init__(self, make: "Callable[..., tuple[T, ...]]", *of: object) -> None:
        self._make, self._of = make, of
        self._found: tuple[T, ...] | None = None

    @property
    def _made(self) -> tuple[T, ...]:
        if self._found is None:
            self._found = self._make(*self._of)
        return self._found

    def __len__(self) -> int:
        return len(self._made)

    @overload
    def __getitem__(self, at: int) -> T: ...
    @overload
    def __getitem__(self, at: slice) -> tuple[T, ...]: ...
    def __getitem__(self, at: int | slice) -> T | tuple[T, ...]:
        return self._made[at]


@dataclass(frozen=True, slots=True)
class Row:
    """A layer or a container, a part of a layer, or whatever else a table lists.

    Args:
        name: its full name.
        label: what its line begins with: the last part of the name, indented.
        cells: the other columns, for people.
        raw: the other columns, for machines.
        container: it stands for a container: above the rows of its layers, or folded in their place.
        folded: its layers have no rows.
        more: what people read behind its name.
    """

    name: str
    label: str
    cells: tuple[Cell, ...]
    raw: Sequence[Cell] = ()
    container: bool = False
    folded: bool = False
    more: str = ""

    @property
    def sums(self) -> bool:
        """Whether it holds what rows below it add up to."""
        return self.container and not self.folded

    def with_cells(self, cells: "tuple[Cell, ...]") -> "Row":
        """The same with other cells for people."""
        return Row(self.name, self.label, cells, self.raw, self.container, self.folded, self.more)


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under headers, with a title above and lines below.

    Args:
        title: the line above.
        headers: of the columns.
        right: which columns stand on the right.
        rows: the lines.
        footer: the lines below.
        keys: the headers for machines.
        spare: headers of columns that a terminal without room for all leaves out, the first one first, rather
            than break a shape; a line below says so.
        extra: headers of columns that are there only where there is room to spare.
        whole_names: columns are left out too before a name is shortened.
    """

    title: str
    headers: tuple[str, ...]
    right: tuple[bool, ...]
    rows: tuple[Row, ...]
    footer: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()
    spare: tuple[str, ...] = ()
    extra: tuple[str, ...] = ()
    whole_names: bool = False

    def without(self, header: str) -> "Table":
        """The same for people without a column."""
        at = self.headers.index(header)
        return replace(
            self,
            headers=_but(self.headers, at),
            right=_but(self.right, at),
            rows=tuple([row.with_cells(_but(row.cells, at - 1)) for row in self.rows]),
        )


def _but(values: "tuple[T, ...]", at: int) -> "tuple[T, ...]":
    return (*values[:at], *values[at + 1 :])


def listed(
    title: str,
    headers: "Sequence[str]",
    rows: "Iterable[Sequence[Cell]]",
    footer: "Iterable[str]" = (),
    right: "Sequence[bool]" = (),
) -> Table:
    """A table whose rows begin with their names, of cells that are the same for people and machines."""
    made = (Row(str(name), str(name), tuple(rest), tuple(rest)) for name, *rest in rows)
    return Table(title, tuple(headers), tuple(right) or (False,) * len(headers), tuple(made), tuple(footer))


def partial_table(found: Table) -> Table:
    """The table of a network with an error in it, which says so above and below."""
    return replace(
        found,
        title=f"{found.title} (partial)",
        footer=(*found.footer, "partial: only the layers above the first error, and only these are counted"),
    )


def shape(value: "Shape", *, batched: bool = True) -> str:
    """A shape with its batch axis, [N, 64, 56, 56], where it has one."""
    sizes = ", ".join(map(str, value))
    return f"[N, {sizes}]" if batched and sizes else f"[{'N' if batched else sizes}]"


def shapes(values: "Sequence[Tensor]") -> str:
    """Several shapes: one a line, or ``2 x [N, 64]`` when they are equal."""
    if len(values) == 1:
        return shape(values[0].shape, batched=values[0].batched)
    told = [shape(value.shape, batched=value.batched) for value in values]
    return f"{len(told)} x {told[0]}" if len(told) > 1 and len(set(told)) == 1 else "\n".join(told)


def plain_shape(value: "Shape") -> str:
    """A shape without the batch, for CSV: 64x56x56."""
    return "x".join(map(str, value))
