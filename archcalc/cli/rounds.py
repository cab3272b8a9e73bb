"""Rounds of ``archcalc check``: from the files that are meant to what is printed, once or again and again."""

import os
import sys
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from archcalc.cli.commands import say
from archcalc.cli.files import write_over
from archcalc.cli.options import usage
from archcalc.records import dataclass
from archcalc.render.findings import Ink, diffs_text, summary_text
from archcalc.rules.engine.running import run
from archcalc.rules.engine.targets import Found, targets
from archcalc.rules.questions.axes import counted

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from archcalc.cli.formats import FindingsText
    from archcalc.cli.watching import State
    from archcalc.rules.engine.baseline import Baseline
    from archcalc.rules.engine.modules import ModuleTask
    from archcalc.rules.engine.one_file import Fixes
    from archcalc.rules.engine.overriding import OtherValues
    from archcalc.rules.engine.report import FileReport
    from archcalc.rules.selection import Selection


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the command line asks for.

    Args:
        paths: files and folders.
        selection: rules that run.
        given: values with which each spec is checked; empty: as it is written.
        fixes: what becomes of fixes.
        written: writes the findings.
        for_people: whether a summary ends the report.
        baseline: file of the known findings.
        write_baseline: whether it is to be written.
        notes: whether remarks are printed, on standard error.
        specs_only: whether named files that are no specs are passed over.
        helping: whether what is written has help in it.
        modules: torch modules that are named.
        cache: whether earlier imports of torch modules are taken.
        specs_alone: whether the torch modules of projects are passed over.
    """

    paths: "Sequence[str]"
    selection: "Selection"
    given: "tuple[OtherValues, ...]"
    fixes: "Fixes"
    written: "FindingsText"
    for_people: bool
    baseline: Path | None
    write_baseline: bool
    notes: bool
    specs_only: bool = False
    helping: bool = True
    modules: "tuple[ModuleTask, ...]" = ()
    cache: bool = True
    specs_alone: bool = False

    def found(self) -> "Found":
        """The files that are meant."""
        if self.modules and not self.paths:
            return Found((), (), self.modules)
        with usage(None):
            found = targets(
                self.paths, self.selection, self.given, specs_only=self.specs_only, cache=self.cache
            )
        return replace(found, modules=() if self.specs_alone else (*self.modules, *found.modules))


def _baseline(wanted: Wanted) -> "Baseline | None":
    """What is known already, where a file says so."""
    if wanted.baseline is None:
        return None
    from archcalc.rules.engine.baseline import read_baseline

    return read_baseline(wanted.baseline, to_write=wanted.write_baseline)


def one_round(wanted: Wanted) -> bool:
    """Check every file once and print what is found; whether there are findings that are not known."""
    with usage("--baseline"):
        baseline = _baseline(wanted)
    found = wanted.found()
    _note(wanted, found.notes)
    reports: Iterable[FileReport] = run(
        found.tasks, wanted.fixes, helping=wanted.helping, modules=found.modules
    )
    if baseline is not None and wanted.write_baseline:
        return _write(wanted, baseline, reports)
    kept: list[FileReport] = []
    with usage(None):
        for text in wanted.written(
            _noted(wanted, map(baseline.sifted, reports) if baseline else reports, kept)
        ):
            typer.echo(text, nl=False)
    if wanted.for_people:  # behind a diff on standard error, so that the output is a patch
        stream = sys.stderr if wanted.written is diffs_text else sys.stdout
        typer.echo(summary_text(kept, Ink.of(terminal=stream.isatty())), nl=False, file=stream)
    if baseline is not None and not wanted.given:
        ran = [
            *(task.active for task in found.tasks),
            *([wanted.selection.active()] if found.modules else ()),
        ]
        gone = baseline.gone(frozenset[str]().union(*ran))
        words = (
            f"{counted(gone, 'known finding')} not found any more; --write-baseline takes out what is gone"
        )
        _note(wanted, [words] if gone else [])
    _placed(kept)
    return any(report.findings for report in kept)


def _write(wanted: Wanted, baseline: "Baseline", reports: "Iterable[FileReport]") -> bool:
    """Keep what is found as known."""
    from archcalc.rules.engine.baseline import MOST

    kept: list[FileReport] = []
    with usage(None):
        kept.extend(reports)
    for report in kept:
        _note(wanted, report.notes)
    _placed(kept)
    content = baseline.text(kept).encode("utf-8")
    if len(content) > MOST:
        what = f"a baseline of {len(content):,} bytes is too long to be read again, at most {MOST:,}"
        raise typer.BadParameter(f"{what}; write one for each folder", param_hint="--write-baseline")
    write_over(baseline.path, content, "--baseline")
    if wanted.notes:
        found = counted(sum(len(report.findings) for report in kept), "finding")
        say(f"{found} written to {baseline.path}: known from now on")
    return False


def _noted(
    wanted: Wanted, reports: "Iterable[FileReport]", kept: "list[FileReport]"
) -> "Iterator[FileReport]":
    """The reports one by one, each kept, with its notes behind it on standard error."""
    for report in reports:
        yield report
        kept.append(report)
        _note(wanted, report.notes)


def _note(wanted: Wanted, notes: "Iterable[str]") -> None:
    for note in notes if wanted.notes else ():
        say(note)


def _placed(reports: "Sequence[FileReport]") -> None:
    """Refuse what is given and no spec at all has a place for: a slip of the pen."""
    specs = [report for report in reports if report.is_spec and not report.module]
    for fact in specs[0].lacking if specs else ():
        if all(fact in report.lacking for report in specs):
            raise typer.BadParameter(f"in none of {counted(len(specs), 'spec')}: {fact}")


def watched(wanted: Wanted) -> None:
    """Check again whenever a file is saved, until Ctrl-C; what is wrong on the way is told and waited out."""
    first = True
    wanted = replace(wanted, specs_alone=True)  # a module is imported once in a process
    with suppress(KeyboardInterrupt):
        from archcalc.cli.watching import changes

        for _ in changes(lambda: _state(wanted)):
            try:
                one_round(wanted)
            except typer.BadParameter as error:
                if first:
                    raise
                say(error.format_message())
            first = False
            if wanted.notes:
                typer.echo("watching; Ctrl-C ends", err=True)
            sys.stdout.flush()


def _state(wanted: Wanted) -> "tuple[State, str]":
    """When everything that a round depends on was saved last, and what keeps it from being found."""
    from archcalc.rules.settings import FILE, forget_settings

    forget_settings()
    wrong, paths = "", [Path(path) for path in wanted.paths]
    try:
        paths += [Path(task.source) for task in wanted.found().tasks]
    except typer.BadParameter as error:
        wrong = error.format_message()
    above = {folder for path in paths for folder in Path(os.path.abspath(path)).parents}  # noqa: PTH100  as settings
    kept = [] if wanted.baseline is None else [wanted.baseline]
    from archcalc.cli.watching import saved

    return saved([*paths, *kept, *(folder / FILE for folder in above)]), wrong
