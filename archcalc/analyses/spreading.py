"""Sets of layers that are carried down a network, as the bits of a number: joining two is one operation."""

from typing import TYPE_CHECKING

from archcalc.effort import spend

WORD, DIGITS = 128, 16
"""Layers of a set that are joined, and looked at one by one, in the time and memory of one step."""

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from archcalc.tracing import Trace, TracedLayer
    from archcalc.tracing.records import Port


def spread(
    trace: "Trace", ports: "Callable[[TracedLayer], Iterable[Port]]", begins: "Callable[[TracedLayer], bool]"
) -> "Mapping[str, int]":
    """Layer or input -> the layers that begin a set and reach its output, itself among them.

    Args:
        trace: a network.
        ports: the inputs of a layer by which sets come in.
        begins: whether a layer is in the sets from itself on.

    Returns:
        Sets, in which bit i stands for layer i in execution order.
    """
    found = dict.fromkeys(trace.inputs, 0)
    for index, layer in enumerate(trace.layers):
        found[layer.name] = known_of(found, ports(layer)) | begins(layer) << index
    return found


def known_of(found: "Mapping[str, int]", ports: "Iterable[Port]") -> int:
    """All that comes in by some inputs."""
    bits = 0
    for port in ports:
        bits |= found[port.layer]
        spend(1 + bits.bit_length() // WORD)
    return bits


def members(trace: "Trace", bits: int) -> "Iterator[TracedLayer]":
    """The layers of a set in execution order."""
    spend(bits.bit_count() + bits.bit_length() // DIGITS)
    return (layer for layer, bit in zip(trace.layers, reversed(f"{bits:b}"), strict=False) if bit == "1")
