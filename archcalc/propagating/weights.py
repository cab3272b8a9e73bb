"""First weights of a network's layers: torch's own, those of the spec, or those that are asked for."""

from collections import Counter
from typing import TYPE_CHECKING

from archcalc.effort import spend
from archcalc.initialisation import LAST, Initialisation, first_squares, initialisation
from archcalc.propagating.branches import branch_ends
from archcalc.tracing.records import tensor_name
from archcalc.tuples import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

    from archcalc.moments import Drawn
    from archcalc.source import Path
    from archcalc.tracing import Trace
    from archcalc.tracing.records import TracedLayer


COPIED = "torch's module begins with copies of one layer: ways through all of them are not independent"


UNIFORM, NORMAL = 0.8, 2.0


class Doubt(NamedTuple):
    """Why the rules may fail at a layer: on what leaves it, and on the gradient's way back through it."""

    forward: str = ""
    backward: str = ""


SURE = Doubt()


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
        self._trace = trace
        self._owners = {
            tensor_name(layer.name, own): (layer, own)
            for layer in trace.layers
            for own in layer.facts.weights
        }
        self._followed: dict[str, frozenset[str]] = {}
        self._entries = Counter(map(_entry, trace.layers))

    def of(self, layer: "TracedLayer") -> "Drawn":
        """Name of a weight -> mean square of its first numbers; of those that it shares the owner's."""
        found = self._own(layer)
        for name, owner in layer.tied.items():
            source = self._owners.get(owner)
            if name in layer.facts.weights and source is not None:
                drawn = self._own(source[0])
                found.pop(name, None)
                if source[1] in drawn:
                    found[name] = drawn[source[1]]
        return found

    def _own(self, layer: "TracedLayer") -> "Drawn":
        own = layer.arguments.drawn(layer.facts)
        way = self._way(layer)
        if way is not None and (layer.facts.macs or way.of_any):
            own = first_squares(way, dict(layer.facts.weights), layer.facts.lookups, own)
        factor = self._factors.get(layer.name)
        if factor is None:
            return dict(own)
        return {
            name: square * factor if "bias" not in name else square * (factor > 0)
            for name, square in own.items()
        }

    def _way(self, layer: "TracedLayer") -> Initialisation | None:
        """How they are drawn; None: as torch draws the kind."""
        if self._asked:
            return self._all
        return initialisation(layer.init) if layer.init else None

    def scatter(self, layer: "TracedLayer") -> float:
        """E w^4 / (E w^2)^2 - 1 of a weight: 0.8 of uniform numbers, 2 of normal ones."""
        way = self._way(layer)
        return UNIFORM if way is None or way.scheme.endswith("uniform") else NORMAL

    def doubt(self, layer: "TracedLayer") -> Doubt:
        """Why the rules may fail on its weights."""
        if not layer.facts.macs or not layer.facts.weights:
            return SURE
        behind = (self._owners[owner] for owner in layer.tied.values() if owner in self._owners)
        for owner, _ in behind:
            if layer.name in self._behind(owner.name):
                reason = f"its weights are those of {owner.name}: ways through both are not independent"
                return Doubt(reason, "" if owner.facts.lookups else reason)
        if layer.copied and self._entries[_entry(layer)] > 1 and self._way(layer) is None:
            return Doubt(COPIED, COPIED)
        return SURE

    def _behind(self, owner: str) -> frozenset[str]:
        """Names of the layers that depend on the one that owns weights of others."""
        found = self._followed.get(owner)
        if found is None:
            spend(len(self._trace.layers))
            found = self._followed[owner] = self._trace.behind(owner)
        return found


def _entry(layer: "TracedLayer") -> "tuple[int, Path, tuple[int, Path] | None]":
    """Where it is written, and where the block is used in which that stands; the same for its repeats."""
    origin, use = layer.origin, layer.origin.use
    return id(origin.document), origin.path, None if use is None else (id(use.document), use.path)
