"""Functions by where they stand, imported when they are used: one run needs few of them."""

from importlib import import_module


def function_at(home: str) -> object:
    """The function at ``room.module.function`` of the package."""
    module, _, function = home.rpartition(".")
    found: object = getattr(import_module(f"archcalc.{module}"), function)
    return found
