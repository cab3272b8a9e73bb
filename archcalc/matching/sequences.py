"""Which entries of two sequences belong together, where nothing but their keys and their order tells."""

from collections import defaultdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator, Sequence

    Indices = Iterator[tuple[int, int]]

MAX_CELLS = 1_000_000
"""Size of the table that finds the longest common subsequence; it takes about a second."""


def in_order(ours: "Sequence[Hashable]", theirs: "Sequence[Hashable]") -> "Indices":
    """Indices of a longest common subsequence; of equal ends alone where what is between is too much."""
    start = 0
    while start < min(len(ours), len(theirs)) and ours[start] == theirs[start]:
        yield start, start
        start += 1
    end = 0
    while end < min(len(ours), len(theirs)) - start and ours[-1 - end] == theirs[-1 - end]:
        end += 1
        yield len(ours) - end, len(theirs) - end
    rows, columns = ours[start : len(ours) - end], theirs[start : len(theirs) - end]
    if len(rows) * len(columns) <= MAX_CELLS:
        yield from ((start + row, start + column) for row, column in _longest(rows, columns))


def _longest(rows: "Sequence[Hashable]", columns: "Sequence[Hashable]") -> "Indices":
    """The table of lengths, filled from the ends so that it is walked from the start."""
    lengths = [[0] * (len(columns) + 1) for _ in range(len(rows) + 1)]
    for i in reversed(range(len(rows))):
        below, line = lengths[i + 1], lengths[i]
        for j in reversed(range(len(columns))):
            line[j] = below[j + 1] + 1 if rows[i] == columns[j] else max(below[j], line[j + 1])
    i = j = 0
    while i < len(rows) and j < len(columns):
        if rows[i] == columns[j]:
            yield i, j
            i, j = i + 1, j + 1
        elif lengths[i + 1][j] >= lengths[i][j + 1]:
            i += 1
        else:
            j += 1


def each_in_turn(ours: "Sequence[Hashable]", theirs: "Sequence[Hashable]") -> "Indices":
    """The first of every key with the first of it on the other side, the second with the second ..."""
    places: dict[Hashable, list[int]] = defaultdict(list)
    for index, key in enumerate(theirs):
        places[key].append(index)
    taken: dict[Hashable, int] = defaultdict(int)
    for index, key in enumerate(ours):
        at = taken[key]
        if at < len(places[key]):
            yield index, places[key][at]
            taken[key] += 1
