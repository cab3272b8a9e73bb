"""Which tensors and weights tensor-parallel devices divide: from one linear map to the next one.

The first map is divided by its rows, so that each device makes a part of the features; layers between hand
the division on; the map behind is divided by its columns, and the devices' results are added up: whole again
(Shoeybi et al. 2019, arXiv 1909.08053, section 3). Attention stands between such maps by its heads.
"""

from dataclasses import field
from typing import TYPE_CHECKING

from archcalc.effort import spend
from archcalc.facts import FEATURES, IDENTITY, UNSAID, AxisRead
from archcalc.footprint.devices.carrying import Carrying
from archcalc.records import dataclass
from archcalc.tuples import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from archcalc.facts import Shape
    from archcalc.footprint.devices.carrying import Carried
    from archcalc.tracing import Port, Trace, TracedLayer

TensorKey = tuple[str, str]
"""Layer (or input) and output."""
EACH = 5
"""Steps that each divided tensor takes, and each layer that reads it."""


class Slab(NamedTuple):
    """An axis of which a device has one of so many parts."""

    axis: int
    parts: int

    def of(self, shape: "Shape") -> "Shape":
        """The shape that is left."""
        return (*shape[: self.axis], shape[self.axis] // self.parts, *shape[self.axis + 1 :])


class LinearMap(NamedTuple):
    """A map of all features of the last axis: its matrix, the axis of what it makes, and its vectors."""

    matrix: str
    made: int
    vectors: tuple[str, ...]


def linear_map(layer: "TracedLayer") -> LinearMap | None:
    """The matrix of a layer that maps features position by position, by its facts; None: it is no such."""
    facts, kind = layer.facts, layer.arguments
    if not kind.linear or len(layer.inputs) != 1 or len(facts.outputs) != 1 or facts.buffers:
        return None
    *positions, features = facts.first_reads or (AxisRead(None, UNSAID),)
    if features.reach != FEATURES or not features.mixes:
        return None
    if any(read.reach != IDENTITY for read in positions):
        return None
    sizes = (layer.output.shape[-1], layer.inputs[0].tensor.shape[-1])
    matrices = [name for name, shape in facts.weights.items() if len(shape) > 1]
    vectors = tuple(name for name, shape in facts.weights.items() if shape == sizes[:1])
    whole = sizes[::-1] if kind.transposed else sizes
    if [facts.weights[name] for name in matrices] != [whole] or len(vectors) + 1 != len(facts.weights):
        return None
    return LinearMap(matrices[0], int(kind.transposed), vectors)


@dataclass
class DividedRegion:
    """Tensors that are divided together, from maps that make their features to maps that join them.

    Args:
        tensors: output -> its part.
        seen: layer and number of an input -> the part of a whole tensor that a device reads.
        first: maps that are divided by rows.
        last: maps that are divided by columns.
        heads: layers that have a part of their heads -> parts of their queries, keys ...
        reason: why it cannot be divided; empty: it can.
    """

    tensors: "dict[TensorKey, Slab]" = field(default_factory=dict[TensorKey, Slab])
    seen: "dict[tuple[str, int], Slab]" = field(default_factory=dict[tuple[str, int], Slab])
    first: "dict[str, int]" = field(default_factory=dict[str, int])
    last: "dict[str, int]" = field(default_factory=dict[str, int])
    heads: "dict[str, tuple[int, ...]]" = field(default_factory=dict[str, tuple[int, ...]])
    reason: str = ""


class Dividing:
    """Follows divisions from a first map on, to all that is divided with it.

    Args:
        trace: the network.
        devices: among which it is divided.
        maps: layers that may begin or end it.
        taken: maps that end another division, whose output is whole.
        leaving: maps whose output may leave the network divided: scores of a vocabulary.
    """

    def __init__(
        self,
        trace: "Trace",
        devices: int,
        maps: "Mapping[str, LinearMap]",
        taken: "set[str]",
        leaving: "frozenset[str]",
    ) -> None:
        self.trace, self.devices, self.maps = trace, devices, maps
        self.taken, self.leaving = taken, leaving
        self.carrying = Carrying()
        self.region = DividedRegion()
        self.waiting: list[tuple[Port, int, int]] = []
        self.passed: dict[tuple[str, int], Carried] = {}
        self.outputs = {(port.layer, port.output) for port in trace.outputs}

    def from_map(self, layer: "TracedLayer") -> DividedRegion:
        """All that is divided with the output of a map."""
        self.region, self.waiting, self.passed = DividedRegion(), [], {}
        port = next(self._ports(layer))
        self._add(port, len(port.tensor.shape) - 1, self.devices)
        while self.waiting and not self.region.reason:
            self._step(*self.waiting.pop())
        if not self.region.last and not self.region.reason and not self.leaving & set(self.region.first):
            self.region.reason = "no linear map behind it joins its features"
        return self.region

    def _ports(self, layer: "TracedLayer") -> "Iterator[Port]":
        from archcalc.tracing.records import Port

        return (Port(layer.name, name, tensor) for name, tensor in layer.facts.outputs.items())

    def _refuse(self, reason: str) -> None:
        self.region.reason = self.region.reason or reason

    def _add(self, port: "Port", axis: int, parts: int) -> None:
        """A tensor that is divided along an axis."""
        key, size = (port.layer, port.output), port.tensor.shape[axis]
        before = self.region.tensors.get(key)
        if before is not None:
            if before != Slab(axis, parts):
                self._refuse(f"{port} is divided in two ways")
            return
        if size % parts:
            self._refuse(f"{size:,} features of {port} do not divide by {parts}")
            return
        self.region.tensors[key] = Slab(axis, parts)
        self.waiting.append((port, axis, parts))

    def _step(self, port: "Port", axis: int, parts: int) -> None:
        """All that makes or reads a divided tensor."""
        source, readers = self.trace.source(port), self.trace.readers(port)
        spend(EACH * (1 + len(readers)))
        if source is not None:
            self._made(source, port, axis, parts)
        if (port.layer, port.output) in self.outputs and port.layer not in self.leaving:
            self._refuse(f"{port} leaves the network")
        for reader in readers:
            self._read(reader.layer, reader.position, port, axis, parts)

    def _made(self, layer: "TracedLayer", port: "Port", axis: int, parts: int) -> None:
        refusal = f"{layer.name} makes no parts of its features"
        self._through(layer, None, port, axis, parts, self.region.first, refusal)

    def _read(self, layer: "TracedLayer", at: int, port: "Port", axis: int, parts: int) -> None:
        refusal = f"{layer.name} reads all features of {port}"
        self._through(layer, at, port, axis, parts, self.region.last, refusal)

    def _through(
        self,
        layer: "TracedLayer",
        at: int | None,
        port: "Port",
        axis: int,
        parts: int,
        ends: dict[str, int],
        refusal: str,
    ) -> None:
        """Go on through a layer; a map of features ends the region, anything else has to carry the parts."""
        if layer.name in self.maps and axis == len(port.tensor.shape) - 1:
            ends[layer.name] = parts
            return
        found = self.carrying.carried(layer, at, axis)
        if found is None:
            self._refuse(refusal)
        elif self.passed.get((layer.name, parts)) is not found:
            self.passed[layer.name, parts] = found
            self._all(layer, found, parts)

    def _all(self, layer: "TracedLayer", found: "Carried", parts: int) -> None:
        """Divide what a layer reads and makes with one of its tensors."""
        own = self._parts(layer, found.units, parts)
        if own is None:
            return
        spend(EACH * (len(found.outputs) + len(found.inputs)))
        for port, made in zip(self._ports(layer), found.outputs, strict=True):
            self._add(port, made, own[0])
        for index, (port, axis) in enumerate(zip(layer.inputs, found.inputs, strict=True)):
            if axis is None:
                continue
            if self._may_be_made(port, axis):
                self._add(port, axis, own[index])
            elif port.tensor.shape[axis] % own[index]:
                self._refuse(f"{port.tensor.shape[axis]:,} of {port} do not divide by {own[index]}")
            else:
                self.region.seen[layer.name, index] = Slab(axis, own[index])

    def _parts(self, layer: "TracedLayer", units: "tuple[int, ...]", parts: int) -> "tuple[int, ...] | None":
        """The parts of every input; keys and values of fewer heads than devices stand on several."""
        if not any(units):
            return (parts,) * max(1, len(units))
        if len(units) == 1:
            if units[0] % parts:
                self._refuse(f"{units[0]} heads of {layer.name} do not divide by {parts}")
                return None
            found: tuple[int, ...] = (parts,)
        else:
            asking, asked = units[0], units[1]
            if asking % self.devices:
                self._refuse(f"{asking} heads of {layer.name} do not divide by {self.devices}")
                return None
            if asked % self.devices and self.devices % asked:
                fact = f"{asked} key/value heads of {layer.name} do not divide by {self.devices}"
                self._refuse(fact)
                return None
            fewer = min(self.devices, asked)
            found = (self.devices, fewer, fewer, self.devices)[: len(units)]
        self.region.heads[layer.name] = found
        return found

    def _may_be_made(self, port: "Port", axis: int) -> bool:
        """Whether a tensor can be made in parts; else every device has all of it and reads its part."""
        source = self.trace.source(port)
        if source is None or (port.layer, port.output) in self.outputs:
            return False
        if source.name in self.maps:
            return source.name not in self.taken and axis == len(port.tensor.shape) - 1
        return self.carrying.carried(source, None, axis) is not None
