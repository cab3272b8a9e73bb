"""Layers of two networks that are not the same, in groups that hang together, and where these arrive."""

from dataclasses import field
from typing import TYPE_CHECKING

from archcalc.matching.layers import COMMUTING, asked_inputs
from archcalc.records import dataclass
from archcalc.tuples import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from archcalc.matching.layers import LayerPairs
    from archcalc.tracing import Port, Trace, TracedLayer

SidedName = tuple[int, str]
"""A layer: the network that it is of, 0 or 1, and its name."""


class PlaceMeeting(NamedTuple):
    """What has to be the same: what a layer that both have reads, or what leaves them.

    Args:
        ours: outputs in the first network.
        theirs: as many in the second one.
        any_order: of a sum or a product.
    """

    ours: "tuple[Port, ...]"
    theirs: "tuple[Port, ...]"
    any_order: bool = False


@dataclass(frozen=True, slots=True)
class OpenPlace:
    """Layers that hang together, of both networks, and lie between layers that both have.

    Args:
        layers: those of the first network and those of the second one, in the order in which they run.
        meetings: where what they make arrives.
        same: name of any other layer, or of an input, of the second network -> that of the first one.
        traces: both networks.
    """

    layers: "tuple[tuple[TracedLayer, ...], tuple[TracedLayer, ...]]"
    meetings: tuple[PlaceMeeting, ...]
    same: "Mapping[str, str]"
    traces: "tuple[Trace, Trace]"

    @property
    def nodes(self) -> "Iterator[SidedName]":
        """All of its layers."""
        for side, layers in enumerate(self.layers):
            yield from ((side, layer.name) for layer in layers)

    @property
    def types(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """The kinds of its layers."""
        first, second = (tuple(layer.type for layer in layers) for layers in self.layers)
        return first, second


@dataclass(slots=True)
class _Groups:
    """Layers that hang together, each with the first one of its group."""

    first: dict[SidedName, SidedName] = field(default_factory=dict[SidedName, SidedName])

    def of(self, node: SidedName) -> SidedName:
        """The first one of its group."""
        while self.first[node] != node:
            self.first[node] = node = self.first[self.first[node]]
        return node

    def join(self, nodes: "Iterable[SidedName]") -> None:
        """Make one group of all."""
        found = [self.of(node) for node in nodes]
        self.first.update(dict.fromkeys(found[1:], found[0]) if found else {})


def places_of(
    traces: "tuple[Trace, Trace]", pairs: "LayerPairs", nodes: frozenset[SidedName], same: "Mapping[str, str]"
) -> "Iterator[OpenPlace]":
    """The groups.

    Args:
        traces: both networks.
        pairs: which of their layers belong together.
        nodes: layers that only one of them has, or that are not the same.
        same: name of any other layer, or of an input, of the second network -> that of the first one.
    """
    given = _given(traces, nodes)
    joining = nodes - given.keys()
    order = {
        (side, layer.name): at for side, trace in enumerate(traces) for at, layer in enumerate(trace.layers)
    }
    groups = _Groups({node: node for node in joining})
    for side, name in joining:
        layer, partner = traces[side].by_name[name], pairs.partner.get(name) if side == 0 else None
        beside = ((side, port.layer) for port in layer.inputs)
        groups.join(each for each in ((side, name), *beside, (1, partner or "")) if each in joining)
    met: list[tuple[SidedName, PlaceMeeting]] = []
    for meeting in _meetings(traces, pairs, nodes):
        asked = [node for node in _arriving(meeting) if node in joining]
        if asked:
            groups.join(asked)
            met.append((asked[0], meeting))
    meetings: dict[SidedName, list[PlaceMeeting]] = {}
    for node, each in met:
        meetings.setdefault(groups.of(node), []).append(each)
    members: dict[SidedName, set[SidedName]] = {}
    for node in sorted(joining, key=order.__getitem__):
        members.setdefault(groups.of(node), set()).add(node)
    for first, group in members.items():
        inside = sorted(group | _read_of(traces, group, given), key=order.__getitem__)
        ours, theirs = (
            tuple(trace.by_name[name] for where, name in inside if where == side)
            for side, trace in enumerate(traces)
        )
        yield OpenPlace((ours, theirs), tuple(meetings.get(first, ())), same, traces)


def _given(
    traces: "tuple[Trace, Trace]", nodes: frozenset[SidedName]
) -> "Mapping[SidedName, frozenset[SidedName]]":
    """Layers that follow from sizes alone, which many places may share, such as masks; and what they read."""
    found: dict[SidedName, frozenset[SidedName]] = {}
    for side, trace in enumerate(traces):
        for layer in trace.layers:
            read = [(side, port.layer) for port in layer.inputs]
            held = layer.facts.weights or layer.facts.buffers
            if (side, layer.name) in nodes and not held and all(node in found for node in read):
                found[side, layer.name] = frozenset(read)
    return found


def _read_of(
    traces: "tuple[Trace, Trace]",
    group: "Iterable[SidedName]",
    given: "Mapping[SidedName, frozenset[SidedName]]",
) -> set[SidedName]:
    """What a group reads of these layers, and they of one another."""
    found = set[SidedName]()
    left = [(side, port.layer) for side, name in group for port in traces[side].by_name[name].inputs]
    while left:
        node = left.pop()
        if node in given and node not in found:
            found.add(node)
            left.extend(given[node])
    return found


def _arriving(meeting: PlaceMeeting) -> "Iterator[SidedName]":
    for side, ports in enumerate((meeting.ours, meeting.theirs)):
        yield from ((side, port.layer) for port in ports)


def _meetings(
    traces: "tuple[Trace, Trace]", pairs: "LayerPairs", nodes: frozenset[SidedName]
) -> "Iterator[PlaceMeeting]":
    """What each layer that both have reads, input by input, and what leaves both."""
    readers = [
        (traces[0].by_name[ours], traces[1].by_name[theirs])
        for ours, theirs in pairs.partner.items()
        if (0, ours) not in nodes
    ]
    for one, other in readers:
        if one.arguments.merges in COMMUTING:
            yield PlaceMeeting(one.inputs, other.inputs, any_order=True)
        else:
            yield from _one_by_one(asked_inputs(one), asked_inputs(other))
    yield from _one_by_one(traces[0].outputs, traces[1].outputs)


def _one_by_one(ours: "Sequence[Port]", theirs: "Sequence[Port]") -> "Iterator[PlaceMeeting]":
    if len(ours) != len(theirs):
        yield PlaceMeeting(tuple(ours), tuple(theirs))
    yield from (PlaceMeeting((one,), (other,)) for one, other in zip(ours, theirs, strict=False))
