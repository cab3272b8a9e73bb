"""What is one for all samples where it meets what every sample has of its own."""

from typing import TYPE_CHECKING

from archcalc.tracing.scan import ScanLayer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor

    from archcalc.tracing import TracedLayer


def met(layer: "TracedLayer", read: "Sequence[Tensor]") -> "Sequence[Tensor]":
    """What a layer reads, where some of it is one for all samples and comes as a batch of one.

    Where axes are paired from the last one on, the one stands before all of them, or for the batch itself.
    """
    ports = [port.tensor for port in layer.inputs]
    if layer.mapped or isinstance(layer.arguments, ScanLayer):
        return read  # they meet where the axes have joined the batch, or within a step
    batch = next((len(each) for each, port in zip(read, ports, strict=True) if port.batched), None)
    if batch is None or all(port.batched for port in ports):
        return read
    if layer.arguments.pairs_inputs:
        most = max(len(port.shape) for port in ports if port.batched)
        alone = [not port.batched and len(port.shape) in (0, most + 1) for port in ports]
        return [each[0] if lone else each for each, lone in zip(read, alone, strict=True)]
    return [
        each if port.batched else each.expand(batch, *port.shape)
        for each, port in zip(read, ports, strict=True)
    ]
