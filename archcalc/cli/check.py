"""``archcalc check``: design findings in specs."""

import sys
from enum import Enum
from typing import TYPE_CHECKING, Annotated

import typer

from archcalc.errors import Fault

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from archcalc.rules.engine.report import FileReport


class OutputFormat(str, Enum):  # noqa: UP042  typer shows the values of a str enum
    """How findings are written."""

    text = "text"
    json = "json"
    github = "github"
    sarif = "sarif"


CODES = "CODES"


def check(
    paths: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[PATH]...", help="Files, folders, or - for standard input; left out: this folder."
        ),
    ] = None,
    select: Annotated[
        list[str] | None,
        typer.Option(
            "--select", metavar=CODES, help="Run these rules instead of the default set: AC301,AC2."
        ),
    ] = None,
    ignore: Annotated[
        list[str] | None, typer.Option("--ignore", metavar=CODES, help="Do not run these rules.")
    ] = None,
    extend: Annotated[
        list[str] | None, typer.Option("--extend-select", metavar=CODES, help="Run these rules besides.")
    ] = None,
    form: Annotated[
        OutputFormat, typer.Option("--output-format", help="How to write the findings.")
    ] = OutputFormat.text,
    statistics: Annotated[bool, typer.Option("--statistics", help="Count the findings by rule.")] = False,
    exit_zero: Annotated[bool, typer.Option("--exit-zero", help="Exit with 0 whatever is found.")] = False,
) -> None:
    """Look for design mistakes: exit 0 when there are none, 1 with findings, 2 for wrong usage."""
    from archcalc.rules.engine.files import find
    from archcalc.rules.engine.running import run
    from archcalc.rules.selection import Selection

    selection = Selection(
        _codes("--select", select) if select is not None else None,
        _codes("--extend-select", extend or ()),
        _codes("--ignore", ignore or ()),
    )
    try:
        found = find(paths or ["."], selection)
    except Fault as fault:
        raise typer.BadParameter(f"{fault.fact}; {fault.hint}" if fault.hint else fault.fact) from None
    for note in found.notes:
        typer.echo(note, err=True)
    reports = _shown(run(found.tasks), form, statistics=statistics)
    if any(report.findings for report in reports) and not exit_zero:
        raise typer.Exit(1)


def _codes(option: str, written: "Sequence[str]") -> tuple[str, ...]:
    """Codes with commas between them, or of an option that is repeated."""
    from archcalc.rules.selection import known

    codes = [code.strip() for text in written for code in text.split(",") if code.strip()]
    try:
        return tuple(map(known, codes))
    except Fault as fault:
        raise typer.BadParameter(f"{fault.fact}; {fault.hint}", param_hint=option) from None


def _shown(reports: "Iterable[FileReport]", form: OutputFormat, *, statistics: bool) -> "list[FileReport]":
    """Write the reports, text as soon as a file is checked."""
    from archcalc.render import findings

    ink = findings.Ink.of(terminal=sys.stdout.isatty())
    kept: list[FileReport] = []
    for report in reports:
        kept.append(report)
        for note in report.notes:
            typer.echo(note, err=True)
        if form is OutputFormat.text and not statistics:
            for found in report.findings:
                typer.echo(findings.finding_text(found, ink))
    if statistics:
        typer.echo(findings.statistics_text(kept), nl=False)
    typer.echo(findings.summary_text(kept, ink))
    return kept
