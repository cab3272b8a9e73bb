"""Layers frozen from outside the spec, for fine-tuning."""

from dataclasses import replace
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from archcalc.effort import one_by_one
from archcalc.errors import Fault, nearest
from archcalc.tracing.graph import Trace, scopes_around
from archcalc.tracing.records import TracedLayer, tensor_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


def frozen(trace: Trace, patterns: "Iterable[str]") -> Trace:
    """The same network with every layer frozen whose name fits a pattern, or lies inside what fits.

    Args:
        trace: the network.
        patterns: names of layers, containers or weights (``*.bias``); ``*`` stands for any characters, ``?``
            for one, ``[ab]`` for one of them.

    Raises:
        Fault: a pattern fits nothing.
        SpecError: there are too many layers.
    """
    one_by_one(trace, "freezing")
    names: set[str] = set()
    for pattern in patterns:
        found = {name for layer in trace.layers for name in _fitting(layer, pattern)}
        if not found:
            raise Fault(f"no layer fits {pattern!r}", hint=_hint(pattern, trace))
        names |= found
    return replace(trace, layers=tuple(_frozen(layer, names) for layer in trace.layers))


def _fitting(layer: TracedLayer, pattern: str) -> "Iterator[str]":
    """The name of the layer, or else those of its weights that fit."""
    if _fits(layer.name, pattern):
        yield layer.name
    else:
        every = (tensor_name(layer.name, own) for own in layer.facts.weights)
        yield from (name for name in every if fnmatchcase(name, pattern))


def _frozen(layer: TracedLayer, names: set[str]) -> TracedLayer:
    """The layer, frozen as far as it is among these names."""
    weights = layer.facts.weights
    some = tuple(own for own in weights if own in layer.untrained or tensor_name(layer.name, own) in names)
    if layer.name in names or (weights and len(some) == len(weights)):
        return replace(layer, frozen=True, frozen_weights=())
    return layer if layer.frozen else replace(layer, frozen_weights=some)


def _hint(pattern: str, trace: Trace) -> str:
    """The nearest name, or for what begins with ``*.`` the nearest end of one; else the outermost layers."""
    names = [*trace.scopes, *trace.by_name]
    ends = [f"*.{name.rsplit('.', maxsplit=1)[-1]}" for name in names if "." in name]
    known = ends if pattern.startswith("*.") else names
    outermost = list(dict.fromkeys(name.split(".", maxsplit=1)[0] for name in names))
    return nearest(pattern, known, nearest("", outermost))


def _fits(name: str, pattern: str) -> bool:
    return any(fnmatchcase(scope, pattern) for scope in (*scopes_around(name), name))
