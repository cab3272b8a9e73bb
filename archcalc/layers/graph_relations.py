"""Graph layers over edges of several types (torch_geometric.nn.RGCNConv)."""

from typing import Literal

from archcalc.errors import Fault
from archcalc.facts import Facts, Shape, Tensor, count
from archcalc.formulas.counts import linear_macs
from archcalc.layers.arguments import Positive
from archcalc.layers.graph import Graph, GraphLayer, GraphReads, aggregated, dense_maps, graph_facts
from archcalc.layers.operations import on_each


class RGCNConv(GraphLayer, frozen=True):
    """Relational graph convolution: a map of the node, and one of its neighbours' mean for every relation.

    Schlichtkrull et al. 2018 (arXiv 1703.06103). As torch_geometric has it: neighbours of a relation are
    joined first, and the relation's matrix maps what every node has then, also where it has no such edge.
    """

    out_channels: Positive
    """Features of a node that leave."""
    num_relations: Positive
    """Types of edges."""
    num_bases: Positive | None = None
    """Matrices of which those of all relations are sums; null: each relation has its own."""
    num_blocks: Positive | None = None
    """Blocks on the diagonal of a relation's matrix, outside of which it is 0; null: it is whole."""
    aggr: Literal["mean", "add", "sum", "max", "min", "mul"] = "mean"
    """How the neighbours of a relation are joined."""
    root_weight: bool = True
    """Add a map of the node itself."""
    is_sorted: bool = False
    """Whether edges are sorted by their type; no number here depends on it."""
    bias: bool = True
    """Add one number per output feature."""

    def infer(self, inputs: tuple[Tensor, ...]) -> Facts:
        """Features (N, F_in), edge_index (2, E), edge_type (E) of whole numbers -> (N, F_out)."""
        graph = self._typed(inputs)
        arriving, leaving = graph.features, self.out_channels
        weights, made = self._matrices(arriving)
        macs = made + self.num_relations * linear_macs(arriving, (graph.nodes, leaving)) // (
            self.num_blocks or 1
        )
        if self.root_weight:
            weights["root"] = (arriving, leaving)
            macs += linear_macs(arriving, (graph.nodes, leaving))
        if self.bias:
            weights["bias"] = (leaving,)
        joined = aggregated(graph.edges, arriving, weighted=False)
        sums = on_each((graph.nodes, leaving), self.num_relations)
        work = (*dense_maps(macs, weights, (graph.nodes, leaving), count(weights)), joined, sums)
        return graph_facts(graph, leaving, weights, work, GraphReads(itself=self.root_weight))

    def _typed(self, inputs: tuple[Tensor, ...]) -> Graph:
        """The graph, its edges with one number each: their type."""
        if len(inputs) != 3:  # noqa: PLR2004  said in the text
            fact = f"takes x, edge_index and edge_type, got {len(inputs)} input{'s' * (len(inputs) != 1)}"
            raise Fault(fact, key="from", hint="name them: from: [x, edge_index, edge_type]")
        graph, types = self._graph(inputs[:2]), inputs[2]
        if types.shape != (graph.edges,):
            fact = f"edge_type is {list(types.shape)}, but edge_index has {graph.edges} edges"
            raise Fault(fact, key="from", hint="one number an edge")
        if types.dtype != "int64":
            hint = "inputs: {edge_type: {shape: [E], dtype: int64}}"
            raise Fault(f"edge_type needs int64, got {types.dtype}", key="from", hint=hint)
        return graph._replace(edge_features=0)

    def _matrices(self, arriving: int) -> tuple[dict[str, Shape], int]:
        """The tensors of the relations' matrices, and the MACs of making these from bases."""
        relations, bases, blocks = self.num_relations, self.num_bases, self.num_blocks
        if bases is not None and blocks is not None:
            fact = f"{bases} bases and {blocks} blocks are written"
            raise Fault(fact, key="num_blocks", hint="a matrix is a sum of bases, or made of blocks")
        if bases is not None:
            square = (arriving, self.out_channels)
            made = linear_macs(bases, (relations, *square))
            return {"weight": (bases, *square), "comp": (relations, bases)}, made
        if blocks is None:
            return {"weight": (relations, arriving, self.out_channels)}, 0
        for side, features in (("input", arriving), ("output", self.out_channels)):
            if features % blocks:
                fact = f"{features} {side} features do not divide into {blocks} blocks"
                raise Fault(fact, key="num_blocks")
        return {"weight": (relations, blocks, arriving // blocks, self.out_channels // blocks)}, 0
