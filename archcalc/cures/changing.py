"""A document with changes made in its data; what stays keeps its place, so that findings can be compared."""

from dataclasses import replace
from itertools import count
from typing import TYPE_CHECKING, cast

from archcalc.cures.changes import (
    DropKey,
    Insert,
    Move,
    RemoveEntry,
    RenameKey,
    Replace,
    SetKey,
    SetValue,
    Wrap,
)
from archcalc.errors import Fault
from archcalc.source import Document, scalar
from archcalc.source.document import Node

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from archcalc.cures.changes import Change, Entry
    from archcalc.source import Path
    from archcalc.source.document import KeyedNode

ELSEWHERE = "it stands in a file that is not to be changed"
NO_ENTRY = "there is no such entry"
BEHIND_ALL = 1_000_000
"""A column behind those of any text: where values stand that changes put in, each in one of its own."""


def with_changes(document: Document, changes: "Sequence[Change]") -> Document:
    """The document after all changes; an entry that aliases share changes wherever it is used.

    Raises:
        Fault: an entry is in another document, as those of shipped blocks are, or is not what a change needs.
    """
    return _Changing(document).after(changes)


class _Changing:
    """Nodes of a document, copied so that they can be changed; all are found before the first change."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._copies: dict[int, Node] = {}
        self._columns = count(BEHIND_ALL)
        self._root = self._copy(document.root)

    def after(self, changes: "Sequence[Change]") -> Document:
        spots = [(change, *self._spots(self._path(change)), self._aim(change)) for change in changes]
        for change, around, node, aim in spots:
            self._make(change, around, node, aim)
        data = _data(self._root, {})
        return replace(self._document, data=data, root=self._root)

    def _path(self, change: "Change") -> "Path":
        if isinstance(change, SetValue):
            return change.path
        if change.origin.document is not self._document:
            raise Fault(ELSEWHERE)
        return change.origin.path

    def _aim(self, change: "Change") -> tuple[Node, Node] | None:
        """The node around what a move goes beside, and its own."""
        if not isinstance(change, Move):
            return None
        if change.to.document is not self._document:
            raise Fault(ELSEWHERE)
        around, node = self._spots(change.to.path)
        if node is None:
            raise Fault(NO_ENTRY)
        return around, node

    def _spots(self, path: "Path") -> tuple[Node, Node | None]:
        """The node around the value at a path, and the value's own."""
        around, node = self._root, cast("Node | None", self._root)
        for step in path:
            if node is None:
                raise Fault("there is no such value")
            around, found = node, node.child(step)
            node = found[2] if found else None
        return around, node

    def _make(self, change: "Change", around: Node, node: Node | None, aim: tuple[Node, Node] | None) -> None:
        if isinstance(change, SetValue):
            self._mapping(around)[str(change.path[-1])] = self._fresh(change.value, node or around)
        elif node is None:
            raise Fault(NO_ENTRY)
        elif isinstance(change, SetKey):
            keys = self._mapping(node)
            old = keys.get(change.key)
            keys[change.key] = self._fresh(scalar(change.value), old[2] if old else node)
        elif isinstance(change, DropKey):
            self._mapping(node).pop(change.key, None)
        elif isinstance(change, RenameKey):
            keys = self._mapping(node)
            node.items = {change.new if key == change.key else key: value for key, value in keys.items()}
        elif isinstance(change, Move):
            items, at = _place_in(around, node)
            del items[at]
            if aim is not None:
                items, at = _place_in(*aim)
                items.insert(at + change.behind, node)
        else:
            self._list(change, *_place_in(around, node))

    def _list(self, change: "RemoveEntry | Insert | Replace | Wrap", items: list[Node], at: int) -> None:
        if isinstance(change, RemoveEntry):
            del items[at]
        elif isinstance(change, Wrap):
            if at + change.count > len(items):
                raise Fault(NO_ENTRY)
            container = self._fresh({"type": change.kind, change.key: []}, items[at])[2]
            inner = container.child(change.key)
            if inner is not None:
                inner[2].items = items[at : at + change.count]
            items[at : at + change.count] = [container]
        else:
            fresh = [self._fresh(entry, items[at])[2] for entry in change.entries]
            start = at + (isinstance(change, Insert) and change.behind)
            items[start : at + 1 if isinstance(change, Replace) else start] = fresh

    def _mapping(self, node: Node) -> "dict[str, KeyedNode]":
        """The keys of an entry; a word becomes a mapping with this type."""
        if isinstance(node.data, str):
            kind = Node(node.data, node.line, node.column, file=node.file)
            node.items = {"type": (node.line, node.column, kind)}
            node.data = {}
        if not isinstance(node.items, dict):
            raise Fault("it is no mapping")
        return node.items

    def _fresh(self, value: "object | Entry", near: Node) -> "KeyedNode":
        """The node of a new value, on the line of an old one."""
        line, column = near.line, next(self._columns)
        node = Node(value, line, column, file=near.file)
        if isinstance(value, dict):
            keys = cast("Mapping[str, object]", value)
            node.items = {key: self._fresh(item, near) for key, item in keys.items()}
        elif isinstance(value, list | tuple):
            node.items = [self._fresh(item, near)[2] for item in cast("Sequence[object]", value)]
        return line, column, node

    def _copy(self, node: Node) -> Node:
        """The node with those below it; aliases share one copy as they share one node."""
        known = self._copies.get(id(node))
        if known is None:
            known = self._copies[id(node)] = Node(node.data, node.line, node.column, file=node.file)
            items, data = node.items, node.data
            if items is None and isinstance(data, dict | list | tuple):  # plain data without a text
                items = self._fresh(node.data, node)[2].items
            if isinstance(items, dict):
                known.items = {
                    key: (line, column, self._copy(below)) for key, (line, column, below) in items.items()
                }
            elif items is not None:
                known.items = [self._copy(below) for below in items]
        return known


def _place_in(around: Node, node: Node) -> tuple[list[Node], int]:
    """The list of an entry, and where in it that is."""
    items = around.items
    if not isinstance(items, list) or node not in items:  # nodes are equal to none but themselves
        raise Fault("it is no entry of a list")
    return items, items.index(node)


def _data(node: Node, known: dict[int, object]) -> object:
    """The plain data of a node, kept in it; aliases share theirs."""
    if id(node) not in known:
        if isinstance(node.items, dict):
            node.data = {key: _data(below, known) for key, (_, _, below) in node.items.items()}
        elif node.items is not None:
            node.data = [_data(below, known) for below in node.items]
        known[id(node)] = node.data
    return known[id(node)]


def spots_in(document: Document, path: "Path") -> "Iterator[tuple[int, int]]":
    """Line and column of an entry, and of every key and value in it."""
    node = document.root
    for step in path:
        found = node.child(step)
        if found is None:
            break
        node = found[2]
    waiting = [(node.line, node.column, node)]
    while waiting:
        line, column, at = waiting.pop()
        yield line, column
        yield at.line, at.column
        items = at.items
        waiting += (
            items.values()
            if isinstance(items, dict)
            else [(each.line, each.column, each) for each in items or ()]
        )
