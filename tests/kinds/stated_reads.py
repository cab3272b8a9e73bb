"""The places that reads mean, spelt out for one output unit."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import torch

from archcalc.facts import AxisRead, Groups, Neighbours, Past, Reads, Unsaid, Whole

if TYPE_CHECKING:
    from torch import Tensor

    from tests.kinds.drawing import Shape

Unit = tuple[int, ...]
Near = Callable[[int, int], set[int]]
"""Node, hops -> the nodes or edges of a graph that are so near."""


def inside(position: int, length: int, border: str) -> int | None:
    """The position of the axis that a read means; None: it reads nothing that any input holds."""
    if 0 <= position < length:
        return position
    if border == "replicate":
        return min(max(position, 0), length - 1)
    if border == "circular":
        return position % length
    if border == "reflect":
        return -position if position < 0 else 2 * (length - 1) - position
    return None


def positions(
    read: AxisRead, unit: Unit, length: int, near: Near | None = None, outputs: int | None = None
) -> set[int]:
    """Positions of one input axis that an output unit reads: its reach, and all where it reads a mean.

    ``outputs`` is the size of the output's axis that runs along with it.
    """
    at = 0 if read.to is None else unit[read.to]
    if read.statistic or (isinstance(read.reach, Whole | Unsaid) and read.group is None):
        return set(range(length))
    if isinstance(read.group, Groups):
        assert outputs is not None
        size, each = length // read.group.count, outputs // read.group.count
        return set(range(at // each * size, (at // each + 1) * size))
    if isinstance(read.reach, Neighbours):
        return set(range(length)) if near is None else near(at, read.reach.hops)
    if isinstance(read.reach, Past):
        return set(range(length if read.to is None else min(at + 1, length)))
    reach = read.group or read.reach
    assert not isinstance(reach, Whole | Unsaid)
    turn, phase = divmod(at, len(reach.phases))
    offsets = reach.phases[phase]
    places = (inside(turn * reach.shift + offset, length, read.border) for offset in offsets)
    return {place for place in places if place is not None}


def marks(
    read: AxisRead, unit: Unit, length: int, near: Near | None = None, outputs: int | None = None
) -> "Tensor":
    """(length): where an output unit reads."""
    found = torch.zeros(length, dtype=torch.bool)
    found[list(positions(read, unit, length, near, outputs))] = True
    return found


def told(reads: Reads, unit: Unit, shape: "Shape", output: "Shape", near: Near | None = None) -> "Tensor":
    """(*shape): the places of an input that an output unit reads."""
    found = torch.ones((), dtype=torch.bool)
    for read, length in zip(reads, shape, strict=True):
        outputs = None if read.to is None else output[read.to]
        here = marks(read, unit, length, near, outputs)
        found = found[..., None] & here & (read.only is None or unit[read.only[0]] == read.only[1])
    return found


def graph_ways(edges: "Tensor", *, of_nodes: bool) -> Near:
    """What is near a node of a graph with these edges (2, E): nodes that lead to it and itself, or edges."""
    pairs = [(int(one), int(other)) for one, other in edges.T]

    def near(node: int, hops: int) -> set[int]:
        nodes, passed = {node}, set[int]()
        for _ in range(hops):
            passed |= {at for at, (_, end) in enumerate(pairs) if end in nodes}
            nodes |= {pairs[at][0] for at in passed}
        return nodes if of_nodes else passed

    return near
