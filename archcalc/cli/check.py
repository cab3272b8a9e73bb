"""``archcalc check``: design mistakes in specs, and ``archcalc explain``: the rules' pages."""

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from archcalc.cli.formats import FindingFormat, Format, show
from archcalc.cli.options import FormatOption, usage
from archcalc.errors import nearest
from archcalc.render.findings import Ink, diffs_text, statistics_text, summary_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from archcalc.rules.engine.one_file import Fixes
    from archcalc.rules.engine.report import FileReport
    from archcalc.rules.selection import Selection


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
    specs_only: Annotated[
        bool, typer.Option("--specs-only", help="Pass over files that are no specs, as in folders.")
    ] = False,
    fix: Annotated[bool, typer.Option("--fix", help="Mend in the files what can be mended safely.")] = False,
    diff: Annotated[
        bool, typer.Option("--diff", help="Print what --fix would change as a diff, and write nothing.")
    ] = False,
    form: Annotated[
        FindingFormat, typer.Option("--output-format", help="How to write the findings.")
    ] = FindingFormat.text,
    statistics: Annotated[bool, typer.Option("--statistics", help="Count the findings by rule.")] = False,
    exit_zero: Annotated[bool, typer.Option("--exit-zero", help="Exit with 0 whatever is found.")] = False,
) -> None:
    """Look for design mistakes: exit 0 when there are none, 1 with findings, 2 for wrong usage."""
    from archcalc.rules.engine.running import run
    from archcalc.rules.engine.targets import targets

    fixes: Fixes = "diff" if diff else "write" if fix else "none"
    if (diff or statistics) and form is not FindingFormat.text:
        raise typer.BadParameter("--diff and --statistics are text only", param_hint="--output-format")
    if fixes == "write" and "-" in (paths or ()):
        raise typer.BadParameter(
            "standard input cannot be mended; --diff shows what would change", param_hint="--fix"
        )
    selection = _selection(select, ignore, extend)
    with usage(None):
        found = targets(paths or ["."], selection, specs_only=specs_only)
    for note in found.notes:
        typer.echo(note, err=True)
    reports = run(found.tasks, fixes)
    written = diffs_text if diff else statistics_text if statistics else form.written
    kept: list[FileReport] = []
    for text in written(_noted(reports, kept)):
        typer.echo(text, nl=False)
    if diff:  # on standard error, so that the output is a patch
        typer.echo(summary_text(kept, Ink.of(terminal=sys.stderr.isatty())), nl=False, err=True)
    if any(report.findings for report in kept) and not exit_zero:
        raise typer.Exit(1)


def _selection(
    select: "Sequence[str] | None",
    ignore: "Sequence[str] | None",
    extend: "Sequence[str] | None",
) -> "Selection":
    from archcalc.rules.selection import Selection

    return Selection(
        None if select is None else _codes("--select", select),
        _codes("--extend-select", extend or ()),
        _codes("--ignore", ignore or ()),
    )


def _codes(option: str, written: "Sequence[str]") -> tuple[str, ...]:
    """Codes with commas between them, or of an option that is repeated."""
    from archcalc.rules.selection import known

    codes = [code.strip() for text in written for code in text.split(",") if code.strip()]
    if written and not codes and option == "--select":  # mostly an empty variable of a script
        raise typer.BadParameter("no code was given, and no rule would run", param_hint=option)
    with usage(option):
        return tuple(map(known, codes))


def _noted(reports: "Iterable[FileReport]", kept: "list[FileReport]") -> "Iterator[FileReport]":
    """The reports one by one, each kept, with its notes behind it on standard error."""
    for report in reports:
        yield report
        kept.append(report)
        for note in report.notes:
            typer.echo(note, err=True)


def explain(
    code: Annotated[
        str | None, typer.Argument(metavar="CODE", help="The code or the name of a rule.")
    ] = None,
    form: FormatOption = Format.table,
) -> None:
    """Print the page of a design rule, or list all rules."""
    from archcalc.render import rule_pages
    from archcalc.rules.registry import rules

    if code is None:
        show(form, lambda: [rule_pages.rules_table()])
        return
    found = next((rule for rule in rules() if code.strip().lower() in (rule.code.lower(), rule.name)), None)
    if found is None:
        known = [word for rule in rules() for word in (rule.code, rule.name)]
        hint = nearest(code, known, "`archcalc explain` lists the rules")
        raise typer.BadParameter(f"no rule {code[:60]!r}; {hint}", param_hint="CODE")
    own = {
        Format.table: rule_pages.rule_text,
        Format.json: rule_pages.rule_json,
        Format.markdown: rule_pages.rule_page,
    }
    if form not in own:
        raise typer.BadParameter("a page is a table, json or markdown", param_hint="--format")
    typer.echo(own[form](found), nl=False)
