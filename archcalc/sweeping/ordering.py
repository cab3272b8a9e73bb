"""``--sort``: the order of rows, by columns of which each rises or falls."""

from typing import TYPE_CHECKING, cast

from archcalc.errors import Fault, nearest
from archcalc.tuples import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from archcalc.sweeping.rows import Numbers, Rows

MISSING = 9
"""Rank of what is not there: behind all else, whether it rises or falls."""


class SortKey(NamedTuple):
    """A column to sort by; ``falling``: the largest first."""

    name: str
    falling: bool = False


def sort_keys(written: "Iterable[str]", known: "Sequence[str]") -> tuple[SortKey, ...]:
    """The columns of ``-receptive_field,params``; a minus stands before one that falls.

    Raises:
        Fault: there is no such column.
    """
    found: list[SortKey] = []
    for word in (part.strip() for text in written for part in text.split(",")):
        name = word.removeprefix("-").removeprefix("+")
        if name not in known:
            raise Fault(f"no variable or quantity {name!r} to sort by", hint=nearest(name, known))
        found.append(SortKey(name, word.startswith("-")))
    return tuple(found)


def row_order(rows: "Rows", keys: "Sequence[SortKey]") -> "NDArray[np.intp]":
    """The rows in order; those that are equal by the number of the candidate, failed ones last."""
    import numpy as np

    ranked = [_ranked(rows.columns[key.name], falling=key.falling) for key in keys]
    return np.lexsort([rows.candidates, *reversed(ranked), rows.failed])


def _ranked(column: "Numbers", *, falling: bool) -> "Numbers":
    """Numbers that rise where the values do, or the other way round; what is not there comes last."""
    import numpy as np

    if column.dtype != object:
        ranks = np.unique(column, return_inverse=True)[1] if falling else column
        return -ranks if falling else ranks
    values = column.tolist()
    there = sorted({comparable_key(value) for value in values if value is not None})
    places = {key: -index if falling else index for index, key in enumerate(there)}
    return np.array([len(there) if value is None else places[comparable_key(value)] for value in values])


def comparable_key(value: object) -> tuple[int, object]:
    """A key that has an order among all values: numbers, then shapes and lists, then words."""
    if isinstance(value, int | float):
        return (0, value)
    return (
        _of_members(cast("Sequence[object]", value)) if isinstance(value, tuple | list) else (2, str(value))
    )


def _of_members(members: "Sequence[object]") -> tuple[int, object]:
    whole = members and all(isinstance(each, int) for each in members)
    return (1, tuple(members)) if whole else (2, str(members))
