"""torch_geometric's layers, each called on the graphs of a batch in turn."""

from itertools import pairwise
from typing import TYPE_CHECKING, cast

from archcalc.exporting.kinds.parts import LayerReading, MemberForm, arguments_of
from archcalc.exporting.nodes import CallArgument, CallNode, Own, Text, call

if TYPE_CHECKING:
    from archcalc.exporting.kinds.functions import Written
    from archcalc.exporting.nodes import Node

LIBRARY_LAYERS = (
    *("GCNConv", "GATConv", "GATv2Conv", "TransformerConv", "SAGEConv", "GINConv", "ChebConv", "RGCNConv"),
)
"""Kinds named after a layer of torch_geometric."""


def _convolution(reading: LayerReading) -> MemberForm:
    """A layer over the edges."""
    given = arguments_of(reading, "nn", "batch_norm")
    if reading.layer.type == "GINConv":
        given = [CallArgument(_perceptron(reading)), *reading.named("eps", "train_eps")]
    init = CallNode(Text(reading.layer.type), tuple(given))
    return MemberForm(init, call("on_graphs", Own(), *reading.holes), tensor=True)


def _perceptron(reading: LayerReading) -> CallNode:
    """GIN's map of the sums: linear layers with a ReLU between."""
    written = cast("int | tuple[int, ...]", reading.values["nn"])
    widths = (reading.width, *(written if isinstance(written, tuple) else (written,)))
    items: list[Node] = []
    for index, (arriving, width) in enumerate(pairwise(widths), 1):
        items.append(call("nn.Linear", str(arriving), str(width)))
        if index < len(widths) - 1:
            items += [call("nn.BatchNorm1d", str(width))] if reading.values["batch_norm"] else []
            items.append(call("nn.ReLU"))
    return call("nn.Sequential", *items)


def _readout(reading: LayerReading) -> MemberForm:
    """One vector a graph, from its nodes."""
    written = {
        "GlobalMeanPool": ".mean(dim=1)",
        "GlobalAddPool": ".sum(dim=1)",
        "GlobalMaxPool": ".amax(dim=1)",
    }
    from archcalc.exporting.nodes import Hole, MemberNode

    return MemberForm(None, MemberNode(Hole(0), written[reading.layer.type]), tensor=True)


GRAPH_KINDS: "dict[str, Written]" = {
    **dict.fromkeys(LIBRARY_LAYERS, _convolution),
    **dict.fromkeys(("GlobalMeanPool", "GlobalAddPool", "GlobalMaxPool"), _readout),
}
