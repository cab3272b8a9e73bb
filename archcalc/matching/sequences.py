"""Which entries of two sequences belong together, where nothing but their keys and their order tells."""

from bisect import bisect_left
from collections import defaultdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator, Mapping, Sequence

    Indices = Iterator[tuple[int, int]]

MAX_CELLS = 1_000_000
"""Size of the table that finds the longest common subsequence; it takes about a second."""
MAX_EDITS = 256
"""Entries without a partner behind which what was found so far is kept, so that the time stays linear."""


def in_order(ours: "Sequence[Hashable]", theirs: "Sequence[Hashable]") -> "Indices":
    """Indices of a longest common subsequence; of long sequences that differ much one nearly as long."""
    start = 0
    while start < min(len(ours), len(theirs)) and ours[start] == theirs[start]:
        yield start, start
        start += 1
    end = 0
    while end < min(len(ours), len(theirs)) - start and ours[-1 - end] == theirs[-1 - end]:
        end += 1
        yield len(ours) - end, len(theirs) - end
    rows, columns = ours[start : len(ours) - end], theirs[start : len(theirs) - end]
    if set(rows).isdisjoint(columns):
        return
    found = _longest(rows, columns) if len(rows) * len(columns) <= MAX_CELLS else _by_edits(rows, columns)
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


def _by_edits(rows: "Sequence[Hashable]", columns: "Sequence[Hashable]") -> "Indices":
    """The same in time that grows with the number of edits.

    Myers 1986, "An O(ND) Difference Algorithm and Its Variations": the farthest row on each diagonal, edit by
    edit. Behind ``MAX_EDITS`` the way to the farthest place is kept, and it goes on from there.
    """
    row = column = 0
    while row < len(rows) and column < len(columns):
        pairs, row_end, column_end = _stretch(rows, columns, row, column)
        yield from pairs
        row, column = row_end, column_end


def _stretch(
    rows: "Sequence[Hashable]", columns: "Sequence[Hashable]", top: int, left: int
) -> "tuple[list[tuple[int, int]], int, int]":
    """Equal entries behind a place, and the place up to which they go."""
    height, width = len(rows) - top, len(columns) - left
    history = [{1: 0}]
    for edits in range(MAX_EDITS + 1):
        reached = dict[int, int]()
        for diagonal in range(-edits, edits + 1, 2):
            row = _step(history[-1], diagonal, edits)
            while (
                row < height and row - diagonal < width and rows[top + row] == columns[left + row - diagonal]
            ):
                row += 1
            reached[diagonal] = row
            if row >= height and row - diagonal >= width:
                return _walked_back(history, height, width, (top, left)), len(rows), len(columns)
        history.append(reached)
    inside = {at: row for at, row in history.pop().items() if row <= height and 0 <= row - at <= width}
    diagonal = max(inside, key=lambda at: 2 * inside[at] - at)
    end = inside[diagonal], inside[diagonal] - diagonal
    return _walked_back(history, *end, (top, left)), top + end[0], left + end[1]


def _goes_down(reached: "Mapping[int, int]", diagonal: int, edits: int) -> bool:
    """Whether the edit that reaches a diagonal farthest comes from the one above it."""
    below, above = reached.get(diagonal - 1, -1), reached.get(diagonal + 1, -1)
    return diagonal == -edits or (diagonal != edits and below < above)


def _step(reached: "Mapping[int, int]", diagonal: int, edits: int) -> int:
    """The row on a diagonal behind one more edit."""
    down = _goes_down(reached, diagonal, edits)
    return reached[diagonal + 1] if down else reached[diagonal - 1] + 1


def _walked_back(
    history: "Sequence[Mapping[int, int]]", row: int, column: int, at: tuple[int, int]
) -> "list[tuple[int, int]]":
    """The equal entries on the way to an end, the last first."""
    found = list[tuple[int, int]]()
    for edits in range(len(history) - 1, -1, -1):
        reached, diagonal = history[edits], row - column
        begin = _step(reached, diagonal, edits)
        while row > begin:
            row, column = row - 1, column - 1
            found.append((at[0] + row, at[1] + column))
        if _goes_down(reached, diagonal, edits):
            column -= 1
        else:
            row -= 1
    return found


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
