"""The tree of scopes of a network, each with a number that stands for all that is in it."""

from dataclasses import field
from typing import TYPE_CHECKING

from archcalc.matching.forms import layer_form
from archcalc.records import dataclass
from archcalc.tracing.graph import scopes_around

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator

    from archcalc.tracing import Trace, TracedLayer


@dataclass(slots=True, eq=False)
class TreeNode:
    """A layer, a scope, or both under one name.

    Args:
        name: full name; that of the network is empty.
        layer: of this name.
        type: of the scope, or of the layer.
        inside: in the order of their first layers.
        number: of two nodes the same where their layers have the same forms in the same order.
        kinds: the same where these are of the same kinds in the same order.
        weighted: layers with weights in it.
        count: layers in it.
    """

    name: str
    layer: "TracedLayer | None" = None
    type: str = ""
    inside: "list[TreeNode]" = field(default_factory=list["TreeNode"])
    number: int = -1
    kinds: int = -1
    weighted: int = 0
    count: int = 0

    @property
    def own(self) -> str:
        """The last part of its name."""
        return self.name.rpartition(".")[2]

    def layers(self) -> "Iterator[TracedLayer]":
        """All layers in it, its own one first."""
        left: list[TreeNode] = [self]
        while left:
            node = left.pop()
            if node.layer is not None:
                yield node.layer
            left.extend(reversed(node.inside))


def tree(trace: "Trace", numbers: "dict[Hashable, int]") -> TreeNode:
    """The tree of a network.

    Args:
        trace: the network.
        numbers: of what was seen so far, to which new ones are added.
    """
    nodes = {"": TreeNode("")}
    for layer in trace.layers:
        above = nodes[""]
        for name in (*scopes_around(layer.name), layer.name):
            if name not in nodes:
                nodes[name] = TreeNode(name, type=trace.scopes.get(name, ""))
                above.inside.append(nodes[name])
            above = nodes[name]
        above.layer, above.type = layer, above.type or layer.type
    for node in reversed(nodes.values()):  # what is inside was made behind what it is in
        _numbered(node, numbers)
    return nodes[""]


def _numbered(node: TreeNode, numbers: "dict[Hashable, int]") -> None:
    layer = node.layer
    own = None if layer is None else layer_form(layer)
    key = (own, *(each.number for each in node.inside))
    node.number = numbers.setdefault(key, len(numbers))
    kinds = ("kinds", layer and layer.type, *(each.kinds for each in node.inside))
    node.kinds = numbers.setdefault(kinds, len(numbers))
    node.count = (layer is not None) + sum(each.count for each in node.inside)
    weights = layer is not None and bool(layer.facts.weights)
    node.weighted = weights + sum(each.weighted for each in node.inside)
