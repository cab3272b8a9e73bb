"""JSON of a document whose entries are made one by one: a line for each, in pieces."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

TOGETHER = 500
"""Entries of a document that are written at once."""


def json_pieces(document: "Mapping[str, object]", key: str, entries: "Iterable[object]") -> "Iterator[str]":
    """The text of a document with entries that are made one by one, in the place of ``key``.

    An entry has one line, which Python writes many times as fast as numbers below one another.
    """
    from json import dumps

    comma = "{\n"
    for name, value in document.items():
        yield f"{comma} {dumps(name)}: "
        comma = ",\n"
        if name == key:
            yield from _list_pieces(dumps(entry) for entry in entries)
        else:
            yield dumps(value, indent=1).replace("\n", "\n ")
    yield "\n}\n"


def _list_pieces(entries: "Iterable[str]") -> "Iterator[str]":
    """A list one level down, with some entries to a piece."""
    begin, found = "[", list[str]()
    for entry in entries:
        found.append(entry)
        if len(found) == TOGETHER:
            yield f"{begin}\n  " + ",\n  ".join(found)
            begin, found = ",", []
    if found:
        yield f"{begin}\n  " + ",\n  ".join(found)
    yield "[]" if begin == "[" and not found else "\n ]"
