"""Python's search for garbage in cycles, put off while a network is walked through."""

import gc
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Generator


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
    try:
        yield
    finally:
        gc.enable()
