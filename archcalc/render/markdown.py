"""Tables and texts in GitHub's Markdown."""

import re
from typing import TYPE_CHECKING

from archcalc.printable import guarded, one_line
from archcalc.render.emit import cell_text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from archcalc.render.cells import Table

SPECIAL = re.compile(
    r"[\\`|~]"
    r"|(?<=[^\s*])\*+"  # what has a space before it ends no emphasis
    r"|(?<!\w)_+|_+(?!\w)"  # within a word they are signs as others
    r"|\](?=[(\[:])"
)
"""Signs that mean something in Markdown where they stand so."""
TAGS = re.compile(r"<(?=[A-Za-z/!?])|&(?=#?\w+;)")
"""Signs that mean something in HTML where they stand so."""
BEGINNING = re.compile(r"(?<!\S)\*+")
"""Signs that begin what the end of bold text would end."""
CALLING = re.compile(r"(?<=[@#])(?=\w)")
"""Where GitHub reads a name of somebody, or a number of an issue."""


def markdown(table: "Table") -> str:
    """The table in GitHub's Markdown, a line a layer, under full names; folded containers are a line too."""
    lines = [pipes(map(escaped, table.headers)), rule_line(table)]
    lines += [
        pipes([escaped(row.name + row.more), *(_cell(cell_text(cell)) for cell in row.cells)])
        for row in table.rows
        if not row.sums
    ]
    title = BEGINNING.sub(_marked, escaped(table.title))
    footer = (f"{escaped(line)}  " for line in table.footer)
    return guarded("\n".join([f"**{title}**", "", *lines, "", *footer])) + "\n"


def _cell(text: str) -> str:
    return "<br>".join(map(escaped, text.split("\n")))


def pipes(cells: "Iterable[str]") -> str:
    """A line of a table."""
    return f"| {' | '.join(cells)} |"


def rule_line(table: "Table") -> str:
    """The line below the headers, which says where cells are aligned."""
    return pipes("---:" if right else "---" for right in table.right)


def escaped(text: str) -> str:
    """A text on one line in which no sign means anything, neither to Markdown nor as HTML."""
    told = SPECIAL.sub(_marked, one_line(text))
    return CALLING.sub("<!-- -->", TAGS.sub(lambda found: html(found[0]), told))


def _marked(found: "re.Match[str]") -> str:
    """Signs with a backslash before each."""
    return "".join(f"\\{sign}" for sign in found[0])


def as_code(text: str) -> str:
    """A text as code, which a table may hold."""
    text = one_line(text).replace("|", "\\|")
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * (longest + 1)
    space = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{fence}{space}{text}{space}{fence}" if text else ""


def html(text: str) -> str:
    """A text in HTML."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
