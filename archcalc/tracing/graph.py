"""The trace as a graph: who reads what, in which order, and in which scope."""

from collections.abc import Mapping
from dataclasses import field
from functools import cached_property
from typing import TYPE_CHECKING, cast

from archcalc.lookup import no_layer
from archcalc.records import dataclass
from archcalc.tracing.in_runs import by_layer
from archcalc.tracing.readers import Leaving, Reader, Readers
from archcalc.tracing.records import Port, TracedLayer, Unused, Use, tensor_name
from archcalc.tracing.runs import Runs, layers_of, parts_of, runs_of
from archcalc.tracing.times import entries_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from archcalc.facts import Tensor
    from archcalc.tracing.runs import Run


SHOWN = 3
"""Outputs that a short text names."""


@dataclass(frozen=True, repr=False)
class TracedScope:
    """A container, block, branch or repeat as one: what it is made of, what enters and what leaves it.

    Dotted names put layers into a scope from anywhere, so that others may run between those of one scope.

    Args:
        trace: the network that it is a part of.
        name: its full name.
        type: what it is.
        layers: the layers inside, in execution order.
        repeats: of a repeat, the indices of its instances.
    """

    trace: "Trace"
    name: str
    type: str
    layers: "Sequence[TracedLayer]"
    repeats: "Sequence[int]" = ()

    def __repr__(self) -> str:
        """Its name, what it is, and how many layers are inside."""
        return f"<{self.name} ({self.type}): {len(self.layers):,} layers>"

    def has(self, name: str) -> bool:
        """Whether a layer of this name is inside."""
        return name.startswith(self.name) and (
            name[len(self.name) : len(self.name) + 1] == "." or name in self._heads
        )

    @cached_property
    def _heads(self) -> frozenset[str]:
        """The layer that has other layers inside, and the name of the scope itself."""
        return frozenset(part.name for part in parts_of(self.layers) if part.name == self.name)

    @cached_property
    def enters(self) -> tuple[Port, ...]:
        """Outputs from outside that layers inside read, each once, in the order in which they are read."""
        read = (
            part.inputs if isinstance(part, TracedLayer) else part.reads for part in parts_of(self.layers)
        )
        return tuple(dict.fromkeys(port for ports in read for port in ports if not self.has(port.layer)))

    @cached_property
    def leaves(self) -> tuple[Port, ...]:
        """Outputs from inside that are read outside or leave the network.

        That of the scope's end is first, and alone where nothing reads any.
        """
        return self.trace.leaving_scopes.of(self)


@dataclass(frozen=True, repr=False)
class Trace:
    """A network as primitive layers in execution order, which is a topological one.

    What is asked of the graph is indexed when it is first asked.
    """

    model: str
    inputs: "Mapping[str, Tensor]"
    layers: "Sequence[TracedLayer]"
    outputs: tuple[Port, ...]
    scopes: "Mapping[str, str]"
    """Full name of a container, block or repeat -> its type."""
    findings: "Sequence[Unused]"
    """Unused inputs and outputs."""
    ends: "Mapping[str, Port]" = field(default_factory=dict[str, Port])
    """Full name of a scope -> what the layer behind it reads."""
    repeats: "Mapping[str, Sequence[int]]" = field(default_factory=dict[str, "Sequence[int]"])
    """Full name of a repeat -> the indices of its instances, those that were left out excepted."""
    uses: "Mapping[str, Use]" = field(default_factory=dict[str, Use])
    """Full name of a scope -> the entry that has made it."""

    @cached_property
    def by_name(self) -> "Mapping[str, TracedLayer]":
        """Every layer under its full name."""
        own = {layer.name: layer for layer in self.written}
        return by_layer(self.layers, own, lambda run, at, turn: run.layer(at, turn))

    @property
    def runs(self) -> Runs:
        """Turns of repeats that are the same, and whose layers are made when they are asked for."""
        return runs_of(self.layers)

    @cached_property
    def entries(self) -> int:
        """How many entries of the text its layers come from."""
        return entries_of(self.layers)

    @cached_property
    def stated(self) -> "Mapping[str, object]":
        """The spec as it is written: its task, loss, training and all else; empty where no layer is left."""
        written = self.layers[0].origin.in_spec.document.data if self.layers else None
        return cast("Mapping[str, object]", written) if isinstance(written, Mapping) else {}

    def __repr__(self) -> str:
        """What goes in and what comes out, in a line."""
        inputs = ", ".join(f"{name} {list(tensor.shape)}" for name, tensor in self.inputs.items())
        outputs = ", ".join(f"{port} {list(port.tensor.shape)}" for port in self.outputs[:SHOWN])
        more = ", ..." if len(self.outputs) > SHOWN else ""
        return f"<Trace of {self.model}: {inputs} -> {len(self.layers):,} layers -> {outputs}{more}>"

    def _repr_html_(self) -> str:
        """The shapes of all layers, in a notebook."""
        from archcalc.render.html import tables_html
        from archcalc.render.reports import shapes_table

        return tables_html([shapes_table(self)])

    def layer(self, name: str) -> TracedLayer:
        """The layer of this full name.

        Raises:
            Fault: there is none.
        """
        return self.by_name[name]

    def output_names(self, name: str) -> tuple[str, ...]:
        """The outputs of a layer or an input, the one that the next layer reads first."""
        layer = self.by_name.get(name)
        return tuple(layer.facts.outputs) if layer else ("output",)

    # who reads what

    def source(self, port: Port) -> TracedLayer | None:
        """The layer that an output belongs to; None for an input of the network."""
        return self.by_name.get(port.layer)

    @cached_property
    def _readers(self) -> Readers:
        return Readers(self.layers)

    @property
    def read_outside_runs(self) -> "Sequence[str]":
        """Names of what layers outside of runs read, and of what the first turns of runs do."""
        return self._readers.names

    @property
    def read_by_name(self) -> "Iterable[str]":
        """The same, and names of what runs read from outside."""
        return self._readers.all_names

    @cached_property
    def leaving_scopes(self) -> Leaving:
        """What leaves its containers, blocks and repeats."""
        return Leaving(self)

    def readers(self, port: Port) -> tuple[Reader, ...]:
        """Everything that reads an output, in execution order."""
        return tuple(each for each in self.readers_of(port.layer) if each.output == port.output)

    def readers_of(self, name: str) -> tuple[Reader, ...]:
        """Everything that reads any output of a layer or input, in execution order."""
        return self._readers.of(name)

    def only_reader(self, layer: TracedLayer) -> TracedLayer | None:
        """The layer that alone reads this one, once; None when there are others or its output leaves."""
        readers = self.readers_of(layer.name)
        return readers[0].layer if len(readers) == 1 and layer.name not in self.leaving else None

    @cached_property
    def leaving(self) -> frozenset[str]:
        """Names of the layers whose outputs leave the network."""
        return frozenset(port.layer for port in self.outputs)

    def behind(self, name: str) -> frozenset[str]:
        """Names of the layers that depend on a layer or an input, and its own.

        Raises:
            Fault: there is neither.
        """
        if name not in self.inputs and name not in self.by_name:
            raise no_layer(name, (*self.inputs, *self.by_name))
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

    @property
    def written(self) -> "Iterator[TracedLayer]":
        """The layers outside of runs: there are others in these only by name and by what they read."""
        return (part for part in parts_of(self.layers) if isinstance(part, TracedLayer))

    @property
    def sharing(self) -> "Iterator[TracedLayer]":
        """The layers that share tensors of others; none within a run does."""
        return (layer for layer in self.written if layer.tied)

    @cached_property
    def shared(self) -> frozenset[str]:
        """Full names of the tensors that several layers share, as ``layer.weight``."""
        return frozenset(
            name
            for layer in self.sharing
            for own, owner in layer.tied.items()
            for name in (tensor_name(layer.name, own), owner)
        )

    # the tree of scopes

    @cached_property
    def _inside(self) -> "Mapping[str, Sequence[TracedLayer]]":
        """The layers of the scopes that are not within runs."""
        found: dict[str, list[TracedLayer | Run]] = {}
        parts = parts_of(self.layers)
        for part in parts:
            for scope in scopes_around(part.name if isinstance(part, TracedLayer) else f"{part.name}."):
                found.setdefault(scope, []).append(part)
        own = {part.name: part for part in parts if isinstance(part, TracedLayer) and part.name in found}
        if own:
            order = {part.name: index for index, part in enumerate(parts)}
            for name, head in own.items():
                found[name].append(head)
                found[name].sort(key=lambda part: order[part.name])
        return {scope: layers_of(inside, self.runs) for scope, inside in found.items()}

    def inside(self, name: str) -> "Sequence[TracedLayer]":
        """The layers of a scope in execution order, and the layer of this name; empty: there is neither."""
        within = self.runs.find(name)
        if within is not None:
            return within.layers()
        own = self.by_name.get(name)
        return self._inside.get(name, (own,) if own else ())

    def holds(self, name: str) -> bool:
        """Whether there is a layer of this name, or one inside of what has it; none is made."""
        within = self.runs.find(name)
        if within is not None:
            return within.below in within.run.within
        return name in self._inside or name in self.by_name

    def encloses(self, name: str) -> bool:
        """Whether there are layers inside of what has this name."""
        within = self.runs.find(name)
        return name in self._inside if within is None else within.encloses()

    def scope(self, name: str) -> TracedScope:
        """The scope of this full name, as one."""
        return TracedScope(
            self, name, self.scopes.get(name, ""), self.inside(name), self.repeats.get(name, ())
        )


def scopes_around(name: str) -> "Iterator[str]":
    """Full names of the scopes that a layer stands in, outermost first."""
    end = name.find(".")
    while end >= 0:
        yield name[:end]
        end = name.find(".", end + 1)
