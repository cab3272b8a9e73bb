"""Which units are looked at, and what archcalc says that they read."""

from random import Random
from typing import TYPE_CHECKING

import torch

from archcalc.analyses.regions import Region, region_read
from archcalc.analyses.units import position_axes
from archcalc.bridge.probing.walk import Unit
from archcalc.tuples import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from torch import Tensor

    from archcalc.analyses.fields import Field, ReceptiveFieldReport
    from archcalc.analyses.positions import Positions
    from archcalc.tracing import Trace


class AskedUnit(NamedTuple):
    """A unit, and the fields of its output."""

    unit: Unit
    fields: "tuple[Field, ...]"


def asked_of(trace: "Trace", report: "ReceptiveFieldReport") -> "list[AskedUnit]":
    """Units of every field that no later output has: the first, the last, the middle one and one near it.

    In the reverse order of their layers.
    """
    seen: set[object] = set()
    found: list[AskedUnit] = []
    for layer in reversed(trace.layers):
        for output, tensor in layer.facts.outputs.items():
            fields = report.outputs.get((layer.name, output), ())
            axes = position_axes(fields)
            grid = tuple(tensor.shape[axis] for axis in axes)
            key = (fields, grid)
            if not fields or key in seen:
                continue
            seen.add(key)
            for place in places(grid):
                unit = Unit(layer.name, output, tuple(zip(axes, place, strict=True)))
                found.append(AskedUnit(unit, fields))
    return found


def places(grid: "Sequence[int]") -> "Iterator[tuple[int, ...]]":
    """The first, the last, the middle and a random one in the inner half, each once."""
    random = Random(str(grid))  # noqa: S311  the same one every time
    middle = tuple(size // 2 for size in grid)
    chosen = (
        tuple(0 for _ in grid),
        tuple(size - 1 for size in grid),
        middle,
        tuple(random.randrange(size // 4, 3 * size // 4 + 1) for size in grid),
    )
    return iter(dict.fromkeys(chosen))


def stated(trace: "Trace", unit: Unit, *, clipped: bool) -> "Mapping[str, Region]":
    """What archcalc says that a unit reads of each input.

    Raises:
        SpecError: it reads more than can be followed.
    """
    return region_read(trace, unit.layer, dict(unit.at), clipped=clipped, output=unit.output)


def marked(region: Region) -> "Tensor":
    """(*shape): whether a position is in a region whose positions are all inside."""
    found = torch.zeros(region.shape, dtype=torch.bool)
    for block in region.blocks:
        inside = torch.ones(region.shape, dtype=torch.bool)
        for axis, chosen in enumerate(block):
            if chosen is not None:
                lengthwise = [1] * len(region.shape)
                lengthwise[axis] = region.shape[axis]
                inside &= _line(chosen, region.shape[axis]).view(lengthwise)
        found |= inside
    return found


def _line(chosen: "Positions", length: int) -> "Tensor":
    return torch.tensor([position in chosen for position in range(length)], dtype=torch.bool)
