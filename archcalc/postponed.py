"""Modules of Python that others import for what no command does: read when a name of them is asked for."""

import sys
from importlib.machinery import PathFinder
from importlib.util import module_from_spec
from threading import RLock
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

SELDOM_ASKED = (
    "calendar",
    "csv",
    "locale",
    "random",
    "secrets",
    "socket",
    "subprocess",
    "tempfile",
    "tokenize",
    "zipfile",
)
"""They, and what they import, are a twentieth of a command: pydantic imports ``secrets`` for passwords and,
by way of ``importlib.metadata``, what reads mail and archives; typer starts processes to open pages."""


WAITING = "_waiting"
"""Under which name a module that was not read yet has what reads it."""
READING = RLock()
"""One thread reads a module, and the others wait."""


class Postponed(ModuleType):
    """A module that is read when a name of it is first asked for.

    ``importlib.util.LazyLoader`` would do, but before Python 3.12 it reads a module at its second import.
    """

    def __getattr__(self, name: str) -> object:
        """A name that is not there yet."""
        with READING:
            loader = self.__dict__.pop(WAITING, None)
            if loader is not None:
                loader.exec_module(self)
                object.__setattr__(self, "__class__", ModuleType)
        return ModuleType.__getattribute__(self, name)


def postpone(names: "Iterable[str]") -> None:
    """Let modules wait that were not imported yet: for a process of one's own, before all other imports."""
    for name in names:
        spec = PathFinder.find_spec(name) if name not in sys.modules else None
        if spec is not None and spec.loader is not None:
            module = module_from_spec(spec)
            module.__dict__[WAITING] = spec.loader
            module.__class__ = Postponed
            sys.modules[name] = module
