"""Which layers of two networks belong together: by their names, and else by what they are and read."""

from collections import Counter
from typing import TYPE_CHECKING

from archcalc.layers.mathematics import Merge
from archcalc.matching.forms import layer_form, sized_form
from archcalc.matching.sequences import ascending, each_in_turn, in_order
from archcalc.matching.siblings import paired_siblings, replaces
from archcalc.matching.trees import tree
from archcalc.records import dataclass

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Mapping, Sequence

    from archcalc.matching.trees import TreeNode
    from archcalc.tracing import Port, Trace, TracedLayer

COMMUTING = (Merge.SUM, Merge.PRODUCT)


@dataclass(frozen=True, slots=True)
class LayerPairs:
    """Which layers of two networks belong together.

    Args:
        partner: name of a layer of the first network -> name of the one of the second that it is.
        back: the other way round.
        displaced: names in the first network of as few as can be that do not run in one order with the rest.
    """

    partner: "Mapping[str, str]"
    back: "Mapping[str, str]"
    displaced: frozenset[str]


def paired_layers(first: "Trace", second: "Trace") -> LayerPairs:
    """Which layers of two networks belong together.

    Scopes and layers of one name belong together, and what is in them in turn; names that count (``3``,
    ``relu_2``) only where the order of what there is does not explain more. What is left over is what reads
    the same and is the same; then whole scopes that are the same elsewhere; then single layers of which
    there is one. It is the same from either side.
    """
    turned = _signature(first) > _signature(second)
    ours, theirs = (second, first) if turned else (first, second)
    found = _Matching(ours, theirs).found
    back = {theirs: ours for ours, theirs in found.items()}
    displaced = _displaced(ours, theirs, found)
    if turned:
        return LayerPairs(back, found, frozenset(found[name] for name in displaced))
    return LayerPairs(found, back, displaced)


def _displaced(ours: "Trace", theirs: "Trace", found: "Mapping[str, str]") -> frozenset[str]:
    places = {layer.name: at for at, layer in enumerate(theirs.layers)}
    names = [layer.name for layer in ours.layers if layer.name in found]
    kept = ascending([places[found[name]] for name in names])
    return frozenset(names) - {names[at] for at in kept}


def _signature(trace: "Trace") -> "list[tuple[str, str]]":
    """By which of two networks comes first, whichever is named first."""
    return [(layer.name, str(sized_form(layer))) for layer in trace.layers]


class _Matching:
    """Pairs of two networks, as they are found.

    Args:
        first: a network.
        second: another one.
    """

    def __init__(self, first: "Trace", second: "Trace") -> None:
        self.first, self.second = first, second
        self.found = dict[str, str]()
        self.taken = set[str]()
        numbers: dict[Hashable, int] = {}
        trees = tree(first, numbers), tree(second, numbers)
        # Of a torch module functions have names that nobody has given: what they read tells more.
        self.named_only = any(map(is_imported, (first, second)))
        self._down(*trees)
        self._by_reads()
        if self.named_only:
            self.named_only = False
            self._down(*trees)
        self._moved(*trees)
        self._by_reads()
        self._in_gaps()

    def _pair(self, ours: "TracedLayer", theirs: "TracedLayer") -> None:
        if ours.name not in self.found and theirs.name not in self.taken:
            self.found[ours.name] = theirs.name
            self.taken.add(theirs.name)

    def _pair_named(self, ours: "TracedLayer", theirs: "TracedLayer") -> None:
        if not self.named_only or (ours.facts.weights and theirs.facts.weights):
            self._pair(ours, theirs)

    def _down(self, one: "TreeNode", other: "TreeNode") -> None:
        """Two scopes that belong together, and all in them that does."""
        left = [(one, other)]
        while left:
            ours, theirs = left.pop()
            if ours.layer is not None and theirs.layer is not None:
                self._pair_named(ours.layer, theirs.layer)
            left.extend(paired_siblings(ours.inside, theirs.inside))

    def _open(self) -> "tuple[list[TracedLayer], list[TracedLayer]]":
        ours = [layer for layer in self.first.layers if layer.name not in self.found]
        return ours, [layer for layer in self.second.layers if layer.name not in self.taken]

    def _by_reads(self) -> None:
        """Layers that are the same and read what belongs together."""
        ours, theirs = self._open()
        if not ours or not theirs:
            return
        inputs = dict(zip(self.first.inputs, self.second.inputs, strict=False))
        there: dict[Hashable, list[TracedLayer]] = {}
        for layer in theirs:
            there.setdefault(_reading(layer, {}), []).append(layer)
        for layer in ours:
            if layer.inputs and all(
                port.layer in self.found or port.layer in inputs for port in layer.inputs
            ):
                known = {
                    port.layer: self.found.get(port.layer) or inputs[port.layer] for port in layer.inputs
                }
                candidates = there.get(_reading(layer, known))
                if candidates:
                    self._pair(layer, candidates.pop(0))

    def _moved(self, one: "TreeNode", other: "TreeNode") -> None:
        """Whole scopes that stand elsewhere or are called otherwise, and layers in other scopes."""
        for key in ("number", "kinds"):
            mine, theirs = self._scopes(one, self.found), self._scopes(other, self.taken)
            for i, j in each_in_turn(*([getattr(node, key) for node in nodes] for nodes in (mine, theirs))):
                if not any(layer.name in self.found for layer in mine[i].layers()) and not any(
                    layer.name in self.taken for layer in theirs[j].layers()
                ):
                    self._down(mine[i], theirs[j])
        self._each(lambda layer: (layer.name.rpartition(".")[2], sized_form(layer)))

    def _scopes(self, top: "TreeNode", done: "Mapping[str, str] | set[str]") -> "list[TreeNode]":
        """The scopes of several layers, with weights, none of which has a partner; outer ones first."""
        open_ = _untouched(top, done)
        found: list[TreeNode] = []
        left = [top]
        while left:
            node = left.pop()
            if node.name in open_ and node.count > 1 and node.weighted:
                found.append(node)
            left.extend(reversed(node.inside))
        return found

    def _in_gaps(self) -> None:
        """What is left between the same neighbours: equal layers in order, else as many that do the same."""
        ours = _gaps(self.first, self.found)
        theirs = _gaps(self.second, {name: name for name in self.taken})
        for gap in [gap for gap in ours if gap in theirs]:
            mine, others = ours[gap], theirs[gap]
            for i, j in in_order(
                [sized_form(layer) for layer in mine], [sized_form(layer) for layer in others]
            ):
                if mine[i].facts.weights:
                    self._pair(mine[i], others[j])
            mine = [layer for layer in mine if layer.name not in self.found]
            others = [layer for layer in others if layer.name not in self.taken]
            if len(mine) == len(others) and all(map(_in_its_place, mine, others)):
                for one, other in zip(mine, others, strict=True):
                    self._pair(one, other)

    def _each(self, key_of: "Callable[[TracedLayer], Hashable]") -> None:
        """Layers with weights whose key is there once on either side."""
        mine, theirs = ([layer for layer in layers if layer.facts.weights] for layers in self._open())
        keys = [[key_of(layer) for layer in layers] for layers in (mine, theirs)]
        counts = [Counter(each) for each in keys]
        for i, j in each_in_turn(*keys):
            if counts[0][keys[0][i]] == counts[1][keys[0][i]] == 1:
                self._pair(mine[i], theirs[j])


def _gaps(trace: "Trace", partner: "Mapping[str, str]") -> "dict[Hashable, list[TracedLayer]]":
    """Runs of layers without a partner, under the partners of those before and behind them."""
    found: dict[Hashable, list[TracedLayer]] = {}
    before, run = "", list["TracedLayer"]()
    for layer in trace.layers:
        if layer.name not in partner:
            run.append(layer)
            continue
        if run:
            found[before, partner[layer.name]] = run
        before, run = partner[layer.name], []
    if run:
        found[before, ""] = run
    return found


def _in_its_place(one: "TracedLayer", other: "TracedLayer") -> bool:
    """Whether a layer of the same scope may stand for another."""
    return one.name.rpartition(".")[0] == other.name.rpartition(".")[0] and replaces(one, other)


def is_imported(trace: "Trace") -> bool:
    """Whether a network was read from a torch module."""
    return any(layer.origin.document.python is not None for layer in trace.layers[:1])


def _untouched(top: "TreeNode", done: "Mapping[str, str] | set[str]") -> set[str]:
    """Names of the nodes in which nothing has a partner."""
    order: list[TreeNode] = []
    left = [top]
    while left:
        node = left.pop()
        order.append(node)
        left.extend(node.inside)
    found = set[str]()
    for node in reversed(order):
        own = node.layer is not None and node.layer.name in done
        if not own and all(each.name in found for each in node.inside):
            found.add(node.name)
    return found


def asked_inputs(layer: "TracedLayer") -> "Sequence[Port]":
    """What a layer reads; values that are the keys, and keys that are the queries, are left out."""
    ports = list(layer.inputs)
    while layer.facts.attention and len(ports) > 1 and ports[-1] == ports[-2]:
        ports.pop()
    return ports


def read_ports(layer: "TracedLayer", names: "Mapping[str, str]") -> "Sequence[tuple[str, str]]":
    """What a layer reads, as other names have it; in any order where the order is of no matter."""
    ports = [(names.get(port.layer, port.layer), port.output) for port in asked_inputs(layer)]
    return sorted(ports) if layer.arguments.merges in COMMUTING else ports


def _reading(layer: "TracedLayer", names: "Mapping[str, str]") -> "Hashable":
    return layer_form(layer), tuple(read_ports(layer, names))
