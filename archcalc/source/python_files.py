"""The Python files in which the layers of a module are built: their lines and their comments."""

import re
import tokenize
from dataclasses import field
from functools import lru_cache
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING

from archcalc.errors import Place
from archcalc.records import dataclass
from archcalc.source.comments import Comment
from archcalc.tuples import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

BETWEEN = (tokenize.NL, tokenize.COMMENT, tokenize.INDENT, tokenize.DEDENT, tokenize.ENCODING)
"""Tokens that begin no statement."""


@dataclass(frozen=True, slots=True)
class PythonFiles:
    """Files by the names that places have.

    Args:
        names: as they are shown.
    """

    names: tuple[str, ...] = field(default=())

    def lines(self, name: str) -> tuple[str, ...]:
        """The lines of a file; none of one that cannot be read, or is none of these."""
        return tuple(_text(name).splitlines()) if name in self.names else ()

    def comments(self, word: str) -> "Iterator[Comment]":
        """The comments that begin with a word, behind another one too, file by file."""
        for name in self.names:
            if word in _text(name):
                yield from _comments(name, word)


def _text(name: str) -> str:
    """The text of a file as it is now; empty where it cannot be read."""
    try:
        path = Path(name).resolve()
        return _saved(str(path), path.stat().st_mtime_ns)
    except (OSError, SyntaxError, ValueError):
        return ""


@lru_cache(64)
def _saved(file: str, saved: int) -> str:
    """The text of a file that was saved then."""
    del saved
    with tokenize.open(file) as stream:
        return stream.read()


class _Statement(NamedTuple):
    """Lines of a statement, of a body its first line alone."""

    first: int
    last: int


def _comments(name: str, word: str) -> "Iterator[Comment]":
    wanted = re.compile(rf"#[ \t]*{re.escape(word)}")
    found, statements = _read(_text(name))
    for line, column, text, alone in found:
        match = next(wanted.finditer(text), None)
        if match is None:
            continue
        about = next((each for each in statements if each.last >= line), _Statement(line, line))
        # Alone in front of a statement it is about its first line, alone within one about the next line.
        meant = _below(name, line) if alone else line
        place = Place(name, line, column + match.start() + 1)
        yield Comment(text[match.start() :], place, meant, min(about.first, meant))


def _below(name: str, line: int) -> int:
    """The next line that holds anything but a comment; the last one of a file is about itself."""
    for number, text in enumerate(_text(name).splitlines()[line:], line + 1):
        if text.strip() and not text.lstrip().startswith("#"):
            return number
    return line


def _read(text: str) -> tuple[tuple[tuple[int, int, str, bool], ...], tuple[_Statement, ...]]:
    """Comments (line, column from 0, text, whether it stands alone), and statements, in file order."""
    found: list[tuple[int, int, str, bool]] = []
    statements: list[_Statement] = []
    first = 0
    try:
        for token in tokenize.generate_tokens(StringIO(text).readline):
            line, column = token.start
            if token.type == tokenize.COMMENT:
                found.append((line, column, token.string, not token.line[:column].strip()))
            if token.type == tokenize.NEWLINE:
                statements.append(_Statement(first or line, line))
                first = 0
            elif not first and token.type not in BETWEEN:
                first = line
    except (tokenize.TokenError, SyntaxError):
        pass  # what stands above is right all the same
    return tuple(found), tuple(statements)
