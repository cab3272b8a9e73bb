"""Whether layers that belong together read the same."""

from typing import TYPE_CHECKING

from archcalc.matching.layers import COMMUTING, asked_inputs

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from archcalc.matching.layers import LayerPairs
    from archcalc.tracing import Port, Trace, TracedLayer

    Source = tuple[str, str]
    """Name and output of a layer of the first network, or number of an input."""

MAX_SOURCES = 64
"""What a layer that is passed through is followed back to, at most."""


class Wiring:
    """What the layers of two networks read, told in names of the first one.

    Args:
        first: a network.
        second: another one.
        pairs: their layers that belong together.
        inputs: names of inputs of the second network -> those of the first that they are.
    """

    def __init__(
        self, first: "Trace", second: "Trace", pairs: "LayerPairs", inputs: "Mapping[str, str]"
    ) -> None:
        names = {**inputs, **pairs.back}
        own = {name: name for name in (*first.inputs, *pairs.partner)}
        self.names = (own, names)
        self.traces = (first, second)
        self._pass(())
        self.moved = frozenset(
            name
            for name in pairs.displaced
            if self.rewired(first.by_name[name], second.by_name[pairs.partner[name]])
        )
        self._pass(self.moved)

    def _pass(self, moved: "Collection[str]") -> None:
        """Follow what is passed through: layers without a partner, and those that were moved."""
        self.behind = tuple(
            _behind(trace, names, moved) for trace, names in zip(self.traces, self.names, strict=True)
        )

    def rewired(self, one: "TracedLayer", other: "TracedLayer") -> bool:
        """Whether a layer reads something else than the one that it belongs to.

        What stands anew between a layer and what it has read before is none of its doing.
        """
        if one.arguments.merges in COMMUTING:
            return not self._same_in_any_order(one.inputs, other.inputs)
        return not self.same_ports(asked_inputs(one), asked_inputs(other))

    def same_ports(self, ours: "Sequence[Port]", theirs: "Sequence[Port]") -> bool:
        """Whether as many outputs are the same ones, or lie behind the same ones, in their order."""
        return len(ours) == len(theirs) and all(map(self._same, ours, theirs))

    def _same_in_any_order(self, ours: "Sequence[Port]", theirs: "Sequence[Port]") -> bool:
        left = list(theirs)
        for same in (self._is, self._same):
            for port in ours:
                found = next((other for other in left if same(port, other)), None)
                if found is not None:
                    left.remove(found)
                    ours = [each for each in ours if each is not port]
        return not ours and not left

    def _is(self, one: "Port", other: "Port") -> bool:
        names = self.names[0].get(one.layer), self.names[1].get(other.layer)
        return None not in names and names[0] == names[1] and one.output == other.output

    def _same(self, one: "Port", other: "Port") -> bool:
        return self._is(one, other) or bool(self._sources(0, one) & self._sources(1, other))

    def _sources(self, side: int, port: "Port") -> "frozenset[Source]":
        """The port, or what the layer that is passed through lies behind."""
        if port.layer in self.behind[side]:
            return self.behind[side][port.layer]
        return frozenset({(self.names[side][port.layer], port.output)})


def _behind(
    trace: "Trace", names: "Mapping[str, str]", moved: "Collection[str]"
) -> "dict[str, frozenset[Source]]":
    """Layers that are passed through, and the nearest outputs before each that are not."""
    found: dict[str, frozenset[Source]] = {name: frozenset() for name in trace.inputs if name not in names}
    for layer in trace.layers:
        if layer.name in names and names[layer.name] not in moved:
            continue
        sources = set[tuple[str, str]]()
        for port in layer.inputs:
            sources |= found.get(port.layer, {(names.get(port.layer, ""), port.output)})
        found[layer.name] = frozenset(sorted(sources)[:MAX_SOURCES])
    return found
