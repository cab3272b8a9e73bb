"""Multiply-accumulates of a network."""

from typing import TYPE_CHECKING, NamedTuple

from archcalc.tracing.runs import Run, parts_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from archcalc.tracing import Trace, TracedLayer


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
    found, unknown, stated = 0, list[str](), stated_macs()
    for part in parts_of(trace.layers):
        layers, times = (part.written.layers, len(part.turns)) if isinstance(part, Run) else ((part,), 1)
        found += times * sum((stated(layer) or 0) * layer.samples(batch) for layer in layers)
        if any(stated(layer) is None for layer in layers):
            every = part.layers() if isinstance(part, Run) else layers
            unknown += [layer.name for layer in every if stated(layer) is None]
    return MacsReport(found, tuple(unknown))


def stated_macs() -> "Callable[[TracedLayer], int | None]":
    """What gives the MACs that a layer of a trace states, calculated once for all layers that share facts."""
    known: dict[int, int | None] = {}

    def stated(layer: "TracedLayer") -> int | None:
        alike = id(layer.facts)
        if alike not in known:
            known[alike] = layer.facts.macs
        return known[alike]

    return stated
