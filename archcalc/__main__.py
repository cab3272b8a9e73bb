"""``archcalc``, and ``python -m archcalc``: the command line in a process of its own, from begin to end."""

import gc
import os
import sys
from typing import NoReturn

LAST_ACTS = ("multiprocessing", "matplotlib", "torch")
"""Modules that have something to do when a process ends: wait for workers, close files and devices."""

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

    try:
        main()
    except SystemExit as end:
        if end.code in (0, 1, 2, None) and _is_done():
            os._exit(int(end.code or 0))
        raise
    sys.exit()


def _is_done() -> bool:
    """Whether all is written, and nobody waits for something behind the last word."""
    threads = sys.modules.get("threading")
    if (threads and threads.active_count() > 1) or any(name in sys.modules for name in LAST_ACTS):
        return False
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except (OSError, ValueError):  # Python says it its own way
        return False
    return True


if __name__ == "__main__":
    start()
