"""``archcalc check``: design mistakes in specs, and ``archcalc explain``: the rules' pages."""

import sys
from enum import Enum
from typing import TYPE_CHECKING, Annotated

import typer

from archcalc.cli.options import Format, FormatOption
from archcalc.errors import Fault, nearest

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from archcalc.render.findings import Ink
    from archcalc.rules.engine.one_file import Fixes
    from archcalc.rules.engine.report import FileReport
    from archcalc.rules.engine.targets import Found


class OutputFormat(str, Enum):  # noqa: UP042  typer shows the values of a str enum
    """How findings are written."""

    text = "text"
    json = "json"
    github = "github"
    sarif = "sarif"


def check(
    paths: Annotated[
        list[str] | None,
        typer.Argument(metavar="PATH", help="Files, folders, - for standard input; left out: this folder."),
    ] = None,
    select: Annotated[
        list[str] | None,
        typer.Option("--select", metavar="CODES", help="Run these rules, not the default set: AC301,AC2."),
    ] = None,
    ignore: Annotated[
        list[str] | None, typer.Option("--ignore", metavar="CODES", help="Do not run these rules.")
    ] = None,
    extend: Annotated[
        list[str] | None, typer.Option("--extend-select", metavar="CODES", help="Run these rules besides.")
    ] = None,
    fix: Annotated[bool, typer.Option("--fix", help="Mend in the files what can be mended safely.")] = False,
    diff: Annotated[
        bool, typer.Option("--diff", help="Print what --fix would change as a diff, and write nothing.")
    ] = False,
    form: Annotated[
        OutputFormat, typer.Option("--output-format", help="How to write the findings.")
    ] = OutputFormat.text,
    statistics: Annotated[bool, typer.Option("--statistics", help="Count the findings by rule.")] = False,
    exit_zero: Annotated[bool, typer.Option("--exit-zero", help="Exit with 0 whatever is found.")] = False,
) -> None:
    """Look for design mistakes: exit 0 when there are none, 1 with findings, 2 for wrong usage."""
    from archcalc.rules.engine.running import run

    fixes: Fixes = "diff" if diff else "write" if fix else "none"
    if (diff or statistics) and form is not OutputFormat.text:
        raise typer.BadParameter("--diff and --statistics are text only", param_hint="--output-format")
    if fixes == "write" and "-" in (paths or ()):
        raise typer.BadParameter(
            "standard input cannot be mended; --diff shows what would change", param_hint="--fix"
        )
    found = _found(paths or ["."], select, ignore, extend)
    for note in found.notes:
        typer.echo(note, err=True)
    reports = run(found.tasks, fixes)
    shown = _diffs(reports) if diff else _report(reports, form, statistics=statistics)
    if any(report.findings for report in shown) and not exit_zero:
        raise typer.Exit(1)


def _found(
    paths: "Sequence[str]",
    select: "Sequence[str] | None",
    ignore: "Sequence[str] | None",
    extend: "Sequence[str] | None",
) -> "Found":
    from archcalc.rules.engine.targets import targets
    from archcalc.rules.selection import Selection

    selection = Selection(
        None if select is None else _codes("--select", select),
        _codes("--extend-select", extend or ()),
        _codes("--ignore", ignore or ()),
    )
    try:
        return targets(paths, selection)
    except Fault as fault:
        raise typer.BadParameter(f"{fault.fact}; {fault.hint}" if fault.hint else fault.fact) from None


def _codes(option: str, written: "Sequence[str]") -> tuple[str, ...]:
    """Codes with commas between them, or of an option that is repeated."""
    from archcalc.rules.selection import known

    codes = [code.strip() for text in written for code in text.split(",") if code.strip()]
    if written and not codes and option == "--select":  # mostly an empty variable of a script
        raise typer.BadParameter("no code was given, and no rule would run", param_hint=option)
    try:
        return tuple(map(known, codes))
    except Fault as fault:
        raise typer.BadParameter(f"{fault.fact}; {fault.hint}", param_hint=option) from None


def _report(reports: "Iterable[FileReport]", form: OutputFormat, *, statistics: bool) -> "list[FileReport]":
    """Write the reports: text as soon as a file is checked, documents at the end."""
    from archcalc.render import findings

    if form is not OutputFormat.text:
        from archcalc.render import finding_formats

        kept = list(map(_noted, reports))
        writers = {
            OutputFormat.json: finding_formats.json_text,
            OutputFormat.github: finding_formats.github_text,
            OutputFormat.sarif: finding_formats.sarif_text,
        }
        typer.echo(writers[form](kept), nl=False)
        return kept
    ink = findings.Ink.of(terminal=sys.stdout.isatty())
    kept = [_written(report, ink, quiet=statistics) for report in reports]
    if statistics:
        typer.echo(findings.statistics_text(kept), nl=False)
    typer.echo(findings.summary_text(kept, ink))
    return kept


def _written(report: "FileReport", ink: "Ink", *, quiet: bool) -> "FileReport":
    from archcalc.render.findings import finding_text

    for found in () if quiet else report.findings:
        typer.echo(finding_text(found, ink))
    return _noted(report)


def _diffs(reports: "Iterable[FileReport]") -> "list[FileReport]":
    """Write what fixes would change, and the summary on standard error, so that the output is a patch."""
    from archcalc.render import findings

    kept: list[FileReport] = []
    for report in reports:
        typer.echo(report.diff, nl=False)
        kept.append(_noted(report))
    typer.echo(findings.summary_text(kept, findings.Ink.of(terminal=sys.stderr.isatty())), err=True)
    return kept


def _noted(report: "FileReport") -> "FileReport":
    for note in report.notes:
        typer.echo(note, err=True)
    return report


def explain(
    code: Annotated[
        str | None, typer.Argument(metavar="CODE", help="The code or the name of a rule.")
    ] = None,
    form: FormatOption = Format.table,
) -> None:
    """Print the page of a design rule, or list all rules."""
    from archcalc.cli.reading import write_table
    from archcalc.render import rule_pages
    from archcalc.rules.registry import rules

    if code is None:
        write_table(rule_pages.rules_table(), form)
        return
    found = next((rule for rule in rules() if code.strip().lower() in (rule.code.lower(), rule.name)), None)
    if found is None:
        known = [word for rule in rules() for word in (rule.code, rule.name)]
        hint = nearest(code, known, "`archcalc explain` lists the rules")
        raise typer.BadParameter(f"no rule {code[:60]!r}; {hint}", param_hint="CODE")
    if form is Format.json:
        typer.echo(rule_pages.rule_json(found))
    elif form is Format.csv:
        raise typer.BadParameter("a page is a table, json or markdown", param_hint="--format")
    else:
        typer.echo(
            rule_pages.rule_page(found) if form is Format.markdown else rule_pages.rule_text(found), nl=False
        )
