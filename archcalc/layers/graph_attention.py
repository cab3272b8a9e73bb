"""Graph attention (torch_geometric.nn.GATConv, GATv2Conv, TransformerConv); MACs as ``layers.graph`` says."""

from typing import Literal

from archcalc.errors import Fault
from archcalc.facts import Facts, Shape, Tensor, count
from archcalc.formulas.counts import linear_macs, sparse_macs
from archcalc.layers.arguments import Positive, Probability
from archcalc.layers.base import agree
from archcalc.layers.graph import Graph, GraphLayer, GraphReads, aggregated, dense_maps, graph_facts
from archcalc.layers.operations import on_each, softmax_work
from archcalc.work import Work


class GraphAttention(GraphLayer, frozen=True):
    """What both kinds of graph attention have: heads that weight a node's neighbours."""

    out_channels: Positive
    """Features of every head."""
    heads: Positive = 1
    """Heads that attend apart."""
    concat: bool = True
    """Put the heads side by side; false: take their mean."""
    negative_slope: float = 0.2
    """Slope of the LeakyReLU on the scores."""
    dropout: Probability = 0.0
    """Chance that an attention weight is dropped in training."""
    add_self_loops: bool = True
    """Let a node read itself."""
    edge_dim: Positive | None = None
    """Features of an edge; null: edges have none. Checked against what arrives."""
    fill_value: float | Literal["add", "mean", "min", "max", "mul"] = "mean"
    """Features of a self-loop: a number, or how those of the edges to the node are joined."""
    bias: bool = True
    """Add one number per output feature."""
    residual: bool = False
    """Add a learned map of what arrives."""

    @property
    def joined_heads(self) -> int:
        """All heads, with ``concat``."""
        return self.heads if self.concat else 1

    @property
    def _width(self) -> int:
        """Features of all heads together."""
        return self.heads * self.out_channels

    @property
    def _leaving(self) -> int:
        return self._width if self.concat else self.out_channels

    def _attending(self, inputs: tuple[Tensor, ...]) -> Graph:
        """The graph that arrives, its edge features as ``edge_dim`` says."""
        graph = self._graph(inputs, "edge_attr")
        _check_edges(graph, self.edge_dim)
        return graph

    def _facts(
        self, graph: Graph, maps: dict[str, Shape], node_maps: int, vectors: dict[str, Shape], dots: int
    ) -> Facts:
        """Facts from the maps of a node, and the vectors that ``dots`` features are multiplied with."""
        weights = maps | ({"lin_edge.weight": (self._width, self.edge_dim)} if self.edge_dim else {})
        if self.residual:
            weights["res.weight"] = (self._leaving, graph.features)
        if self.bias:
            weights["bias"] = (self._leaving,)
        edges = graph.with_loops(added=self.add_self_loops)
        macs = node_maps * linear_macs(graph.features, (graph.nodes, self._width))
        macs += linear_macs(self.edge_dim or 0, (edges, self._width))
        macs += linear_macs(graph.features, (graph.nodes, self._leaving)) if self.residual else 0
        work = (
            *dense_maps(macs, weights, (graph.nodes, self._leaving), count(weights)),
            Work("product", dots, tuple(vectors), "scores", count(vectors), arriving=0),
            on_each((edges, self.heads), 1, name="scores"),  # the LeakyReLU
            *softmax_work(edges * self.heads, "scores"),
            aggregated(edges, self._width, weighted=True),
        )
        reads = GraphReads(itself=self.add_self_loops or self.residual)
        return graph_facts(graph, self._leaving, vectors | weights, work, reads)


def _check_edges(graph: Graph, edge_dim: int | None) -> None:
    """Refuse features of edges that are not announced, and announced ones that do not arrive."""
    if graph.edge_features is not None and edge_dim is None:
        hint = f"write edge_dim: {graph.edge_features or 1}, or leave edge_attr out of from"
        fact = "edge_attr arrives, but edge_dim says that edges have no features"
        raise Fault(fact, key="edge_dim", hint=hint)
    if graph.edge_features is None and edge_dim is not None:
        hint = "name it: from: [x, edge_index, edge_attr]"
        raise Fault(f"edge_dim is {edge_dim}, but no edge_attr arrives", key="edge_dim", hint=hint)
    if graph.edge_features is not None:
        agree("edge_dim", edge_dim, graph.edge_features or 1)


class GATConv(GraphAttention, frozen=True):
    """Graph attention: a neighbour's weight is the softmax of a learned vector times both nodes' features.

    Velickovic et al. 2018 (arXiv 1710.10903). The product splits in two, one per node, and so takes N, not E.
    """

    def infer(self, inputs: tuple[Tensor, ...]) -> Facts:
        """Features (N, F_in), edge_index (2, E) and, with edge_dim, edge_attr (E, D) -> (N, heads F_out)."""
        graph = self._attending(inputs)
        vector: Shape = (1, self.heads, self.out_channels)
        vectors = {"att_src": vector, "att_dst": vector}
        dots = 2 * graph.nodes * self._width
        if self.edge_dim:
            vectors["att_edge"] = vector
            dots += graph.with_loops(added=self.add_self_loops) * self._width
        maps: dict[str, Shape] = {"lin.weight": (self._width, graph.features)}
        return self._facts(graph, maps, 1, vectors, dots)


class GATv2Conv(GraphAttention, frozen=True):
    """Graph attention whose scores see both nodes before the nonlinearity, so that neighbours rank by node.

    Brody, Alon & Yahav 2022 (arXiv 2105.14491).
    """

    share_weights: bool = False
    """Map the node and its neighbours with the same weights."""

    def infer(self, inputs: tuple[Tensor, ...]) -> Facts:
        """Features (N, F_in), edge_index (2, E) and, with edge_dim, edge_attr (E, D) -> (N, heads F_out)."""
        graph = self._attending(inputs)
        maps: dict[str, Shape] = {}
        sides = ("lin_l",) if self.share_weights else ("lin_l", "lin_r")
        for side in sides:
            maps[f"{side}.weight"] = (self._width, graph.features)
            if self.bias:
                maps[f"{side}.bias"] = (self._width,)
        vectors: dict[str, Shape] = {"att": (1, self.heads, self.out_channels)}
        dots = graph.with_loops(added=self.add_self_loops) * self._width
        return self._facts(graph, maps, len(sides), vectors, dots)


class TransformerConv(GraphLayer, frozen=True):
    """Graph attention by products of a node's query with its neighbours' keys, which mixes their values.

    Shi et al. 2021 (arXiv 2009.03509). A map of the node itself is added, or mixed in by a learned share.
    """

    out_channels: Positive
    """Features of every head."""
    heads: Positive = 1
    """Heads that attend apart."""
    concat: bool = True
    """Put the heads side by side; false: take their mean."""
    beta: bool = False
    """Learn from both what share the node itself has; false: add it. Needs ``root_weight``."""
    dropout: Probability = 0.0
    """Chance that an attention weight is dropped in training."""
    edge_dim: Positive | None = None
    """Features of an edge; null: edges have none. Checked against what arrives."""
    bias: bool = True
    """Let the maps of nodes add one number per feature."""
    root_weight: bool = True
    """Add the map of the node itself; false: torch_geometric has its weights all the same."""

    @property
    def joined_heads(self) -> int:
        """All heads, with ``concat``."""
        return self.heads if self.concat else 1

    def infer(self, inputs: tuple[Tensor, ...]) -> Facts:
        """Features (N, F_in), edge_index (2, E) and, with edge_dim, edge_attr (E, D) -> (N, heads F_out)."""
        graph = self._graph(inputs, "edge_attr")
        _check_edges(graph, self.edge_dim)
        if graph.edge_features == 0:
            fact = f"edge_attr needs shape [E, D], got {list(inputs[2].shape)}"
            raise Fault(fact, key="from", hint="an Unsqueeze with dim: 1 gives every edge one feature")
        width, leaving = self.heads * self.out_channels, self.joined_heads * self.out_channels
        weights: dict[str, Shape] = {}
        for name, rows in (("key", width), ("query", width), ("value", width), ("skip", leaving)):
            weights[f"lin_{name}.weight"] = (rows, graph.features)
            if self.bias:
                weights[f"lin_{name}.bias"] = (rows,)
        macs = 3 * linear_macs(graph.features, (graph.nodes, width))
        if self.edge_dim:
            weights["lin_edge.weight"] = (width, self.edge_dim)
            macs += linear_macs(self.edge_dim, (graph.edges, width))
        if self.root_weight:
            macs += linear_macs(graph.features, (graph.nodes, leaving))
        if self.root_weight and self.beta:
            weights["lin_beta.weight"] = (1, 3 * leaving)
            macs += linear_macs(3 * leaving, (graph.nodes, 1))
        work = (
            *dense_maps(macs, weights, (graph.nodes, width), count(weights)),
            Work("product", sparse_macs(graph.edges, width), name="scores", arriving=0),
            *softmax_work(graph.edges * self.heads, "scores"),
            aggregated(graph.edges, width, weighted=True),
        )
        return graph_facts(graph, leaving, weights, work, GraphReads(itself=self.root_weight))
