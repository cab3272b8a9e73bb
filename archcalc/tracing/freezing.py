"""Layers frozen from outside the spec, for fine-tuning."""

from dataclasses import replace
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from archcalc.errors import Fault, nearest

if TYPE_CHECKING:
    from collections.abc import Iterable

    from archcalc.tracing.records import Trace


def frozen(trace: "Trace", patterns: "Iterable[str]") -> "Trace":
    """The same network with every layer frozen whose name fits a pattern, or lies inside what fits.

    Args:
        trace: the network.
        patterns: names of layers or containers; ``*`` stands for any characters, ``?`` for one, ``[ab]`` for
            one of them.

    Raises:
        Fault: a pattern fits nothing.
    """
    names: set[str] = set()
    for pattern in patterns:
        found = {layer.name for layer in trace.layers if _fits(layer.name, pattern)}
        if not found:
            known = [*trace.scopes, *(layer.name for layer in trace.layers)]
            raise Fault(f"no layer fits {pattern!r}", hint=nearest(pattern, known))
        names |= found
    layers = tuple(replace(layer, frozen=True) if layer.name in names else layer for layer in trace.layers)
    return replace(trace, layers=layers)


def _fits(name: str, pattern: str) -> bool:
    steps = name.split(".")
    return any(fnmatchcase(".".join(steps[: count + 1]), pattern) for count in range(len(steps)))
