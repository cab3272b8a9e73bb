"""Python's search for garbage in cycles, put off while a network is walked through."""

import gc
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Generator

LARGE = 2_000
"""Objects of a walk: fewer are left to Python's own search."""
MOST = 20_000_000
"""Objects that have grown old in walks before garbage is looked for among all."""
_aged = 0


@contextmanager
def uncollected() -> "Generator[None]":
    """Look for no garbage in here; also a decorator.

    What is made for every layer lives on in a trace or a report, and has no cycles: to look through all of it
    again and again costs as much as to make it.
    """
    if not gc.isenabled():
        yield
        return
    gc.disable()
    before = gc.get_count()[0]
    try:
        yield
    finally:
        _grow_old(gc.get_count()[0] - before)
        gc.enable()


def _grow_old(made: int) -> None:
    """Count what a walk has made among the oldest objects, through which Python looks seldom.

    Else the next searches would look two or three times through all that a large network is made of. As
    Python counts none of it, garbage is looked for here once there is much. What another part of the process
    has frozen stays so.
    """
    global _aged  # noqa: PLW0603  of a process, as its garbage is
    if made < LARGE or gc.get_freeze_count():
        return
    _aged += made
    if _aged > MOST:
        _aged = 0
        gc.collect()
        return
    gc.freeze()
    gc.unfreeze()
