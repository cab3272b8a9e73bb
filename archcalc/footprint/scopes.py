"""Scopes of a network that an option names, by patterns such as ``layer?.*``."""

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from archcalc.errors import Fault
from archcalc.tracing.graph import scopes_around

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
        fits = [name for name in trace.scopes if _fits(name, pattern) and trace.holds(name)]
        if not fits:
            some = ", ".join(list(trace.scopes)[:5])
            raise Fault(f"{pattern!r} names no scope", hint=f"there are {some}" if some else "")
        found += fits
    named = dict.fromkeys(found)
    return tuple(name for name in named if named.keys().isdisjoint(scopes_around(name)))


def _fits(name: str, pattern: str) -> bool:
    steps, wanted = name.split("."), pattern.split(".")
    return len(steps) == len(wanted) and all(map(fnmatchcase, steps, wanted))
