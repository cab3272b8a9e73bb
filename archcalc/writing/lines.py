"""A tree as lines of YAML, each with the path of what begins on it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from archcalc.writing.entries import Flow, Tree
from archcalc.writing.scalars import key, scalar

if TYPE_CHECKING:
    from collections.abc import Iterator

    from archcalc.source import Path
    from archcalc.writing.original import Original

WIDTH = 110
"""Columns within which everything that may stays on one line."""
WIDEST = 350
"""Columns of an entry that the shipped files still have on one line, where no long list is in it."""
LONG_LIST = 12
MAX_KEY = 1000
"""Characters of a key that YAML finds without a mark before it (1,024)."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line without its comments."""

    indent: int
    text: str
    path: "Path"


@dataclass(frozen=True, slots=True)
class Lines:
    """Lays out trees; values are on one line or not as the original has it, where both would do."""

    original: "Original"

    def of(self, tree: Tree, path: "Path" = (), indent: int = 0) -> "list[Line]":
        """The lines of a tree that does not stand on one line."""
        tree = _spread(tree)
        if isinstance(tree, Mapping):
            entries = tree.items()
            return [
                line for name, value in entries for line in self._entry(name, value, (*path, name), indent)
            ]
        items = enumerate(tree)
        return [line for index, item in items for line in self._item(item, (*path, index), indent)]

    def _entry(self, name: str, value: Tree, path: "Path", indent: int) -> "list[Line]":
        written = f"{key(name)}:"
        if isinstance(value, Flow):
            text = self._on_line(value, path, indent + len(written) + 1)
            if text is not None:
                return [Line(indent, f"{written} {text}", path)]
            if _is_row(value.value):
                rows = self._rows(cast("Sequence[object]", value.value), path, indent + 2)
                return [Line(indent, f"{written} [", path), *rows]
        return [Line(indent, written, path), *self.of(value, path, indent + 2)]

    def _item(self, item: Tree, path: "Path", indent: int) -> "list[Line]":
        if isinstance(item, Flow):
            text = self._on_line(item, path, indent + 2)
            if text is not None:
                return [Line(indent, f"- {text}", path)]
        first, *others = self.of(item, path, indent + 2)
        return [Line(indent, f"- {first.text}", path), *others]

    def _on_line(self, flow: Flow, path: "Path", column: int) -> str | None:
        """The text of a value that fits on the line behind a column; None when it has to be spread."""
        value = flow.value
        if not isinstance(value, Mapping | list | tuple):
            return self._scalar(value, path, flow=False)
        text = self._flow(cast("object", value), path)
        spread = self.original.on_one_line(path) is False or _has_long_list(cast("object", value))
        fits = column + len(text) <= (WIDTH if spread else WIDEST)
        return text if fits or not _can_spread(cast("object", value)) else None

    def _flow(self, value: object, path: "Path") -> str:
        """A value in brackets."""
        if isinstance(value, Mapping):
            pairs = cast("Mapping[str, object]", value).items()
            inner = (f"{_mark(name)}{key(name)}: {self._flow(item, (*path, name))}" for name, item in pairs)
            return f"{{{', '.join(inner)}}}"
        if isinstance(value, list | tuple):
            items = enumerate(cast("Sequence[object]", value))
            return f"[{', '.join(self._flow(item, (*path, index)) for index, item in items)}]"
        return self._scalar(value, path, flow=True)

    def _scalar(self, value: object, path: "Path", *, flow: bool) -> str:
        written = self.original.number(path, value) if isinstance(value, float) else None
        return written or scalar(value, flow=flow)

    def _rows(self, values: "Sequence[object]", path: "Path", indent: int) -> "Iterator[Line]":
        """A long list of scalars in rows: those of the original, or as wide as a line."""
        texts = [self._flow(value, (*path, index)) for index, value in enumerate(values)]
        row, begin = "", 0
        kept = [self.original.line((*path, index)) for index in range(len(values))]
        for index, text in enumerate(texts):
            ends = (
                kept[index] != kept[index - 1]
                if kept[-1] != kept[0]
                else indent + len(row) + len(text) + 2 > WIDTH
            )
            if row and ends:
                yield Line(indent, f"{row},", (*path, begin))
                row, begin = "", index
            row = f"{row}, {text}" if row else text
        yield Line(indent, f"{row}]", (*path, begin))


def _spread(tree: Tree) -> Tree:
    """A value on one line as a tree whose entries have lines of their own."""
    if not isinstance(tree, Flow):
        return tree
    if isinstance(tree.value, Mapping):
        entries = cast("Mapping[str, object]", tree.value).items()
        return {name: Flow(value) for name, value in entries}
    return [Flow(item) for item in cast("Sequence[object]", tree.value)]


def _can_spread(value: object) -> bool:
    """Whether a list or mapping has entries, with keys that can begin a line."""
    inner = cast("Sequence[str] | Mapping[str, object]", value)
    return bool(inner) and not (isinstance(inner, Mapping) and any(map(_mark, inner)))


def _is_row(value: object) -> bool:
    """Whether it is a list of scalars."""
    items = cast("Sequence[object]", value) if isinstance(value, list | tuple) else [()]
    return not any(isinstance(item, Mapping | list | tuple) for item in items)


def _has_long_list(value: object) -> bool:
    """Whether a list of many values is in it."""
    if isinstance(value, Mapping):
        return any(map(_has_long_list, cast("Mapping[str, object]", value).values()))
    if not isinstance(value, list | tuple):
        return False
    items = cast("Sequence[object]", value)
    return len(items) > LONG_LIST or any(map(_has_long_list, items))


def _mark(name: str) -> str:
    """What begins a key within brackets: nothing, or for a very long one the sign that it is one."""
    return "? " if len(name) > MAX_KEY else ""
