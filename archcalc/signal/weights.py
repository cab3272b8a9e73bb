"""First weights of a network's layers: torch's own, those of the spec, or those that are asked for."""

from typing import TYPE_CHECKING

from archcalc.initialisation import LAST, Initialisation, first_squares, initialisation
from archcalc.signal.branches import branch_ends

if TYPE_CHECKING:
    from collections.abc import Sequence

    from archcalc.moments import Drawn
    from archcalc.tracing import Trace
    from archcalc.tracing.records import TracedLayer


class FirstWeights:
    """Mean squares of the first weights of every layer.

    Args:
        trace: the network.
        init: names of initialisations for all layers; the last one that draws weights counts.

    Raises:
        Fault: there is no such initialisation.
    """

    def __init__(self, trace: "Trace", init: "Sequence[str]") -> None:
        self._all: Initialisation | None = None
        self._asked = False
        ends = [name for name in init if name in LAST]
        for name in init:
            if name not in LAST:
                self._all, self._asked = initialisation(name), True
        found = branch_ends(trace) if ends else None
        self._factors: dict[str, float] = {}
        if found is not None:
            for name in ends:
                self._factors |= found.factors(name)
        self._shared = trace.shared

    def of(self, layer: "TracedLayer") -> "Drawn":
        """Name of a weight -> mean square of its first numbers."""
        own = layer.arguments.drawn(layer.facts)
        way = self._all if self._asked else None if not layer.init else initialisation(layer.init)
        if way is not None and (layer.facts.macs or way.of_any):
            own = first_squares(way, dict(layer.facts.weights), layer.facts.lookups, own)
        factor = self._factors.get(layer.name)
        if factor is None:
            return own
        return {
            name: square * factor if "bias" not in name else square * (factor > 0)
            for name, square in own.items()
        }

    def doubt(self, layer: "TracedLayer") -> str:
        """Why the rules may fail on its weights; empty: they are its own."""
        if not layer.tied or not layer.facts.macs:
            return ""
        owner = next(iter(layer.tied.values()))
        return f"its weights are those of {owner}: ways through both are not independent"
