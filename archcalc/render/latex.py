"""Tables for LaTeX, which need no package."""

from typing import TYPE_CHECKING

from archcalc.printable import one_line
from archcalc.render.emit import cell_text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from archcalc.render.cells import Table

ESCAPED = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    **{sign: f"\\{sign}" for sign in "&%$#_{}"},
}


def latex_text(text: str) -> str:
    """A text on one line in which no sign is a command, neither to LaTeX nor to what reads the log.

    Square brackets at its start are no option of the line break before it.
    """
    told = "".join(ESCAPED.get(sign, sign) for sign in one_line(text))
    return f"{{}}{told}" if told.lstrip().startswith(("[", "::")) else told


def latex(table: "Table") -> str:
    """The table in a ``table`` environment: a line a layer, under full names; the lines below as text."""
    columns = "".join("r" if right else "l" for right in table.right)
    rows = (
        [row.name + row.more, *(cell_text(cell).replace("\n", ", ") for cell in row.cells)]
        for row in table.rows
        if not row.sums
    )
    lines = [
        r"\begin{table}",
        rf"\caption{{{latex_text(table.title)}}}",
        rf"\begin{{tabular}}{{{columns}}}",
        r"\hline",
        _line(table.headers),
        r"\hline",
        *map(_line, rows),
        r"\hline",
        r"\end{tabular}",
        *(rf"\par {latex_text(line)}" for line in table.footer),
        r"\end{table}",
    ]
    return "\n".join(lines) + "\n"


def _line(cells: "Iterable[str]") -> str:
    return " & ".join(map(latex_text, cells)) + r" \\"
