"""Runs whose turns all do the same to what is read: after the last one that is followed, the rest is known.

A turn that reads windows alone moves the ends of intervals, and does the same to intervals that are moved. So
where one turn moves both ends by so many positions, every further turn does it again.
"""

from typing import TYPE_CHECKING

from archcalc.analyses.spans import MOST
from archcalc.analyses.stepping import Track
from archcalc.tuples import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from archcalc.analyses.roles import Role
    from archcalc.analyses.transfer import Axis, Output
    from archcalc.tracing.runs import Runs

Moved = tuple[int, int]
"""Positions by which a turn moves the first and the last end of intervals."""
STILL: Moved = (0, 0)


class Steady(NamedTuple):
    """What the turns of a run make of what they read.

    Args:
        turn: the last one that was followed.
        moves: axis of an input -> by how much every turn behind it moves what is read; left out: not at all.
    """

    turn: int
    moves: "Mapping[Axis, Moved]"

    def at(self, turn: int, tracks: "Mapping[Axis, Track]") -> "Mapping[Axis, Track]":
        """What is read in a turn, from what the same output of the last followed one reads."""
        times = turn - self.turn
        if not self.moves or not times:
            return tracks
        return {axis: _moved(track, self.moves.get(axis, STILL), times) for axis, track in tracks.items()}


class TurnTracks(NamedTuple):
    """What is read in one turn that was followed.

    Args:
        arriving: by what it reads from the turn before.
        leaving: by what the next one reads.
        inside: by each of its outputs.
        outside: by what else it reads, which is the same in every turn.
    """

    arriving: "Mapping[Axis, Track]"
    leaving: "Mapping[Axis, Track]"
    inside: "tuple[Mapping[Axis, Track], ...]"
    outside: "tuple[Mapping[Axis, Track], ...]"

    def steady(self, turn: int, last: int) -> Steady | None:
        """What the turns behind this one do, up to the last one; None: not what it does, or too much."""
        moves = self._moves()
        if moves is None:
            return None
        found = Steady(turn, moves)
        ends = found.at(last, {axis: self.leaving[axis] for axis in moves}).values()
        sizes = (max(track.field.spans.sizes) for track in ends if track.field.spans is not None)
        return found if all(size <= MOST for size in sizes) else None

    def _moves(self) -> "Mapping[Axis, Moved] | None":
        """By how much every further turn moves what is read; None: they may do something else."""
        if self.arriving.keys() != self.leaving.keys():
            return None
        # A merge off the grid is told of each turn by its name.
        if not all(track.field.aligned for tracks in self.inside for track in tracks.values()):
            return None
        found: dict[Axis, Moved] = {}
        for axis, before in self.arriving.items():
            after = self.leaving[axis]
            if after is before or after == before:
                continue
            moved = _difference(before, after)
            if moved is None or not all(map(_slides, _along(axis, (*self.inside, self.arriving)))):
                return None
            if any(axis in tracks for tracks in self.outside):
                return None
            found[axis] = moved
        return found


def _along(axis: "Axis", every: "Iterable[Mapping[Axis, Track]]") -> "Iterator[Track]":
    return (tracks[axis] for tracks in every if axis in tracks)


def _slides(track: Track) -> bool:
    """Whether only windows have been on the way, so that the interval would move with what is read."""
    field = track.field
    local = field.hops is None and not field.whole and not field.unknown
    return local and field.spans is not None and field.spans.shift != 0 and not field.spans.unbounded


def _difference(before: Track, after: Track) -> Moved | None:
    """By how much the ends of one track are moved in another one; None: they differ in something else."""
    one, other = before.field.spans, after.field.spans
    if one is None or other is None or one.shift != other.shift or len(one.ends) != len(other.ends):
        return None
    if before != after._replace(field=after.field._replace(spans=one)):
        return None
    found: set[Moved] = set()
    for here, there in zip(one.ends, other.ends, strict=True):
        if here is None or there is None or here[0] is None or there[0] is None:
            return None
        found.add((there[0] - here[0], there[1] - here[1]))
    return found.pop() if len(found) == 1 else None


def _moved(track: Track, moved: Moved, times: int) -> Track:
    spans = track.field.spans
    if moved == STILL or spans is None:
        return track
    first, last = times * moved[0], times * moved[1]
    ends = tuple(
        end if end is None or end[0] is None else (end[0] + first, end[1] + last) for end in spans.ends
    )
    return track._replace(field=track.field._replace(spans=type(spans)(spans.shift, ends)))


class TracksFound(dict["Output", "Mapping[Axis, Track]"]):
    """Output -> axes of the inputs that it depends on; what was not followed of steady runs is worked out."""

    def __init__(self, own: "Mapping[Output, Mapping[Axis, Track]]", runs: "Runs") -> None:
        super().__init__(own)
        self._runs = runs
        self.roles: set[tuple[Axis, Role]] = set()
        """Axes of inputs, and what they hold, as far as any of the outputs tells."""
        self.steady: dict[str, Steady] = {}
        """Name of a run -> what its turns do."""
        self._last: tuple[object, Mapping[Axis, Track], Mapping[Axis, Track]] = None, {}, {}
        """Worked out last: for which turn, of what, and what it reads; layers in a row often read alike."""

    def of(self, layer: str, output: str) -> "Mapping[Axis, Track]":
        """What an output reads; nothing where it depends on no source."""
        own = self.get((layer, output))
        if own is not None or not self.steady:
            return own or {}
        found = self._runs.find(layer)
        steady = self.steady.get(found.run.name) if found else None
        if found is None or steady is None:
            return {}
        # That layer may itself be in a run within the turn.
        last = self.of(found.run.turn_name(steady.turn) + found.below, output)
        turn = found.run.name, found.turn
        known = self._last
        if known[0] != turn or known[1] is not last:
            known = self._last = turn, last, steady.at(found.turn, last)
        return known[2]
