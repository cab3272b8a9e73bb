"""Linear maps whose numbers a Concat or an Add joins, in front of another one that alone reads them."""

from math import prod
from typing import TYPE_CHECKING

from archcalc.layers.mathematics import Merge
from archcalc.rules.language import Context, TracedLayer
from archcalc.rules.questions.axes import axis_before
from archcalc.rules.questions.composition import groups_of, kernel_of_both, named, taps_of
from archcalc.rules.questions.functions import drops, in_place, regroups
from archcalc.rules.questions.maps import is_map, mixed_axis
from archcalc.tuples import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from archcalc.facts import Shape
    from archcalc.rules.language import Port

MAX_JOINS = 8
"""Merges within one another that are looked through."""


class Term(NamedTuple):
    """A linear map that is joined with others.

    Args:
        layer: the map.
        alone: nothing but the merge reads it.
        in_place: its numbers reach the merge, and what reads that, each at its own place.
    """

    layer: TracedLayer
    alone: bool
    in_place: bool


class Joined(NamedTuple):
    """What linear maps and the one behind them are together.

    Args:
        maps: the maps before it.
        kernel: of the one map that calculates the same; empty: it has none.
        read: features or channels that the one map reads.
        made: those that it makes.
        one: its parameters, but for a bias.
        both: those of the maps, and of what makes use of them, but for its bias.
    """

    maps: tuple[TracedLayer, ...]
    kernel: "Shape"
    read: int
    made: int
    one: int
    both: int

    @property
    def what(self) -> str:
        """The one map, in words."""
        return f"one {named(self.maps[0], self.kernel)} {self.read:,} -> {self.made:,}"


def needless_maps(
    context: Context, second: TracedLayer, free: "Callable[[TracedLayer], bool]"
) -> Joined | None:
    """The maps behind a merge that ``second`` makes needless, and the one map in the place of it and them.

    None where anything else is joined with them: an input or an activation keeps its own way. None too where
    the one map has more parameters, or the joined numbers are so few that they bound the rank of both.

    Args:
        context: the network.
        second: a linear map.
        free: whether training moves the weights of a map as they are.
    """
    axis = mixed_axis(second)
    if axis is None or not is_map(second) or groups_of(second) > 1:
        return None
    parts = _parts(context, second.inputs[0], axis, Term(second, alone=True, in_place=True), MAX_JOINS)
    if parts is None or sum(map(len, parts)) == 1:
        return None
    found = [
        told
        for group in _groups(part for part in parts if all(term.alone and free(term.layer) for term in part))
        if (told := _together(group, second))
    ]
    if not found:
        return None
    return Joined(
        tuple(layer for told in found for layer in told.maps),
        max((told.kernel for told in found), key=prod),
        sum(told.read for told in found),
        second.output.shape[axis],
        sum(told.one for told in found),
        sum(told.both for told in found),
    )


def _parts(
    context: Context, port: "Port", axis: int, way: Term, depth: int
) -> "tuple[tuple[Term, ...], ...] | None":
    """Side by side along an axis, the maps whose numbers an output holds, with those that are added up.

    None where any number of it is no map's, or others read what joins them. ``way`` says how it is read.
    """
    layer = context.trace.source(port)
    while layer is not None:
        way = way._replace(alone=way.alone and context.trace.only_reader(layer) is not None)
        if not (regroups(layer) or drops(layer)):
            break
        before = axis_before(layer, axis)
        if before is None or not way.alone:
            return None
        way, axis = way._replace(in_place=way.in_place and in_place(layer)), before
        layer = context.trace.source(layer.inputs[0])
    if layer is None:
        return None
    if is_map(layer):
        return ((way._replace(layer=layer),),) if mixed_axis(layer) == axis else None
    if not depth or not way.alone or not _joins(layer, axis):
        return None
    merge = layer.arguments.merges
    ways = [_parts(context, each, axis, way, depth - 1) for each in layer.inputs]
    if any(each is None or (merge is Merge.SUM and len(each) > 1) for each in ways):
        return None
    parts = tuple(part for each in ways for part in each or ())
    return parts if merge is Merge.CONCATENATION else (tuple(term for part in parts for term in part),)


def _joins(layer: TracedLayer, axis: int) -> bool:
    """Whether it puts its inputs side by side along an axis, or adds up inputs of one shape."""
    if layer.arguments.merges is Merge.CONCATENATION:
        return all(reads[axis].border == "absent" for reads in layer.facts.reads)
    return layer.arguments.merges is Merge.SUM and len({port.tensor.shape for port in layer.inputs}) == 1


def _groups(parts: "Iterable[tuple[Term, ...]]") -> "list[list[tuple[Term, ...]]]":
    """Parts whose maps read the same tensors in the same way, which are one map of more features."""
    groups: dict[object, list[tuple[Term, ...]]] = {}
    for part in parts:
        key = tuple(sorted((str(term.layer.inputs[0]), repr(term.layer.facts.reads)) for term in part))
        groups.setdefault(key, []).append(part)
    return list(groups.values())


def _together(group: "Sequence[tuple[Term, ...]]", second: TracedLayer) -> Joined | None:
    """What the maps of a group and their part of ``second`` are as one."""
    terms, first = [term for part in group for term in part], group[0]
    kernels = [kernel_of_both(term.layer, second, in_place=term.in_place) for term in first]
    if any(kernel is None for kernel in kernels):
        return None
    own, behind = mixed_axis(first[0].layer), mixed_axis(second)
    if own is None or behind is None:
        return None
    sizes = [kernel for kernel in kernels if kernel is not None]
    read = {str(term.layer.inputs[0]): _read(term) for term in first}
    between = sum(part[0].layer.output.shape[own] for part in group)
    made = second.output.shape[behind]
    reached = sum(_read(term) * taps_of(term.layer) for term in first)
    one = sum(_read(term) * made * prod(kernel) for term, kernel in zip(first, sizes, strict=True))
    maps = tuple(term.layer for term in terms)
    both = sum(layer.facts.elements for layer in maps) + between * made * taps_of(second)
    if between < min(reached, made * taps_of(second)) or one > both:
        return None
    return Joined(maps, max(sizes, key=prod), sum(read.values()), made, one, both)


def _read(term: Term) -> int:
    """Features or channels that a map reads."""
    return term.layer.inputs[0].tensor.shape[mixed_axis(term.layer) or 0]
