"""What stands side by side in a scope, beside what stands so in the scope that it belongs to."""

import re
from collections import Counter
from itertools import pairwise
from typing import TYPE_CHECKING

from archcalc.matching.forms import layer_form
from archcalc.matching.sequences import in_order

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator, Sequence

    from archcalc.matching.trees import TreeNode
    from archcalc.tracing import TracedLayer

    Pairs = Iterator[tuple[TreeNode, TreeNode]]

COUNTED = re.compile(r"(?:.*_)?\d+")
"""A name that counts: ``3``, ``relu_2``. What is put in before it moves it."""
ALIKE = 0.5
"""Share of layers that two scopes of other names have in common at least."""


def paired_siblings(ours: "Sequence[TreeNode]", theirs: "Sequence[TreeNode]") -> "Pairs":
    """Pairs by names, but for counted names where the order of forms explains more, and then by place.

    What has no name in common belongs together between the same neighbours: where it is equal and in order,
    then where it is of one kind, and last where as much is left on both sides that does the same.
    """
    partner: dict[str, TreeNode] = {}
    for one, other in _by_name(ours, theirs):
        partner[one.own] = other
    yield from ((one, partner[one.own]) for one in ours if one.own in partner)
    for mine, others in _gaps(ours, theirs, partner):
        yield from _by_place(mine, others)


def _by_name(ours: "Sequence[TreeNode]", theirs: "Sequence[TreeNode]") -> "Pairs":
    there = {other.own: other for other in theirs}
    named = [one for one in ours if one.own in there and _same_sort(one, there[one.own])]
    yield from ((one, there[one.own]) for one in named if not COUNTED.fullmatch(one.own))
    mine = [one for one in ours if COUNTED.fullmatch(one.own)]
    others = [other for other in theirs if COUNTED.fullmatch(other.own)]
    counted = [(one, there[one.own]) for one in named if COUNTED.fullmatch(one.own)]
    equal = [(one, other) for one, other in counted if one.number == other.number]
    ordered = list(in_order([one.number for one in mine], [other.number for other in others]))
    places = {other.own: at for at, other in enumerate(others)}
    crossing = any(places[one.own] > places[other.own] for (_, one), (_, other) in pairwise(equal))
    if len(ordered) > len(equal) - crossing:
        yield from ((mine[i], others[j]) for i, j in ordered)
        return
    yield from ((one, other) for one, other in counted if one.number == other.number or _alike(one, other))


def _same_sort(one: "TreeNode", other: "TreeNode") -> bool:
    """Whether both are layers, or both have layers inside."""
    layers = one.layer is not None and other.layer is not None
    return layers or bool(one.inside and other.inside)


def _alike(one: "TreeNode", other: "TreeNode") -> bool:
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
    ours: "Sequence[TreeNode]", theirs: "Sequence[TreeNode]", partner: "dict[str, TreeNode]"
) -> "Iterator[tuple[list[TreeNode], list[TreeNode]]]":
    """What has no partner between the same neighbours."""
    taken = {other.own for other in partner.values()}
    there = dict(_runs([(other, other.own if other.own in taken else None) for other in theirs]))
    mine = [(one, partner[one.own].own if one.own in partner else None) for one in ours]
    for neighbours, nodes in _runs(mine):
        if neighbours in there:
            yield nodes, there[neighbours]


def _runs(marked: "Sequence[tuple[TreeNode, str | None]]") -> "Iterator[tuple[Hashable, list[TreeNode]]]":
    """Runs of nodes without a mark, under the marks before and behind them."""
    before: str | None = None
    run: list[TreeNode] = []
    for node, mark in marked:
        if mark is None:
            run.append(node)
            continue
        if run:
            yield (before, mark), run
        before, run = mark, []
    if run:
        yield (before, None), run


def _by_place(ours: "list[TreeNode]", theirs: "list[TreeNode]") -> "Pairs":
    for key in (_number, _sort):
        pairs = [(ours[i], theirs[j]) for i, j in in_order(list(map(key, ours)), list(map(key, theirs)))]
        pairs = [(one, other) for one, other in pairs if one.number == other.number or _alike(one, other)]
        yield from pairs
        done = {id(node) for pair in pairs for node in pair}
        ours, theirs = ([node for node in nodes if id(node) not in done] for nodes in (ours, theirs))
    if len(ours) == len(theirs) and all(map(_replaces, ours, theirs)):
        yield from zip(ours, theirs, strict=True)


def _number(node: "TreeNode") -> "Hashable":
    return node.number


def _sort(node: "TreeNode") -> "Hashable":
    return node.type, bool(node.inside)


def _replaces(one: "TreeNode", other: "TreeNode") -> bool:
    """Whether both are layers, and one may stand for the other."""
    if one.layer is None or other.layer is None or one.inside or other.inside:
        return False
    return replaces(one.layer, other.layer)


def replaces(one: "TracedLayer", other: "TracedLayer") -> bool:
    """Whether a layer may stand for another: both have weights or none, and they give as much."""
    return bool(one.facts.weights) == bool(other.facts.weights) and one.output == other.output
