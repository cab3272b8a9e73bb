"""Plain data with the place of every value."""

import re
from dataclasses import field
from functools import cached_property
from typing import TYPE_CHECKING, cast

from archcalc.errors import Place
from archcalc.records import dataclass
from archcalc.source.spots import BREAK

if TYPE_CHECKING:
    from array import array
    from collections.abc import Mapping, Sequence

    from archcalc.source.python_files import PythonFiles

Path = tuple[str | int, ...]
"""The steps from the top of a document to a value: keys of mappings and indices of lists."""
KeyedNode = tuple[int, int, "Node"]
KEPT = 4_000
"""Places that are kept for who asks again."""


@dataclass(slots=True)
class Packed:
    """What a list or mapping holds, without a node for each word and number: most are never asked for.

    Args:
        spots: line and column of each item, in a mapping those of its key and those of its value.
        nodes: place of an item -> its node, where it has one: lists, mappings, and what has a name (``&a``).
    """

    spots: "array[int]"
    nodes: "dict[int, Node]"

    def listed(self, values: "Sequence[object]", at: int) -> "Node":
        """The node of an item of a list."""
        return self.nodes.get(at) or Node(values[at], self.spots[2 * at], self.spots[2 * at + 1])

    def keyed(self, value: object, at: int) -> "KeyedNode":
        """The node of a value of a mapping, behind the spot of its key."""
        line, column, *own = self.spots[4 * at : 4 * at + 4]
        return line, column, self.nodes.get(at) or Node(value, own[0], own[1])

    def unpacked(self, data: object) -> "list[Node] | dict[str, KeyedNode]":
        """The nodes of all that a list or mapping holds."""
        if isinstance(data, dict):
            items = cast("Mapping[str, object]", data).items()
            return {key: self.keyed(value, at) for at, (key, value) in enumerate(items)}
        values = cast("list[object]", data)
        return [self.listed(values, at) for at in range(len(values))]


class Node:
    """A value, where it stands, and the nodes in it; aliases of a value share its node.

    Args:
        data: the value.
        line: from 1.
        column: from 1.
        items: the nodes in it.
        file: where it stands in another file than the document's.
    """

    __slots__ = ("_held", "column", "data", "file", "line")

    def __init__(
        self,
        data: object,
        line: int,
        column: int,
        items: "list[Node] | dict[str, KeyedNode] | Packed | None" = None,
        file: str = "",
    ) -> None:
        self.data, self.line, self.column, self._held, self.file = data, line, column, items, file

    @property
    def items(self) -> "list[Node] | dict[str, KeyedNode] | None":
        """The nodes of all that it holds, made when they are first asked for; None: no list or mapping."""
        if isinstance(self._held, Packed):
            self._held = self._held.unpacked(self.data)
        return self._held

    @items.setter
    def items(self, items: "list[Node] | dict[str, KeyedNode] | Packed | None") -> None:
        self._held = items

    def child(self, step: str | int) -> "KeyedNode | None":
        """The node one step below, behind the line and column of its key (in a list: its own)."""
        held, data = self._held, self.data
        if isinstance(data, list) and isinstance(held, Packed):
            if not isinstance(step, int) or not 0 <= step < len(cast("list[object]", data)):
                return None
            node = held.listed(cast("list[object]", data), step)
            return node.line, node.column, node
        items = self.items
        if isinstance(items, dict):
            return items.get(step) if isinstance(step, str) else None
        if items is not None and isinstance(step, int) and 0 <= step < len(items):
            node = items[step]
            return node.line, node.column, node
        return None


@dataclass(frozen=True, repr=False)
class Document:
    """Plain data (dict, list, str, int, float, bool, None) with the place of every value.

    Aliases are shared objects in ``data``, not copies, and their place is the place of what they stand for.
    """

    file: str
    data: object
    root: Node = field(repr=False, compare=False)
    text: str = field(repr=False, compare=False)
    """The text itself, without a byte order mark."""
    python: "PythonFiles | None" = field(default=None, repr=False, compare=False)
    """Of a network that was read from a torch module, the files in which its layers are built: its places."""

    @classmethod
    def of(cls, data: object, file: str) -> "Document":
        """A document of plain Python data, which has no text: every place is line 1, column 1."""
        return cls(file, data, Node(data, 1, 1), "")

    @cached_property
    def lines(self) -> tuple[str, ...]:
        """The lines of the text, without their ends."""
        lines = re.split(BREAK, self.text)
        return tuple(lines if lines[-1] else lines[:-1])

    def line_at(self, place: Place) -> str:
        """The line that a place is on; empty where there is none."""
        lines = self.lines if self.python is None else self.python.lines(place.file)
        return lines[place.line - 1] if 0 < place.line <= len(lines) else ""

    def at(self, path: Path) -> object:
        """The value at ``path``; None when there is none."""
        data = self.data
        for step in path:
            if isinstance(data, dict):
                data = cast("dict[str | int, object]", data).get(step)
            else:
                items = cast("list[object]", data) if isinstance(data, list) else []
                if not isinstance(step, int) or not 0 <= step < len(items):
                    return None
                data = items[step]
        return data

    @cached_property
    def _places(self) -> dict[Path, Place]:
        return {}

    def place(self, path: Path, *, key: bool = False) -> Place:
        """Where the value at ``path`` or its key stands; if there is none, the last value on the way."""
        if key:
            return self._found(path, key=True)
        found = self._places.get(path)  # of an entry in a block it is asked at every use of the block
        if found is None:
            if len(self._places) == KEPT:
                self._places.clear()
            found = self._places[path] = self._found(path, key=False)
        return found

    def _found(self, path: Path, *, key: bool) -> Place:
        node = self.root
        line, column = node.line, node.column
        for step in path:
            entry = node.child(step)
            if entry is None:
                return Place(node.file or self.file, node.line, node.column)
            line, column, node = entry
        file = node.file or self.file
        return Place(file, line, column) if key else Place(file, node.line, node.column)
