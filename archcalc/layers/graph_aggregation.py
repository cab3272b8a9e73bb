"""Graph layers that sum, average or compare a node's neighbours (torch_geometric.nn.SAGEConv, GINConv)."""

from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING, Literal

from archcalc.facts import Facts, Shape, Tensor, count
from archcalc.formulas.counts import linear_macs
from archcalc.layers.arguments import Positive, Sections
from archcalc.layers.graph import GraphLayer, GraphReads, aggregated, dense_maps, graph_facts
from archcalc.layers.mathematics import Ends
from archcalc.layers.operations import on_each
from archcalc.work import Work, Worked

if TYPE_CHECKING:
    from collections.abc import Mapping


class SAGEConv(GraphLayer, frozen=True):
    """GraphSAGE: a map of the node and another one of its neighbours' mean, added.

    Hamilton, Ying & Leskovec 2017 (arXiv 1706.02216): x'_i = W_1 mean_j x_j + W_2 x_i + b.
    """

    out_channels: Positive
    """Features of a node that leave."""
    aggr: Literal["mean", "add", "sum", "max", "min", "mul"] = "mean"
    """How neighbours are joined; torch_geometric's learned ways (lstm, softmax ...) are not known here."""
    normalize: bool = False
    """Divide every node's features by their length."""
    root_weight: bool = True
    """Add a map of the node itself."""
    project: bool = False
    """Map the neighbours, with a ReLU, before they are joined."""
    bias: bool = True
    """Add one number per output feature."""

    def infer(self, inputs: tuple[Tensor, ...]) -> Facts:
        """Features (N, F_in), edge_index (2, E) -> (N, F_out)."""
        graph = self._graph(inputs)
        weights: dict[str, Shape] = {}
        square, leaving = (graph.features, graph.features), (self.out_channels, graph.features)
        if self.project:
            weights |= {"lin.weight": square, "lin.bias": square[:1]}
        weights["lin_l.weight"] = leaving
        if self.bias:
            weights["lin_l.bias"] = leaving[:1]
        if self.root_weight:
            weights["lin_r.weight"] = leaving
        macs = linear_macs(graph.features, (graph.nodes, self.out_channels)) * (1 + self.root_weight)
        macs += linear_macs(graph.features, (graph.nodes, graph.features)) if self.project else 0
        made = (graph.nodes, self.out_channels)
        joined = aggregated(graph.edges, graph.features, weighted=False)
        divided = (on_each(made, 2),) if self.normalize else ()  # squares, and the quotient
        work = (*dense_maps(macs, weights, made, count(weights)), joined, *divided)
        return graph_facts(graph, self.out_channels, weights, work, GraphReads(itself=self.root_weight))

    def image(self, *read: Ends) -> Ends:
        """The features of a node have length 1 where they are normalised."""
        return (-1.0, 1.0) if self.normalize else super().image(*read)


class GINConv(GraphLayer, frozen=True):
    """Graph isomorphism: a small network maps the sum of a node's neighbours and (1 + eps) of itself.

    Xu et al. 2019 (arXiv 1810.00826). The network ``nn`` is Linear layers with a ReLU between two of them
    and, with ``batch_norm``, a BatchNorm1d before each ReLU; its tensors are named as in a Sequential.
    """

    nn: Sections
    """Widths of the network's Linear layers, the last one that of the output."""
    batch_norm: bool = False
    """Normalise every feature over the nodes before each ReLU."""
    eps: float = 0.0
    """What a node counts more than a neighbour, at first."""
    train_eps: bool = False
    """Learn eps; false: it is a buffer."""

    def infer(self, inputs: tuple[Tensor, ...]) -> Facts:
        """Features (N, F_in), edge_index (2, E) -> (N, F_out), F_out the last width."""
        graph = self._graph(inputs)
        widths = (graph.features, *(self.nn if isinstance(self.nn, tuple) else (self.nn,)))
        weights: dict[str, Shape] = {"eps": (1,)} if self.train_eps else {}
        buffers: dict[str, Shape] = {} if self.train_eps else {"eps": (1,)}
        step = 3 if self.batch_norm else 2
        for index, (arriving, width) in enumerate(pairwise(widths)):
            place = f"nn.{index * step}"
            weights |= {f"{place}.weight": (width, arriving), f"{place}.bias": (width,)}
            if self.batch_norm and index < len(widths) - 2:
                norm = f"nn.{index * step + 1}"
                weights |= {f"{norm}.weight": (width,), f"{norm}.bias": (width,)}
                buffers |= {f"{norm}.running_mean": (width,), f"{norm}.running_var": (width,)}
                buffers[f"{norm}.num_batches_tracked"] = ()
        macs = sum(linear_macs(arriving, (graph.nodes, width)) for arriving, width in pairwise(widths))
        joined = aggregated(graph.edges, graph.features, weighted=False)
        own = on_each((graph.nodes, graph.features), 2)  # 1 + eps of the node itself, added
        work = (*self._maps(graph.nodes, widths, macs, weights), joined, own)
        facts = graph_facts(graph, widths[-1], weights, work, GraphReads(itself=True))
        return replace(facts, buffers=buffers)

    def _maps(self, nodes: int, widths: Shape, macs: int, weights: "Mapping[str, Shape]") -> Worked:
        """The network: its maps with their biases, and between two a ReLU, perhaps behind a norm."""
        params, numbers = count(weights), nodes * sum(widths[1:])
        between = nodes * sum(widths[1:-1]) * (1 + (4 if self.batch_norm else 0))
        return (
            Work("product", macs, tuple(weights), "maps", params),
            Work("elementwise", numbers + between, name="maps"),
        )
