"""Checks many files, in processes of their own where there are enough to pay for that."""

import os
import sys
from typing import TYPE_CHECKING

from archcalc.errors import SpecError
from archcalc.rules.engine.checking import Checked, check_document, untraceable
from archcalc.rules.engine.files import looks_like_spec, may_be_spec
from archcalc.rules.engine.report import FileReport
from archcalc.rules.registry import rules
from archcalc.source import parse
from archcalc.source.files import bytes_of, decoded, unreadable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from archcalc.rules.engine.files import Task
    from archcalc.source import Document

WORTH_A_PROCESS = 16
"""Files for which one more process pays: starting it costs as much as checking about a dozen."""
HANDED_OUT = 8
"""Files that a process takes at a time."""


def run(tasks: "Sequence[Task]") -> "Iterator[FileReport]":
    """The report of every file in the order of the tasks, whichever ends first."""
    work = check_file
    processes = min(_cores(), len(tasks) // WORTH_A_PROCESS)
    if processes > 1:
        yield from _spread(work, tasks, processes)
    else:
        yield from map(work, tasks)


def _spread(
    work: "Callable[[Task], FileReport]", tasks: "Sequence[Task]", processes: int
) -> "Iterator[FileReport]":
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_all_start_methods, get_context

    # A fork has all modules at once, where the system has forks that are safe.
    forks = sys.platform == "linux" and "fork" in get_all_start_methods()
    context = get_context("fork" if forks else "spawn")
    rules()
    with ProcessPoolExecutor(processes, context) as pool:
        yield from pool.map(work, tasks, chunksize=HANDED_OUT)


def _cores() -> int:
    """Cores that this process may use."""
    usable = getattr(os, "sched_getaffinity", None)
    return len(usable(0)) if usable else os.cpu_count() or 1


def check_file(task: "Task") -> FileReport:
    """Check one file; whatever is wrong with it ends in its report."""
    file = "<stdin>" if task.source == "-" else task.source
    try:
        content = bytes_of(task.source)
    except (OSError, ValueError) as error:
        return _report(file, Checked(list(untraceable(unreadable(error, file), task.active))))
    if not (task.included or task.named or may_be_spec(content)):
        return FileReport(file, is_spec=False)
    lines: list[str] = []
    try:
        text = decoded(content, file)
        lines = text.splitlines()
        document = parse(text, file)
    except SpecError as error:
        if task.included or looks_like_spec(content):
            return _report(file, Checked(list(untraceable(error, task.active, lines))))
        note = f"{file}: passed over: no spec, and no YAML that can be read as one: {error.problems[0].what}"
        return FileReport(file, is_spec=False, notes=(note,) if task.named else ())
    if not (task.included or _is_spec(document)):
        return FileReport(file, is_spec=False)
    return _report(file, check_document(document, task.active))


def _is_spec(document: "Document") -> bool:
    return isinstance(document.data, dict) and {"inputs", "layers"} <= document.data.keys()


def _report(file: str, checked: Checked) -> FileReport:
    return FileReport(file, findings=tuple(checked.findings), suppressed=tuple(checked.suppressed))
