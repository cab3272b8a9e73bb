"""Sets of positions on one axis as bits of a number, and what the units in such a set read."""

from typing import TYPE_CHECKING

from archcalc.analyses.hops import unfollowed, unlisted
from archcalc.analyses.transfer import Transfer
from archcalc.effort import spend
from archcalc.errors import Fault
from archcalc.facts import IDENTITY
from archcalc.formulas.rounding import ceil_divided
from archcalc.records import dataclass
from archcalc.tuples import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

    from archcalc.facts import Border, Phased, Window

MAX_SPAN = 1_000_000
"""Positions from the first to the last of a set."""
FARTHEST = 100_000_000
"""The same where some of them follow a border to the other end of the axis."""
WORD = 512
"""Positions of which sets are made, joined or moved in the time of one step."""
DIGITS = 16
"""Positions that are looked at one by one in that time."""
WRITTEN = 100
"""Positions that are written as digits, and read as a number, in that time."""
UNIT = 3
"""Steps that a unit takes of which the reads are put in by themselves."""
FEW = 16
"""Phases of which each is followed as a whole, however few units there are of it."""


@dataclass(frozen=True, slots=True)
class Positions:
    """Bit j of ``mask`` stands for position ``start + j``; the mask is odd, or 0 for the empty set."""

    start: int
    mask: int

    @property
    def stop(self) -> int:
        """The position behind the last one."""
        return self.start + self.mask.bit_length()

    def __len__(self) -> int:
        return self.mask.bit_count()

    def __contains__(self, position: int) -> bool:
        return position >= self.start and bool(self.mask >> (position - self.start) & 1)

    def __or__(self, other: "Positions") -> "Positions":
        if not self.mask or not other.mask:
            return self if self.mask else other
        start = min(self.start, other.start)
        return Positions(start, self.bits_from(start) | other.bits_from(start))

    def __le__(self, other: "Positions") -> bool:
        """Whether every position is in ``other`` too."""
        return not self.mask or (
            (self.start >= other.start and self.stop <= other.stop)
            and not self.bits_from(other.start) & ~other.mask
        )

    def marks(self) -> tuple[int, ...]:
        """For every position from the first to the last 1 where it is in the set, else 0."""
        return tuple(map(int, f"{self.mask:b}"[::-1])) if self.mask else ()

    def bits_from(self, start: int) -> int:
        """The mask as seen from another start, which is not behind this one."""
        _check(self.stop - start)
        spend((self.stop - start) // WORD)
        return self.mask << (self.start - start)


EMPTY = Positions(0, 0)


def positions(start: int, mask: int) -> Positions:
    """The set with these bits, whatever the lowest one is."""
    if not mask:
        return EMPTY
    zeros = (mask & -mask).bit_length() - 1
    return Positions(start + zeros, mask >> zeros)


def interval(first: int, last: int) -> Positions:
    """All positions from ``first`` to ``last``.

    Raises:
        Fault: there are more than ``MAX_SPAN``.
    """
    _check(last - first + 1)
    spend((last - first + 1) // WORD)
    return Positions(first, (1 << (last - first + 1)) - 1) if last >= first else EMPTY


def positions_between(turns: int, reach: "Window | Phased") -> int:
    """Positions from the first to the last that units so many turns of the phases apart may read."""
    ends = [end for window in reach.phases if window for end in (window[0], window[-1])] or [0]
    return turns * reach.shift + max(ends) - min(ends) + 1


def read_by(units: Positions, reach: "Window | Phased") -> Positions:
    """The input positions that any of the units reads.

    Raises:
        Fault: they span more than ``MAX_SPAN`` positions.
    """
    if not units.mask or reach == IDENTITY:
        return units
    shift, phases = reach.shift, reach.phases
    turns = (units.stop - 1) // len(phases) - units.start // len(phases)
    span = positions_between(turns, reach)
    _check(span)
    spend(len(phases) + (units.stop - units.start) // DIGITS + span // WORD * min(len(phases), 1 + turns))
    if shift == len(phases) == 1 and phases[0]:  # as most windows: no unit needs to be looked at
        window = phases[0]
        first = units.start + min(window[0], window[-1])
        return positions(first, smeared(units.mask, len(window), abs(window.step)))
    if turns == 0 and len(units) == units.stop - units.start:  # all units of an adaptive pool, mostly
        turn, phase = divmod(units.start, len(phases))
        joined = _joined(phases[phase : phase + len(units)])
        if joined is not None:
            return interval(turn * shift + joined.start, turn * shift + joined.stop - 1)
    digits = f"{units.mask:b}"[::-1]
    ends = (min(window[0], window[-1]) for window in phases if window)
    lowest = units.start // len(phases) * shift + min(ends, default=0)
    if len(phases) > max(turns, FEW):
        return positions(lowest, _one_by_one(units, reach, lowest, span))
    spend(len(phases) * span // WRITTEN)
    found = 0
    for phase, window in enumerate(phases):
        if window:
            read = _of_phase(units.start, digits, (phase, len(phases)), shift, window)
            found |= read.mask << (read.start - lowest) if read.mask else 0
    return positions(lowest, found)


def _one_by_one(units: Positions, reach: "Window | Phased", lowest: int, span: int) -> int:
    """What the units read, from the lowest position on, where a phase has one of them or a few."""
    shift, phases, digits = reach.shift, reach.phases, f"{units.mask:b}"[::-1]
    spend(UNIT * len(units) + span // WRITTEN)
    marks = bytearray(b"0") * span
    for turn in range(units.start // len(phases), ceil_divided(units.stop, len(phases))):
        begin, behind = turn * len(phases), turn * shift - lowest
        first = max(units.start, begin)
        for digit, window in zip(digits[first - units.start :], phases[first - begin :], strict=False):
            if digit == "1" and window:
                low, step = behind + min(window[0], window[-1]), abs(window.step)
                marks[low : low + step * (len(window) - 1) + 1 : step] = b"1" * len(window)
    return int(marks[::-1], 2)


def _joined(windows: "Sequence[range]") -> range | None:
    """All positions of windows that follow one another without a gap; None: not all of them do."""
    first = stop = windows[0].start
    for window in windows:
        if window.step != 1 or not first <= window.start <= stop:
            return None
        stop = max(stop, window.stop)
    return range(first, stop)


def _check(span: int, most: int = MAX_SPAN) -> None:
    if span > most:
        raise Fault(f"reads are followed over at most {most:,} positions, here they span {span:,}")


def _of_phase(start: int, digits: str, phase_of: tuple[int, int], shift: int, window: range) -> Positions:
    """What the units ``q period + phase`` of a set read: ``q shift + window``; digit j is unit start + j."""
    phase, period = phase_of
    skipped = (phase - start) % period
    mine = digits[skipped::period]
    if "1" not in mine:
        return EMPTY
    turn = (start + skipped) // period
    spread = 1 if shift == 0 or len(mine) == 1 else int(("0" * (shift - 1)).join(mine)[::-1], 2)
    first = min(window[0], window[-1])
    return positions(turn * shift + first, smeared(spread, len(window), abs(window.step)))


def smeared(mask: int, copies: int, step: int) -> int:
    """The union of ``copies`` copies of a mask, each ``step`` further up, doubling what is there."""
    done = 1
    while done < copies:
        more = min(done, copies - done)
        mask |= mask << (step * more)
        done += more
    return mask


def inside(read: Positions, length: int, border: "Border") -> Positions:
    """The positions of an axis of this length that are really read: those outside follow the border."""
    if not read.mask or (read.start >= 0 and read.stop <= length):
        return read
    if read.start >= length and border in ("padding", "absent"):
        return EMPTY
    spend((read.stop - read.start) // WORD)
    first, stop = max(read.start, 0), min(read.stop, length)
    here = (read.mask >> (first - read.start)) & ((1 << (stop - first)) - 1) if stop > first else 0
    kept = positions(first, here)
    if border == "replicate":
        kept = _beside(kept, Positions(0, 1)) if read.start < 0 else kept
        kept = _beside(kept, Positions(length - 1, 1)) if read.stop > length else kept
    elif border in ("reflect", "circular"):
        kept = _beside(kept, _folded(read, length, border))
    return kept


def _beside(kept: Positions, folded: Positions) -> Positions:
    """Both together, where one may stand at the other end of the axis."""
    if not kept.mask or not folded.mask:
        return kept if kept.mask else folded
    start, stop = min(kept.start, folded.start), max(kept.stop, folded.stop)
    _check(stop - start, FARTHEST)
    spend((stop - start) // WORD)
    return Positions(start, kept.mask << (kept.start - start) | folded.mask << (folded.start - start))


def _folded(read: Positions, length: int, border: "Border") -> Positions:
    """The positions inside that stand for those outside."""
    spend(read.stop - read.start)
    digits = enumerate(f"{read.mask:b}"[::-1], read.start)
    outside = [position for position, digit in digits if digit == "1" and not 0 <= position < length]
    if border == "circular":
        found = {position % length for position in outside}
    else:
        mirrored = {-at if at < 0 else 2 * (length - 1) - at for at in outside}
        found = {position for position in mirrored if 0 <= position < length}
    if not found:
        return EMPTY
    first, last = min(found), max(found)
    _check(last - first + 1)
    marks = bytearray(b"0" * (last - first + 1))
    for position in found:
        marks[last - position] = ord("1")
    return Positions(first, int(marks, 2))


class Asked(NamedTuple):
    """Units (None: all ``size`` of them) whose reads of an axis of ``length`` positions are asked."""

    units: Positions | None
    size: int
    length: int

    @property
    def listed(self) -> Positions:
        """The units, all of them too."""
        return interval(0, self.size - 1) if self.units is None else self.units


READ: Transfer[Asked, Positions | None] = Transfer(
    windows=lambda asked, reach: read_by(asked.listed, reach),
    whole=lambda _: None,
    past=lambda asked: interval(0, min(asked.listed.stop, asked.length) - 1),
    neighbours=lambda asked, _: unlisted(asked.units),
    unsaid=unfollowed,
)
"""The positions that units read of an axis, those outside of it too; None: every position."""
