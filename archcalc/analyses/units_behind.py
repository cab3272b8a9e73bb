"""Which units of an output read any of some units of an input."""

from typing import TYPE_CHECKING

from archcalc.analyses.pieces import narrowed, only_unit
from archcalc.analyses.positions import EMPTY, READ, Asked, Positions, inside, interval, positions
from archcalc.effort import spend
from archcalc.errors import Fault
from archcalc.facts import IDENTITY, Groups, Past, Phased, Window

if TYPE_CHECKING:
    from archcalc.analyses.pieces import Whereabouts
    from archcalc.facts import AxisRead, Border, Reads, Shape

MAX_UNITS = 16_384
"""Units of an axis that are looked at one by one."""


def covers(read: "AxisRead", units: int, length: int) -> bool:
    """Whether all units together read all positions of an axis."""
    if read.reach == IDENTITY and units == length:
        return True
    if read.group is not None:
        return True
    try:
        found = READ.through(Asked(None, units, length), read)
    except Fault:  # longer than what is followed position by position
        return False
    return found is None or len(inside(found, length, read.border)) == length


def where_behind(
    where: "Whereabouts", reads: "Reads", shape: "Shape", lengths: "Shape"
) -> "Whereabouts | None":
    """The units of an output that read any of some units of an input; None: too many to look at each."""
    found: list[Positions | None] = [None] * len(shape)
    only = only_unit(reads)
    if only is not None:
        found[only[0]] = Positions(only[1], 1)
    for chosen, read, length in zip(where, reads, lengths, strict=True):
        if chosen is None and read.border != "absent":
            continue
        try:
            units = _readers(chosen, read, 1 if read.to is None else shape[read.to], length)
        except Fault:
            return None
        if units is None or (read.to is None and units.mask):
            continue
        if read.to is None or not units.mask:
            return (EMPTY,) * (len(shape) or 1)
        before = found[read.to]
        found[read.to] = units if before is None else _common(before, units)
    return tuple(
        None if each is None or len(each) == size else each for each, size in zip(found, shape, strict=True)
    )


def _check_few(units: int) -> None:
    """Refuse to look at more units one by one."""
    if units > MAX_UNITS:
        raise Fault(f"fields are told apart over at most {MAX_UNITS:,} units, here there are {units:,}")


def _common(one: Positions, other: Positions) -> Positions:
    start = min(one.start, other.start)
    return positions(start, one.bits_from(start) & other.bits_from(start))


def _readers(chosen: Positions | None, read: "AxisRead", units: int, length: int) -> Positions | None:
    """The units of an axis that read any of some positions; None: all do."""
    if isinstance(read.group, Groups) and not read.mixes:
        _check_few(units)
    reach = narrowed(read, units, length)
    if isinstance(reach, Past):
        start = 0 if chosen is None else chosen.start
        return interval(start, units - 1) if start else None
    if not isinstance(reach, Window | Phased):
        return None
    here = interval(0, length - 1) if chosen is None else chosen
    if (
        isinstance(reach, Window)
        and reach.kernel == reach.stride == 1
        and read.border in ("padding", "absent")
    ):
        return inside(Positions(here.start + reach.padding, here.mask), units, "padding")
    _check_few(units)
    spend(units)
    return _looked_at(here, reach, units, length, read.border)


def _looked_at(
    chosen: Positions, reach: Window | Phased, units: int, length: int, border: "Border"
) -> Positions:
    """The same, unit by unit; those of one window are looked at once."""
    known: dict[tuple[int, range], bool] = {}
    mask, phases, bits = 0, len(reach.phases), chosen.bits_from(0)
    for unit in range(units):
        turn, phase = divmod(unit, phases)
        first, window = here = turn * reach.shift, reach.phases[phase]
        if here not in known:
            places = range(first + window.start, first + window.stop, window.step)
            known[here] = _meets(bits, places, length, border)
        mask |= known[here] << unit
    return positions(0, mask)


def _meets(bits: int, places: range, length: int, border: "Border") -> bool:
    """Whether any of some places of an axis, or what those beyond its border stand for, is among the bits."""
    if places.step == 1 and places.start >= 0 and places.stop <= length:
        return bool(bits >> places.start & (1 << len(places)) - 1)
    found = (inside(Positions(place, 1), length, border) for place in places)
    return any(place.mask and bits >> place.start & 1 for place in found)
