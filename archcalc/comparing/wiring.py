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
        for sources in (self._own, self._sources):
            ours, theirs = _unpaired(
                [(port, sources(0, port)) for port in ours], [(port, sources(1, port)) for port in theirs]
            )
        return not ours and not theirs

    def _own(self, side: int, port: "Port") -> "frozenset[Source]":
        """The port, where its layer has a partner."""
        name = self.names[side].get(port.layer)
        return frozenset() if name is None else frozenset({(name, port.output)})

    def _same(self, one: "Port", other: "Port") -> bool:
        return any(sources(0, one) & sources(1, other) for sources in (self._own, self._sources))

    def _sources(self, side: int, port: "Port") -> "frozenset[Source]":
        """The port, or what the layer that is passed through lies behind."""
        if port.layer in self.behind[side]:
            return self.behind[side][port.layer]
        return frozenset({(self.names[side][port.layer], port.output)})


def _unpaired(
    ours: "Sequence[tuple[Port, frozenset[Source]]]", theirs: "Sequence[tuple[Port, frozenset[Source]]]"
) -> "tuple[list[Port], list[Port]]":
    """What is left when each port is paired with the first of the others that has a source of its own."""
    having: dict[tuple[str, str], list[int]] = {}
    for index in reversed(range(len(theirs))):
        for source in theirs[index][1]:
            having.setdefault(source, []).append(index)
    left: list[Port] = []
    taken = set[int]()
    for port, sources in ours:
        rows = [having[source] for source in sources if source in having]
        for row in rows:
            while row and row[-1] in taken:
                row.pop()
        first = min((row[-1] for row in rows if row), default=None)
        if first is None:
            left.append(port)
        else:
            taken.add(first)
    return left, [port for index, (port, _) in enumerate(theirs) if index not in taken]


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
