"""A tree as lines of YAML, each with the path of what begins on it."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, cast

from archcalc.records import dataclass
from archcalc.writing.entries import Flow, Tree
from archcalc.writing.scalars import key, scalar_text

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
        inner = _spread(tree) if isinstance(tree, Flow) else tree
        if isinstance(inner, Mapping):
            entries = inner.items()
            return [
                line for name, value in entries for line in self._entry(name, value, (*path, name), indent)
            ]
        items = enumerate(inner)
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
        text = self.flow(cast("object", value), path)
        spread = self.original.on_one_line(path) is False or _has_long_list(cast("object", value))
        fits = column + len(text) <= (WIDTH if spread else WIDEST)
        return text if fits or not _can_spread(cast("object", value)) else None

    def flow(self, value: object, path: "Path" = ()) -> str:
        """A value in brackets."""
        if isinstance(value, Mapping):
            pairs = cast("Mapping[str, object]", value).items()
            inner = (f"{_mark(name)}{key(name)}: {self.flow(item, (*path, name))}" for name, item in pairs)
            return f"{{{', '.join(inner)}}}"
        if isinstance(value, list | tuple):
            items = enumerate(cast("Sequence[object]", value))
            return f"[{', '.join(self.flow(item, (*path, index)) for index, item in items)}]"
        return self._scalar(value, path, flow=True)

    def _scalar(self, value: object, path: "Path", *, flow: bool) -> str:
        written = self.original.number(path, value) if isinstance(value, float) else None
        return written or scalar_text(value, flow=flow)

    def _rows(self, values: "Sequence[object]", path: "Path", indent: int) -> "Iterator[Line]":
        """A long list of scalars behind its bracket."""
        texts = [self.flow(value, (*path, index)) for index, value in enumerate(values)]
        for begin, end in pairwise((*self._row_begins(texts, path, indent), len(texts))):
            closing = "," if end < len(texts) else "]"
            yield Line(indent, ", ".join(texts[begin:end]) + closing, (*path, begin))

    def _row_begins(self, texts: "Sequence[str]", path: "Path", indent: int) -> list[int]:
        """Indices where rows begin: those of the original, or rows as wide as a line."""
        lines = [self.original.line((*path, index)) for index in range(len(texts))]
        if 1 < len(set(lines)) < len(lines):
            return [index for index, line in enumerate(lines) if index == 0 or line != lines[index - 1]]
        begins, column = [0], indent
        for index, text in enumerate(texts):
            if index and column + len(text) >= WIDTH:
                begins.append(index)
                column = indent
            column += len(text) + 2
        return begins


def _spread(flow: Flow) -> "Mapping[str, Tree] | Sequence[Tree]":
    """The entries of a value on one line, for lines of their own."""
    value = flow.value
    if isinstance(value, Mapping):
        return {name: Flow(item) for name, item in cast("Mapping[str, object]", value).items()}
    return [Flow(item) for item in cast("Sequence[object]", value)]


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
    return "? " if len(key(name)) > MAX_KEY else ""
