"""Minimal cuts: the lightest nodes of a graph through which every way leads."""

from collections import defaultdict, deque
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Collection, Hashable, Mapping

    Side = tuple[Hashable, bool]
    """Of a node: what comes in, and what goes out."""
    Room = dict[Side, dict[Side, int]]

T = TypeVar("T", bound="Hashable")


def minimal_cut(
    weights: "Mapping[T, int | None]",
    followers: "Mapping[T, Collection[T]]",
    starts: "Collection[T]",
    ends: "Collection[T]",
) -> set[T]:
    """The lightest nodes without which no way is left; of several such sets the one nearest to the starts.

    As much flows through each node as it weighs, along ways that have room; where none is left, the full
    nodes are a cut of that weight (Ford & Fulkerson 1956, ways by their length as Edmonds & Karp 1972).

    Args:
        weights: of every node; None: it cannot be cut.
        followers: node -> nodes that come next.
        starts: nodes with which ways begin.
        ends: nodes with which ways end. Some node on each way has a weight.
    """
    plenty = sum(weight or 0 for weight in weights.values()) + 1
    room: Room = defaultdict(dict)
    for node, weight in weights.items():
        _edge(room, (node, False), (node, True), plenty if weight is None else weight)
        for follower in followers.get(node, ()):
            _edge(room, (node, True), (follower, False), plenty)
    last: set[Side] = {(node, True) for node in ends}
    for start in starts:
        while way := _way(room, (start, False), last):
            least = min(room[one][other] for one, other in way)
            for one, other in way:
                room[one][other] -= least
                room[other][one] += least
    reached = {side for start in starts for side in _reached(room, (start, False))}
    return {node for node in weights if (node, False) in reached and (node, True) not in reached}


def _edge(room: "Room", one: "Side", other: "Side", weight: int) -> None:
    room[one][other] = weight
    room[other].setdefault(one, 0)


def _reached(room: "Room", start: "Side") -> "dict[Side, Side]":
    """What there is a way to that has room -> where it comes from."""
    found, waiting = {start: start}, deque([start])
    while waiting:
        side = waiting.popleft()
        for other, left in room[side].items():
            if left and other not in found:
                found[other] = side
                waiting.append(other)
    return found


def _way(room: "Room", start: "Side", last: "set[Side]") -> "list[tuple[Side, Side]]":
    """A shortest way that has room; empty where there is none."""
    found = _reached(room, start)
    side = next((side for side in found if side in last), None)
    way: list[tuple[Side, Side]] = []
    while side is not None and side != start:
        way.append((found[side], side))
        side = found[side]
    return way
