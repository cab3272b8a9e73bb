"""torch_geometric's layers on a batch of graphs, with the products that FlopCounterMode leaves out."""

from collections.abc import Callable, Mapping
from typing import Protocol, cast

import torch
from torch import Tensor, nn

from archcalc.bridge.libraries import imported

Hook = Callable[[object, tuple[object, ...], Tensor], None]
Products = Callable[[Mapping[str, object], Tensor], int]


class MessagePassing(Protocol):
    """The part of torch_geometric's MessagePassing that is used here."""

    def register_message_forward_hook(self, hook: Hook) -> object:
        """Call the hook with the arguments of every message and the messages."""
        ...

    def register_edge_update_forward_hook(self, hook: Hook) -> object:
        """Call the hook with the arguments of every score and the scores."""
        ...


def ring(nodes: int, edges: int) -> Tensor:
    """Edges (2, E) that lead from every node to the next one and begin again: no self-loops."""
    begin = torch.arange(edges)
    return torch.stack([begin % nodes, (begin + 1) % nodes])


def on_batch(layer: nn.Module) -> nn.Module:
    """The layer with a forward that takes one graph after the other."""
    one = layer.forward

    def forward(nodes: Tensor, edges: Tensor, *more: Tensor) -> Tensor:
        return torch.stack([cast("Tensor", one(*graph)) for graph in zip(nodes, edges, *more, strict=True)])

    vars(layer)["forward"] = forward
    return layer


def reporting_products(layer: nn.Module, message: Products, score: Products | None = None) -> nn.Module:
    """The layer, adding up in ``products`` what its real messages and scores multiply element by element."""
    vars(layer)["products"] = 0
    passing = cast("MessagePassing", layer)

    def hook(count: Products) -> Hook:
        def add(_: object, arguments: tuple[object, ...], result: Tensor) -> None:
            vars(layer)["products"] += count(cast("Mapping[str, object]", arguments[-1]), result)

        return add

    passing.register_message_forward_hook(hook(message))
    if score is not None:
        passing.register_edge_update_forward_hook(hook(score))
    return on_batch(layer)


def weighted(arguments: Mapping[str, object], messages: Tensor) -> int:
    """A product per number of a message that has a weight."""
    return messages.numel() if arguments.get("edge_weight") is not None or "alpha" in arguments else 0


def geometric(name: str) -> Callable[..., nn.Module]:
    """A layer class of torch_geometric.nn."""
    return cast("Callable[..., nn.Module]", getattr(imported("torch_geometric.nn"), name))


def gcn(in_channels: int, **arguments: object) -> nn.Module:
    """GCNConv."""
    return reporting_products(geometric("GCNConv")(in_channels, **arguments), weighted)


def gat(in_channels: int, out_channels: int, **arguments: object) -> nn.Module:
    """GATConv; its two products per node are made before the edges are looked at."""

    def scores(edges: Mapping[str, object], alpha: Tensor) -> int:
        both = cast("Tensor", layer.get_parameter("att_src")).numel() * 2 * nodes[-1]
        return both + (alpha.numel() * out_channels if edges["edge_attr"] is not None else 0)

    layer = geometric("GATConv")(in_channels, out_channels, **arguments)
    nodes: list[int] = []
    layer.register_forward_pre_hook(lambda _, arrived: nodes.append(arrived[0].shape[1]))
    return reporting_products(layer, weighted, scores)


def gatv2(in_channels: int, out_channels: int, **arguments: object) -> nn.Module:
    """GATv2Conv, with a product of F_out numbers per edge and head."""
    layer = geometric("GATv2Conv")(in_channels, out_channels, **arguments)
    return reporting_products(layer, weighted, lambda _, alpha: alpha.numel() * out_channels)


def sage(in_channels: int, **arguments: object) -> nn.Module:
    """SAGEConv."""
    return reporting_products(geometric("SAGEConv")(in_channels, **arguments), weighted)


def gin(in_channels: int, *, batch_norm: bool = False, **arguments: object) -> nn.Module:
    """GINConv around a Sequential of the widths in ``nn``."""
    written = cast("int | tuple[int, ...]", arguments.pop("nn"))
    widths = written if isinstance(written, tuple) else (written,)
    return reporting_products(
        geometric("GINConv")(perceptron(in_channels, widths, norm=batch_norm), **arguments), weighted
    )


def chebyshev(in_channels: int, **arguments: object) -> nn.Module:
    """ChebConv, whose every message is weighted."""
    layer = geometric("ChebConv")(in_channels, **arguments)
    return reporting_products(layer, lambda _, messages: messages.numel())


def transformer(in_channels: int, **arguments: object) -> nn.Module:
    """TransformerConv, with as many products of queries and keys as of weights and values."""
    layer = geometric("TransformerConv")(in_channels, **arguments)
    return reporting_products(layer, lambda _, messages: 2 * messages.numel())


def relational(in_channels: int, **arguments: object) -> nn.Module:
    """RGCNConv; blocks of a single row are no matrices for torch, and not counted by it."""

    def products(_: Mapping[str, object], messages: Tensor) -> int:
        rows = layer.get_parameter("weight").shape
        alone = len(rows) == 4 and rows[2] == 1
        return nodes[-1] * messages.shape[1] * rows[3] if alone else 0

    layer = geometric("RGCNConv")(in_channels, **arguments)
    nodes: list[int] = []
    layer.register_forward_pre_hook(lambda _, arrived: nodes.append(arrived[0].shape[1]))
    return reporting_products(layer, products)


def perceptron(arriving: int, widths: tuple[int, ...], *, norm: bool) -> nn.Module:
    """Linear layers with a ReLU, and perhaps a BatchNorm1d, between them."""
    layers: list[nn.Module] = []
    for index, width in enumerate(widths):
        layers.append(nn.Linear(arriving, width))
        if index < len(widths) - 1:
            layers += [nn.BatchNorm1d(width), nn.ReLU()] if norm else [nn.ReLU()]
        arriving = width
    return nn.Sequential(*layers)


class Readout(nn.Module):
    """One of the functions ``global_*_pool`` on every graph of a batch, by its vector of graph numbers."""

    def __init__(self, pool: str) -> None:
        super().__init__()
        self.pool = cast("Callable[[Tensor, Tensor], Tensor]", getattr(imported("torch_geometric.nn"), pool))

    def forward(self, nodes: Tensor) -> Tensor:
        """(B, N, F) -> (B, F)."""
        graphs, count, features = nodes.shape
        if not nodes.is_floating_point():
            raise TypeError("features of nodes are real numbers")
        return self.pool(nodes.reshape(-1, features), torch.arange(graphs).repeat_interleave(count))


GRAPHS: dict[str, Callable[..., nn.Module]] = {
    "GCNConv": gcn,
    "GATConv": gat,
    "GATv2Conv": gatv2,
    "TransformerConv": transformer,
    "SAGEConv": sage,
    "GINConv": gin,
    "ChebConv": chebyshev,
    "RGCNConv": relational,
    "GlobalMeanPool": lambda: Readout("global_mean_pool"),
    "GlobalAddPool": lambda: Readout("global_add_pool"),
    "GlobalMaxPool": lambda: Readout("global_max_pool"),
}
