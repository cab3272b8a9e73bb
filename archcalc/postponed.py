"""Modules of Python that others import for what no command does: read when something is asked of them."""

import sys
from importlib import import_module
from importlib.machinery import PathFinder
from importlib.util import module_from_spec
from threading import RLock
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

SELDOM_ASKED = {
    "base64": (),
    "calendar": (),
    "csv": (),
    "difflib": ("get_close_matches",),
    "gettext": ("gettext", "ngettext"),
    "importlib.metadata": ("entry_points",),
    "locale": (),
    "random": (),
    "secrets": (),
    "shutil": ("get_terminal_size",),
    "socket": (),
    "subprocess": (),
    "tempfile": (),
    "tokenize": (),
    "urllib.parse": ("quote_from_bytes",),
    "zipfile": (),
}
"""Module -> functions that others take from it as they are imported.

They, and what they import, are a tenth of a command. pydantic imports ``secrets`` for passwords, and for
plugins ``importlib.metadata``, which reads mail and archives; typer starts processes to open pages.
"""
WAITING = "_waiting"
"""Under which name a module that was not read yet has what reads it."""
READING = RLock()
"""One thread reads a module, and the others wait."""


class Postponed(ModuleType):
    """A module that is read when a name of it is first asked for.

    ``importlib.util.LazyLoader`` would do, but before Python 3.12 it reads a module at its second import.
    """

    def __getattr__(self, name: str) -> object:
        """A name that is not there yet; whether a module is a package is known, and asked at each import."""
        if name != "__path__":
            _read(self)
        return ModuleType.__getattribute__(self, name)


def _read(module: ModuleType) -> None:
    with READING:
        loader = module.__dict__.pop(WAITING, None)
        if loader is not None:
            loader.exec_module(module)
            object.__setattr__(module, "__class__", ModuleType)


def postpone(modules: "Mapping[str, tuple[str, ...]]") -> None:
    """Let modules wait that were not imported yet: for a process of one's own, before all other imports.

    Args:
        modules: name -> functions that can be taken from it, and are themselves read when they are called.
    """
    for name, functions in modules.items():
        if name not in sys.modules:
            _postpone(name, functions)


def _postpone(name: str, functions: tuple[str, ...]) -> None:
    package, _, own = name.rpartition(".")
    around = import_module(package) if package else None
    spec = PathFinder.find_spec(name, around.__path__ if around else None)
    if spec is None or spec.loader is None:
        return
    module = module_from_spec(spec)
    module.__dict__.update({each: _function(module, each) for each in functions}, **{WAITING: spec.loader})
    module.__class__ = Postponed
    sys.modules[name] = module
    if around:
        setattr(around, own, module)


def _function(module: ModuleType, name: str) -> "Callable[..., object]":
    def called(*arguments: object, **words: object) -> object:
        _read(module)
        return module.__dict__[name](*arguments, **words)

    return called
