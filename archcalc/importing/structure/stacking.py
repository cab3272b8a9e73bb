"""Items that are alike in everything but the values of arguments, as the members of one."""

from dataclasses import replace
from typing import TYPE_CHECKING, cast

from archcalc.importing.structure.items import BlockUse, JoinedWays, Leaf, Mapped, NamedScope

if TYPE_CHECKING:
    from collections.abc import Sequence

    from archcalc.importing.structure.items import Item


def stacked_scopes(scopes: "Sequence[NamedScope]") -> NamedScope:
    """Scopes of one form as one, with the members of all of them that are there."""
    return cast("NamedScope", _stacked([(scope, members_there(scope)) for scope in scopes]))


def members_there(scope: NamedScope) -> tuple[int, ...]:
    """The members that have a scope."""
    return tuple(member for member, path in enumerate(scope.paths) if path)


def _stacked(parts: "Sequence[tuple[Item, tuple[int, ...]]]") -> "Item":
    """Items, each with those of its members that count."""
    first = parts[0][0]
    if isinstance(first, Leaf):
        leaves = cast("Sequence[tuple[Leaf, tuple[int, ...]]]", parts)
        return Leaf(tuple(leaf.steps[member] for leaf, members in leaves for member in members), first.name)
    if isinstance(first, BlockUse):
        uses = cast("Sequence[tuple[BlockUse, tuple[int, ...]]]", parts)
        turns = tuple(use.members[member] for use, members in uses for member in members)
        steps = tuple(use.steps[member] for use, members in uses for member in members)
        return BlockUse(first.block, first.name, turns, steps, first.repeated, first.order)
    if isinstance(first, JoinedWays):
        joined = cast("Sequence[tuple[JoinedWays, tuple[int, ...]]]", parts)
        ways = tuple(
            _lists([(each.ways[index], members) for each, members in joined])
            for index in range(len(first.ways))
        )
        merge = cast("Leaf", _stacked([(each.merge, members) for each, members in joined]))
        return JoinedWays(ways, merge, first.residual)
    inner = _lists([(cast("Mapped | NamedScope", each).items, members) for each, members in parts])
    if isinstance(first, Mapped):
        return Mapped(inner)
    scopes = cast("Sequence[tuple[NamedScope, tuple[int, ...]]]", parts)
    paths = tuple(scope.paths[member] for scope, members in scopes for member in members)
    return NamedScope(first.name, inner, paths, first.numbered)


def _lists(parts: "Sequence[tuple[tuple[Item, ...], tuple[int, ...]]]") -> "tuple[Item, ...]":
    return tuple(
        _stacked([(items[index], members) for items, members in parts]) for index in range(len(parts[0][0]))
    )


def with_replaced(items: "tuple[Item, ...]", by: "dict[NamedScope, Item]") -> "tuple[Item, ...]":
    """Items with others in the place of some scopes."""
    found: list[Item] = []
    for item in items:
        if isinstance(item, NamedScope):
            found.append(by.get(item) or replace(item, items=with_replaced(item.items, by)))
        elif isinstance(item, Mapped):
            found.append(Mapped(with_replaced(item.items, by)))
        elif isinstance(item, JoinedWays):
            found.append(replace(item, ways=tuple(with_replaced(way, by) for way in item.ways)))
        else:
            found.append(item)
    return tuple(found)
