"""Plain data with the place of every value."""

from dataclasses import field
from functools import cached_property
from typing import TYPE_CHECKING, cast

from archcalc.errors import Place
from archcalc.records import dataclass
from archcalc.source.spots import BREAK

if TYPE_CHECKING:
    from archcalc.source.python_files import PythonFiles

Path = tuple[str | int, ...]
"""The steps from the top of a document to a value: keys of mappings and indices of lists."""
KeyedNode = tuple[int, int, "Node"]


@dataclass(slots=True)
class Node:
    """A value, where it stands, and the nodes in it; aliases of a value share its node."""

    data: object
    line: int
    column: int
    items: "list[Node] | dict[str, KeyedNode] | None" = None
    file: str = ""
    """Where it stands in another file than the document's."""

    def child(self, step: str | int) -> "KeyedNode | None":
        """The node one step below, behind the line and column of its key (in a list: its own)."""
        if isinstance(self.items, dict):
            return self.items.get(step) if isinstance(step, str) else None
        if self.items is not None and isinstance(step, int) and 0 <= step < len(self.items):
            node = self.items[step]
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
        lines = BREAK.split(self.text)
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
