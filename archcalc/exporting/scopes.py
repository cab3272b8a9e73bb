"""The scopes of a trace as a tree, with what each reads from outside and gives to the outside."""

from dataclasses import field
from functools import cached_property
from typing import TYPE_CHECKING, TypeAlias

from archcalc.records import dataclass
from archcalc.tracing.graph import scopes_around

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from archcalc.facts import Tensor
    from archcalc.tracing import Trace, TracedLayer
    from archcalc.tracing.records import Use

Key: TypeAlias = tuple[str, str]
"""A port: the layer, and its output."""


@dataclass(slots=True)
class ScopeNode:
    """A container, block or repeat, or the whole network.

    Args:
        name: its full name; empty: the network.
        kind: its type as the trace has it.
        children: its layers and scopes, in execution order; what is in an open scope inside of it, under its
            dotted name.
        first: index of its first layer.
        end: index behind its last layer.
    """

    name: str
    kind: str
    children: "dict[str, ScopeNode | TracedLayer]" = field(default_factory=dict)  # pyright: ignore[reportUnknownVariableType]  # known to checkers only
    first: int = 0
    end: int = 0

    @property
    def label(self) -> str:
        """Its name within the scope around it."""
        return self.name.rpartition(".")[2]

    @property
    def height(self) -> int:
        """Scopes inside one another below it."""
        return max((each.height + 1 for each in self.scopes()), default=0)

    def scopes(self) -> "Iterator[ScopeNode]":
        """The scopes directly inside."""
        return (each for each in self.children.values() if isinstance(each, ScopeNode))

    def walk(self) -> "Iterator[ScopeNode]":
        """All scopes inside, innermost first, and itself."""
        for each in self.scopes():
            yield from each.walk()
        yield self


@dataclass
class Tree:
    """The scopes of a trace."""

    trace: "Trace"

    @cached_property
    def opened(self) -> "frozenset[str]":
        """Scopes that can be no call: other layers run between theirs, or they are layers themselves."""
        spans: dict[str, tuple[int, int]] = {}
        for index, layer in enumerate(self.trace.layers):
            for name in scopes_around(layer.name):
                first, count = spans.get(name, (index, 0))
                if name in self.trace.by_name or first + count != index:
                    count = -len(self.trace.layers)  # it will not catch up
                spans[name] = first, count + 1
        return frozenset(name for name, (_, count) in spans.items() if count <= 0)

    @cached_property
    def by_name(self) -> "dict[str, ScopeNode]":
        """Every scope under its full name."""
        return {each.name: each for each in self.root.walk()}

    @cached_property
    def root(self) -> ScopeNode:
        """The network."""
        root = ScopeNode("", "", end=len(self.trace.layers))
        for index, layer in enumerate(self.trace.layers):
            scope = root
            for full in scopes_around(layer.name):
                if full in self.opened:
                    continue
                label = full[len(scope.name) :].lstrip(".")
                inner = scope.children.get(label)
                if not isinstance(inner, ScopeNode):
                    inner = scope.children[label] = ScopeNode(
                        full, self.trace.scopes.get(full, ""), first=index
                    )
                scope = inner
                scope.end = index + 1
            scope.children[layer.name[len(scope.name) :].lstrip(".")] = layer
        return root

    @cached_property
    def position(self) -> "Mapping[str, int]":
        """Layer -> its place in the execution."""
        return {layer.name: index for index, layer in enumerate(self.trace.layers)}

    @cached_property
    def last_read(self) -> "Mapping[Key, int]":
        """Port -> the last layer that reads it; the number of layers where it leaf_nodes the network."""
        found: dict[Key, int] = {}
        for index, layer in enumerate(self.trace.layers):
            for port in layer.inputs:
                found[port.layer, port.output] = index
        for port in self.trace.outputs:
            found[port.layer, port.output] = len(self.trace.layers)
        return found

    def inputs(self, scope: ScopeNode) -> list[Key]:
        """Ports outside of a scope that layers inside read, in the order in which they are read first."""
        if not scope.name:
            return [(name, "output") for name in self.trace.inputs]
        found: dict[Key, None] = {}
        for layer in self.trace.layers[scope.first : scope.end]:
            for port in layer.inputs:
                if not scope.first <= self.position.get(port.layer, -1) < scope.end:
                    found[port.layer, port.output] = None
        return list(found)

    def outputs(self, scope: ScopeNode) -> list[Key]:
        """Ports inside of a scope that are read outside; its last one where there are none."""
        if not scope.name:
            return [(port.layer, port.output) for port in self.trace.outputs]
        found = [
            (layer.name, output)
            for layer in self.trace.layers[scope.first : scope.end]
            for output in layer.facts.outputs
            if self.last_read.get((layer.name, output), -1) >= scope.end
        ]
        last = self.trace.layers[scope.end - 1]
        return found or [(last.name, next(iter(last.facts.outputs)))]

    def tensor(self, key: Key) -> "Tensor":
        """What leaf_nodes a port."""
        if key[0] in self.trace.inputs:
            return self.trace.inputs[key[0]]
        return self.trace.by_name[key[0]].facts.outputs[key[1]]

    def use(self, scope: ScopeNode) -> "Use | None":
        """The entry that has made a scope."""
        return self.trace.uses.get(scope.name)

    def is_block(self, scope: ScopeNode) -> bool:
        """Whether a scope is one use of a block."""
        use = self.use(scope)
        return use is not None and use.arguments is not None
