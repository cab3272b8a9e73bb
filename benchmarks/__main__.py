"""Measure everything and print it: ``python -m benchmarks [--quick] [--write]``."""

from argparse import ArgumentParser
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.machine import described, versions
from benchmarks.measuring import ROOT, compiled
from benchmarks.sections import FULL, QUICK, SECTIONS, Measured

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGE = ROOT / "docs" / "performance.md"
HEAD = """# Performance

Written by `python -m benchmarks --write`, which measures all of it in one run on one machine: ratios mean
more than times. A process has its bytecode compiled, as behind an installation, and has run once before;
times are CPU time of the user and the system, medians of several runs in turn.
"""


def lines_of(table: Measured) -> "Iterator[str]":
    """A table in Markdown, with what it tells."""
    width = max(len(row) for row in (table.headers, *table.rows))
    yield from (f"## {table.title}", "", table.told, "")
    yield _line((*table.headers, *[""] * (width - len(table.headers))))
    yield _line(["---"] * width)
    yield from (_line((*row, *[""] * (width - len(row)))) for row in table.rows)
    yield ""


def _line(cells: "tuple[str, ...] | list[str]") -> str:
    return f"| {' | '.join(cell.replace('|', '/') for cell in cells)} |"


def main() -> None:
    """Run the sections and print each as soon as it is there."""
    parser = ArgumentParser("python -m benchmarks", description="Ratios of time and memory, of one run.")
    parser.add_argument("--quick", action="store_true", help="a little of everything, to see that it runs")
    parser.add_argument("--write", action="store_true", help=f"write {PAGE.relative_to(ROOT)} anew")
    asked = parser.parse_args()
    if asked.quick and asked.write:
        parser.error("--write is for whole runs: a quick one measures too little for the page")
    parts = [HEAD, f"{described()}.", f"{versions()}.", ""]
    print(*parts[1:], sep="\n")
    with compiled() as environment:
        for section in SECTIONS:
            text = "\n".join(lines_of(section(QUICK if asked.quick else FULL, environment)))
            print(text, flush=True)
            parts.append(text)
    if asked.write:
        Path(PAGE).write_text(
            "\n".join((parts[0], "\n\n".join(parts[1:3]), "", *parts[4:])), encoding="utf-8"
        )


if __name__ == "__main__":
    main()
