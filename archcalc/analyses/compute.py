"""Multiply-accumulates of a network."""

from typing import TYPE_CHECKING

from archcalc.collecting import uncollected
from archcalc.tracing.runs import Run, parts_of
from archcalc.tuples import NamedTuple

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


@uncollected()
def macs(trace: "Trace", batch: int = 1) -> MacsReport:
    """Add up what the layers state, for one sample or a batch."""
    found, unknown = 0, list[str]()
    for part in parts_of(trace.layers):
        layers, times = (part.written.layers, len(part.turns)) if isinstance(part, Run) else ((part,), 1)
        silent = False
        for layer in layers:
            own = layer.facts.macs
            if own is None:
                silent = True
            else:
                found += times * own * layer.samples(batch)
        if silent:
            every = part.layers() if isinstance(part, Run) else layers
            unknown += [layer.name for layer in every if layer.facts.macs is None]
    return MacsReport(found, tuple(unknown))
