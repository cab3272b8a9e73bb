"""Checks many files, in processes of their own where there are enough to pay for that."""

import os
import sys
from contextlib import suppress
from functools import partial
from signal import SIG_IGN, SIGINT, SIGTERM, signal
from typing import TYPE_CHECKING

from archcalc.rules.engine.modules import check_modules
from archcalc.rules.engine.one_file import check_file, killed
from archcalc.rules.registry import rules

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from multiprocessing.connection import Connection

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
    """The reports of several processes; where one is killed, its files are checked again, one by one."""
    rules()
    at = 0
    while at < len(tasks):
        for reports in _together(work, tasks[at:], processes, HANDED_OUT):
            yield from reports
            at += len(reports)
        for task in tasks[at : at + HANDED_OUT]:  # none where all have ended well
            alone = list(_together(work, [task], 1, 1))
            yield alone[0][0] if alone else killed(task)
            at += 1


def _together(
    work: "Callable[[Task], FileReport]", tasks: "Sequence[Task]", processes: int, together: int
) -> "Iterator[list[FileReport]]":
    """The reports in the order of the tasks, some at a time; the end of them where a process was killed."""
    from concurrent.futures import ProcessPoolExecutor
    from concurrent.futures.process import BrokenProcessPool
    from multiprocessing import get_context

    # A fork has all modules at once, where the system has forks that are safe.
    way = "fork" if sys.platform == "linux" else "spawn"
    context = get_context(way)
    read, held = context.Pipe(duplex=False)
    given = (read, held if way == "fork" else None)
    with held, read, ProcessPoolExecutor(processes, context, _begun, given) as pool:
        parts = [tasks[at : at + together] for at in range(0, len(tasks), together)]
        asked = [pool.submit(_each, work, part) for part in parts]
        try:
            for each in asked:
                yield each.result()
        except BrokenProcessPool:
            return
        except BaseException:
            held.close()  # the processes end, and the pool need not wait for them
            raise


def _each(work: "Callable[[Task], FileReport]", tasks: "Sequence[Task]") -> "list[FileReport]":
    return [work(task) for task in tasks]


def _begun(read: "Connection", held: "Connection | None") -> None:
    """Leave Ctrl-C to the process that gave the work out, and end when it has ended, however that was."""
    from threading import Thread

    signal(SIGINT, SIG_IGN)
    if held is not None:
        held.close()  # the copy that a fork has: only the first process is to hold it
    Thread(target=_end_with, args=(read,), daemon=True).start()


def _end_with(read: "Connection") -> None:
    """Wait for what never comes: the end of the pipe is the end of the process that holds it."""
    with suppress(EOFError, OSError):
        read.recv_bytes()
    os.kill(os.getpid(), SIGTERM)


def _cores() -> int:
    """Cores that this process may use."""
    usable = getattr(os, "sched_getaffinity", None)
    return len(usable(0)) if usable else os.cpu_count() or 1
