"""The graph networks on Cora, against modules built of torch_geometric's layers."""

from typing import TYPE_CHECKING

import pytest
import torch
from torch import Tensor, nn

from archcalc import receptive_fields
from archcalc.bridge.modules.graph import geometric, perceptron
from tests.zoo.comparison import tensors, torch_tensors, totals, traced

if TYPE_CHECKING:
    from collections.abc import Callable

    from archcalc.expressions import Value

NODES, EDGES, FEATURES, CLASSES = 2708, 10_556, 1433, 7
LOOPS = EDGES + NODES


class Two(nn.Module):
    """Two graph layers with an activation between them."""

    def __init__(self, conv1: nn.Module, conv2: nn.Module, activation: nn.Module) -> None:
        super().__init__()
        self.conv1 = conv1
        self.activation = activation
        self.conv2 = conv2

    def forward(self, x: Tensor, edges: Tensor) -> Tensor:
        """(N, F), (2, E) -> (N, classes)."""
        result: Tensor = self.conv2(self.activation(self.conv1(x, edges)), edges)
        return result


def gcn(*, bias: bool = True) -> nn.Module:
    conv = geometric("GCNConv")
    return Two(conv(FEATURES, 16, bias=bias), conv(16, CLASSES, bias=bias), nn.ReLU())


def gat(name: str) -> nn.Module:
    conv = geometric(name)
    return Two(conv(FEATURES, 8, heads=8), conv(64, CLASSES, concat=False), nn.ELU())


def sage() -> nn.Module:
    conv = geometric("SAGEConv")
    return Two(conv(FEATURES, 16), conv(16, CLASSES), nn.ReLU())


class Layer(nn.Module):
    """A graph isomorphism layer with its ReLU."""

    def __init__(self, arriving: int, *, train_eps: bool, norm: bool) -> None:
        super().__init__()
        network = perceptron(arriving, (64, 64), norm=norm)
        self.conv = geometric("GINConv")(network, train_eps=train_eps)

    def forward(self, x: Tensor, edges: Tensor) -> Tensor:
        """(N, F), (2, E) -> (N, 64)."""
        result: Tensor = self.conv(x, edges).relu()
        return result


class Gin(nn.Module):
    """Graph isomorphism layers and a map to the classes, of nodes or of the sum over them."""

    def __init__(self, *, train_eps: bool = False, norm: bool = False, readout: bool = False) -> None:
        super().__init__()
        layers = (Layer(arriving, train_eps=train_eps, norm=norm) for arriving in (FEATURES, 64))
        self.layers = nn.ModuleList(layers)
        self.lin = nn.Linear(64, CLASSES)
        self.readout = readout

    def forward(self, x: Tensor, edges: Tensor) -> Tensor:
        """(N, F), (2, E) -> (N, classes)."""
        for layer in self.layers:
            x = layer(x, edges)
        result: Tensor = self.lin(x.sum(0) if self.readout else x)
        return result


MODULES: "list[tuple[str, dict[str, Value], Callable[[], nn.Module], int]]" = [
    ("gcn_cora", {}, gcn, 23_063),
    ("gcn_cora", {"bias": False}, lambda: gcn(bias=False), 23_040),
    ("gat_cora", {}, lambda: gat("GATConv"), 92_373),
    ("gat_cora", {"conv": "GATv2Conv"}, lambda: gat("GATv2Conv"), 183_680 + 2 * (64 * 7 + 7) + 14),
    ("graphsage_cora", {}, sage, 46_103),
    ("gin_cora", {}, Gin, 95_936 + 8_320 + 455),
    ("gin_cora", {"train_eps": True}, lambda: Gin(train_eps=True), 95_937 + 8_321 + 455),
    ("gin_cora", {"batch_norm": True}, lambda: Gin(norm=True), 95_936 + 8_320 + 455 + 4 * 64),
    ("gin_cora", {"readout": True}, lambda: Gin(readout=True), 95_936 + 8_320 + 455),
]


@pytest.mark.parametrize(("name", "settings", "build", "count"), MODULES)
def test_tensors_and_output_are_those_of_torch_geometric(
    name: str, settings: "dict[str, Value]", build: "Callable[[], nn.Module]", count: int
) -> None:
    network, module = traced(name, **settings), build().eval()
    for mine, theirs in zip(tensors(network), torch_tensors(module), strict=True):
        assert dict(mine) == dict(theirs)
    edges = torch.randint(NODES, (2, EDGES))
    with torch.no_grad():
        output: Tensor = module(torch.rand(NODES, FEATURES), edges)
    assert network.outputs[0].tensor.shape == tuple(output.shape)
    assert totals(network).params == count


# Maps of the nodes, dot products with the attention vectors, and a product per edge and feature.
MACS = [
    ("gcn_cora", NODES * (FEATURES * 16 + 16 * 7) + LOOPS * (16 + 7)),
    ("gat_cora", NODES * (FEATURES * 64 + 64 * 7) + 2 * NODES * (64 + 7) + LOOPS * (64 + 7)),
    ("graphsage_cora", 2 * NODES * (FEATURES * 16 + 16 * 7)),
    ("gin_cora", NODES * (FEATURES * 64 + 3 * 64 * 64 + 64 * 7)),
]


@pytest.mark.parametrize(("name", "macs"), MACS)
def test_macs_are_maps_scores_and_weighted_sums(name: str, macs: int) -> None:
    assert totals(traced(name)).macs == macs


@pytest.mark.parametrize("name", ["gcn_cora", "gat_cora", "graphsage_cora", "gin_cora"])
def test_a_paper_sees_two_citations_far(name: str) -> None:
    network = traced(name)
    (x, _) = receptive_fields(network).layers[network.layers[-1].name]
    (axis,) = x.axes
    assert (axis.hops, axis.whole, axis.exact) == (2, False, True)
