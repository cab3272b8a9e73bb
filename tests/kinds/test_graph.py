"""Graph layers: what a node reads, by gradients of the real layers; numbers by hand; refusals."""

import pytest

from archcalc import loads, trace
from archcalc.errors import SpecError
from archcalc.facts import Facts, Tensor, count
from archcalc.layers.registry import kind
from tests.kinds.drawing import Arguments

EDGES = Tensor((2, 10_556), "int64")
"""Cora: 5,278 citations, each an edge in both directions, no self-loops."""
NODES = 2_708
FEATURES = 1_433
CORA = Tensor((NODES, FEATURES))
LOOPS = 10_556 + NODES


def facts(name: str, arguments: Arguments, *inputs: Tensor) -> Facts:
    return kind(name).model_validate(arguments).infer(inputs)


# Parameters are those of torch_geometric 2.8.1; MACs the maps, the scores and the weighted sums one by one.
ROWS = (
    ("GCNConv", {"out_channels": 16}, 1433 * 16 + 16, (NODES * FEATURES * 16, LOOPS * 16)),
    ("GCNConv", {"out_channels": 16, "bias": False}, 1433 * 16, (NODES * FEATURES * 16, LOOPS * 16)),
    (
        "GCNConv",
        {"out_channels": 16, "add_self_loops": False},
        22_944,
        (NODES * FEATURES * 16, 10_556 * 16),
    ),
    ("GCNConv", {"out_channels": 16, "normalize": False}, 22_944, (NODES * FEATURES * 16,)),
    (
        "GATConv",
        {"out_channels": 8, "heads": 8},
        1433 * 64 + 3 * 64,
        (NODES * FEATURES * 64, 2 * NODES * 64, LOOPS * 64),
    ),
    (
        "GATv2Conv",
        {"out_channels": 8, "heads": 8},
        183_680,
        (2 * NODES * FEATURES * 64, LOOPS * 64, LOOPS * 64),
    ),
    (
        "GATv2Conv",
        {"out_channels": 8, "heads": 8, "share_weights": True, "concat": False},
        1433 * 64 + 64 + 64 + 8,
        (NODES * FEATURES * 64, LOOPS * 64, LOOPS * 64),
    ),
    (
        "ChebConv",
        {"out_channels": 16, "K": 3},
        3 * 1433 * 16 + 16,
        (3 * NODES * FEATURES * 16, 2 * LOOPS * FEATURES),
    ),
    ("ChebConv", {"out_channels": 16, "K": 1}, 1433 * 16 + 16, (NODES * FEATURES * 16,)),
    (
        "TransformerConv",
        {"out_channels": 8, "heads": 8},
        4 * (1433 * 64 + 64),
        (4 * NODES * FEATURES * 64, 10_556 * 64, 10_556 * 64),
    ),
    (
        "TransformerConv",
        {"out_channels": 8, "heads": 8, "concat": False, "beta": True},
        3 * (1433 * 64 + 64) + 1433 * 8 + 8 + 24,
        (3 * NODES * FEATURES * 64 + NODES * FEATURES * 8 + NODES * 24, 10_556 * 64, 10_556 * 64),
    ),
    ("SAGEConv", {"out_channels": 16}, 2 * 1433 * 16 + 16, (2 * NODES * FEATURES * 16,)),
    ("GINConv", {"nn": (64, 64)}, 95_936, (NODES * (FEATURES * 64 + 64 * 64),)),
    ("GINConv", {"nn": (64, 64), "train_eps": True}, 95_937, (NODES * (FEATURES * 64 + 64 * 64),)),
)


@pytest.mark.parametrize(("name", "arguments", "params", "macs"), ROWS)
def test_numbers_on_cora(name: str, arguments: Arguments, params: int, macs: tuple[int, ...]) -> None:
    found = facts(name, arguments, CORA, EDGES)
    assert count(found.weights) == params
    assert found.macs == sum(macs)
    assert tuple(part.macs for part in found.parts.values() if part.macs) == macs


def test_a_trained_eps_is_one_parameter_more() -> None:
    """torch_geometric's GINConv around one Linear of 8 to 8, eps trained: 73."""
    x, edges = Tensor((5, 8)), Tensor((2, 7), "int64")
    assert count(facts("GINConv", {"nn": 8, "train_eps": True}, x, edges).weights) == 73
    assert count(facts("GINConv", {"nn": 8}, x, edges).weights) == 72
    assert count(facts("GINConv", {"nn": 8}, x, edges).buffers) == 1


@pytest.mark.parametrize(
    ("layer", "what"),
    [
        ("{type: GCNConv, out_channels: 4}", "takes x and edge_index, and edge_weight at will, got 1 input"),
        (
            "{type: SAGEConv, out_channels: 4, from: [x, edges, weights]}",
            "takes x and edge_index, got 3 inputs",
        ),
        ("{type: GCNConv, out_channels: 4, from: [x, flipped]}", "edge_index needs shape [2, E], got [9, 2]"),
        ("{type: GCNConv, out_channels: 4, from: [x, near]}", "edge_index needs int64, got float32"),
        (
            "{type: GINConv, nn: [4, 4], from: [tokens, edges]}",
            "needs floating point node features, got int64",
        ),
        (
            "{type: GATConv, out_channels: 4, from: [batch, edges]}",
            "needs node features of 2 axes (N, F), got 3: [1, 6, 5]",
        ),
        (
            "{type: GATConv, out_channels: 4, in_channels: 3, from: [x, edges]}",
            "in_channels is 3, but 5 arrive",
        ),
        (
            "{type: GCNConv, out_channels: 4, add_self_loops: true, normalize: false, from: [x, edges]}",
            "self-loops are added by the normalisation alone",
        ),
        (
            "{type: GCNConv, out_channels: 4, from: [x, edges, weights]}",
            "edge_weight has 8 edges, but edge_index 9",
        ),
        (
            "{type: GCNConv, out_channels: 4, from: [x, edges, more]}",
            "edge_weight needs shape [E], got [9, 2]",
        ),
        (
            "{type: GCNConv, out_channels: 4, from: [x, edges, exact]}",
            "edge_weight is float64, but the node features are float32",
        ),
        (
            "{type: GATConv, out_channels: 4, from: [x, edges, more]}",
            "edge_attr arrives, but edge_dim says that edges have no features",
        ),
        (
            "{type: GATv2Conv, out_channels: 4, edge_dim: 3, from: [x, edges, more]}",
            "edge_dim is 3, but 2 arrive",
        ),
        (
            "{type: GATv2Conv, out_channels: 4, edge_dim: 3, from: [x, edges]}",
            "edge_dim is 3, but no edge_attr arrives",
        ),
        (
            "{type: SAGEConv, out_channels: 4, aggr: lstm, from: [x, edges]}",
            "aggr needs 'mean', 'add', 'sum', 'max', 'min' or 'mul', got 'lstm'",
        ),
        ("{type: GINConv, nn: [4, 0], from: [x, edges]}", "nn needs at least 1, got [4, 0]"),
        (
            "{type: ChebConv, out_channels: 4, K: 2, from: [x, edges, more]}",
            "edge_weight needs shape [E], got [9, 2]",
        ),
        (
            "{type: TransformerConv, out_channels: 4, edge_dim: 1, from: [x, edges, near_each]}",
            "edge_attr needs shape [E, D], got [9]",
        ),
        (
            "{type: RGCNConv, out_channels: 4, num_relations: 2, from: [x, edges]}",
            "takes x, edge_index and edge_type, got 2 inputs",
        ),
        (
            "{type: RGCNConv, out_channels: 4, num_relations: 2, from: [x, edges, near_each]}",
            "edge_type needs int64, got float32",
        ),
        (
            "{type: RGCNConv, out_channels: 4, num_relations: 2, from: [x, edges, few]}",
            "edge_type is [8], but edge_index has 9 edges",
        ),
        (
            "{type: RGCNConv, out_channels: 4, num_relations: 2, num_blocks: 2, from: [x, edges, types]}",
            "5 input features do not divide into 2 blocks",
        ),
        (
            (
                "{type: RGCNConv, out_channels: 4, num_relations: 2, num_bases: 3, num_blocks: 1,"
                " from: [x, edges, types]}"
            ),
            "3 bases and 1 blocks are written",
        ),
        (
            "{type: GatedDeltaNet, num_k_heads: 2, num_v_heads: 3, head_k_dim: 4, head_v_dim: 4, from: x}",
            "3 value heads do not divide among 2 of keys",
        ),
        ("{type: GlobalMeanPool, from: batch}", "needs node features of 2 axes (N, F), got 3: [1, 6, 5]"),
        ("{type: Mamba, d_model: 8, from: x}", "d_model is 8, but 5 arrive"),
        ("{type: Mamba, from: batch}", "needs 2 axes (L, d_model), got 3: [1, 6, 5]"),
        ("{type: RandomMasking, mask_ratio: 0.9, from: x}", "mask_ratio 0.9 leaves none of 6 positions"),
        ("{type: RandomMasking, from: batch}", "needs 2 axes (positions, features), got 3: [1, 6, 5]"),
        ("{type: MaskTokens, positions: 4, first_tokens: 1, from: x}", "5 positions arrive for 4 places"),
        (
            "{type: MaskTokens, positions: 4, first_tokens: 7, from: x}",
            "first_tokens is 7, but 6 positions arrive",
        ),
        ("{type: Reparameterize, from: x}", "takes a mean and a log variance, got 1 input"),
        (
            "{type: Reparameterize, from: [x, near]}",
            "mean and log variance differ in shape: [6, 5] and [2, 9]",
        ),
        ("{type: Mamba, from: tokens}", "needs a floating point input, got int64"),
    ],
)
def test_refusals_say_both_numbers(layer: str, what: str) -> None:
    inputs = """{x: [6, 5], edges: {shape: [2, 9], dtype: int64}, flipped: {shape: [9, 2], dtype: int64},
      near: [2, 9], weights: [8], near_each: [9], few: {shape: [8], dtype: int64},
      types: {shape: [9], dtype: int64}, more: [9, 2], exact: {shape: [9], dtype: float64},
      batch: [1, 6, 5], tokens: {shape: [6, 5], dtype: int64}}"""
    head = "{type: Identity, from: x}"
    with pytest.raises(SpecError) as caught:
        trace(loads(f"inputs: {inputs}\nlayers:\n  - {head}\n  - {layer}\n"))
    assert [problem.what for problem in caught.value.problems] == [what]


def test_what_may_stand_beside_the_edges() -> None:
    """Edge weights make a plain sum a weighted one; loops are weighted too where they are added."""
    x, edges, weight = Tensor((6, 5)), Tensor((2, 9), "int64"), Tensor((9,))
    plain: Arguments = {"out_channels": 4, "normalize": False}
    assert facts("GCNConv", plain, x, edges).macs == 6 * 5 * 4
    assert facts("GCNConv", plain, x, edges, weight).macs == 6 * 5 * 4 + 9 * 4
    assert facts("GCNConv", {"out_channels": 4}, x, edges, weight).macs == 6 * 5 * 4 + (9 + 6) * 4


def test_matrices_of_relations() -> None:
    """AIFB's 90 relations on 8 features: every relation maps every node."""
    x, edges, types = Tensor((6, 8)), Tensor((2, 9), "int64"), Tensor((9,), "int64")
    plain: Arguments = {"out_channels": 4, "num_relations": 90}
    found = facts("RGCNConv", plain, x, edges, types)
    assert (count(found.weights), found.macs) == (90 * 8 * 4 + 8 * 4 + 4, 91 * 6 * 8 * 4)
    bases = facts("RGCNConv", {**plain, "num_bases": 30}, x, edges, types)
    assert count(bases.weights) == 30 * 8 * 4 + 90 * 30 + 8 * 4 + 4
    assert bases.macs == 91 * 6 * 8 * 4 + 90 * 30 * 8 * 4
    blocks = facts("RGCNConv", {**plain, "num_blocks": 4}, x, edges, types)
    assert (count(blocks.weights), blocks.macs) == (90 * 8 + 8 * 4 + 4, 90 * 6 * 8 + 6 * 8 * 4)
