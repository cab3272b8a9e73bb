"""Names of equal layers as one: ``layers.0-11.attn`` for the twelve of a repeated block."""

import re
from itertools import groupby, pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Sequence

NUMBER = re.compile(r"(?:(?<=[._])|^)(0|[1-9]\d{0,8})(?=\.|$)")
"""An index within a name: the part of a repeat, or the end of a name that was not written."""

SHOWN = 4
"""Names that a line for people lists."""

NamePart = str | tuple[int, ...]
"""A part of a name that stays, or the indices that stand in its place."""


Group = tuple[tuple[NamePart, ...], "Hashable"]
"""Parts of the names of a group, and what its members have in common."""


def folded(names: "Iterable[str]", alike: "Callable[[str], Hashable]") -> dict[str, list[str]]:
    """Names under the one that covers them: they differ in indices, and what they stand for is alike.

    A name stands for every combination of its indices and for nothing else. Groups stand in the order of
    their first members; those that are not alike are apart even when they are written alike.
    """
    groups: dict[Group, list[str]] = {}
    for name in names:
        groups.setdefault((_pieces(name), alike(name)), []).append(name)
    for place in range(max((len(pieces) for pieces, _ in groups), default=0) - 1, 0, -1):
        groups = _merged(groups, place) if place % 2 else groups
    return {"".join(map(_written, pieces)): members for (pieces, _), members in groups.items()}


def in_words(names: "Iterable[str]") -> str:
    """The first of the names, in order, with those that differ in indices as one."""
    listed = list(folded(names, lambda _: None))
    more = f" and {len(listed) - SHOWN:,} more" if len(listed) > SHOWN else ""
    return ", ".join(listed[:SHOWN]) + more


def _pieces(name: str) -> tuple[NamePart, ...]:
    """Texts at even places, indices at odd ones."""
    parts = NUMBER.split(name)
    return tuple((int(part),) if place % 2 else part for place, part in enumerate(parts))


def _merged(groups: "dict[Group, list[str]]", place: int) -> "dict[Group, list[str]]":
    """Groups that differ in nothing but the indices at a place become one."""
    same: dict[Hashable, list[Group]] = {}
    for pieces, alike in groups:
        rest = (pieces[:place], pieces[place + 1 :], len(pieces), alike)
        same.setdefault(rest if place < len(pieces) else (pieces, alike), []).append((pieces, alike))
    merged: dict[Group, list[str]] = {}
    for keys in same.values():
        pieces, alike = keys[0]
        if len(keys) > 1:
            indices = sorted({index for found, _ in keys for index in found[place] if isinstance(index, int)})
            pieces = (*pieces[:place], tuple(indices), *pieces[place + 1 :])
        merged[pieces, alike] = [name for key in keys for name in groups[key]]
    return merged


def _written(piece: NamePart) -> str:
    return piece if isinstance(piece, str) else in_short(piece)


def in_short(numbers: "Sequence[int]") -> str:
    """Ascending numbers in short: ``0-11``, ``0,2..30`` in steps of 2, ``0-4,6-10``."""
    if numbers and numbers[-1] - numbers[0] == len(numbers) - 1 > 0:  # of a million turns at once
        return f"{numbers[0]}-{numbers[-1]}"
    steps = {after - before for before, after in pairwise(numbers)}
    if len(numbers) > 3 and len(steps) == 1 and steps != {1}:  # noqa: PLR2004  three are as short in full
        return f"{numbers[0]},{numbers[1]}..{numbers[-1]}"
    runs = groupby(enumerate(numbers), key=lambda at: at[1] - at[0])
    ends = ([number for _, number in run] for _, run in runs)
    return ",".join(str(run[0]) if len(run) == 1 else f"{run[0]}-{run[-1]}" for run in ends)
