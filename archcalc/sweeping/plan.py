"""A sweep as one record, which goes to whoever works on a part of it."""

from hashlib import sha256
from typing import TYPE_CHECKING, Literal

from archcalc import __version__
from archcalc.errors import Fault, nearest
from archcalc.quantities.table import QUANTITIES
from archcalc.records import dataclass
from archcalc.sweeping.evaluation import Evaluation
from archcalc.sweeping.ordering import SortKey, sort_keys
from archcalc.sweeping.where import RowCondition, condition_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from archcalc.loading import Model
    from archcalc.sweeping.space import Space

FileFormat = Literal["csv", "jsonl", "parquet"]
USUAL = ("params", "macs", "receptive_field")
"""Quantities that are columns without being named."""
TOP = 20
"""Rows of a table."""
SHOWN = 2_048
"""Points of a plot."""


@dataclass(frozen=True)
class Plan:
    """What is swept, what is asked, and what becomes of it.

    Args:
        model: the spec.
        space: the candidates.
        quantities: columns beside the axes.
        where: which candidates are wanted; None: all.
        keys: how rows are ordered; empty: as the candidates are.
        file: format of the file they are written to; None: they are kept.
        top: rows that are kept beside a file, the first in their order; None: all.
        shown: rows that are kept for a plot, evenly spaced.
    """

    model: "Model"
    space: "Space"
    quantities: tuple[str, ...]
    where: RowCondition | None = None
    keys: tuple[SortKey, ...] = ()
    file: FileFormat | None = None
    top: int | None = None
    shown: int = 0

    @property
    def names(self) -> tuple[str, ...]:
        """The columns of a row."""
        return (*(axis.name for axis in self.space.axes), *self.quantities)

    @property
    def digest(self) -> str:
        """What tells it from other sweeps."""
        told = (
            __version__,
            self.model.name,
            self.model.document.data,
            self.space.axes,
            tuple(self.space.inputs.items()),
            self.quantities,
            self.where and self.where.text,
            self.keys,
            self.file,
        )
        return sha256(repr(told).encode(errors="replace")).hexdigest()

    def evaluation(self) -> Evaluation:
        """Who asks its candidates."""
        return Evaluation(self.model, self.space, self.quantities, self.where)


def planned(
    model: "Model",
    space: "Space",
    *,
    columns: "Iterable[str]" = (),
    where_text: str | None = None,
    sort: "Iterable[str]" = (),
    named: "Iterable[str]" = (),
    file: FileFormat | None = None,
    top: int | None = None,
) -> Plan:
    """The plan of a sweep; what its condition and its order ask for are columns too.

    Args:
        model: the spec.
        space: the candidates.
        columns: quantities that are columns; left out: the usual ones.
        where_text: which candidates are wanted.
        sort: columns to sort by.
        named: quantities that are needed besides.
        file: format of the file.
        top: rows to keep.

    Raises:
        Fault: a name is unknown, or the condition is none.
    """
    axes = [axis.name for axis in space.axes]
    known = list(dict.fromkeys((*axes, *QUANTITIES)))
    condition = None
    if where_text is not None:
        sizes = [axis.name for axis in space.axes if axis.kind == "size"]
        condition = condition_of(where_text, known, sizes)
    keys = sort_keys(sort, known)
    wanted = [*(columns or USUAL)]
    for name in (*wanted, *named):
        if name not in known:
            raise Fault(f"no quantity {name!r}", hint=nearest(name, known))
    if condition is not None:
        wanted += sorted(condition.names, key=known.index)
    wanted += [*(key.name for key in keys), *named]
    # A variable of the same name hides a quantity.
    quantities = tuple(dict.fromkeys(name for name in wanted if name not in axes))
    return Plan(model, space, quantities, condition, keys, file, top)


def format_of(name: str) -> FileFormat:
    """The format that a file's name ends with.

    Raises:
        Fault: none is known.
    """
    formats: Sequence[FileFormat] = ("csv", "jsonl", "parquet")
    for form in formats:
        if name.lower().endswith(f".{form}"):
            return form
    raise Fault(f"cannot write rows into {name!r}", hint="a file ends with .csv, .jsonl or .parquet")
