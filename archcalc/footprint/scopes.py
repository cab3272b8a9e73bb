"""Scopes of a network that an option names, by patterns such as ``layer?.*``."""

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from archcalc.errors import Fault

if TYPE_CHECKING:
    from collections.abc import Sequence

    from archcalc.tracing import Trace


def scopes_named(trace: "Trace", patterns: "Sequence[str]") -> tuple[str, ...]:
    """Full names of the scopes that patterns name; of one inside another the outer one.

    A pattern is of as many steps as the names that it stands for: ``*`` does not reach across a dot.

    Raises:
        Fault: a pattern names no scope.
    """
    found: list[str] = []
    for pattern in patterns:
        fits = [name for name in trace.scopes if _fits(name, pattern) and trace.inside(name)]
        if not fits:
            known = ", ".join(list(trace.scopes)[:5])
            raise Fault(f"{pattern!r} names no scope", hint=f"there are {known}" if known else "")
        found += fits
    outer = [name for name in found if not any(name.startswith(f"{other}.") for other in found)]
    return tuple(dict.fromkeys(outer))


def _fits(name: str, pattern: str) -> bool:
    steps, wanted = name.split("."), pattern.split(".")
    return len(steps) == len(wanted) and all(map(fnmatchcase, steps, wanted))
