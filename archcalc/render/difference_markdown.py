"""What differs between two networks, as a comment on a pull request: a headline, numbers, the rest folded."""

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
from archcalc.render.markdown import as_code, escaped, html, pipes, rule_line

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from archcalc.comparing.differences import NetworkDifference, Total
    from archcalc.render.cells import Table

HEADLINE = ("params", "macs", "receptive_field", "memory")
"""Numbers that the headline tells where they have changed."""
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
    yield pipes(map(escaped, table.headers))
    yield rule_line(table)
    for row in table.rows:
        name = as_code(row.name) if names_are_code else escaped(row.name)
        yield pipes([name, *(escaped(cell_text(cell)) for cell in row.cells)])


def _fitting(lines: list[str], used: int) -> "Iterator[str]":
    """The lines of a table that fit into a comment, and how many do not."""
    for at, line in enumerate(lines):
        used += len(line) + 1
        if used > MAX_CHARACTERS:
            yield ""
            yield f"and {len(lines) - at:,} more rows, which do not fit: `archcalc diff` prints them"
            return
        yield line
