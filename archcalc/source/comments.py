"""Comments of a document, which the parser passes over."""

from bisect import bisect_right
from dataclasses import dataclass
from typing import TYPE_CHECKING

from archcalc.errors import Place
from archcalc.source.events import scalars
from archcalc.source.positions import BREAK, spot_at

if TYPE_CHECKING:
    from collections.abc import Iterator

    from archcalc.source.document import Document


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment from its ``#`` to the end of the line, and the line that it is about.

    That is its own line, or where it stands alone the next one that holds anything else.
    """

    text: str
    place: Place
    line: int


def comments(document: "Document", word: str) -> "Iterator[Comment]":
    """The comments that begin with ``word``; free where the text has the word nowhere."""
    if word not in document.text:
        return
    texts = sorted(scalars(document.text))
    starts = [start for start, _ in texts]
    end = 0
    for index in _marks(document.text):
        before = bisect_right(starts, index) - 1
        if index < end or (before >= 0 and texts[before][1] > index):
            continue  # inside a comment or a quoted text
        stop = BREAK.search(document.text, index)
        end = stop.start() if stop else len(document.text)
        text = document.text[index:end]
        if text[1:].lstrip().startswith(word):
            line, column = spot_at(document.text, index)
            yield Comment(text, Place(document.file, line, column), _about(document, line))


def _marks(text: str) -> "Iterator[int]":
    """Where a # stands at the beginning of a line or behind a space: it begins a comment, or is text."""
    index = text.find("#")
    while index >= 0:
        if index == 0 or text[index - 1].isspace():
            yield index
        index = text.find("#", index + 1)


def _about(document: "Document", line: int) -> int:
    if document.lines[line - 1].lstrip().startswith("#"):
        for number in range(line, len(document.lines)):
            content = document.lines[number].strip()
            if content and not content.startswith("#"):
                return number + 1
    return line
