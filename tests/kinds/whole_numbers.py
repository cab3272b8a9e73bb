"""Inputs of whole numbers that a kind can take, and what else may stand at one of their places.

A kind stands in the tables here when its whole numbers mean something: rows, offsets, places, experts, edges.
"""

from itertools import permutations, product
from math import prod
from typing import TYPE_CHECKING, NamedTuple, cast

import torch
from hypothesis import assume

from archcalc.bridge.modules.graph import GRAPHS
from archcalc.layers.arguments import per_axis

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor

    from tests.kinds.drawing import Sample, Shape

ANY = 100
"""Whole numbers that are only handed on."""
Edge = tuple[int, int]


class Draw(NamedTuple):
    """One input of a sample.

    Args:
        sample: whose input it is.
        place: which of its inputs.
        output: the shape of the first output.
        chance: where random numbers come from.
    """

    sample: "Sample"
    place: int
    output: "Shape"
    chance: torch.Generator

    @property
    def shape(self) -> "Shape":
        """The input's shape."""
        return self.sample.shapes[self.place]

    @property
    def most(self) -> int:
        """How many different numbers there may be: rows of a table, experts."""
        given = self.sample.arguments
        limits = (given[key] for key in ("num_embeddings", "num_experts", "num_relations") if key in given)
        return cast("int", next(limits, ANY))

    def shuffled(self, count: int) -> list[int]:
        """So many numbers in a random order."""
        return [int(at) for at in torch.randperm(count, generator=self.chance)]

    def one_of(self, values: list[int]) -> int:
        """One of some numbers."""
        return values[int(torch.randint(len(values), (), generator=self.chance))]


def any_numbers(draw: Draw) -> "Tensor":
    """Any numbers below the limit."""
    return torch.randint(draw.most, draw.shape, generator=draw.chance)


def next_number(draw: Draw, numbers: "Tensor", place: int) -> bool:
    """Put the next number there; False where there is only one."""
    flat = numbers.view(-1)
    flat[place] = (flat[place] + 1) % draw.most
    return draw.most > 1


def bag(draw: Draw) -> "Tensor":
    """Tokens, or offsets that rise from 0 to at most the number of tokens, where the last bag ends."""
    if draw.place == 0:
        return any_numbers(draw)
    most = draw.sample.shapes[0][0]
    offsets = torch.randint(most + 1, draw.shape, generator=draw.chance).sort().values
    if draw.sample.arguments.get("include_last_offset"):
        offsets[-1] = most
    offsets[0] = 0
    return offsets


def other_in_bag(draw: Draw, numbers: "Tensor", place: int) -> bool:
    """Put the next token there, or an offset between its neighbours; torch says what the outer ones are."""
    if draw.place == 0:
        return next_number(draw, numbers, place)
    ended = bool(draw.sample.arguments.get("include_last_offset"))
    if not 0 < place < len(numbers) - ended:
        return False
    ends = [*(int(number) for number in numbers), draw.sample.shapes[0][0]]
    free = [at for at in range(ends[place - 1], ends[place + 1] + 1) if at != ends[place]]
    if free:
        numbers[place] = draw.one_of(free)
    return bool(free)


def window(draw: Draw, place: int) -> list[int]:
    """The places of an unpooled output, counted through, from which the number at a place can be."""
    given, sizes = cast("dict[str, int]", draw.sample.arguments), draw.output[1:]
    unit = [int(at) for at in torch.unravel_index(torch.tensor(place), draw.shape)]
    kernel, padding = (per_axis(given.get(key, 0), len(sizes), key) for key in ("kernel_size", "padding"))
    stride = per_axis(given.get("stride") or given["kernel_size"], len(sizes), "stride")
    axes = [
        [at for at in range(o * s - p, o * s - p + k) if 0 <= at < n]
        for o, k, s, p, n in zip(unit[1:], kernel, stride, padding, sizes, strict=True)
    ]
    counted = torch.arange(prod(sizes)).view(sizes)
    return [int(counted[at]) for at in product(*axes)]


def pooled_places(draw: Draw) -> "Tensor":
    """For every number a place in its window. No pool leaves a window that holds nothing."""
    windows = [window(draw, place) for place in range(prod(draw.shape))]
    assume(all(windows))
    return torch.tensor([draw.one_of(places) for places in windows]).view(draw.shape)


def other_in_window(draw: Draw, numbers: "Tensor", place: int) -> bool:
    """Put another place of the window there; False where it has but one."""
    flat = numbers.view(-1)
    free = [at for at in window(draw, place) if at != flat[place]]
    if free:
        flat[place] = draw.one_of(free)
    return bool(free)


def graph(draw: Draw) -> "Tensor":
    """Edges (2, E) among all nodes but the last one: one to each, then others, none twice; their types."""
    if draw.place > 1:
        return any_numbers(draw)
    nodes = draw.sample.shapes[0][0] - 1
    order = draw.shuffled(nodes)
    first = list(zip(order, [*order[1:], order[0]], strict=True))
    rest = [pair for pair in permutations(range(nodes), 2) if pair not in first]
    more = [rest[at] for at in draw.shuffled(len(rest))]
    return torch.tensor([*first, *more][: draw.shape[1]]).T.contiguous()


def taken_out(draw: Draw, numbers: "Tensor", place: int) -> bool:
    """Take an edge out: it leads from the last node to itself then. Or give an edge another type."""
    if draw.place > 1:
        return next_number(draw, numbers, place)
    numbers[:, place % draw.shape[1]] = draw.sample.shapes[0][0] - 1
    return True


def positions_of(draw: Draw) -> int:
    """How many positions the axis has from which the second input takes."""
    return draw.sample.shapes[0][cast("int", draw.sample.arguments.get("dim", 0))]


def places(draw: Draw) -> "Tensor":
    """Any numbers to take from, and positions that there are."""
    if draw.place == 0:
        return any_numbers(draw)
    return torch.randint(positions_of(draw), draw.shape, generator=draw.chance)


def other_place(draw: Draw, numbers: "Tensor", place: int) -> bool:
    """Put another number there, or the next position; False where there is only one."""
    if draw.place == 0:
        return next_number(draw, numbers, place)
    flat, count = numbers.view(-1), positions_of(draw)
    flat[place] = (flat[place] + 1) % count
    return count > 1


def fitting(name: str, sample: "Sample") -> "Sample":
    """The sample with as many nodes and edges as ``graph`` needs."""
    if name not in GRAPHS or len(sample.shapes) < 2:
        return sample
    (nodes, *features), edges, *more = sample.shapes
    nodes = max(nodes, 3)
    count = min(max(edges[-1], nodes - 1), (nodes - 1) * (nodes - 2))
    return sample._replace(shapes=((nodes, *features), (2, count), *((count, *each[1:]) for each in more)))


MADE: "dict[str, Callable[[Draw], Tensor]]" = {
    "EmbeddingBag": bag,
    **{f"MaxUnpool{rank}d": pooled_places for rank in (1, 2, 3)},
    **dict.fromkeys(GRAPHS, graph),
    **dict.fromkeys(("IndexSelect", "Gather"), places),
}
CHANGED: "dict[str, Callable[[Draw, Tensor, int], bool]]" = {
    "EmbeddingBag": other_in_bag,
    **{f"MaxUnpool{rank}d": other_in_window for rank in (1, 2, 3)},
    **dict.fromkeys(GRAPHS, taken_out),
    **dict.fromkeys(("IndexSelect", "Gather"), other_place),
}
"""Put another number at a place; False where no other one can stand there."""
