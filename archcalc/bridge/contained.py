"""Code of others, in this process: it neither ends it nor writes where the report stands."""

import os
import sys
from contextlib import contextmanager, redirect_stdout, suppress
from signal import SIGINT, getsignal, signal
from threading import RLock, current_thread, main_thread
from typing import TYPE_CHECKING

from archcalc.ending import no_exit

if TYPE_CHECKING:
    from collections.abc import Generator
    from types import FrameType

OUT, BESIDE = 1, 2
"""Standard output and standard error, as the system counts them."""
_ONE = RLock()


@contextmanager
def contained(interrupts: list[int]) -> "Generator[None]":
    """Let code of others run: what it prints goes beside the report, and ``os._exit`` is an error of it.

    That is so for the whole process meanwhile, so that other threads wait for their turn.

    Args:
        interrupts: takes the signals of Ctrl-C that come meanwhile; without one the code interrupts itself.
    """
    with _ONE, redirect_stdout(sys.stderr), _all_beside(), no_exit(), _noted(interrupts):
        yield


@contextmanager
def _all_beside() -> "Generator[None]":
    """What other programs, C and ``sys.__stdout__`` write goes beside too; both are as before behind it."""
    _open_both()
    kept = [(number, os.dup(number)) for number in (OUT, BESIDE)]
    try:
        _flush()
        os.dup2(BESIDE, OUT)
        yield
    finally:
        _flush()
        for number, copy in kept:
            os.dup2(copy, number)
            os.close(copy)


def _open_both() -> None:
    """Where the caller has closed one it takes what comes to it from now on, and no other file its number."""
    for number in (OUT, BESIDE):
        try:
            os.fstat(number)
        except OSError:
            nowhere = os.open(os.devnull, os.O_WRONLY)
            if nowhere != number:
                os.dup2(nowhere, number)
                os.close(nowhere)


def _flush() -> None:
    with suppress(OSError, ValueError):
        if sys.__stdout__ is not None:
            sys.__stdout__.flush()


@contextmanager
def _noted(interrupts: list[int]) -> "Generator[None]":
    before = getsignal(SIGINT)
    if not callable(before) or current_thread() is not main_thread():
        yield
        return

    def note(number: int, frame: "FrameType | None") -> object:
        interrupts.append(number)
        return before(number, frame)

    signal(SIGINT, note)
    try:
        yield
    finally:
        signal(SIGINT, before)
