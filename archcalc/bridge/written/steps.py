"""Recurrences whose states have the batch first, bags of tokens, graphs of a batch."""

from typing import Any

import torch
from torch import Tensor, nn


def with_states(
    rnn: nn.RNN | nn.GRU, x: Tensor, state: Tensor | None = None
) -> tuple[Tensor, Tensor]:
    """(N, T, F), maybe (N, L, H) -> (N, T, H), (N, L, H)."""
    output, last = rnn(x, None if state is None else state.transpose(0, 1).contiguous())
    return output, last.transpose(0, 1)


def lstm(
    rnn: nn.LSTM, x: Tensor, hidden: Tensor | None = None, memory: Tensor | None = None
) -> tuple[Tensor, Tensor, Tensor]:
    """(N, T, F), maybe (N, L, H) twice -> (N, T, H), (N, L, H), (N, L, H)."""
    states = None
    if hidden is not None and memory is not None:
        pair = (hidden, memory)
        states = tuple(state.transpose(0, 1).contiguous() for state in pair)
    output, last = rnn(x, states)
    return output, last[0].transpose(0, 1), last[1].transpose(0, 1)


def with_one_bias(layer: nn.Module) -> Any:
    """One vector of biases a gate: the other one is 0 and no parameter."""
    for name, bias in list(layer.named_parameters()):
        if name.startswith("bias_hh"):
            delattr(layer, name)
            layer.register_buffer(name, torch.zeros_like(bias.data), persistent=False)
            setattr(layer, name, layer.get_buffer(name))
    return layer


def bags(
    embedding: nn.EmbeddingBag,
    tokens: Tensor,
    offsets: Tensor,
    weights: Tensor | None = None,
) -> Tensor:
    """(N, T) tokens in bags that begin at (N, B) offsets -> (N, B, D)."""
    found = [
        embedding(row, offsets[at], None if weights is None else weights[at])
        for at, row in enumerate(tokens)
    ]
    return torch.stack(found)


def on_graphs(
    layer: nn.Module, x: Tensor, edge_index: Tensor, *edge_values: Tensor
) -> Tensor:
    """A layer on every graph of a batch, (N, nodes, F), (N, 2, edges)."""
    graphs = zip(x, edge_index, *edge_values, strict=True)
    return torch.stack([layer(*graph) for graph in graphs])


def parted(tensors: tuple[Tensor, ...], *sizes: int) -> tuple[Tensor, ...]:
    """Several (N k, ...) -> (N, k, ...): axes that joined the batch part from it."""
    return tuple(torch.unflatten(tensor, 0, (-1, *sizes)) for tensor in tensors)


def scanned(
    step: nn.Module,
    sequences: list[Tensor],
    states: list[Tensor],
    others: list[Tensor],
    dim: int = 1,
) -> tuple[Tensor, ...]:
    """A step for every position in turn, with the states that the one before gives."""
    made: list[tuple[Tensor, ...]] = []
    for at in range(sequences[0].shape[dim]):
        read = [x.select(dim, at) for x in sequences]
        outputs: tuple[Tensor, ...] = step(*read, *states, *others)
        count = len(outputs) - len(states)
        made.append(outputs[:count])
        states = list(outputs[count:])
    return *(torch.stack(each, dim) for each in zip(*made, strict=True)), *states
