"""Graph layers after torch_geometric.nn: a sample is one graph, node features (N, F) and edges (2, E).

MACs are those of three kinds of products: the dense maps of nodes and edges; attention's dot products with
its learned vectors; and the aggregation as a product of a sparse matrix with a dense one, one per edge and
feature, where a number per edge weights the messages. A plain sum, mean or maximum over neighbours is 0, as
pooling is. Self-loops that a layer adds are one more edge per node; edges that arrive are taken to be none.
"""

from dataclasses import replace
from typing import TYPE_CHECKING

from archcalc.errors import Fault
from archcalc.facts import FEATURES, AxisRead, Facts, Neighbours, Reads, Shape, Tensor
from archcalc.formulas.counts import linear_macs, sparse_macs
from archcalc.layers.arguments import Positive
from archcalc.layers.base import Layer, agree
from archcalc.layers.operations import BIAS, on_each
from archcalc.tuples import NamedTuple
from archcalc.work import Work, Worked

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

ENDS = 2
"""Rows of edge_index: where an edge begins and where it leads to."""


class Graph(NamedTuple):
    """What arrives at a graph layer.

    Args:
        nodes: N.
        features: F of every node.
        edges: E.
        edge_features: D of every edge; 0: one number without an axis of its own; None: nothing arrives.
        dtype: of the features.
    """

    nodes: int
    features: int
    edges: int
    edge_features: int | None
    dtype: str

    def with_loops(self, *, added: bool) -> int:
        """Edges, with the self-loop of every node where they are added."""
        return self.edges + self.nodes if added else self.edges


class GraphLayer(Layer, frozen=True):
    """A layer in which a node reads its neighbours, from node features and edge_index."""

    untold = "it depends on the loops of the graph and the kernels of torch_geometric"

    in_channels: Positive | None = None
    """Features of a node that arrive; inferred, checked when written."""

    def _graph(self, inputs: tuple[Tensor, ...], extra: str | None = None) -> Graph:
        """The graph that arrives: x (N, F), edge_index (2, E) and, where a layer takes it, ``extra``."""
        names = ("x", "edge_index", extra) if extra else ("x", "edge_index")
        if not ENDS <= len(inputs) <= len(names):
            takes = " and ".join(names[:2]) + (f", and {extra} at will" if extra else "")
            fact = f"takes {takes}, got {len(inputs)} input{'' if len(inputs) == 1 else 's'}"
            raise Fault(fact, key="from", hint="name them: from: [x, edge_index]")
        nodes, features = node_features(inputs[0])
        agree("in_channels", self.in_channels, features)
        edges = _edges(inputs[1])
        more = None
        if extra and len(inputs) > ENDS:
            more = _of_edges(inputs[2], extra, edges, inputs[0].dtype)
        return Graph(nodes, features, edges, more, inputs[0].dtype)


def node_features(tensor: Tensor) -> tuple[int, int]:
    """Split node features (N, F) into N and F."""
    if len(tensor.shape) != 2:  # noqa: PLR2004  nodes and features
        fact = f"needs node features of 2 axes (N, F), got {len(tensor.shape)}: {list(tensor.shape)}"
        raise Fault(fact, key="from", hint="a sample is one graph: its shape has no batch axis")
    if not tensor.is_float:
        fact = f"needs floating point node features, got {tensor.dtype}"
        raise Fault(fact, key="from", hint="declare the input without a dtype: it is float32")
    return tensor.shape[0], tensor.shape[1]


def _edges(tensor: Tensor) -> int:
    if len(tensor.shape) != ENDS or tensor.shape[0] != ENDS:
        hint = "a column per edge: where it begins, where it leads to"
        raise Fault(f"edge_index needs shape [2, E], got {list(tensor.shape)}", key="from", hint=hint)
    if tensor.dtype != "int64":
        hint = "inputs: {edge_index: {shape: [2, E], dtype: int64}}"
        raise Fault(f"edge_index needs int64, got {tensor.dtype}", key="from", hint=hint)
    return tensor.shape[1]


def _of_edges(tensor: Tensor, name: str, edges: int, dtype: str) -> int:
    """Features of every edge; 0 where each has one number without an axis of its own."""
    if len(tensor.shape) > 2 or not tensor.shape:  # noqa: PLR2004  edges and features
        raise Fault(f"{name} needs shape [E] or [E, D], got {list(tensor.shape)}", key="from")
    if tensor.shape[0] != edges:
        raise Fault(f"{name} has {tensor.shape[0]} edges, but edge_index {edges}", key="from")
    if tensor.dtype != dtype:
        raise Fault(f"{name} is {tensor.dtype}, but the node features are {dtype}", key="from")
    return tensor.shape[1] if len(tensor.shape) > 1 else 0


def graph_facts(
    graph: Graph, width: int, weights: "Mapping[str, Shape]", work: Worked, reads: "GraphReads"
) -> Facts:
    """Facts of a layer whose nodes leave with ``width`` features."""
    return Facts(
        outputs={"output": Tensor((graph.nodes, width), graph.dtype)},
        work=work,
        reads=reads.of(graph),
        weights=weights,
        inferred={"in_channels": graph.features},
    )


def dense_maps(macs: int, weights: "Iterable[str]", added: "Shape", params: int) -> Worked:
    """The dense maps, of which biases are added to every number of a shape."""
    names = tuple(weights)
    biases = tuple(name for name in names if name.endswith(BIAS))
    matrices = tuple(name for name in names if name not in biases)
    product = Work("product", macs, matrices, "maps", params)
    return (product, on_each(added, len(biases), biases, "maps")) if biases else (product,)


def aggregated(edges: int, width: int, *, weighted: bool) -> Work:
    """The neighbours' features joined: a sparse product where edges have weights, else sums or maxima."""
    numbers = sparse_macs(edges, width)
    if weighted:
        return Work("product", numbers, name="aggregation", arriving=0)
    return Work("reduction", numbers, name="aggregation")


class GraphReads(NamedTuple):
    """How far a node of the output reads.

    Args:
        itself: it reads its own features too, and not its neighbours' alone.
        edge_hops: hops of the edges it reads: 2 where the neighbours' own edges count (their degrees).
    """

    itself: bool
    edge_hops: int = 1

    def of(self, graph: Graph) -> tuple[Reads, ...]:
        """Reads of x, edge_index and, where it arrives, what belongs to the edges."""
        edges = AxisRead(0, Neighbours(self.edge_hops))
        nodes = (AxisRead(0, Neighbours(), sampled=not self.itself), AxisRead(1, FEATURES))
        found = (nodes, (AxisRead(None, FEATURES), edges))
        if graph.edge_features is None:
            return found
        return (*found, (edges, AxisRead(1, FEATURES)) if graph.edge_features else (edges,))


class GCNConv(GraphLayer, frozen=True):
    """Graph convolution: features are mapped, then averaged over neighbours by the square roots of degrees.

    Kipf & Welling 2017 (arXiv 1609.02907): x' = D^-1/2 (A + I) D^-1/2 x W^T + b.
    """

    linear = True

    out_channels: Positive
    """Features of a node that leave."""
    improved: bool = False
    """Weight a node itself by 2: A + 2 I."""
    cached: bool = False
    """Keep the normalised adjacency of the first pass; changes no number here."""
    add_self_loops: bool | None = None
    """Let a node read itself; null: as ``normalize``."""
    normalize: bool = True
    """Divide by the square roots of both nodes' degrees."""
    bias: bool = True
    """Add one number per output feature."""

    def infer(self, inputs: tuple[Tensor, ...]) -> Facts:
        """Features (N, F_in), edge_index (2, E) and, at will, edge_weight (E) -> (N, F_out)."""
        graph = self._graph(inputs, "edge_weight")
        if graph.edge_features:
            raise Fault(f"edge_weight needs shape [E], got {list(inputs[2].shape)}", key="from")
        loops = self.normalize if self.add_self_loops is None else self.add_self_loops
        if loops and not self.normalize:
            hint = "leave it out, or write normalize: true"
            raise Fault("self-loops are added by the normalisation alone", key="add_self_loops", hint=hint)
        weights: dict[str, Shape] = {"lin.weight": (self.out_channels, graph.features)}
        if self.bias:
            weights["bias"] = (self.out_channels,)
        weighted = self.normalize or graph.edge_features is not None
        edges = graph.with_loops(added=loops)
        params = self.out_channels * (graph.features + self.bias)
        macs = linear_macs(graph.features, (graph.nodes, self.out_channels))
        joined = aggregated(edges, self.out_channels, weighted=weighted)
        # A number of an edge is divided by the roots of both degrees, which are sums over edges.
        degrees = (Work("reduction", edges), on_each((edges,), 2)) if self.normalize else ()
        work = (*dense_maps(macs, weights, (graph.nodes, self.out_channels), params), *degrees, joined)
        reads = GraphReads(itself=loops, edge_hops=2 if self.normalize else 1)
        facts = graph_facts(graph, self.out_channels, weights, work, reads)
        return replace(facts, inferred={**facts.inferred, "add_self_loops": loops})
