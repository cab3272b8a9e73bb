"""Lines and columns of a text, counted from 1."""

import re

Spot = tuple[int, int]
BREAKS = "\n\r\x85\u2028\u2029"  # what the parser counts as ends of lines
BREAK = re.compile(f"\r\n|[{BREAKS}]")


def spot_at(text: str, offset: int) -> Spot:
    """Line and column of the character at an offset."""
    before = text[:offset]
    breaks = sum(before.count(mark) for mark in BREAKS) - before.count("\r\n")
    return breaks + 1, offset - max(before.rfind(mark) for mark in BREAKS)
