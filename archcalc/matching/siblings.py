"""What stands side by side in a scope, beside what stands so in the scope that it belongs to."""

import re
from collections import Counter
from typing import TYPE_CHECKING

from archcalc.matching.forms import layer_form
from archcalc.matching.sequences import in_order

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator, Sequence

    from archcalc.matching.trees import Node

    Pairs = Iterator[tuple[Node, Node]]

COUNTED = re.compile(r"(?:.*_)?\d+")
"""A name that counts: ``3``, ``relu_2``. What is put in before it moves it."""
ALIKE = 0.5
"""Share of layers that two scopes of other names have in common at least."""


def paired_siblings(ours: "Sequence[Node]", theirs: "Sequence[Node]") -> "Pairs":
    """Pairs by names, but for counted names where the order of forms explains more, and then by place.

    What has no name in common belongs together where it is equal and in order; then, between the same
    neighbours, where it is of one kind, and last where as much is left on both sides that does the same.
    """
    partner: dict[str, Node] = {}
    for one, other in _by_name(ours, theirs):
        partner[one.own] = other
    taken = {other.own for other in partner.values()}
    mine = [one for one in ours if one.own not in partner]
    open_ = [other for other in theirs if other.own not in taken]
    for i, j in in_order([one.number for one in mine], [other.number for other in open_]):
        partner[mine[i].own] = open_[j]
    yield from ((one, partner[one.own]) for one in ours if one.own in partner)
    for one, other in _gaps(ours, theirs, partner):
        yield from _by_place(one, other)


def _by_name(ours: "Sequence[Node]", theirs: "Sequence[Node]") -> "Pairs":
    there = {other.own: other for other in theirs}
    named = [one for one in ours if one.own in there and _same_sort(one, there[one.own])]
    yield from ((one, there[one.own]) for one in named if not COUNTED.fullmatch(one.own))
    mine = [one for one in ours if COUNTED.fullmatch(one.own)]
    others = [other for other in theirs if COUNTED.fullmatch(other.own)]
    counted = [(one, there[one.own]) for one in named if COUNTED.fullmatch(one.own)]
    equal = [(one, other) for one, other in counted if one.number == other.number]
    ordered = list(in_order([one.number for one in mine], [other.number for other in others]))
    if len(ordered) > len(equal):
        yield from ((mine[i], others[j]) for i, j in ordered)
        return
    yield from ((one, other) for one, other in counted if one.number == other.number or _alike(one, other))


def _same_sort(one: "Node", other: "Node") -> bool:
    """Whether both are layers, or both have layers inside."""
    layers = one.layer is not None and other.layer is not None
    return layers or bool(one.inside and other.inside)


def _alike(one: "Node", other: "Node") -> bool:
    """Whether two that are not equal may be one that was changed."""
    if not one.inside and not other.inside:
        return one.type == other.type
    if not one.inside or not other.inside:
        return False
    mine, theirs = (Counter(map(layer_form, node.layers())) for node in (one, other))
    if 2 * (mine & theirs).total() >= ALIKE * (one.count + other.count):
        return True
    return one.kinds == other.kinds


def _gaps(
    ours: "Sequence[Node]", theirs: "Sequence[Node]", partner: "dict[str, Node]"
) -> "Iterator[tuple[list[Node], list[Node]]]":
    """What has no partner between the same neighbours."""
    there: dict[Hashable, list[Node]] = {}
    taken = {other.own for other in partner.values()}
    for neighbours, nodes in _runs([(other, other.own if other.own in taken else None) for other in theirs]):
        there[neighbours] = nodes
    mine = [(one, partner[one.own].own if one.own in partner else None) for one in ours]
    for neighbours, nodes in _runs(mine):
        if neighbours in there:
            yield nodes, there[neighbours]


def _runs(marked: "Sequence[tuple[Node, str | None]]") -> "Iterator[tuple[Hashable, list[Node]]]":
    """Runs of nodes without a mark, under the marks before and behind them."""
    before: str | None = None
    run: list[Node] = []
    for node, mark in marked:
        if mark is None:
            run.append(node)
            continue
        if run:
            yield (before, mark), run
        before, run = mark, []
    if run:
        yield (before, None), run


def _by_place(ours: "list[Node]", theirs: "list[Node]") -> "Pairs":
    sorts = [[(node.type, bool(node.inside)) for node in nodes] for nodes in (ours, theirs)]
    mine, others = list(ours), list(theirs)
    for i, j in in_order(*sorts):
        if _alike(ours[i], theirs[j]):
            mine.remove(ours[i])
            others.remove(theirs[j])
            yield ours[i], theirs[j]
    if len(mine) == len(others) and all(map(_replaces, mine, others)):
        yield from zip(mine, others, strict=True)


def _replaces(one: "Node", other: "Node") -> bool:
    """Whether a layer stands for another: both have weights or none, and they give as much."""
    if one.layer is None or other.layer is None or one.inside or other.inside:
        return False
    weights = bool(one.layer.facts.weights) == bool(other.layer.facts.weights)
    return weights and one.layer.output == other.layer.output
