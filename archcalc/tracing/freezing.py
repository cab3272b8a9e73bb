"""Layers frozen from outside the spec, for fine-tuning."""

from dataclasses import replace
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from archcalc.effort import one_by_one
from archcalc.errors import Fault, nearest
from archcalc.tracing.graph import Trace, scopes_around

if TYPE_CHECKING:
    from collections.abc import Iterable


def frozen(trace: Trace, patterns: "Iterable[str]") -> Trace:
    """The same network with every layer frozen whose name fits a pattern, or lies inside what fits.

    Args:
        trace: the network.
        patterns: names of layers or containers; ``*`` stands for any characters, ``?`` for one, ``[ab]`` for
            one of them.

    Raises:
        Fault: a pattern fits nothing.
        SpecError: there are too many layers.
    """
    one_by_one(trace, "freezing")
    names: set[str] = set()
    for pattern in patterns:
        found = {layer.name for layer in trace.layers if _fits(layer.name, pattern)}
        if not found:
            raise Fault(f"no layer fits {pattern!r}", hint=_hint(pattern, trace))
        names |= found
    layers = tuple(replace(layer, frozen=True) if layer.name in names else layer for layer in trace.layers)
    return replace(trace, layers=layers)


def _hint(pattern: str, trace: Trace) -> str:
    """The nearest name, or for what begins with ``*.`` the nearest end of one; else the outermost layers."""
    names = [*trace.scopes, *trace.by_name]
    ends = [f"*.{name.rsplit('.', maxsplit=1)[-1]}" for name in names if "." in name]
    known = ends if pattern.startswith("*.") else names
    outermost = list(dict.fromkeys(name.split(".", maxsplit=1)[0] for name in names))
    return nearest(pattern, known, nearest("", outermost))


def _fits(name: str, pattern: str) -> bool:
    return any(fnmatchcase(scope, pattern) for scope in (*scopes_around(name), name))
