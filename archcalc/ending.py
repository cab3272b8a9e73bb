"""``os._exit`` in code of others: an error of that code, and no end of the process without a word."""

import os
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from typing import NoReturn

    Exit = Callable[[int], NoReturn]

end_at_once = os._exit
"""End the process, for those who know that all is said."""


def forbid_exit() -> "Exit":
    """Let ``os._exit`` raise SystemExit from now on, in any thread; processes that are forked may have it.

    Returns:
        What stood in its place.
    """
    before, own = os._exit, os.getpid()

    def leave(status: int) -> "NoReturn":
        if os.getpid() != own:
            end_at_once(status)
        raise SystemExit(f"os._exit({status})")

    _put(leave)
    return before


@contextmanager
def no_exit() -> "Generator[None]":
    """The same for a while."""
    before = forbid_exit()
    try:
        yield
    finally:
        _put(before)


def _put(leave: "Exit") -> None:
    for module in (os, sys.modules[os.name]):  # that of the system, where the first one has it from
        vars(module)["_exit"] = leave
