"""Hops through whole networks: by hand, and against the gradients of torch_geometric's layers."""

import json
from typing import cast

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from archcalc import loads, receptive_fields, trace
from archcalc.analyses.coverage import coverage
from archcalc.analyses.receptive_field import AxisField
from archcalc.analyses.units import unit_reads
from archcalc.bridge.modules.graph import geometric
from archcalc.errors import SpecError
from archcalc.render.fields import field_cell, field_document

HEAD = "inputs: {x: [9, 4], edge_index: {shape: [2, 14], dtype: int64}}\nlayers:\n"
TWO = """
  - {type: Linear, name: embed, from: x, out_features: 4}
  - {type: SAGEConv, name: one, from: [embed, edge_index], out_channels: 4}
  - {type: ReLU, name: relu}
  - {type: GCNConv, name: two, from: [relu, edge_index], out_channels: 4}
"""


def fields(layers: str, layer: str) -> dict[str, AxisField]:
    """Input -> what a unit of the layer reads along its nodes or edges."""
    found = receptive_fields(trace(loads(HEAD + layers.lstrip("\n")))).layers[layer]
    return {field.input: axis for field in found for axis in field.axes}


@pytest.mark.parametrize(
    ("more", "layer", "nodes", "edges"),
    [
        ("", "embed", "1", None),
        ("", "one", "1 hop", "1 hop"),
        ("", "two", "2 hops", "2 hops"),
        ("  - {type: Add, name: last, from: [two, embed]}", "last", "2 hops", "2 hops"),
        ("  - {type: Add, name: last, from: [two, one]}", "last", "2 hops", "2 hops"),
        ("  - {type: Concat, name: last, from: [one, two], dim: 1}", "last", "2 hops", "2 hops"),
        ("  - {type: Slice, name: last, dim: 0, start: 3}", "last", "~2 hops", "~2 hops"),
        ("  - {type: GlobalMeanPool, name: last}", "last", "whole", "whole"),
        ("  - {type: Mean, name: last, dim: 0}", "last", "whole", "whole"),
        (
            "  - {type: SAGEConv, name: last, from: [two, edge_index], out_channels: 4, root_weight: false}",
            "last",
            "~3 hops",
            "~3 hops",
        ),
        # Neighbouring rows of a list of nodes are no neighbours in the graph.
        (
            (
                "  - {type: Transpose, dim0: 0, dim1: 1}\n"
                "  - {type: Conv1d, name: last, out_channels: 4, kernel_size: 3}"
            ),
            "last",
            "unknown",
            "unknown",
        ),
        # A pool of the graph that is added to every node.
        (
            (
                "  - {type: Mean, name: mean, dim: 0, keepdim: true}\n"
                "  - {type: Add, name: last, from: [two, mean]}"
            ),
            "last",
            "whole (2 hops)",
            "whole (2 hops)",
        ),
        ("  - {type: Mamba, name: last}", "last", "unknown", "unknown"),
        # Two nodes that stand side by side need not be neighbours.
        (
            ("  - {type: Transpose, dim0: 0, dim1: 1}\n  - {type: AvgPool1d, name: last, kernel_size: 2}"),
            "last",
            "unknown",
            "unknown",
        ),
    ],
)
def test_hops_by_hand(more: str, layer: str, nodes: str, edges: str | None) -> None:
    found = trace(loads(HEAD + TWO.lstrip("\n") + more + "\n"))
    texts = {field.input: field_cell(field, "Field") for field in receptive_fields(found).layers[layer]}
    assert texts == {"x": nodes} | ({} if edges is None else {"edge_index": edges})


def test_a_convolution_before_a_graph_layer_leaves_no_count() -> None:
    layers = """
  - {type: Transpose, dim0: 0, dim1: 1, from: x}
  - {type: Conv1d, out_channels: 4, kernel_size: 3, padding: 1}
  - {type: Transpose, name: back, dim0: 0, dim1: 1}
  - {type: SAGEConv, name: last, from: [back, edge_index], out_channels: 4}
"""
    found = fields(layers, "last")
    assert found["x"].hops is None
    assert found["x"].size is None
    assert not found["x"].exact
    assert found["edge_index"].hops == 1


def test_normalised_layers_read_the_edges_of_their_neighbours() -> None:
    """Through the degrees: node features of k hops, edges of k + 1."""
    layers = """
  - {type: GCNConv, name: one, from: [x, edge_index], out_channels: 4}
  - {type: GCNConv, name: two, from: [one, edge_index], out_channels: 4}
"""
    found = fields(layers, "two")
    assert {name: axis.hops for name, axis in found.items()} == {"x": 2, "edge_index": 3}
    assert all(axis.exact and not axis.whole for axis in found.values())
    assert [found["x"].size, found["x"].stride, found["x"].start] == [None] * 3


def test_json_states_hops_and_no_size() -> None:
    network = trace(loads(HEAD + TWO.lstrip("\n")))
    (x, _) = receptive_fields(network).layers["two"]
    written = json.loads(json.dumps(field_document(x)))
    assert written["hops"] == [2]
    assert written["size"] == written["stride"] == written["start"] == [None]
    assert "hops" not in field_document(receptive_fields(network).layers["embed"][0])


def test_what_only_a_graph_can_tell_is_refused() -> None:
    network = trace(loads(HEAD + TWO.lstrip("\n")))
    with pytest.raises(SpecError, match="which nodes a node reads is in the graph's edges"):
        unit_reads(network, receptive_fields(network), "two", [3])
    with pytest.raises(SpecError, match="which nodes a node reads is in the graph's edges"):
        coverage(network, "one", 0, 3)
    assert unit_reads(network, receptive_fields(network), "embed", [3]).inputs[0].field.box() == (
        range(3, 4),
    )


def test_tokens_still_hold_positions() -> None:
    """Whole numbers have no features, but for the two ends of an edge."""
    text = "inputs: {tokens: {shape: [7, 5], dtype: int64}}\nlayers:\n  - {type: Slice, dim: 0, start: 2}\n"
    (field,) = receptive_fields(trace(loads(text))).layers["slice_0"]
    assert [axis.axis for axis in field.axes] == [0, 1]


class Stack(nn.Module):
    """Layers one behind the other; around some of them what arrived is added."""

    def __init__(self, kinds: list[tuple[str, bool]]) -> None:
        super().__init__()
        sizes = {"in_channels": 4, "out_channels": 4}
        self.layers = nn.ModuleList(geometric(name)(**sizes) for name, _ in kinds)
        self.kinds = kinds

    def forward(self, x: torch.Tensor, edges: torch.Tensor) -> torch.Tensor:
        """(N, 4), (2, E) -> (N, 4)."""
        for layer, (_, around) in zip(self.layers, self.kinds, strict=True):
            x = cast("torch.Tensor", layer(x, edges)) + (x if around else 0)
        return x


def within(edges: list[tuple[int, int]], unit: int, hops: int) -> set[int]:
    """Nodes from which at most so many edges lead to a node."""
    found = {unit}
    for _ in range(hops):
        found |= {one for one, other in edges if other in found}
    return found


@given(data=st.data())
@settings(max_examples=60, deadline=None, print_blob=True)
def test_a_node_depends_on_all_nodes_within_its_hops(data: st.DataObject) -> None:
    names = st.sampled_from(["GCNConv", "SAGEConv", "GATConv", "GATv2Conv"])
    kinds = data.draw(st.lists(st.tuples(names, st.booleans()), min_size=1, max_size=4), label="layers")
    nodes = data.draw(st.integers(4, 9), label="nodes")
    places = st.integers(0, nodes - 1)
    ways = st.tuples(places, places).filter(lambda pair: pair[0] != pair[1])
    edges = data.draw(st.lists(ways, min_size=2, max_size=8, unique=True), label="edges")
    unit = data.draw(places, label="unit")
    text = f"inputs: {{x: [{nodes}, 4], edge_index: {{shape: [2, {len(edges)}], dtype: int64}}}}\nlayers:\n"
    before = "x"
    for index, (name, around) in enumerate(kinds):
        text += f"  - {{type: {name}, name: c{index}, from: [{before}, edge_index], out_channels: 4}}\n"
        text += f"  - {{type: Add, name: a{index}, from: [c{index}, {before}]}}\n" if around else ""
        before = f"{'a' if around else 'c'}{index}"
    (field, _) = receptive_fields(trace(loads(text))).layers[before]
    (axis,) = field.axes
    assert axis.exact
    assert axis.hops == len(kinds)
    stack = Stack(kinds).double().eval()
    for weight in stack.parameters():
        nn.init.uniform_(weight, 0.05, 0.15)  # small, so that no softmax saturates
    x = torch.rand(nodes, 4, dtype=torch.float64).add(0.5).requires_grad_()
    (gradient,) = torch.autograd.grad(stack(x, torch.tensor(edges).T)[unit].sum(), x)
    seen = {node for node in range(nodes) if gradient[node].abs().sum() > 1e-12}
    assert seen == within(edges, unit, len(kinds))


def test_the_check_can_fail() -> None:
    assert within([(0, 1), (1, 2)], 2, 1) != within([(0, 1), (1, 2)], 2, 2)
