"""The trace as a graph: who reads what, in which order, and in which scope."""

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from archcalc.errors import Fault, nearest
from archcalc.tracing.records import Port, TracedLayer, Unused, Use, tensor_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from archcalc.facts import Tensor


class Reader(NamedTuple):
    """A layer that reads an output: as which of its inputs (from 0), and which output."""

    layer: TracedLayer
    position: int
    output: str


@dataclass(frozen=True)
class Trace:
    """A network as primitive layers in execution order, which is a topological one.

    What is asked of the graph is indexed when it is first asked.
    """

    model: str
    inputs: "Mapping[str, Tensor]"
    layers: tuple[TracedLayer, ...]
    outputs: tuple[Port, ...]
    scopes: "Mapping[str, str]"
    """Full name of a container, block or repeat -> its type."""
    findings: tuple[Unused, ...]
    """Unused inputs and outputs."""
    uses: "Mapping[str, Use]" = field(default_factory=dict[str, Use])
    """Full name of a scope -> the entry that has made it."""

    @cached_property
    def by_name(self) -> "Mapping[str, TracedLayer]":
        """Every layer under its full name."""
        return {layer.name: layer for layer in self.layers}

    def layer(self, name: str) -> TracedLayer:
        """The layer of this full name.

        Raises:
            Fault: there is none.
        """
        found = self.by_name.get(name)
        if found is None:
            raise Fault(f"no layer {name!r}", hint=nearest(name, list(self.by_name)))
        return found

    def output_names(self, name: str) -> tuple[str, ...]:
        """The outputs of a layer or an input, the one that the next layer reads first."""
        layer = self.by_name.get(name)
        return tuple(layer.facts.outputs) if layer else ("output",)

    # who reads what

    def source(self, port: Port) -> TracedLayer | None:
        """The layer that an output belongs to; None for an input of the network."""
        return self.by_name.get(port.layer)

    @cached_property
    def _readers(self) -> "Mapping[str, tuple[Reader, ...]]":
        found: dict[str, list[Reader]] = {}
        for layer in self.layers:
            for index, port in enumerate(layer.inputs):
                found.setdefault(port.layer, []).append(Reader(layer, index, port.output))
        return {name: tuple(readers) for name, readers in found.items()}

    def readers(self, port: Port) -> tuple[Reader, ...]:
        """Everything that reads an output, in execution order."""
        return tuple(each for each in self.readers_of(port.layer) if each.output == port.output)

    def readers_of(self, name: str) -> tuple[Reader, ...]:
        """Everything that reads any output of a layer or input, in execution order."""
        return self._readers.get(name, ())

    def only_reader(self, layer: TracedLayer) -> TracedLayer | None:
        """The layer that alone reads this one, once; None when there are others or its output leaves."""
        readers = self.readers_of(layer.name)
        return readers[0].layer if len(readers) == 1 and layer.name not in self.leaving else None

    @cached_property
    def leaving(self) -> frozenset[str]:
        """Names of the layers whose outputs leave the network."""
        return frozenset(port.layer for port in self.outputs)

    def behind(self, name: str) -> frozenset[str]:
        """Names of the layers that depend on a layer or an input, and its own."""
        found = {name}
        for layer in self.layers:
            if any(port.layer in found for port in layer.inputs):
                found.add(layer.name)
        return frozenset(found)

    def above(self, ports: "Iterable[Port]") -> tuple[TracedLayer, ...]:
        """All layers that the ports depend on, in execution order."""
        wanted = {port.layer for port in ports}
        found: list[TracedLayer] = []
        for layer in reversed(self.layers):
            if layer.name in wanted:
                found.append(layer)
                wanted.update(port.layer for port in layer.inputs)
        return tuple(reversed(found))

    @cached_property
    def shared(self) -> frozenset[str]:
        """Full names of the tensors that several layers share, as ``layer.weight``."""
        return frozenset(
            name
            for layer in self.layers
            for own, owner in layer.tied.items()
            for name in (tensor_name(layer.name, own), owner)
        )

    # the tree of scopes

    @cached_property
    def _inside(self) -> "Mapping[str, tuple[TracedLayer, ...]]":
        found: dict[str, list[TracedLayer]] = {}
        for layer in self.layers:
            for scope in scopes_around(layer.name):
                found.setdefault(scope, []).append(layer)
        return {scope: tuple(layers) for scope, layers in found.items()}

    def inside(self, name: str) -> tuple[TracedLayer, ...]:
        """The layers of a scope in execution order, or the layer of this name; empty: there is neither."""
        own = self.by_name.get(name)
        return (*((own,) if own else ()), *self._inside.get(name, ()))


def scopes_around(name: str) -> "Iterator[str]":
    """Full names of the scopes that a layer stands in, outermost first."""
    for end, sign in enumerate(name):
        if sign == ".":
            yield name[:end]
