"""What the text of a network is made of, before it is text: layers, scopes, ways that meet, and blocks.

A list of items is written once and may stand for several parts of the network that are alike, the members: of
each layer in it there is one step for each member, or None where a member lacks it.
"""

from collections.abc import Iterable, Iterator
from typing import TypeAlias

from archcalc.records import dataclass

FullName = tuple[str, ...]
"""The steps of a name: ``("layer1", "0")``."""


@dataclass(frozen=True, slots=True, eq=False)
class Leaf:
    """A layer.

    Args:
        steps: number of its step, of each member.
        name: below the scope that it stands in; empty: it has none.
    """

    steps: "tuple[int | None, ...]"
    name: FullName = ()


@dataclass(frozen=True, slots=True, eq=False)
class NamedScope:
    """Layers under a name: a Sequential.

    Args:
        name: below the scope that it stands in.
        items: what it holds.
        paths: its full name, of each member; empty where a member lacks it.
        numbered: its items are called 0, 1, 2 ... as they come.
    """

    name: FullName
    items: "tuple[Item, ...]"
    paths: tuple[FullName, ...]
    numbered: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Mapped:
    """Layers along the first axis of a sample, each position by itself: a Vmap.

    Args:
        items: the layers, one behind the other.
    """

    items: "tuple[Item, ...]"


@dataclass(frozen=True, slots=True, eq=False)
class JoinedWays:
    """Ways that read the same and meet in a merge: a Residual, or Branches.

    Args:
        ways: the layers of each; empty: the identity. Of a Residual the body and the shortcut.
        merge: the layer that reads their ends.
        residual: a Residual.
    """

    ways: "tuple[tuple[Item, ...], ...]"
    merge: Leaf
    residual: bool


@dataclass(frozen=True, slots=True, eq=False)
class OwnBlock:
    """A scope that stands under ``blocks``, for all that are alike.

    Args:
        name: what it is called.
        scope: the layers, with all members.
    """

    name: str
    scope: NamedScope

    def numbers(self) -> "Iterator[set[int]]":
        """The steps of each member."""
        for member in range(len(self.scope.paths)):
            yield set(steps_in(self.scope.items, member))


@dataclass(frozen=True, slots=True, eq=False)
class BlockUse:
    """A block where it is used.

    Args:
        block: name of the block.
        name: below the scope that it stands in; empty: it takes the next number of that.
        members: of each member here, the members of the block: one for each turn of a repeat.
        steps: of each member here and each turn, the numbers of its steps in the order of the text.
        repeated: it is a repeat.
        order: which of the outputs that it reads is each of the block's inputs; empty: as it reads them.
    """

    block: str
    name: FullName
    members: tuple[tuple[int, ...], ...]
    steps: tuple[tuple[tuple[int, ...], ...], ...]
    repeated: bool = False
    order: tuple[int, ...] = ()


Item: TypeAlias = Leaf | NamedScope | Mapped | JoinedWays | BlockUse


def lists_in(item: Item) -> "tuple[tuple[Item, ...], ...]":
    """The lists of items that an item holds, its merge last; none of a layer and of a block's use."""
    if isinstance(item, JoinedWays):
        return (*item.ways, (item.merge,))
    return () if isinstance(item, Leaf | BlockUse) else (item.items,)


def leaves_of(items: Iterable[Item]) -> Iterator[Leaf]:
    """The layers that are written in items, in their order; not those of blocks."""
    for item in items:
        if isinstance(item, Leaf):
            yield item
        for inner in lists_in(item):
            yield from leaves_of(inner)


def steps_in(items: Iterable[Item], member: int) -> Iterator[int]:
    """The numbers of the steps of a member, those in blocks too, in the order of the text."""
    for item in items:
        if isinstance(item, Leaf):
            if (number := item.steps[member]) is not None:
                yield number
        elif isinstance(item, BlockUse):
            for turn in item.steps[member]:
                yield from turn
        else:
            for inner in lists_in(item):
                yield from steps_in(inner, member)


def end_of(items: "tuple[Item, ...]", member: int) -> int | None:
    """The step whose output leaves a list of items; None where a member has none of them."""
    for item in reversed(items):
        found = _end(item, member)
        if found is not None:
            return found
    return None


def _end(item: Item, member: int) -> int | None:
    if isinstance(item, Leaf):
        return item.steps[member]
    if isinstance(item, BlockUse):
        turns = item.steps[member]
        return turns[-1][-1] if turns else None
    if isinstance(item, JoinedWays):
        merged = item.merge.steps[member]
        return merged if merged is not None else end_of(item.ways[0], member)
    return end_of(item.items, member)
