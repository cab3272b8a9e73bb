"""Scopes laid over one another: the layers of each as members of one, those that some lack left open."""

from typing import TYPE_CHECKING

from archcalc.importing.structure.items import BlockUse, JoinedWays, Leaf, Mapped, NamedScope
from archcalc.layers.registry import KINDS, kind

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    from archcalc.importing.program import Program
    from archcalc.importing.structure.items import Item

LONGEST = 100
"""Items of a list that is compared with another one."""
MOST_ABSENT = 3
"""Places of a list in which one of two scopes may have what the other one lacks."""


class Different(Exception):  # noqa: N818  it ends an attempt and is no error
    """Two scopes have too little in common."""


class Aligning:
    """Lays scopes over one another.

    Args:
        program: what their steps are.
    """

    def __init__(self, program: "Program") -> None:
        self.program = program

    def scopes(self, first: NamedScope, second: NamedScope, *, own_name: bool = False) -> NamedScope:
        """Two scopes as one, with the members of the first and then those of the second.

        Raises:
            Different: they are too different.
        """
        if own_name and (first.name != second.name or first.numbered != second.numbered):
            raise Different
        items = self._lists(first.items, second.items, len(first.paths), len(second.paths))
        return NamedScope(first.name, items, first.paths + second.paths, first.numbered)

    def _lists(
        self, first: "Sequence[Item]", second: "Sequence[Item]", ones: int, others: int
    ) -> "tuple[Item, ...]":
        first, second = self._with_residual(first, second, others), self._with_residual(second, first, ones)
        found: list[Item] = []
        absent = 0
        for one, other in self._pairs(first, second):
            if one is not None and other is not None:
                found.append(self._pair(one, other, ones, others))
                continue
            absent += 1
            found.append(_widened(one, others, behind=True) if one else _widened(other, ones, behind=False))
        if absent > MOST_ABSENT or absent >= max(len(first), len(second), 1):
            raise Different
        return tuple(found)

    def _pairs(
        self, first: "Sequence[Item]", second: "Sequence[Item]"
    ) -> "Sequence[tuple[Item | None, Item | None]]":
        """The items of two lists beside one another: the longest sequence that they have in common."""
        one, other = [self._label(item) for item in first], [self._label(item) for item in second]
        if one == other:
            return list(zip(first, second, strict=True))
        if max(len(one), len(other)) > LONGEST:
            raise Different
        lengths = _lengths(one, other)
        pairs: list[tuple[Item | None, Item | None]] = []
        i = j = 0
        while i < len(one) or j < len(other):
            if i < len(one) and j < len(other) and one[i] == other[j]:
                pairs.append((first[i], second[j]))
                i, j = i + 1, j + 1
            elif j == len(other) or (i < len(one) and lengths[i + 1][j] >= lengths[i][j + 1]):
                pairs.append((first[i], None))
                i += 1
            else:
                pairs.append((None, second[j]))
                j += 1
        return pairs

    def _label(self, item: "Item") -> "Hashable":
        if isinstance(item, Leaf):
            return "leaf", item.name, self._kind(item)
        if isinstance(item, BlockUse):
            turns = max(len(each) for each in item.members)
            return "use", item.block, item.name, item.repeated, item.order, turns
        return type(item).__name__, item.name if isinstance(item, NamedScope) else ()

    def _kind(self, leaf: Leaf) -> str:
        """Its kind; of activations that are functions of single numbers without arguments, any."""
        steps = [self.program.steps[number] for number in leaf.steps if number is not None]
        bends = all(step.kind in KINDS and kind(step.kind).bends and not step.arguments for step in steps)
        return "activation" if bends else steps[0].kind

    def _pair(self, one: "Item", other: "Item", ones: int, others: int) -> "Item":
        if isinstance(one, Leaf) and isinstance(other, Leaf):
            return Leaf(one.steps + other.steps, one.name)
        if isinstance(one, BlockUse) and isinstance(other, BlockUse):
            members, steps = one.members + other.members, one.steps + other.steps
            return BlockUse(one.block, one.name, members, steps, one.repeated, one.order)
        if isinstance(one, NamedScope) and isinstance(other, NamedScope):
            return self.scopes(one, other, own_name=True)
        if isinstance(one, Mapped) and isinstance(other, Mapped):
            return Mapped(self._lists(one.items, other.items, ones, others))
        if not isinstance(one, JoinedWays) or not isinstance(other, JoinedWays):
            raise Different
        if one.residual != other.residual or len(one.ways) != len(other.ways):
            raise Different
        ways = zip(one.ways, other.ways, strict=True)
        joined = [self._way(mine, theirs, ones, others, index) for index, (mine, theirs) in enumerate(ways)]
        merge = self._pair(one.merge, other.merge, ones, others)
        if not isinstance(merge, Leaf):
            raise Different
        return JoinedWays(tuple(joined), merge, one.residual)

    def _way(
        self, one: "tuple[Item, ...]", other: "tuple[Item, ...]", ones: int, others: int, index: int
    ) -> "tuple[Item, ...]":
        """Two ways as one; a shortcut may be the identity in one of them."""
        if index and one and not other and len(one) == 1:
            return (_widened(one[0], others, behind=True),)
        if index and other and not one and len(other) == 1:
            return (_widened(other[0], ones, behind=False),)
        return self._lists(one, other, ones, others)

    def _with_residual(
        self, items: "Sequence[Item]", beside: "Sequence[Item]", members: int
    ) -> "Sequence[Item]":
        """A list whose items stand in a Residual without a merge, where the other one has a Residual."""
        del members
        at = [index for index, item in enumerate(beside) if isinstance(item, JoinedWays) and item.residual]
        if len(at) != 1 or any(isinstance(item, JoinedWays) and item.residual for item in items):
            return items
        begin, end = at[0], len(items) - (len(beside) - at[0] - 1)
        model = beside[begin]
        if end <= begin or not isinstance(model, JoinedWays):
            return items
        absent = Leaf((None,) * _members(items[begin]), model.merge.name)
        inner = JoinedWays((tuple(items[begin:end]), ()), absent, residual=True)
        return [*items[:begin], inner, *items[end:]]


def _lengths(one: "Sequence[Hashable]", other: "Sequence[Hashable]") -> list[list[int]]:
    """Lengths of the longest common sequences behind each pair of places."""
    table = [[0] * (len(other) + 1) for _ in range(len(one) + 1)]
    for i in range(len(one) - 1, -1, -1):
        for j in range(len(other) - 1, -1, -1):
            longer = max(table[i + 1][j], table[i][j + 1])
            table[i][j] = table[i + 1][j + 1] + 1 if one[i] == other[j] else longer
    return table


def _members(item: "Item") -> int:
    """How many members an item has."""
    if isinstance(item, Leaf):
        return len(item.steps)
    if isinstance(item, BlockUse):
        return len(item.members)
    if isinstance(item, NamedScope):
        return len(item.paths)
    return _members(item.merge) if isinstance(item, JoinedWays) else _members(item.items[0])


def _widened(item: "Item | None", members: int, *, behind: bool) -> "Item":
    """An item that so many further members lack, behind its own ones or in front of them."""
    if isinstance(item, Leaf):
        absent: tuple[None, ...] = (None,) * members
        return Leaf(item.steps + absent if behind else absent + item.steps, item.name)
    if isinstance(item, BlockUse):
        none: tuple[tuple[int, ...], ...] = ((),) * members
        no_steps: tuple[tuple[tuple[int, ...], ...], ...] = ((),) * members
        own = item.members + none if behind else none + item.members
        steps = item.steps + no_steps if behind else no_steps + item.steps
        return BlockUse(item.block, item.name, own, steps, item.repeated, item.order)
    if isinstance(item, NamedScope):
        lacking: tuple[tuple[str, ...], ...] = ((),) * members
        paths = item.paths + lacking if behind else lacking + item.paths
        inner = tuple(_widened(each, members, behind=behind) for each in item.items)
        return NamedScope(item.name, inner, paths, item.numbered)
    if isinstance(item, Mapped):
        return Mapped(tuple(_widened(each, members, behind=behind) for each in item.items))
    if isinstance(item, JoinedWays):
        ways = tuple(tuple(_widened(each, members, behind=behind) for each in way) for way in item.ways)
        merge = _widened(item.merge, members, behind=behind)
        if isinstance(merge, Leaf):
            return JoinedWays(ways, merge, item.residual)
    raise Different
