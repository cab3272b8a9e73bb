"""Lines and columns of a text, counted from 1."""

import re
from bisect import bisect_right
from itertools import islice
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

Spot = tuple[int, int]
BREAKS = "\n\r\x85\u2028\u2029"  # what the parser counts as ends of lines
BREAK = f"\r\n|[{BREAKS}]"
"""The pattern of one, compiled where it is first looked for."""


def lines_at(text: str, numbers: "Iterable[int]") -> "Mapping[int, str]":
    """Number of a line -> the line without its end, of a few lines of a text that may have millions."""
    found: dict[int, str] = {}
    begin, at = 0, 1
    for number in sorted({each for each in numbers if each > 0}):
        begin = _behind(text, begin, number - at)
        if begin < 0:
            break
        at, end = number, re.compile(BREAK).search(text, begin)
        found[number] = text[begin : end.start() if end else len(text)]
    return found


def _behind(text: str, begin: int, lines: int) -> int:
    """The offset so many lines further; -1: there are fewer."""
    if any(mark in text for mark in BREAKS[1:]):
        for end in islice(re.compile(BREAK).finditer(text, begin), lines):
            begin, lines = end.end(), lines - 1
        return -1 if lines else begin
    for _ in range(lines):
        begin = text.find("\n", begin) + 1
        if not begin:
            return -1
    return begin


def spot_at(text: str, offset: int) -> Spot:
    """Line and column of the character at an offset."""
    before = text[:offset]
    breaks = sum(before.count(mark) for mark in BREAKS) - before.count("\r\n")
    return breaks + 1, offset - max(before.rfind(mark) for mark in BREAKS)


class Spots:
    """Lines and columns of many characters of a text, whose lines are looked for once."""

    def __init__(self, text: str) -> None:
        self._begins = [0, *[end.end() for end in re.finditer(BREAK, text)]]

    def at(self, offset: int) -> Spot:
        """Line and column of the character at an offset."""
        line = bisect_right(self._begins, offset)
        return line, offset - self._begins[line - 1] + 1
