"""How an input is read, as far as that is known before any interval: layers of many widths share it."""

from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING

from archcalc.facts import IDENTITY, AxisRead, Groups, Phased, Whole, Window, unread
from archcalc.tuples import NamedTuple

if TYPE_CHECKING:
    from archcalc.facts import Reads

NO_AXES = frozenset[int]()
NO_PARTS = (None, Groups(1))
"""Groups of features that leave none of them out."""


class ReadsOfInput(NamedTuple):
    """How an input is read, with what is known of that before any interval.

    Args:
        reads: what the units of the output read.
        told: axes of the output along which units are told apart.
        unread: nothing is read.
        empty: some units read nothing.
        still: axes of the input that are axes of the output, and where every unit reads itself alone.
        mixed: axes of the input that are axes of the output, and where every unit reads all others too.
        slid: axes of the input that are axes of the output -> the window that slides along, and that is all.
        parts: axes of the input of which units read something that is not all of the interval.
    """

    reads: "Reads"
    told: frozenset[int]
    unread: bool
    empty: bool
    still: frozenset[int]
    mixed: frozenset[int]
    slid: Mapping[int, Window]
    parts: frozenset[int]

    @classmethod
    def of(cls, reads: "Reads", told: frozenset[int]) -> "ReadsOfInput":
        """What is known of an input that is read so."""
        empty = _leaves_empty(reads)
        parts = [axis for axis, read in enumerate(reads) if _of_a_part(read, told)]
        plain = [axis for axis, read in enumerate(reads) if read.to == axis and read == _unmoved_axis(axis)]
        still = NO_AXES if empty else frozenset(plain)
        parted = frozenset(parts) if parts else NO_AXES
        running = () if empty else [(axis, read) for axis, read in enumerate(reads) if read.to == axis]
        mixed = frozenset([axis for axis, read in running if _mixes_whole(read)]) - parted
        others = [(axis, read) for axis, read in running if axis not in parted and axis not in still]
        slid = {axis: window for axis, read in others if (window := _only_window(read))}
        return cls(reads, told, unread(reads), empty, still, mixed, slid, parted)


def _of_a_part(read: "AxisRead", told: frozenset[int]) -> bool:
    """Whether units read some of an interval: positions that are drawn, a group, or one of several inputs."""
    sampled = read.sampled and not read.divided
    return sampled or read.group not in NO_PARTS or (read.border == "absent" and read.to not in told)


def _mixes_whole(read: "AxisRead") -> bool:
    """Whether every unit reads all of an axis, and units along other axes read no part of it."""
    return read.mixes and isinstance(read.reach, Whole) and not read.divided


def _only_window(read: AxisRead) -> Window | None:
    """The window that slides along an axis, where that is all."""
    return None if read.statistic or read.divided else read.window


def _leaves_empty(reads: "Reads") -> bool:
    """Whether some output units read nothing along one axis of an input, and so nothing of it."""
    return any(isinstance(read.reach, Phased) and not all(read.reach.phases) for read in reads)


@lru_cache(maxsize=64)
def _unmoved_axis(axis: int) -> AxisRead:
    """The read of an axis that stays where it is, and at each place of which the input's is read."""
    return AxisRead(axis, IDENTITY)
