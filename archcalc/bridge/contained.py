"""Code of others, in this process: it neither ends it nor writes where the report stands."""

import os
import sys
from contextlib import contextmanager, redirect_stdout, suppress
from signal import SIGINT, getsignal, signal
from threading import current_thread, main_thread
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Generator
    from types import FrameType
    from typing import NoReturn

OUT, BESIDE = 1, 2
"""Standard output and standard error, as the system counts them."""


@contextmanager
def contained(interrupts: list[int]) -> "Generator[None]":
    """Let code of others run: what it prints goes beside the report, and ``os._exit`` is an error of it.

    Args:
        interrupts: takes the signals of Ctrl-C that come meanwhile; without one the code interrupts itself.
    """
    with redirect_stdout(sys.stderr), _all_beside(), _no_exit(), _noted(interrupts):
        yield


@contextmanager
def _all_beside() -> "Generator[None]":
    """What other programs, C and ``sys.__stdout__`` write goes beside too."""
    try:
        kept = os.dup(OUT)
    except OSError:  # the caller has closed it
        yield
        return
    try:
        _flush()
        with suppress(OSError):
            os.dup2(BESIDE, OUT)
        yield
    finally:
        _flush()
        os.dup2(kept, OUT)
        os.close(kept)


def _flush() -> None:
    with suppress(OSError, ValueError):
        if sys.__stdout__ is not None:
            sys.__stdout__.flush()


@contextmanager
def _no_exit() -> "Generator[None]":
    """An end without a word would be taken for a good one; processes that the code begins may have it."""
    real, own = os._exit, os.getpid()

    def leave(status: int) -> "NoReturn":
        if os.getpid() != own:
            real(status)
        raise SystemExit(f"os._exit({status})")

    os._exit = leave
    try:
        yield
    finally:
        os._exit = real


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
