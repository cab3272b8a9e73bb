"""What differs between two networks, as a comment on a pull request: a headline, numbers, the rest folded."""

import re
from typing import TYPE_CHECKING

from archcalc.render.differences import (
    changes_table,
    difference_words,
    percent,
    signed,
    signed_units,
    totals_table,
)
from archcalc.render.emit import cell_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from archcalc.comparing.differences import NetworkDifference, Total
    from archcalc.render.cells import Table

HEADLINE = ("params", "macs", "receptive_field", "memory")
"""Numbers that the headline tells where they have changed."""
SPECIAL = re.compile(r"([\\`*_\[\]|~])")
"""Signs that mean something in Markdown, anywhere in a line."""
CALLING = re.compile(r"(?<=[@#])(?=\w)")
"""Where GitHub reads a name of somebody, or a number of an issue."""
MAX_CHARACTERS = 60_000
"""A comment may have 65,536."""


def difference_markdown(
    found: "NetworkDifference",
    names: tuple[str, str],
    failed: "Sequence[str]" = (),
    *,
    every: bool = False,
) -> str:
    """GitHub's Markdown of a difference.

    Args:
        found: what differs.
        names: of both networks.
        failed: what is told of conditions that have come true.
        every: each layer by itself.
    """
    lines = [f"### {' → '.join(map(as_code, names))}", "", _headline(found), ""]
    lines += [line for text in failed for line in (f"> :x: {escaped(text)}", "")]
    totals = totals_table(found, names)
    lines += [*_table(totals, names_are_code=False), ""]
    lines += [line for text in totals.footer for line in (escaped(text), "")]
    changes = changes_table(found, every=every)
    if changes.rows:
        lines += ["<details>", f"<summary>{html(difference_words(found))}</summary>", ""]
        lines += [*_fitting(list(_table(changes, names_are_code=True)), sum(map(len, lines))), ""]
        lines += [line for text in changes.footer for line in (escaped(text), "")]
        lines += ["</details>"]
    return "\n".join(lines).rstrip("\n") + "\n"


def _headline(found: "NetworkDifference") -> str:
    if found.same:
        return "**No difference.**"
    told = {total.quantity.name: total for total in found.totals}
    words = [_growth(told[name]) for name in HEADLINE if told[name].delta]
    return f"**{', '.join(words) or 'The totals stay the same'}.**"


def _growth(total: "Total") -> str:
    delta = total.delta or 0
    number = signed_units(delta) if total.quantity.unit == "bytes" else signed(delta)
    name = "MACs" if total.quantity.name == "macs" else total.quantity.title.lower()
    share = f" ({percent(total.share)})" if total.share is not None else ""
    return f"{number} {name}{share}"


def _table(table: "Table", *, names_are_code: bool) -> "Iterator[str]":
    yield _pipes(table.headers)
    yield _pipes("---:" if right else "---" for right in table.right)
    for row in table.rows:
        name = as_code(row.name) if names_are_code else escaped(row.name)
        yield _pipes([name, *(escaped(cell_text(cell)) for cell in row.cells)])


def _fitting(lines: list[str], used: int) -> "Iterator[str]":
    """The lines of a table that fit into a comment, and how many do not."""
    for at, line in enumerate(lines):
        used += len(line) + 1
        if used > MAX_CHARACTERS:
            yield ""
            yield f"and {len(lines) - at:,} more rows, which do not fit: `archcalc diff` prints them"
            return
        yield line


def _pipes(cells: "Iterable[str]") -> str:
    return f"| {' | '.join(cells)} |"


def as_code(text: str) -> str:
    """A text as code, which a table may hold."""
    text = " ".join(text.split()).replace("|", "\\|")
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * (longest + 1)
    space = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{fence}{space}{text}{space}{fence}" if text else ""


def escaped(text: str) -> str:
    """A text in which no sign means anything, neither to Markdown nor as HTML."""
    return CALLING.sub("<!-- -->", html(SPECIAL.sub(r"\\\1", " ".join(text.split()))))


def html(text: str) -> str:
    """A text in HTML."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
