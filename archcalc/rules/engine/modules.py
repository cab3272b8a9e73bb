"""Torch modules that a check judges: those that are named, and those that a project has in its settings."""

from dataclasses import field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from archcalc.errors import Fault, Place, Problem, SpecError
from archcalc.importing.sources import Goals, ModuleSource
from archcalc.records import dataclass
from archcalc.rules.engine.checking import Checked, check_document, untraceable
from archcalc.rules.engine.report import FileReport
from archcalc.rules.selection import Selection

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from archcalc.loading import Model
    from archcalc.rules.engine.one_file import Fixes
    from archcalc.rules.engine.overriding import OtherValues
    from archcalc.rules.engine.report import Reported
    from archcalc.rules.models import ProjectModel
    from archcalc.rules.settings import Settings

UNUSED = "AC002"


@dataclass(frozen=True, slots=True)
class ModuleTask:
    """A torch module to check.

    Args:
        source: what makes it, and what it is run on.
        goals: what it is for.
        command: what the command line selects.
        named: whether the command line names it, so that it has to be there.
        cache: whether an earlier import is taken.
        given: what else is judged in its place: layers that are frozen.
    """

    source: ModuleSource
    goals: Goals = field(default_factory=Goals)
    command: Selection = field(default_factory=Selection)
    named: bool = True
    cache: bool = True
    given: "tuple[OtherValues, ...]" = ()


def project_tasks(
    settings: "Iterable[Settings]", command: Selection, *, cache: bool = True
) -> "Iterator[ModuleTask]":
    """The modules of projects, each once."""
    seen: list[ProjectModel] = []
    for model in (model for each in settings for model in each.models):
        if model not in seen:
            seen.append(model)
            yield ModuleTask(model.source, model.goals, command, named=False, cache=cache)


def check_modules(tasks: "Sequence[ModuleTask]", fixes: "Fixes", *, helping: bool) -> "Iterator[FileReport]":
    """The report of every module; what two of them have in the same line is told of the first.

    Raises:
        SpecError: a module that was named is not there, or torch is not.
    """
    reports = [check_module(task, fixes, helping=helping) for task in tasks]
    used = {place for report in reports for place in report.used}
    seen: set[tuple[Place, str, str]] = set()
    for report in reports:
        kept: list[Reported] = []
        for found in report.findings:
            key = (found.place, found.code, found.message)
            if (found.code == UNUSED and found.place in used) or (key in seen and found.place.line):
                continue
            seen.add(key)
            kept.append(found)
        yield replace(report, findings=tuple(kept))


def check_module(task: ModuleTask, fixes: "Fixes" = "none", *, helping: bool = True) -> FileReport:
    """Check one module.

    Raises:
        SpecError: it is named and not there, or torch is not installed.
    """
    from archcalc.importing.opening import NEEDS_TORCH
    from archcalc.loading import load_module
    from archcalc.rules.settings import settings_for

    active = settings_for(task.source.root, task.command).selection.active()
    try:
        model = load_module(task.source, task.goals, cache=task.cache)
    except SpecError as error:
        if task.named or any(problem.what == NEEDS_TORCH for problem in error.problems):
            raise
        lines = _project_lines(task.goals.place or Place(""))
        told = SpecError(_placed(problem, task) for problem in error.problems)
        return _report(task, Checked(list(untraceable(told, active, lines))), ())
    notes = _notes(task, model, fixes)
    try:
        return _report(task, _checked(task, model, active, helping=helping), notes)
    except Fault:
        raise
    except Exception as error:  # noqa: BLE001  a fault of this program; the others want their reports
        from archcalc.rules.engine.one_file import salvaged

        return replace(salvaged(model.document, active, error), module=True)


def _checked(task: ModuleTask, model: "Model", active: frozenset[str], *, helping: bool) -> Checked:
    if not task.given:
        return check_document(model.document, active, helping=helping)
    from archcalc.rules.engine.overriding import check_given

    result = check_given(model.document, active, task.given, helping=helping)
    for fact, hint in result.lacking.items():
        raise Fault(f"{task.source.factory}: {fact}", hint=hint)
    return result.checked


def _placed(problem: Problem, task: ModuleTask) -> Problem:
    """A problem that has no line is told where the project names the module."""
    if problem.place.line or task.goals.place is None:
        return problem
    return replace(problem, place=task.goals.place, subject=problem.subject or task.source.factory)


def _project_lines(place: Place) -> "Callable[[Place], str]":
    try:
        lines = Path(place.file).read_text(encoding="utf-8").splitlines()
    except (OSError, ValueError):
        lines = []
    return lambda at: lines[at.line - 1] if at.file == place.file and 0 < at.line <= len(lines) else ""


def _notes(task: ModuleTask, model: "Model", fixes: "Fixes") -> "Iterator[str]":
    """What a reader of the findings has to know."""
    from archcalc.render.importing import cautions

    name = task.source.factory
    if model.imported is not None:
        yield from (f"{name}: {line}" for line in cautions(model.imported.comparison))
    if fixes != "none":
        yield f"{name}: --fix changes specs and no Python: what is found here is yours to mend"


def _report(task: ModuleTask, checked: Checked, notes: "Iterable[str]") -> FileReport:
    from archcalc.cures.python_words import in_python

    silent = _Silent(task.command)
    return FileReport(
        task.source.factory,
        findings=tuple(found for found in checked.findings if not silent(found)),
        suppressed=tuple(found for found in checked.suppressed if not silent(found)),
        notes=(*notes, *map(in_python, checked.notes)),
        module=True,
        used=tuple(checked.used),
    )


class _Silent:
    """Whether the settings of the file in which a finding is keep its rule silent."""

    def __init__(self, command: Selection) -> None:
        self.command = command
        self.active: dict[str, frozenset[str]] = {}

    def __call__(self, found: "Reported") -> bool:
        file = found.place.file
        if file not in self.active:
            from archcalc.rules.settings import settings_for

            self.active[file] = settings_for(Path(file), self.command).active(Path(file))
        return found.code not in self.active[file]
