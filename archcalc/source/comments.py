"""Comments of a document, which the parser passes over."""

import re
from bisect import bisect_right
from typing import TYPE_CHECKING

from archcalc.errors import Place
from archcalc.records import dataclass
from archcalc.source.events import scalars
from archcalc.source.spots import BREAK, Spots

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from archcalc.source.document import Document


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment from its ``#`` to the end of the line, and the line that it is about.

    That is its own line, or where it stands alone the next one that holds anything else.

    Args:
        text: as it is written.
        place: where it begins.
        line: that it is about.
        begin: first line of the statement that this one belongs to; in YAML there are none.
    """

    text: str
    place: Place
    line: int
    begin: int = 0


def comments(document: "Document", word: str) -> "Iterator[Comment]":
    """The comments that begin with ``word``, behind another one too; free where the text has it nowhere."""
    if document.python is not None:
        yield from document.python.comments(word)
        return
    if word not in document.text:
        return
    texts = sorted(scalars(document.text))
    starts = [start for start, _ in texts]
    wanted = re.compile(rf"#[ \t]*{re.escape(word)}")
    spots, abouts = Spots(document.text), _Abouts(document.lines)
    end = said = 0
    for index in _marks(document.text):
        if index >= end:
            before = bisect_right(starts, index) - 1
            if before >= 0 and texts[before][1] > index:
                continue  # inside a quoted text
            stop = re.compile(BREAK).search(document.text, index)
            end = stop.start() if stop else len(document.text)
        if index >= said and wanted.match(document.text, index):
            said = end
            line, column = spots.at(index)
            yield Comment(document.text[index:end], Place(document.file, line, column), abouts.of(line))


def _marks(text: str) -> "Iterator[int]":
    """Where a # stands at the beginning of a line or behind a space: it begins a comment, or is text."""
    index = text.find("#")
    while index >= 0:
        if index == 0 or text[index - 1].isspace():
            yield index
        index = text.find("#", index + 1)


class _Abouts:
    """Which line a comment is about; of comments one below the other the next line is looked for once."""

    def __init__(self, lines: "Sequence[str]") -> None:
        self._lines = lines
        self._next = 0
        """Number of the line that holds something else, behind the comment that was asked for last."""

    def of(self, line: int) -> int:
        """The line that a comment in this one is about, and not before the one that was asked for last."""
        if not self._lines[line - 1].lstrip().startswith("#"):
            return line
        if self._next <= line:
            below = range(line, len(self._lines))
            self._next = 1 + next(filter(self._holds_more, below), len(self._lines))
        return self._next if self._next <= len(self._lines) else line

    def _holds_more(self, index: int) -> bool:
        content = self._lines[index].strip()
        return bool(content) and not content.startswith("#")
