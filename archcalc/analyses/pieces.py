"""Units of an output that have read the same, where those beside them have read something else.

A Concat joins what has read different things, and a Slice, a Chunk or a convolution in groups may take some
of it alone. Between the two a hull over all units would say too much.
"""

from typing import TYPE_CHECKING

from archcalc.effort import one_by_one, spend
from archcalc.errors import Fault
from archcalc.facts import Groups, Phased, Window

if TYPE_CHECKING:
    from collections.abc import Container, Iterator, Mapping, Sequence

    from archcalc.analyses.positions import Positions
    from archcalc.analyses.transfer import Output
    from archcalc.facts import AxisRead, Reach, Reads, Shape
    from archcalc.tracing import Trace, TracedLayer

Whereabouts = tuple["Positions | None", ...]
"""Units of an output, a set per axis; None: all along it."""
MAX_GROUPED = 1_000_000
"""Features of a layer whose groups are told apart: each has a window."""


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
    known: dict[object, tuple[frozenset[int], ...]] = {}
    for layer in reversed(trace.layers):
        for output in layer.facts.outputs:
            later = found.get((layer.name, output), frozenset[int]())
            alike = id(layer.facts), output, later  # layers that are alike share facts
            kept = known.get(alike)
            if kept is None:
                kept = known[alike] = tuple(_kept(layer, output, later))
            for port, axes in zip(layer.inputs, kept, strict=True):
                source = port.layer, port.output
                found[source] = found.get(source, axes) | axes
    return found


def _kept(layer: "TracedLayer", output: str, later: frozenset[int]) -> "Iterator[frozenset[int]]":
    """Of each input of a layer, the axes along which an output of it tells units apart, or is told apart."""
    shape = layer.facts.outputs[output].shape
    for port, reads in zip(layer.inputs, layer.facts.reads_of(output), strict=True):
        lengths = port.tensor.shape
        yield frozenset(
            axis for axis, read in enumerate(reads) if _tells_apart(read, shape, lengths[axis], later)
        )


def _tells_apart(read: "AxisRead", shape: "Shape", length: int, later: frozenset[int]) -> bool:
    """Whether a read leaves out some positions, or units behind it are told apart that do."""
    if read.to is None:
        return not read.mixes and length > 1
    if read.mixes or read.to in later:
        return not read.mixes
    from archcalc.analyses.units_behind import covers

    return not covers(read, shape[read.to], length)


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


def _either(one: "Positions | None", other: "Positions | None") -> "Positions | None":
    return None if one is None or other is None else one | other
