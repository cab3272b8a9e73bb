"""One step forward: what the units behind a layer read, from what those before it have read."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from archcalc.analyses.fields import AxisField
from archcalc.analyses.pieces import reads_several
from archcalc.analyses.roles import Role, role_from
from archcalc.analyses.spans import hull_of, through, through_past
from archcalc.analyses.transfer import Transfer
from archcalc.analyses.ways import ReadsOfInput
from archcalc.facts import FIRST, IDENTITY, Past, Whole
from archcalc.tuples import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from archcalc.analyses.pieces import Whereabouts
    from archcalc.analyses.spans import Span, Spans
    from archcalc.analyses.transfer import Axis
    from archcalc.facts import Neighbours, Phased, Reads, Shape, Tensor, Window


class Track(NamedTuple):
    """What the units of an output read of one input axis, and what the way tells of that axis.

    Args:
        field: the interval.
        role: whether the axis holds positions or features.
        divided: axes of the output; only all units along them together read the interval.
    """

    field: AxisField
    role: Role = None
    divided: frozenset[int] = frozenset()


class SomeUnits(NamedTuple):
    """The track of some units of an output."""

    where: "Whereabouts"
    track: Track

    @property
    def of_all(self) -> Track:
        """The track, said of all units: inexact where it is one of some positions only."""
        along = self.track.field.along
        return self.track if along is None or self.where[along] is None else inexact(self.track)


Slides = Sequence[tuple["Axis", "Window"]]
"""Axes of an input, and the windows that slide along them."""
Sliding = dict[tuple[int, int], "Spans | None"]
"""Intervals and a window, by their ``id``, and what is behind it: axes of images share them."""
ToldApart = dict["Axis", Sequence[SomeUnits]]
"""Axis of an input -> what units of an output read of it, where they do not all read the same."""


class AxisStep(NamedTuple):
    """The way through one input of a layer to one of its outputs.

    Args:
        way: how the input is read.
        tensor: the input.
        shape: the output's.
    """

    way: ReadsOfInput
    tensor: "Tensor"
    shape: "Shape"

    @property
    def reads(self) -> "Reads":
        """What the units of the output read."""
        return self.way.reads

    def piece(self, track: Track) -> SomeUnits:
        """What all units read."""
        return SomeUnits((None,) * len(self.shape), track)

    def apart(
        self, before: "Mapping[Axis, Track]", apart: ToldApart
    ) -> "Iterator[tuple[Axis, list[SomeUnits]]]":
        """What the units of the output read, told apart; axes of which none reads anything are left out."""
        from archcalc.analyses.units_behind import where_behind

        everywhere = (None,) * len(self.tensor.shape)
        wheres: dict[Whereabouts, Whereabouts | None] = {}
        for axis, track in before.items():
            found: list[SomeUnits] = []
            for piece in apart.get(axis) or (SomeUnits(everywhere, track),):
                if piece.where not in wheres:
                    wheres[piece.where] = where_behind(piece.where, self.reads, self.shape, self.tensor.shape)
                where = wheres[piece.where]
                if where is None:
                    found.append(self.piece(inexact(self.behind(piece.track))))
                elif all(chosen is None or chosen.mask for chosen in where):
                    found.append(self._of(piece, where))
            if found:
                yield axis, found

    def _of(self, piece: SomeUnits, where: "Whereabouts") -> SomeUnits:
        """The piece behind the layer, of these units as far as they are to be told apart."""
        track, before = self.behind(piece.track), piece.track.field.along
        if before is not None and piece.where[before] is not None and reads_several(self.reads[before]):
            track = inexact(track)  # at the ends of the piece a unit reads what stands beside it
        kept = tuple(chosen if axis in self.way.told else None for axis, chosen in enumerate(where))
        along = track.field.along
        if along is not None and kept[along] is None and where[along] is not None:
            track = inexact(track)
        return SomeUnits(kept, track)

    def all_behind(self, before: "Mapping[Axis, Track]") -> "Mapping[Axis, Track]":
        """The tracks of all units behind the layer, the same object where nothing is another one there."""
        slid: Sliding = {}
        behind: dict[Axis, Track] = {}  # what is another one there
        for axis, track in before.items():
            moved = self._plainly(track, slid) or self.behind(track)
            if moved is not track:
                behind[axis] = moved
        return {**before, **behind} if behind else before

    def slides(self, before: "Mapping[Axis, Track]", behind: "Mapping[Axis, Track]") -> Slides | None:
        """The axes that windows slide along, where that is all that happens; None: something else does.

        That is all then too where the sizes are others, or intervals that such windows have moved.

        Args:
            before: the tracks before the layer.
            behind: those of all units behind it.
        """
        found: list[tuple[Axis, Window]] = []
        for axis, track in before.items():
            (_, _, spans, whole, _, _, along, _, _), role, divided = track
            if behind[axis] is not track:
                window, moved = None if along is None else self.way.slid.get(along), behind[axis].field.spans
                if window is None or spans is None or not spans.shift or whole or divided or role is None:
                    return None
                if moved is None or len(moved.ends) != len(spans.ends):
                    return None
                found.append((axis, window))
            elif self.minds_sizes(track):
                return None
        return found

    def behind(self, track: Track) -> Track:
        """The track of all units behind the layer."""
        before, role, divided = track
        if before.along in self.way.still and not divided and (role is not None or self.tensor.is_float):
            return track
        divided, lost = self._divided(track) if divided else (divided, False)
        if before.along is None:
            track = track if divided is track.divided else track._replace(divided=divided)
            return inexact(track) if lost else track
        read = self.reads[before.along]
        field = before if before.unknown else _BEHIND.through(before, read)
        if field.unknown:
            field = field._replace(along=read.to)
            return Track(field, role_from(role, read, self.tensor), divided)
        whole = field.whole or read.statistic
        exact = field.exact and not (self.way.empty or lost or before.along in self.way.parts)
        if whole and not before.whole:
            exact = exact and _read_by_all(before, self.tensor.shape[before.along])
        if exact and isinstance(read.reach, Past):
            exact = before.spans is None or _from_the_first(before.spans)
        whole = whole or _covered(field)
        exact = exact and (whole or field.spans is not None or field.hops is not None)
        if field.whole is not whole or field.exact is not exact or field.along != read.to:
            field = field._replace(whole=whole, exact=exact, along=read.to)
        if read.divided:
            divided = divided.union(read.divided)
        if role is None:
            role = role_from(role, read, self.tensor)
        elif field is before and divided is track.divided:
            return track
        return Track(field, role, divided)

    def _plainly(self, track: Track, slid: "Sliding") -> Track | None:
        """The track behind the layer where that is no question, as mostly; None: ``behind`` has to look.

        Args:
            track: the one before it.
            slid: what was found of other axes.
        """
        before, role, divided = track
        axis, length, spans, whole, aligned, exact, along, _, _ = before
        if divided or along is None:
            return None
        way = self.way
        if role is not None and (along in way.still or (along in way.mixed and before.only_whole)):
            return track
        if along not in way.slid or spans is None or whole:
            return None
        reach = way.slid[along]
        alike = id(spans), id(reach)
        moved = slid[alike] if alike in slid else slid.setdefault(alike, through(spans, reach))
        if moved is None or not moved.shift:
            return None
        if role is None:
            role = role_from(role, way.reads[along], self.tensor)
        return Track(AxisField(axis, length, moved, whole, aligned, exact, along), role, divided)

    def minds_sizes(self, track: Track) -> bool:
        """Whether the track behind the layer may be another one where the sizes of axes are others."""
        along = track.field.along
        if track.divided or along is None or track.field.whole:
            return bool(track.divided)
        return self.reads[along].statistic or isinstance(self.reads[along].reach, Whole)

    def _divided(self, track: Track) -> tuple[frozenset[int], bool]:
        """The axes along which units still differ, and whether some of these units were left out."""
        from archcalc.analyses.units_behind import covers

        kept: set[int] = set()
        lost = False
        for axis in track.divided:
            read, length = self.reads[axis], self.tensor.shape[axis]
            if not read.mixes:
                if read.to is not None:
                    kept.add(read.to)
                lost |= not covers(read, 1 if read.to is None else self.shape[read.to], length)
        return frozenset(kept), lost


def slid(before: "Mapping[Axis, Track]", windows: Slides) -> "tuple[Mapping[Axis, Track], bool]":
    """The tracks behind windows that slide along some axes, and whether they have as many intervals."""
    behind, alike = {**before}, True
    known: Sliding = {}
    last = window = moved = None
    for axis, reach in windows:
        (place, length, spans, whole, aligned, exact, along, _, _), role, divided = before[axis]
        if spans is not None and (spans is not last or reach is not window):
            last, window, pair = spans, reach, (id(spans), id(reach))
            moved = known[pair] if pair in known else known.setdefault(pair, through(spans, reach))
            alike &= moved is not None and len(moved.ends) == len(spans.ends)
        exact &= moved is not None
        behind[axis] = Track(AxisField(place, length, moved, whole, aligned, exact, along), role, divided)
    return behind, alike


def inexact(track: Track) -> Track:
    """The same, said of units that do not all fill it."""
    return track._replace(field=track.field._replace(exact=False)) if track.field.exact else track


def _moved(field: AxisField, reach: "Window | Phased") -> AxisField:
    """The field behind windows; hops are kept where each unit reads at most one node.

    Where windows leave nodes out, those that stay need not read everything together.
    """
    if reach == IDENTITY:
        return field
    spans = field.spans and through(field.spans, reach)
    if field.hops is None:
        return field if spans is None and field.spans is None else field._replace(spans=spans)
    hops = field.hops if all(len(window) <= 1 for window in reach.phases) else None
    return field._replace(spans=spans, hops=hops, exact=field.exact and reach == FIRST)


def _read_whole(field: AxisField) -> AxisField:
    if field.only_whole:
        return field
    return field._replace(spans=None, hops=None, whole=True)


def _beside(field: AxisField, reach: "Neighbours") -> AxisField:
    """The field behind a graph layer."""
    from archcalc.analyses.hops import farther

    return field._replace(spans=None, hops=farther(field.spans, field.hops, reach))


_BEHIND: Transfer[AxisField, AxisField] = Transfer(
    windows=_moved,
    whole=_read_whole,
    past=lambda field: field._replace(spans=field.spans and through_past(field.spans), hops=None),
    neighbours=_beside,
    unsaid=lambda field: field._replace(spans=None, hops=None, whole=False, exact=False, unknown=True),
)


def _read_by_all(field: AxisField, units: int) -> bool:
    """Whether all the units of an axis together read the whole input; every node reads itself."""
    return field.hops is not None or _holds(hull_of(field.spans, units) if field.spans else None, field)


def _from_the_first(spans: "Spans") -> bool:
    """Whether the first unit reads the first position: what is before a unit begins there then."""
    span = spans.at(0)
    return span is not None and (span[0] or 0) <= 0


def _covered(field: AxisField) -> bool:
    """Whether all units read the same, and that is the whole axis."""
    spans: Spans | None = field.spans
    return spans is not None and not spans.shift and len(spans.ends) == 1 and _holds(spans.at(0), field)


def _holds(span: "Span | None", field: AxisField) -> bool:
    return span is not None and (span[0] or 0) <= 0 and span[1] >= field.length - 1
