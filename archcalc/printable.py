"""What may reach a terminal or a log: the one place where text from outside is made harmless.

A name, a path or a line of a spec may hold what a terminal obeys (ESC and the other control characters), what
turns the order of letters (the marks of Unicode's bidirectional text) or is not seen at all, or a line that
begins with ``::``, which GitHub takes for a command, whatever stands before it on other lines.
"""

import re

CONTROLS = (
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ud800-\udfff"
    "\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]"
)
"""What is no letter, sign, tab or line feed: shown as it would be escaped.

Python calls none of it printable, and asking that takes no expression, which few texts need.
"""
BREAKS = "[\t\n]"
COMMAND = r"(?m)^(\s*)(?=::|##\[)"
"""Before what GitHub's runner obeys at the beginning of a line, spaces before it or not."""
GUARD = "| "


def cleaned(text: str) -> str:
    """A text of several lines without what a terminal would obey."""
    return text if text.isprintable() else re.sub(CONTROLS, _escaped, text)


def one_line(text: str) -> str:
    """The same on one line: what breaks it is escaped too."""
    return text if text.isprintable() else re.sub(BREAKS, _escaped, cleaned(text))


def guarded(text: str) -> str:
    """A cleaned text of which no line is a command to what reads the log."""
    return re.sub(COMMAND, rf"\1{GUARD}", text) if "::" in text or "##[" in text else text


def _escaped(found: "re.Match[str]") -> str:
    return found[0].encode("unicode_escape").decode()
