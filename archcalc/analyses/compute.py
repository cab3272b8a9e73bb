"""Multiply-accumulates of a network."""

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from archcalc.tracing import Trace


class MacsReport(NamedTuple):
    """MACs over the layers that state them, and the names of those that do not."""

    macs: int
    unknown: tuple[str, ...]

    @property
    def flops(self) -> int:
        """Floating point operations: two per multiply-accumulate."""
        return 2 * self.macs


def macs(trace: "Trace", batch: int = 1) -> MacsReport:
    """Add up what the layers state, for one sample or a batch."""
    known = sum((layer.facts.macs or 0) * layer.samples(batch) for layer in trace.layers)
    return MacsReport(known, tuple(layer.name for layer in trace.layers if layer.facts.macs is None))
