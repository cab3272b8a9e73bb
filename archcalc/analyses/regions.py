"""What one unit reads, exactly: sets of input positions, over all axes together, through any branches."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import combinations
from math import comb
from typing import TYPE_CHECKING

from archcalc.analyses.pieces import narrowed, only_unit
from archcalc.analyses.positions import EMPTY, READ, Asked, Positions, inside, interval
from archcalc.analyses.transfer import backward
from archcalc.effort import spend, with_a_budget
from archcalc.errors import Fault
from archcalc.facts import IDENTITY, PAST
from archcalc.records import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterable

    from archcalc.facts import AxisRead, Reads, Shape
    from archcalc.tracing import Trace

Product = tuple[Positions | None, ...]
"""A product of one set per axis; None: all positions of that axis."""

MAX_BLOCKS = 256
"""Products that the union behind one layer may have."""
COMPARED = 10
"""Steps in the time of which two products are compared, axis by axis."""


@dataclass(frozen=True, slots=True)
class Region:
    """A union of products of positions, none of which lies within another.

    Branches with windows of different forms (1x7 beside 7x1) read unions that no single product is.
    """

    shape: "Shape"
    blocks: tuple[Product, ...]

    def along(self, axis: int) -> Positions:
        """The positions of one axis at which anything is read."""
        found = EMPTY
        for block in self.blocks:
            found |= _all_or(block[axis], self.shape[axis])
        return found

    def over(self, axes: Sequence[int]) -> "Region":
        """The projection onto some axes."""
        shape = tuple(self.shape[axis] for axis in axes)
        return Region(shape, _union(tuple(block[axis] for axis in axes) for block in self.blocks))

    def box(self) -> tuple[range, ...]:
        """Per axis from the first to the last position read; empty ranges where nothing is."""
        return tuple(self._extent(axis) for axis in range(len(self.shape)))

    def _extent(self, axis: int) -> range:
        chosen = [block[axis] for block in self.blocks]
        first = min((0 if found is None else found.start for found in chosen), default=0)
        stops = (self.shape[axis] if found is None else found.stop for found in chosen)
        return range(first, max(stops, default=0))

    @property
    def positions(self) -> int:
        """How many there are; of several axes more than Python takes for a length."""
        return _size(self.blocks, self.shape)

    def row(self, at: Sequence[int]) -> Positions:
        """Positions of the last axis read where the other axes are at ``at``."""
        found = EMPTY
        for block in self.blocks:
            if all(chosen is None or position in chosen for chosen, position in zip(block, at, strict=False)):
                found |= _all_or(block[-1], self.shape[-1])
        return found


@with_a_budget
def region_read(
    trace: "Trace", layer: str, at: Mapping[int, int], *, clipped: bool, output: str | None = None
) -> dict[str, Region]:
    """What a unit of a layer reads: name of every input, and every layer on the way -> region of its output.

    Args:
        trace: the network.
        layer: name of the layer whose unit it is.
        at: axis of the layer's output -> position; on all other axes (channels) the unit stands for all.
        clipped: leave out what only padding stands for, at every layer on the way; else follow the windows
            beyond the border, as receptive fields are stated.
        output: name of the layer's output; left out: the first.

    Raises:
        SpecError: the reads span too much to follow.
    """
    first = output or trace.output_names(layer)[0]
    shape = trace.by_name[layer].facts.outputs[first].shape
    start = tuple(interval(at[axis], at[axis]) if axis in at else None for axis in range(len(shape)))
    wanted = {(layer, first): Region(shape, (start,))}
    found: dict[str, Region] = {}
    for (name, _), region in backward(trace, wanted, partial(_joined_reads, clipped=clipped)):
        found.setdefault(name, region)
    return found


def _joined_reads(
    region: Region, before: Region | None, reads: "Reads", shape: "Shape", lengths: "Shape", *, clipped: bool
) -> Region | None:
    """What is read of an input so far, and what a region's units read of it."""
    blocks = [] if before is None else list(before.blocks)
    for block in region.blocks:
        local = block_read(block, reads, shape, lengths, clipped=clipped)
        if local is None:
            continue
        if all(found is None or found.mask for found in local):
            blocks.append(local)
        if any(read.statistic for read in reads):  # means over positions add a second product
            means = (None if read.statistic else found for read, found in zip(reads, local, strict=True))
            blocks.append(tuple(means))
    joined = _union(blocks)
    return Region(lengths, joined) if joined else before


def block_read(
    block: Product, reads: "Reads", shape: "Shape", lengths: "Shape", *, clipped: bool
) -> Product | None:
    """What the units of a product read of an input of these lengths, without means; None: not this input."""
    only = only_unit(reads)
    chosen = block[only[0]] if only else None
    if only and chosen is not None and only[1] not in chosen:
        return None
    pairs = zip(reads, lengths, strict=True)
    return tuple(_axis_read(block, shape, read, length, clipped=clipped) for read, length in pairs)


def _axis_read(
    block: Product, shape: "Shape", read: "AxisRead", length: int, *, clipped: bool
) -> Positions | None:
    units, size = (interval(0, 0), 1) if read.to is None else (block[read.to], shape[read.to])
    if units is None and (read.group is not None or (size == length and read.reach in (IDENTITY, PAST))):
        return None
    if read.group is not None:
        read = replace(read, reach=narrowed(read, size, length), border="absent", group=None)
    found = READ.through(Asked(units, size, length), read)
    if found is None or not (clipped or read.border == "absent"):
        return found
    return inside(found, length, read.border)


def _union(blocks: "Iterable[Product]") -> tuple[Product, ...]:
    """The same union with no product inside another, and with those joined that differ in one axis alone."""
    kept: list[Product] = []
    for new in blocks:
        spend(COMPARED * len(kept))
        if any(_within(new, old) for old in kept):
            continue
        kept = [old for old in kept if not _within(old, new)]
        kept.append(new)
        if len(kept) > MAX_BLOCKS:
            raise Fault(f"reads are followed as at most {MAX_BLOCKS:,} products of positions, here are more")
    spend(COMPARED * comb(len(kept), 2))
    for one, other in combinations(kept, 2):
        joined = _joined(one, other)
        if joined is not None:
            return _union((*(block for block in kept if block not in (one, other)), joined))
    return tuple(kept)


def _within(one: Product, other: Product) -> bool:
    return all(
        theirs is None or (mine is not None and mine <= theirs)
        for mine, theirs in zip(one, other, strict=True)
    )


def _joined(one: Product, other: Product) -> Product | None:
    different = [axis for axis in range(len(one)) if one[axis] != other[axis]]
    if len(different) != 1:
        return None
    (axis,) = different
    mine, theirs = one[axis], other[axis]
    if mine is None or theirs is None:
        return None
    return (*one[:axis], mine | theirs, *one[axis + 1 :])


def _all_or(chosen: Positions | None, length: int) -> Positions:
    return interval(0, length - 1) if chosen is None else chosen


def _size(blocks: "Sequence[Product]", shape: "Shape") -> int:
    """Positions in a union of products: the first axis is cut where other products begin to hold."""
    if not blocks or not shape:
        return len(blocks[:1])
    if all(block[0] is None for block in blocks):
        return shape[0] * _size([block[1:] for block in blocks], shape[1:])
    chosen = [_all_or(block[0], shape[0]) for block in blocks]
    start = min(found.start for found in chosen)
    groups: dict[tuple[int, ...], int] = {(): -1}
    for index, found in enumerate(chosen):
        here = found.bits_from(start)
        spend(COMPARED * len(groups))
        split = {(*members, index): mask & here for members, mask in groups.items()}
        split |= {members: mask & ~here for members, mask in groups.items()}
        groups = {members: mask for members, mask in split.items() if mask}
    return sum(
        mask.bit_count() * _size([blocks[index][1:] for index in members], shape[1:])
        for members, mask in groups.items()
        if members
    )
