"""A recurrence over a sub-graph as a module: the layers of a step, called in a loop."""

from typing import TYPE_CHECKING, cast

import torch
from torch import Tensor

from archcalc.bridge.network import TorchNetwork
from archcalc.tracing.scan import ScanLayer

if TYPE_CHECKING:
    from collections.abc import Callable

    from archcalc.tracing import TracedLayer

    Held = dict[tuple[str, str], Tensor]
    Step = Callable[[Held], Held]


class ScannedNetwork(TorchNetwork):
    """The layers of a step, with their names in it."""

    def __init__(self, scan: "ScanLayer") -> None:
        super().__init__(scan.body)
        self.scan = scan

    def forward(self, *inputs: Tensor) -> tuple[Tensor, ...]:
        """(B, T, *n), states (B, *s) -> outputs of all steps (B, T, *m), last states (B, *s)."""
        return run_steps(self.scan, self.held, inputs)


def steps_of(layer: "TracedLayer") -> int:
    """Steps that a layer calls one by one, those of recurrences within a step too; 1 where it calls none."""
    scan = layer.arguments
    if not isinstance(scan, ScanLayer):
        return 1
    return layer.inputs[0].tensor.shape[scan.axis] * max(map(steps_of, scan.body.layers), default=1)


def run_steps(scan: "ScanLayer", step: "Step", inputs: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
    """What ``step`` makes of every position of the sequences in turn, handed its own states.

    Args:
        scan: the recurrence.
        step: from what a step reads to all that it calculates.
        inputs: batches of the sequences, of the first states that are given, of what comes from outside.
    """
    arriving = dict(zip(scan.arriving, inputs, strict=True))
    batch = max(map(len, inputs))  # what depends on no input is a batch of one
    axis, length = scan.axis + 1, inputs[0].shape[scan.axis + 1]
    states = {name: _first(scan, name, arriving, batch) for name in scan.states}
    outside = {name: arriving[name] for name in scan.outside}
    stacked: list[tuple[Tensor, ...]] = []
    for at in range(length):
        elements = {name: arriving[name].select(axis, at) for name in scan.elements}
        read = {
            (name, "output"): tensor
            for name, tensor in (*elements.items(), *states.items(), *outside.items())
        }
        held = step(read)
        made = tuple(held[port.layer, port.output] for port in scan.body.outputs)
        stacked.append(made[: len(scan.outputs)])
        states = dict(zip(scan.states, made[len(scan.outputs) :], strict=True))
    outputs = tuple(torch.stack(each, axis) for each in zip(*stacked, strict=True))
    return (*outputs, *states.values())


def _first(scan: "ScanLayer", name: str, arriving: dict[str, Tensor], batch: int) -> Tensor:
    """The first value of a state: one of every sample, or zeros in the precision of the sequence."""
    tensor, sequence = scan.body.inputs[name], arriving[scan.elements[0]]
    if name in arriving:
        return arriving[name].expand(batch, *tensor.shape)
    own = cast("torch.dtype", getattr(torch, tensor.dtype))
    dtype = sequence.dtype if sequence.is_floating_point() else own
    return torch.zeros((batch, *tensor.shape), dtype=dtype, device=sequence.device)
