"""What the text of a network is made of, before it is text: layers, scopes, and ways that meet in a merge.

A list of items is written once and may stand for several parts of the network that are alike, the members: of
each layer in it there is one step for each member, or None where a member lacks it.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

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
        paths: its full name, of each member.
    """

    name: FullName
    items: "tuple[Item, ...]"
    paths: tuple[FullName, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Mapped:
    """Layers along the first axis of a sample, each position by itself: a Vmap.

    Args:
        items: the layers, one behind the other.
    """

    items: "tuple[Item, ...]"


Item: TypeAlias = Leaf | NamedScope | Mapped


def leaves_of(items: Iterable[Item]) -> Iterator[Leaf]:
    """The layers in items, in their order."""
    for item in items:
        if isinstance(item, Leaf):
            yield item
        else:
            yield from leaves_of(item.items)
