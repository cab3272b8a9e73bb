"""Multiply-accumulates of a network."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from archcalc.tracing import Trace


def macs(trace: "Trace") -> tuple[int, tuple[str, ...]]:
    """MACs of one sample over the layers that state them, and the names of those that do not."""
    known = sum(layer.facts.macs or 0 for layer in trace.layers)
    return known, tuple(layer.name for layer in trace.layers if layer.facts.macs is None)
