"""Merges whose inputs differ in size because a stride on the way rounded: which other sizes would fit."""

from typing import TYPE_CHECKING

from archcalc.analyses.demand import slides
from archcalc.analyses.resizing import JudgedSteps
from archcalc.layers.mathematics import Merge
from archcalc.tuples import NamedTuple

if TYPE_CHECKING:
    from archcalc.analyses.demand import Slide
    from archcalc.analyses.resizing import Fits, Source, Tensors
    from archcalc.rules.context import Context
    from archcalc.tracing.records import Port, Refused


class Odd(NamedTuple):
    """An axis along which the inputs of a merge differ, and the sizes of the input that would fit."""

    axis: int
    source: "Source"
    fits: "Fits"
    rounds: bool
    """Whether a stride on the way leaves a rest, as none does at the sizes that fit."""
    chance: bool = False
    """Whether the inputs meet along it nevertheless."""


def axes_of(port: "Port") -> int:
    """How many axes an output has."""
    return len(port.tensor.shape)


def differing(refused: "Refused", axis: int) -> set[int]:
    """The different sizes of one axis that the merge does not join; those of 1 are repeated."""
    merge = refused.arguments.merges
    if _is_joined(refused, axis):
        return set()
    sizes = {port.tensor.shape[axis] for port in refused.inputs}
    return sizes - {1} if merge in (Merge.SUM, Merge.PRODUCT) else sizes


def _is_joined(refused: "Refused", axis: int) -> bool:
    """Whether the merge puts its inputs one behind the other along an axis."""
    joins = refused.arguments.merges is Merge.CONCATENATION
    return joins and axis == getattr(refused.arguments, "dim", 0) % axes_of(refused.inputs[0])


def odd_axes(context: "Context", refused: "Refused") -> list[Odd]:
    """The axes along which the inputs of a merge differ because strides round; none if one has other reasons.

    Behind them those along which they meet by chance, since strides on the way round there too.
    """
    if refused.arguments.merges is None or len({axes_of(port) for port in refused.inputs}) > 1:
        return []
    axes = range(axes_of(refused.inputs[0]))
    unequal = [axis for axis in axes if len(differing(refused, axis)) > 1]
    odd = [found for axis in unequal if (found := _odd(context, refused, axis))]
    if not odd or len(odd) < len(unequal):
        return []
    chance = (_odd(context, refused, axis) for axis in axes if axis not in unequal)
    known = {found.source for found in odd}
    more = (found for found in chance if found and found.rounds and found.source not in known)
    return [*odd, *(found._replace(chance=True) for found in more)]


def _odd(context: "Context", refused: "Refused", axis: int) -> Odd | None:
    """Which sizes of an input axis would fit, when all inputs stand on one grid along it."""
    if _is_joined(refused, axis):
        return None
    grids = [_grids(context, port, axis) for port in refused.inputs]
    keys = [(port.layer, port.output) for port in refused.inputs]
    shared = [source for source, at in grids[0].items() if all(grid.get(source) == at for grid in grids)]
    if not shared:
        return None
    network = context.resizing
    places = network.stepping(context.trace.above(refused.inputs), shared[0])

    def equal(tensors: "Tensors", _: object) -> bool:
        return all(tensors[key].shape[axis] == tensors[keys[0]].shape[axis] for key in keys)

    whole = network.fitting(refused.inputs, shared[0], equal, JudgedSteps(places, _divides))
    fits = whole or network.fitting(refused.inputs, shared[0], equal)
    rounds = whole is not None and any(
        slide.length % slide.window.stride
        for place in places
        for slide in slides(place.layer.facts, [port.tensor for port in place.layer.inputs])
        if (slide.position, slide.axis) == (place.position, place.axis)
    )
    return Odd(axis, shared[0], fits, rounds) if fits else None


def _divides(slide: "Slide") -> bool:
    """No stride on the way rounds, so that the merges behind the one that refuses fit as well."""
    return slide.length % slide.window.stride == 0


def _grids(context: "Context", port: "Port", axis: int) -> "dict[Source, object]":
    """Input axes that run along with an axis of an output -> stride, where there is one."""
    strides: dict[Source, object] = dict.fromkeys(context.resizing.sources(port, axis), 1)
    for field in context.fields.outputs.get((port.layer, port.output), ()):
        for found in field.axes:
            for source in strides:
                if source == (field.input, found.axis):
                    strides[source] = found.spans and found.spans.stride
    return {source: stride for source, stride in strides.items() if stride is not None}
