"""``archcalc``, and ``python -m archcalc``: the command line in a process of its own, from begin to end."""

import gc
import os
import sys
from contextlib import suppress
from typing import NoReturn

LAST_ACTS = ("multiprocessing", "matplotlib", "torch")
"""Modules that have something to do when a process ends: wait for workers, close files and devices."""
OF_OTHERS = "archcalc.bridge.own_module"
"""The module with which code of others comes into the process."""
PATIENCE = 1.0
"""Seconds that each thread of such code may still take."""

SELDOM = 100_000, 50, 100
"""How many records are made before Python looks for garbage among them."""


def start() -> NoReturn:
    """Run the command line of this process; ends it with 0, 1, 2 or 70, as ``archcalc.cli.main`` does.

    A command makes many small records that live to its end. To look for garbage among them costs a third, so
    that is done seldom, from before the first import on; and to give them back one by one behind the last
    word costs a twentieth, so the system takes back the process as a whole.
    """
    gc.set_threshold(*SELDOM)
    from archcalc.postponed import SELDOM_ASKED, postpone

    postpone(SELDOM_ASKED)
    from archcalc.cli import main
    from archcalc.ending import end_at_once, forbid_exit

    forbid_exit()
    try:
        main()
    except SystemExit as end:
        if end.code in (0, 1, 2, None) and _is_done():
            end_at_once(int(end.code or 0))
        if OF_OTHERS in sys.modules:
            told = _all_told()
            if not _threads_end():
                end_at_once(end.code if told and isinstance(end.code, int) else 1)
        raise
    sys.exit()


def _is_done() -> bool:
    """Whether all is written, and nobody waits for something behind the last word."""
    threads = sys.modules.get("threading")
    if (threads and threads.active_count() > 1) or any(name in sys.modules for name in LAST_ACTS):
        return False
    return _flushed()


def _flushed() -> bool:
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except (OSError, ValueError):  # Python says it its own way
        return False
    return True


def _all_told() -> bool:
    """Whether the report is written: what code of others says behind it goes beside it from now on."""
    if not _flushed():
        return False
    sys.stdout = sys.stderr
    with suppress(OSError):
        os.dup2(2, 1)
    return True


def _threads_end() -> bool:
    """Whether the threads that Python would wait for come to an end."""
    import threading

    from archcalc.cli.commands import say

    for thread in threading.enumerate():
        if thread is not threading.main_thread() and not thread.daemon:
            thread.join(PATIENCE)
            if thread.is_alive():
                with suppress(OSError, ValueError):
                    say(f"{thread.name} still runs, which the module began: it is not waited for")
                return False
    return True


if __name__ == "__main__":
    start()
