"""Graph layers that are polynomials of the graph's Laplacian (torch_geometric.nn.ChebConv)."""

from dataclasses import replace
from typing import Annotated, Literal

from pydantic import Field

from archcalc.errors import Fault
from archcalc.facts import (
    FEATURES,
    IDENTITY,
    NOTHING,
    WHOLE,
    AxisRead,
    Facts,
    Neighbours,
    Reads,
    Shape,
    Tensor,
)
from archcalc.formulas.counts import linear_macs, sparse_macs
from archcalc.layers.arguments import Positive
from archcalc.layers.graph import Graph, GraphLayer, GraphReads, dense_maps, graph_facts
from archcalc.work import Work

MAX_MAPS = 1_024
"""Each is a weight of its own, which takes a line and some memory; graphs are far fewer hops wide."""


class ChebConv(GraphLayer, frozen=True):
    """Chebyshev convolution: x' = sum_k T_k(L) x W_k^T + b, with polynomials T_k of the scaled Laplacian L.

    Defferrard, Bresson & Vandergheynst 2016 (arXiv 1606.09375): K maps see K - 1 hops far. Each further one
    multiplies L, which has a number per edge and per node, with the features that arrive. Its degrees count
    edges that leave a node, and its scale follows the largest number of it, so that which edges count for a
    node is not in the way to it alone.
    """

    linear = True

    out_channels: Positive
    """Features of a node that leave."""
    K: Annotated[int, Field(ge=1, le=MAX_MAPS)]
    """Maps, the first one of the node itself."""
    normalization: Literal["sym", "rw"] | None = "sym"
    """Divide by the roots of both nodes' degrees ('sym'), by one's degree ('rw'), or not at all."""
    bias: bool = True
    """Add one number per output feature."""

    def infer(self, inputs: tuple[Tensor, ...]) -> Facts:
        """Features (N, F_in), edge_index (2, E) and, at will, edge_weight (E) -> (N, F_out)."""
        graph = self._graph(inputs, "edge_weight")
        if graph.edge_features:
            raise Fault(f"edge_weight needs shape [E], got {list(inputs[2].shape)}", key="from")
        leaving = (self.out_channels, graph.features)
        weights: dict[str, Shape] = {f"lins.{each}.weight": leaving for each in range(int(self.K))}
        if self.bias:
            weights["bias"] = leaving[:1]
        params = self.out_channels * (self.K * graph.features + self.bias)
        macs = self.K * linear_macs(graph.features, (graph.nodes, self.out_channels))
        joined = (self.K - 1) * sparse_macs(graph.with_loops(added=True), graph.features)
        # T_k = 2 L T_(k-1) - T_(k-2), and the sum of all maps.
        made = (graph.nodes, self.out_channels)
        steps = 2 * max(self.K - 2, 0) * graph.nodes * graph.features
        work = (
            *dense_maps(macs, weights, made, params),
            Work("product", joined, name="aggregation", arriving=0),
            Work("elementwise", steps + (self.K - 1) * graph.nodes * self.out_channels),
        )
        facts = graph_facts(graph, self.out_channels, weights, work, GraphReads(itself=True))
        return replace(facts, reads=self._reads(graph))

    def _reads(self, graph: Graph) -> tuple[Reads, ...]:
        """Nodes at most K - 1 hops away, and edges anywhere; with one map the node alone."""
        one = self.K == 1
        nodes = (AxisRead(0, IDENTITY if one else Neighbours(self.K - 1)), AxisRead(1, FEATURES))
        edges = AxisRead(None, NOTHING) if one else AxisRead(None, WHOLE, sampled=True)
        ends = (AxisRead(None, NOTHING if one else FEATURES), edges)
        return (nodes, ends) if graph.edge_features is None else (nodes, ends, (edges,))
