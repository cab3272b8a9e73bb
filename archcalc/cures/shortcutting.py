"""Cures of a stack that no signal passes: ways around its maps, and norms in front of branches."""

from typing import TYPE_CHECKING

from archcalc.cures.changes import Cure, Insert, Wrap
from archcalc.cures.making import moved, setting

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from archcalc.source import Document, Path
    from archcalc.tracing.records import TracedLayer

MAPS_OF_A_BRANCH = 2, 1
"""As in the basic block of He et al., else one."""
MOST_ENTRIES = 8
"""Entries of a branch."""


def branches_of(
    run: "Sequence[TracedLayer]", document: "Document", most: int, *, bent: bool = False
) -> tuple[Wrap, ...]:
    """Each run of entries of a spec that has so many maps and keeps the shape, in a Residual.

    Args:
        run: layers in execution order.
        document: the spec; layers that are written elsewhere are left out.
        most: maps of a branch.
        bent: a branch ends with an activation, and not before it.
    """
    lists: dict[Path, dict[int, list[TracedLayer]]] = {}
    for layer in run:
        path = layer.origin.path
        if layer.origin.document is document and isinstance(path[-1], int):
            lists.setdefault(path[:-1], {}).setdefault(path[-1], []).append(layer)
    return tuple(wrap for entries in lists.values() for wrap in _wraps(entries, most, bent=bent))


def _wraps(entries: "Mapping[int, Sequence[TracedLayer]]", most: int, *, bent: bool) -> "Iterator[Wrap]":
    """Entries of one list in branches of so many maps."""
    start, last = min(entries), max(entries)
    maps = {index for index, each in entries.items() if counts(each[0])}
    while start <= last:
        ends = range(min(last, start + MOST_ENTRIES - 1), start - 1, -1) if start in maps else ()
        held = (range(start, end + 1) for end in ends)
        fitting = (each for each in held if len(maps.intersection(each)) == most)
        end = next((each[-1] for each in fitting if _fits(entries, each, bent=bent)), None)
        if end is not None:
            yield Wrap(entries[start][0].origin, end - start + 1)
        start = start + 1 if end is None else end + 1


def _fits(entries: "Mapping[int, Sequence[TracedLayer]]", held: range, *, bent: bool) -> bool:
    """Whether a branch of these keeps the shape in all that are built."""
    span = [entries.get(index, ()) for index in held]
    if not all(span) or _bends(span[-1][0]) is not bent:
        return False
    kept = zip(span[0], span[-1], strict=False)
    return all(first.inputs[0].tensor.shape == last.output.shape for first, last in kept)


def counts(layer: "TracedLayer") -> bool:
    """Whether it is trained and mixes channels: a depthwise convolution and its 1x1 are one layer."""
    if not layer.facts.macs or not layer.facts.weights or layer.frozen:
        return False
    groups = getattr(layer.arguments, "groups", 1)
    arriving = layer.inputs[0].tensor.shape[layer.mapped : layer.mapped + 1]
    return not (layer.arguments.linear and groups > 1 and (groups,) == arriving)


def _bends(layer: "TracedLayer") -> bool:
    return layer.arguments.bends and not layer.arguments.in_formulas


def norm_to_front(norm: "TracedLayer", first: "TracedLayer") -> Cure:
    """A norm behind a sum goes in front of the branch, by an argument of its block or by hand.

    Args:
        norm: the norm.
        first: the first layer of the branch.
    """
    if norm.origin.in_spec.document is not norm.origin.document:
        return setting(norm, norm_first=True)
    return moved(norm, first, behind=False)


def norm_in_front_of(first: "TracedLayer") -> Insert:
    """A norm of its own in front of a branch."""
    from archcalc.cures.steadying import kernels, norm_behind

    return Insert(first.origin, (norm_behind(first) if kernels(first) else "LayerNorm",))
