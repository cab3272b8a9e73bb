"""The text that a spec was read from, asked for its form; everything is unknown where there is none."""

import re
from typing import TYPE_CHECKING, TypeVar, cast

from archcalc.records import dataclass
from archcalc.source.scalars import FLOAT

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from archcalc.source import Document, Path

Value = TypeVar("Value")
TOKEN = re.compile(r"[^\s,\[\]{}]+")


@dataclass(frozen=True, slots=True)
class Original:
    """A document, or None: the spec was made in memory. A document of plain data has keys but no text."""

    document: "Document | None"

    @property
    def text(self) -> "Document | None":
        """The document where it has a text, with lines and comments."""
        return self.document if self.document is not None and self.document.text else None

    def at(self, path: "Path") -> object:
        """What is written at a path; None when there is nothing."""
        return None if self.document is None else self.document.at(path)

    def ordered(self, path: "Path", entry: "Mapping[str, Value]") -> dict[str, Value]:
        """The entries of a mapping in the order of the original; those it has not come last."""
        written = self.at(path)
        keys = cast("Mapping[str, object]", written if isinstance(written, dict) else {})
        rank = {key: index for index, key in enumerate(keys)}
        return dict(sorted(entry.items(), key=lambda item: rank.get(item[0], len(rank))))

    def on_one_line(self, path: "Path") -> bool | None:
        """Whether a list or mapping stands in brackets on one line; None where there is no text of it."""
        value = self.at(path)
        if self.text is None or not isinstance(value, list | dict):
            return None
        place = self.text.place(path)
        bracket = self.text.lines[place.line - 1][place.column - 1] in "[{"
        return bracket and all(line == place.line for line in self._lines(path, cast("object", value)))

    def line(self, path: "Path") -> int:
        """The line where the key or the item at a path stands; 0 without a text."""
        return self.text.place(path, key=True).line if self.text is not None else 0

    def number(self, path: "Path", value: float) -> str | None:
        """How a number that is not whole was written, such as ``1.0e-6``; None where that is unknown."""
        if self.text is None:
            return None
        place = self.text.place(path)
        match = TOKEN.match(self.text.lines[place.line - 1], place.column - 1)
        same = match is not None and FLOAT.fullmatch(match[0]) is not None and float(match[0]) == value
        return match[0] if match is not None and same else None

    def _lines(self, path: "Path", value: object) -> "Iterator[int]":
        """The lines of all that a list or mapping holds."""
        inner = cast("Mapping[str | int, object] | list[object]", value)
        pairs = inner.items() if isinstance(inner, dict) else enumerate(cast("list[object]", inner))
        for step, item in pairs:
            yield self.line((*path, step))
            if isinstance(item, list | dict):
                yield from self._lines((*path, step), cast("object", item))
