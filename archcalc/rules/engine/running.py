"""Checks many files, in processes of their own where there are enough to pay for that."""

import os
import sys
from functools import partial
from signal import SIG_IGN, SIGINT, signal
from typing import TYPE_CHECKING

from archcalc.rules.engine.modules import check_modules
from archcalc.rules.engine.one_file import check_file
from archcalc.rules.registry import rules

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from archcalc.rules.engine.modules import ModuleTask
    from archcalc.rules.engine.one_file import Fixes
    from archcalc.rules.engine.report import FileReport
    from archcalc.rules.engine.targets import Task

WORTH_A_PROCESS = 16
"""Files for which one more process pays: starting it costs as much as checking about a dozen."""
HANDED_OUT = 8
"""Files that a process takes at a time."""


def run(
    tasks: "Sequence[Task]",
    fixes: "Fixes" = "none",
    *,
    helping: bool = True,
    modules: "Sequence[ModuleTask]" = (),
) -> "Iterator[FileReport]":
    """The report of every file in the order of the tasks, whichever ends first, and of torch modules."""
    work = partial(check_file, fixes=fixes, helping=helping)
    processes = min(_cores(), len(tasks) // WORTH_A_PROCESS)
    if processes > 1:
        yield from _spread(work, tasks, processes)
    else:
        yield from map(work, tasks)
    yield from check_modules(modules, fixes, helping=helping)


def _spread(
    work: "Callable[[Task], FileReport]", tasks: "Sequence[Task]", processes: int
) -> "Iterator[FileReport]":
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context

    # A fork has all modules at once, where the system has forks that are safe.
    context = get_context("fork" if sys.platform == "linux" else "spawn")
    rules()
    with ProcessPoolExecutor(processes, context, _deaf) as pool:
        yield from pool.map(work, tasks, chunksize=HANDED_OUT)


def _deaf() -> None:
    """Leave Ctrl-C to the process that gave the work out."""
    signal(SIGINT, SIG_IGN)


def _cores() -> int:
    """Cores that this process may use."""
    usable = getattr(os, "sched_getaffinity", None)
    return len(usable(0)) if usable else os.cpu_count() or 1
