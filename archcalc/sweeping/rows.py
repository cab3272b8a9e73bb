"""Candidates with what was found for them, column by column."""

from dataclasses import field
from typing import TYPE_CHECKING, cast

from archcalc.records import dataclass
from archcalc.sweeping.space import array_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray

    Numbers = NDArray[np.int64]
    """Whole numbers of 64 bits, or objects where some are no such numbers; None: there is none."""
    Chosen = NDArray[np.bool_] | NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Rows:
    """Candidates by their numbers.

    Args:
        candidates: their numbers, from 0 on.
        columns: axis or quantity -> value in every row.
        reasons: why a candidate is no network; None: it is one.
        unsaid: quantity -> layers that state no part of it, in any row.
    """

    candidates: "Numbers"
    columns: "Mapping[str, Numbers]"
    reasons: "Numbers"
    unsaid: "Mapping[str, tuple[str, ...]]" = field(default_factory=dict[str, tuple[str, ...]])

    def __len__(self) -> int:
        return len(self.candidates)

    @property
    def failed(self) -> "NDArray[np.bool_]":
        """The rows that are no networks."""
        return ~absent(self.reasons)

    def at(self, chosen: "Chosen") -> "Rows":
        """Some of the rows."""
        columns = {name: column[chosen] for name, column in self.columns.items()}
        return Rows(self.candidates[chosen], columns, self.reasons[chosen], self.unsaid)

    def without(self, names: "Sequence[str]") -> "Rows":
        """The rows without some of the columns."""
        kept = {name: column for name, column in self.columns.items() if name not in names}
        return Rows(self.candidates, kept, self.reasons, self.unsaid)


def absent(column: "Numbers") -> "NDArray[np.bool_]":
    """Where a column of objects holds None."""
    import numpy as np

    return np.equal(column, cast("int", None)).astype(bool)


def joined_rows(parts: "Sequence[Rows]") -> Rows:
    """Rows one after the other; at least one part."""
    import numpy as np

    first = parts[0]
    columns = {name: _joined([part.columns[name] for part in parts]) for name in first.columns}
    unsaid: dict[str, tuple[str, ...]] = {}
    for part in parts:
        for name, layers in part.unsaid.items():
            unsaid[name] = tuple(dict.fromkeys((*unsaid.get(name, ()), *layers)))
    return Rows(
        np.concatenate([part.candidates for part in parts]),
        columns,
        np.concatenate([part.reasons for part in parts]),
        unsaid,
    )


def _joined(columns: "Sequence[Numbers]") -> "Numbers":
    import numpy as np

    objects = any(column.dtype == object for column in columns)
    return np.concatenate([_as_objects(column) if objects else column for column in columns])


def _as_objects(column: "Numbers") -> "Numbers":
    return cast("Numbers", column.astype(object))


class GrowingColumn:
    """A column that is filled in pieces; it holds objects from the first one on that is no 64 bits number."""

    def __init__(self, length: int) -> None:
        import numpy as np

        self.column = np.zeros(length, np.int64)
        self._filled = np.zeros(length, bool)

    def put(self, rows: "NDArray[np.intp]", values: "Numbers") -> None:
        """Fill some rows."""
        if values.dtype == object and self.column.dtype != object:
            self.column = _as_objects(self.column)
        self.column[rows] = values
        self._filled[rows] = True

    def done(self) -> "Numbers":
        """The column; rows that were never filled hold None."""
        if self._filled.all():
            return self.column
        found = _as_objects(self.column)
        found[~self._filled] = cast("int", None)
        return found


def tuples(parts: "Sequence[Numbers]", length: int) -> "Numbers":
    """Shapes from the numbers of each of their axes."""
    lists = [part.tolist() for part in parts]
    return array_of_objects(list(zip(*lists, strict=True)) if lists else [()] * length)


def array_of_objects(values: "Sequence[object]") -> "Numbers":
    """An array of objects, each as it is."""
    import numpy as np

    found = np.empty(len(values), object)
    for index, value in enumerate(values):
        found[index] = value
    return cast("Numbers", found)


def narrow(column: "Numbers") -> "Numbers":
    """The column, objects that are all numbers of 64 bits as such."""
    return array_of(column.tolist()) if column.dtype == object else column
