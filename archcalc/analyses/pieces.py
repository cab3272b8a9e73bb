"""Units of an output that have read the same, where those beside them have read something else.

A Concat joins what has read different things, and a Slice, a Chunk or a convolution in groups may take some
of it alone. Between the two a hull over all units would say too much.
"""

from typing import TYPE_CHECKING

from archcalc.analyses.positions import EMPTY, READ, Asked, Positions, inside, interval, positions
from archcalc.effort import one_by_one, spend
from archcalc.errors import Fault
from archcalc.facts import IDENTITY, Groups, Past, Phased, Window

if TYPE_CHECKING:
    from collections.abc import Container, Mapping, Sequence

    from archcalc.analyses.transfer import Output
    from archcalc.facts import AxisRead, Border, Reach, Reads, Shape
    from archcalc.tracing import Trace

Whereabouts = tuple[Positions | None, ...]
"""Units of an output, a set per axis; None: all along it."""
MAX_GROUPED = 1_000_000
"""Features of a layer whose groups are told apart: each has a window."""
MAX_UNITS = 16_384
"""Units of an axis that are looked at one by one."""


def separates(reads: "Reads", kept: "Container[int] | None" = None) -> bool:
    """Whether only some units read an input, as in a Concat or a Stack; ``kept``: along these axes."""
    for read in reads:
        for axis in (read.to if read.border == "absent" else None, read.only[0] if read.only else None):
            if axis is not None and (kept is None or axis in kept):
                return True
    return False


def joins(trace: "Trace") -> bool:
    """Whether any layer puts inputs side by side, so that there is something to tell apart."""
    merges = (layer for layer in trace.written if len(layer.inputs) > 1)
    return any(separates(reads) for layer in merges for reads in layer.facts.reads)


def kept_apart(trace: "Trace") -> "Mapping[Output, frozenset[int]]":
    """The axes of every output along which some units may be taken alone by what is behind it.

    Empty where nothing is joined, so that there is nothing to tell apart.

    Raises:
        SpecError: there are too many layers.
    """
    if not joins(trace):
        return {}
    one_by_one(trace, "what a unit reads")
    found: dict[Output, frozenset[int]] = {}
    for layer in reversed(trace.layers):
        for output, tensor in layer.facts.outputs.items():
            later = found.get((layer.name, output), frozenset[int]())
            for port, reads in zip(layer.inputs, layer.facts.reads_of(output), strict=True):
                kept = (
                    axis
                    for axis, read in enumerate(reads)
                    if _tells_apart(read, tensor.shape, port.tensor.shape[axis], later)
                )
                source = port.layer, port.output
                found[source] = found.get(source, frozenset()).union(kept)
    return found


def _tells_apart(read: "AxisRead", shape: "Shape", length: int, later: frozenset[int]) -> bool:
    """Whether a read leaves out some positions, or units behind it are told apart that do."""
    if read.to is None:
        return not read.mixes and length > 1
    if read.mixes or read.to in later:
        return not read.mixes
    return not covers(read, shape[read.to], length)


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


def where_behind(where: Whereabouts, reads: "Reads", shape: "Shape", lengths: "Shape") -> Whereabouts | None:
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


def only_unit(reads: "Reads") -> tuple[int, int] | None:
    """The output axis, and the unit along it, that alone reads an input; None: its units all may."""
    return next((read.only for read in reads if read.only is not None), None)


def narrowed(read: "AxisRead", outputs: int, length: int) -> "Reach":
    """The reach, where so many outputs read an axis of this length: of features in groups, a group."""
    if read.group is None or read.mixes:
        return read.reach
    if isinstance(read.group, Groups):
        if outputs > MAX_GROUPED:
            raise Fault(f"groups are followed over at most {MAX_GROUPED:,} features, here are {outputs:,}")
        size = length // read.group.count
        return Phased(size, (range(size),) * (outputs // read.group.count))
    return read.group


def _check_few(units: int) -> None:
    """Refuse to look at more units one by one."""
    if units > MAX_UNITS:
        raise Fault(f"fields are told apart over at most {MAX_UNITS:,} units, here there are {units:,}")


def reads_several(read: "AxisRead") -> bool:
    """Whether some unit reads more than one position of an axis."""
    reach = read.reach
    if isinstance(reach, Window):
        return reach.kernel > 1
    return not isinstance(reach, Phased) or any(len(window) > 1 for window in reach.phases)


def united(wheres: "Sequence[Whereabouts]") -> "Sequence[Whereabouts]":
    """The same units in fewer products: two that differ along one axis alone are one."""
    kept: list[Whereabouts] = []
    for new in wheres:
        where: Whereabouts = new
        spend(len(kept))
        while (near := next((old for old in kept if _differ(old, where) <= 1), None)) is not None:
            kept.remove(near)
            where = tuple(_either(one, other) for one, other in zip(near, where, strict=True))
        kept.append(where)
    return kept


def _differ(one: Whereabouts, other: Whereabouts) -> int:
    """Along how many axes two products differ."""
    return sum(mine != theirs for mine, theirs in zip(one, other, strict=True))


def _either(one: Positions | None, other: Positions | None) -> Positions | None:
    return None if one is None or other is None else one | other


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
