"""Which entries of two sequences belong together, where nothing but their keys and their order tells."""

from bisect import bisect_left
from collections import Counter, defaultdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator, Mapping, Sequence

    Indices = Iterator[tuple[int, int]]

MAX_CELLS = 1_000_000
"""Size of the table that finds the longest common subsequence; it takes about a second."""
MAX_EDITS = 1_000
"""Entries of both sides without a partner up to which Myers's way is gone; it takes about a second."""


def in_order(ours: "Sequence[Hashable]", theirs: "Sequence[Hashable]") -> "Indices":
    """Indices of a longest common subsequence.

    Of what is too much for that, entries of keys that are there once on either side, and what is equal
    around them.
    """
    start = 0
    while start < min(len(ours), len(theirs)) and ours[start] == theirs[start]:
        yield start, start
        start += 1
    end = 0
    while end < min(len(ours), len(theirs)) - start and ours[-1 - end] == theirs[-1 - end]:
        end += 1
        yield len(ours) - end, len(theirs) - end
    rows, columns = ours[start : len(ours) - end], theirs[start : len(theirs) - end]
    if not rows or not columns:
        return
    if len(rows) * len(columns) <= MAX_CELLS:
        found = _longest(rows, columns)
    else:
        edited = _with_few_edits(rows, columns)
        found = _around_unique(rows, columns) if edited is None else iter(edited)
    yield from ((start + row, start + column) for row, column in found)


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


def _with_few_edits(
    rows: "Sequence[Hashable]", columns: "Sequence[Hashable]"
) -> "list[tuple[int, int]] | None":
    """The same in time that grows with the number of edits; None: there are too many.

    Myers 1986, "An O(ND) Difference Algorithm and Its Variations": the farthest row on each diagonal, edit by
    edit.
    """
    history = [{1: 0}]
    for edits in range(min(len(rows) + len(columns), MAX_EDITS) + 1):
        reached = dict[int, int]()
        for diagonal in range(-edits, edits + 1, 2):
            row = _step(history[-1], diagonal, edits)
            while row < len(rows) and row - diagonal < len(columns) and rows[row] == columns[row - diagonal]:
                row += 1
            reached[diagonal] = row
            if row >= len(rows) and row - diagonal >= len(columns):
                return _walked_back(history, len(rows), len(columns))
        history.append(reached)
    return None


def _goes_down(reached: "Mapping[int, int]", diagonal: int, edits: int) -> bool:
    """Whether the edit that reaches a diagonal farthest comes from the one above it."""
    below, above = reached.get(diagonal - 1, -1), reached.get(diagonal + 1, -1)
    return diagonal == -edits or (diagonal != edits and below < above)


def _step(reached: "Mapping[int, int]", diagonal: int, edits: int) -> int:
    """The row on a diagonal behind one more edit."""
    down = _goes_down(reached, diagonal, edits)
    return reached[diagonal + 1] if down else reached[diagonal - 1] + 1


def _walked_back(history: "Sequence[Mapping[int, int]]", row: int, column: int) -> "list[tuple[int, int]]":
    """The equal entries on the way to an end, the last first."""
    found = list[tuple[int, int]]()
    for edits in range(len(history) - 1, -1, -1):
        reached, diagonal = history[edits], row - column
        begin = _step(reached, diagonal, edits)
        while row > begin:
            row, column = row - 1, column - 1
            found.append((row, column))
        if _goes_down(reached, diagonal, edits):
            column -= 1
        else:
            row -= 1
    return found


def _around_unique(rows: "Sequence[Hashable]", columns: "Sequence[Hashable]") -> "Indices":
    """Entries whose keys are there once on either side, in order, and what is equal next to each."""
    ours, theirs = Counter(rows), Counter(columns)
    places = {key: at for at, key in enumerate(columns) if theirs[key] == 1}
    once = [(at, places[key]) for at, key in enumerate(rows) if ours[key] == 1 and key in places]
    taken = ascending([column for _, column in once])
    ends = [once[at] for at in taken]
    row = column = 0
    for until_row, until_column in [*ends, (len(rows), len(columns))]:
        while row < until_row and column < until_column and rows[row] == columns[column]:
            yield row, column
            row, column = row + 1, column + 1
        back = 1
        while min(until_row - back - row, until_column - back - column) >= 0 and (
            rows[until_row - back] == columns[until_column - back]
        ):
            yield until_row - back, until_column - back
            back += 1
        if until_row < len(rows):
            yield until_row, until_column
        row, column = until_row + 1, until_column + 1


def ascending(numbers: "Sequence[int]") -> list[int]:
    """Places of a longest ascending subsequence of different numbers."""
    ends, at, before = list[int](), list[int](), list[int]()
    for place, number in enumerate(numbers):
        length = bisect_left(ends, number)
        before.append(at[length - 1] if length else -1)
        ends[length : length + 1] = [number]
        at[length : length + 1] = [place]
    found, place = list[int](), at[-1] if at else -1
    while place >= 0:
        found.append(place)
        place = before[place]
    return found[::-1]


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
