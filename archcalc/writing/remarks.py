"""Comments and blank lines of the original beside the lines that are written, and all of it as a text."""

from bisect import bisect_right
from collections import defaultdict
from dataclasses import field
from typing import TYPE_CHECKING

from archcalc.records import dataclass
from archcalc.source.comments import Comment, comments

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from archcalc.source import Document
    from archcalc.writing.lines import Line
    from archcalc.writing.original import Original

GAP = "   "
"""Between an entry and the comment behind it."""


@dataclass(frozen=True, slots=True)
class Remarks:
    """What goes above a line and behind it, by the line's index; ``last`` below all of them."""

    above: dict[int, list[str]] = field(default_factory=lambda: defaultdict[int, list[str]](list))
    behind: dict[int, list[str]] = field(default_factory=lambda: defaultdict[int, list[str]](list))
    last: list[str] = field(default_factory=list[str])


def joined(lines: "Sequence[Line]", original: "Original", sections: "Sequence[str]" = ()) -> str:
    """The text of the lines, which ends with a line break.

    Args:
        lines: all of a file.
        original: whose comments and blank lines are kept.
        sections: keys at the top that have a blank line above them, where no original says otherwise.
    """
    remarks = _remarks(lines, original.text) if original.text is not None else _blanks(lines, sections)
    texts: list[str] = []
    for index, line in enumerate(lines):
        texts += remarks.above.get(index, ())
        texts.append(GAP.join([" " * line.indent + line.text, *remarks.behind.get(index, ())]))
    return "\n".join([*texts, *remarks.last]).strip("\n") + "\n"


def _blanks(lines: "Sequence[Line]", sections: "Sequence[str]") -> Remarks:
    remarks = Remarks()
    for index, line in enumerate(lines):
        if len(line.path) == 1 and line.path[0] in sections:
            remarks.above[index].append("")
    return remarks


def _remarks(lines: "Sequence[Line]", document: "Document") -> Remarks:
    """The comments of a document, each beside the line that holds what it is about.

    What is about an entry of several lines that is written on one stands above that or behind it.
    """
    remarks, owners, alone = Remarks(), Owners.of(lines, document), dict[int, Comment]()
    for comment in comments(document, ""):
        line, column = comment.place.line, comment.place.column
        if document.lines[line - 1][: column - 1].strip(" \t"):
            remarks.behind[owners.index(line)].append(comment.text.rstrip())
        else:
            alone[line] = comment
    for number, gap in _gaps(document, alone):
        if number > len(document.lines):
            remarks.last.extend(_above(gap, 0))
            continue
        index = owners.index(number)
        if owners.starts[index] == number:
            source = document.lines[number - 1]
            shift = lines[index].indent - (len(source) - len(source.lstrip(" ")))
            remarks.above[index] += _above(gap, shift, lines[index].indent)
        else:
            remarks.above[index] += (
                " " * lines[index].indent + comment.text.rstrip() for comment in gap if comment
            )
    return remarks


def _above(gap: "Sequence[Comment | None]", shift: int, least: int = 0) -> "Iterator[str]":
    """Comments, moved to the right by ``shift`` columns and to no less than ``least``, and blank lines."""
    for comment in gap:
        indent = max(least, comment.place.column - 1 + shift) if comment is not None else 0
        yield " " * indent + comment.text.rstrip() if comment is not None else ""


@dataclass(frozen=True, slots=True)
class Owners:
    """Which of the lines to write holds what stands on a line of the original.

    Args:
        starts: line of the original where each line to write begins.
        begins: the same lines, sorted.
        indices: for each of those the index of the first line to write that begins there.
    """

    starts: "Sequence[int]"
    begins: "Sequence[int]"
    indices: "Sequence[int]"

    @classmethod
    def of(cls, lines: "Sequence[Line]", document: "Document") -> "Owners":
        """The owners of a document's lines."""
        starts = [document.place(line.path, key=True).line for line in lines]
        first = {start: index for index, start in reversed([*enumerate(starts)])}
        begins = sorted(first)
        return cls(starts, begins, [first[begin] for begin in begins])

    def index(self, number: int) -> int:
        """The line that begins last at or above a line of the original."""
        return self.indices[max(0, bisect_right(self.begins, number) - 1)]


def _gaps(document: "Document", alone: "dict[int, Comment]") -> "Iterator[tuple[int, list[Comment | None]]]":
    """The number of a line with content, or of the end, and the comments and blank lines (None) above it."""
    gap: list[Comment | None] = []
    for number, text in enumerate((*document.lines, "end"), start=1):
        if number in alone:
            gap.append(alone[number])
        elif not text.strip(" \t"):
            gap += [None] if gap[-1:] != [None] else []
        else:
            if gap:
                yield number, gap
            gap = []
