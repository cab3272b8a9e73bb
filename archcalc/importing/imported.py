"""A torch module read as a spec: its data, where in Python each entry comes from, how it agrees."""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import cast

from archcalc.errors import Place
from archcalc.importing.checking import Agreement
from archcalc.importing.sources import Goals, shown_file
from archcalc.records import dataclass
from archcalc.source import Document, Path
from archcalc.source.document import Node
from archcalc.source.python_files import PythonFiles


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import gives.

    Args:
        factory: what it was read from: ``package.module:name``.
        data: of the spec.
        places: path of an entry of the spec -> where in Python it comes from, files by their full names.
        comparison: beside the module.
    """

    factory: str
    data: Mapping[str, object]
    places: Mapping[Path, Place]
    comparison: Agreement


def python_document(imported: Imported, goals: Goals | None = None) -> Document:
    """The spec as a document whose places are lines of Python."""
    goals = goals or Goals()
    shown = {place.file: shown_file(place.file) for place in imported.places.values()}
    files = PythonFiles(tuple(dict.fromkeys(shown.values())))
    places = {
        path: _exact(replace(place, file=shown[place.file]), imported.data, path, files)
        for path, place in imported.places.items()
    }
    beside = {key: value for key, value in goals.values.items() if value is not None}
    places.update({(key,): goals.place or Place(f"--{key}") for key in beside})
    data = {**imported.data, **beside}
    root = _node(data, (), Place(imported.factory), places)
    return Document(imported.factory, data, root, "", python=files)


def _exact(place: Place, data: object, path: Path, files: PythonFiles) -> Place:
    """A place with the column of what is called there: the kind's name, else what the line begins with."""
    lines = files.lines(place.file)
    if place.column > 1 or not 0 < place.line <= len(lines):
        return place
    line = lines[place.line - 1]
    if not path:
        return replace(place, column=1)
    entry = Document.of(data, "").at(path)  # None: an entry that is left out, as an Add that is the default
    kind = cast("Mapping[str, object]", entry).get("type") if isinstance(entry, dict) else entry
    called = re.search(rf"[\w.]*\b{re.escape(str(kind))}\b", line, re.IGNORECASE)
    column = called.start() if called else len(line) - len(line.lstrip())
    return replace(place, column=column + 1)


def _node(data: object, path: Path, place: Place, places: Mapping[Path, Place]) -> Node:
    """The node of a value; what has no place of its own stands where that around it does."""
    place = places.get(path, place)
    node = Node(data, place.line, place.column, file=place.file)
    if isinstance(data, dict):
        written: dict[str, tuple[int, int, Node]] = {}
        for key, value in cast("Mapping[str, object]", data).items():
            below = _node(value, (*path, key), place, places)
            written[key] = (below.line, below.column, below)
        node.items = written
    elif isinstance(data, list):
        listed = enumerate(cast("list[object]", data))
        node.items = [_node(value, (*path, index), place, places) for index, value in listed]
    return node
