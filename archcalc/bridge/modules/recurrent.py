"""How torch's layers over sequences and tokens are called on a batch, and recurrences written out."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, cast

import torch
from torch import Tensor, nn
from torch.nn import functional

if TYPE_CHECKING:
    from collections.abc import Callable

    Outputs = tuple[Tensor, ...]
    Call = Callable[..., Tensor | Outputs]

State = tuple[Tensor, ...]
Weights = Sequence[Tensor]
"""Of a cell: two matrices, two biases where there are any, a projection where there is one."""


def along_steps(layer: nn.RNNBase, sequence: Tensor, *states: Tensor) -> "Outputs":
    """An RNN, LSTM or GRU: the batch is the second axis of the states, and of sequences by default."""
    if sequence.dim() != 3:
        raise ValueError("torch would take the batch for the steps of one sequence")
    turned = sequence if layer.batch_first else sequence.transpose(0, 1)
    output, last = layer(turned, *_hidden(layer, [state.transpose(0, 1) for state in states]))
    ends = cast("Outputs", last if isinstance(last, tuple) else (last,))
    output = output if layer.batch_first else output.transpose(0, 1)
    return (output, *(end.transpose(0, 1) for end in ends))


def one_step(layer: nn.RNNCellBase, step: Tensor, *states: Tensor) -> "Tensor | Outputs":
    """A cell."""
    return cast("Tensor | Outputs", layer(step, *_hidden(layer, list(states))))


def _hidden(layer: nn.Module, states: list[Tensor]) -> "tuple[Tensor | Outputs, ...]":
    """The states as torch takes them: those of an LSTM are one argument."""
    return (tuple(states),) if states and "LSTM" in type(layer).__name__ else tuple(states)


def bag(layer: nn.EmbeddingBag, tokens: Tensor, *more: Tensor) -> Tensor:
    """Bags of one size, or with offsets every sample by itself: it is a batch of bags for torch."""
    offsets = more[0] if more and not (len(more) == 1 and more[0].is_floating_point()) else None
    weights = more[-1] if len(more) - (offsets is not None) else None
    if offsets is None:
        return cast("Tensor", layer(tokens, None, weights))
    if layer.include_last_offset and offsets.shape[1:] == (1,):
        raise ValueError("no bag at all: torch gives nothing back, or in mode max ends the process")
    samples = range(tokens.shape[0])
    return torch.stack(
        [layer(tokens[at], offsets[at], None if weights is None else weights[at]) for at in samples]
    )


def written_out(layer: nn.RNNBase, sequence: Tensor, *states: Tensor) -> "Outputs":
    """The same outputs, step by step, in products that torch counts."""
    weights = list(layer.parameters())
    directions = 2 if layer.bidirectional else 1
    each = len(weights) // (directions * layer.num_layers)
    steps = list(sequence.unbind(1))
    ends: list[State] = []
    for level in range(layer.num_layers):
        sides: list[list[Tensor]] = []
        for side in range(directions):
            row = level * directions + side
            cell = weights[row * each : (row + 1) * each]
            state = tuple(given[:, row] for given in states) or _zeros(layer, cell, len(sequence))
            outputs: list[Tensor] = []
            for step in steps if side == 0 else reversed(steps):
                state = _step(layer, cell, step, state)
                outputs.append(state[0])
            sides.append(outputs if side == 0 else outputs[::-1])
            ends.append(state)
        steps = [torch.cat(found, -1) for found in zip(*sides, strict=True)]
    return (torch.stack(steps, 1), *(torch.stack(found, 1) for found in zip(*ends, strict=True)))


def written_out_step(layer: nn.RNNCellBase, step: Tensor, *states: Tensor) -> "Outputs":
    """A cell in products that torch counts."""
    weights = list(layer.parameters())
    return _step(layer, weights, step, states or _zeros(layer, weights, len(step)))


def _zeros(layer: nn.Module, weights: Weights, batch: int) -> State:
    hidden = torch.zeros(batch, weights[1].shape[1])
    return (hidden, torch.zeros(batch, weights[0].shape[0] // 4)) if _name(layer) == "LSTM" else (hidden,)


def _name(layer: nn.Module) -> str:
    return type(layer).__name__.removesuffix("Cell")


def _step(layer: nn.Module, weights: Weights, step: Tensor, state: State) -> State:
    vectors = [weight for weight in weights[2:4] if weight.dim() == 1]
    biases = [*vectors, None, None][:2]
    arriving, before = (
        functional.linear(value, matrix, bias)
        for value, matrix, bias in zip((step, state[0]), weights, biases, strict=False)
    )
    if _name(layer) == "LSTM":
        inward, forget, cell, outward = (arriving + before).chunk(4, -1)
        memory = forget.sigmoid() * state[1] + inward.sigmoid() * cell.tanh()
        hidden = outward.sigmoid() * memory.tanh()
        return functional.linear(hidden, weights[-1]) if getattr(layer, "proj_size", 0) else hidden, memory
    if _name(layer) == "GRU":
        (reset, update, new), (reset_0, update_0, new_0) = arriving.chunk(3, -1), before.chunk(3, -1)
        candidate = (new + (reset + reset_0).sigmoid() * new_0).tanh()
        kept = (update + update_0).sigmoid()
        return ((1 - kept) * candidate + kept * state[0],)
    total = arriving + before
    return (total.relu() if getattr(layer, "nonlinearity", "") == "relu" else total.tanh(),)


def recurrence(kind: str) -> "Callable[..., nn.Module]":
    """The module of torch, with one vector of biases a gate where it is wanted: the other is 0."""
    base = cast("type[nn.Module]", getattr(nn, kind))

    apply = "_apply"
    move_all = cast("Callable[..., nn.Module]", getattr(base, apply))

    def moved(layer: nn.Module, move: "Callable[[Tensor], Tensor]", *more: bool) -> nn.Module:
        """To another dtype or device, with the constants, which are no parameters."""
        move_all(layer, move, *more)
        for name in cast("list[str]", vars(layer).get("constants", [])):
            setattr(layer, name, move(cast("Tensor", getattr(layer, name))))
        return layer

    single = type(kind, (base,), {apply: moved})

    def made(num_biases: int = 2, **arguments: object) -> nn.Module:
        if num_biases == 2:
            return base(**arguments)
        layer = cast("nn.Module", single(**arguments))
        constants = {name: bias for name, bias in layer.named_parameters() if name.startswith("bias_hh")}
        for name, bias in constants.items():
            delattr(layer, name)
            setattr(layer, name, torch.zeros_like(bias.detach()))
        vars(layer)["constants"] = list(constants)
        return layer

    return made


RECURRENT = ("RNN", "LSTM", "GRU")
CELLS = ("RNNCell", "LSTMCell", "GRUCell")
CALLED: "dict[str, Call]" = {
    **dict.fromkeys(RECURRENT, along_steps),
    **dict.fromkeys(CELLS, one_step),
    "EmbeddingBag": bag,
}
"""Kinds whose modules take or give the batch on another axis, or states in a tuple."""
SPELT_OUT: "dict[str, Callable[..., Outputs]]" = {
    **dict.fromkeys(RECURRENT, written_out),
    **dict.fromkeys(CELLS, written_out_step),
}
"""Kinds of which FlopCounterMode sees what the device's kernels let it: nothing of an LSTM on a CPU."""
