"""Differences of many layers as few: whole scopes, repeated blocks, and layers that have changed alike."""

import re
from collections import Counter
from itertools import groupby
from typing import TYPE_CHECKING

from archcalc.comparing.sides import LayerNumbers
from archcalc.matching.forms import layer_form
from archcalc.records import dataclass
from archcalc.spec import CONTAINERS
from archcalc.tracing.graph import scopes_around

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence

    from archcalc.comparing.differences import LayerDifference, NetworkDifference
    from archcalc.tracing import Trace

    Folding = Callable[[Iterable[str], Callable[[str], Hashable]], Mapping[str, list[str]]]
    """Names under those that cover several: they differ in indices, and are alike."""

INDEX = re.compile(r"(\d{1,9})")
MAX_NAMES = 5
"""Names of layers that follow from others, of one group."""


@dataclass(frozen=True, slots=True)
class LayerFold:
    """Layers that have become the same.

    Args:
        name: of all of them: of a layer, a scope, or several with their indices.
        before: their name in the first network, where that is another one.
        scopes: scopes that they fill, and their type; none: layers by themselves.
        members: one by one.
    """

    name: str
    before: str
    scopes: tuple[int, str]
    members: "tuple[LayerDifference, ...]"

    @property
    def first(self) -> "LayerDifference":
        """The first of its members."""
        return self.members[0]

    @property
    def deltas(self) -> LayerNumbers:
        """By how much the numbers grow; of MACs by how much those that are known do."""
        sums = zip(*(each.deltas for each in self.members), strict=True)
        return LayerNumbers(*(sum(number or 0 for number in column) for column in sums))


def folded_differences(found: "NetworkDifference", folding: "Folding") -> tuple[LayerFold, ...]:
    """The differences of two networks in as few groups as tell them, in their order.

    Args:
        found: what differs.
        folding: how names that differ in indices become one.
    """
    gone = [each for each in found.layers if each.marks == ("removed",)]
    new = [each for each in found.layers if each.marks == ("added",)]
    followed = [each for each in found.layers if each.marks == ("affected",)]
    rest = [each for each in found.layers if each.marks not in (("removed",), ("added",), ("affected",))]
    renamed = [each for each in rest if each.marks == ("renamed",)]
    groups = [
        *_whole(found.first.trace, gone, folding),
        *_whole(found.second.trace, new, folding),
        *_alike([each for each in rest if each.marks != ("renamed",)], folding),
        *_renamed(renamed, folding),
        *_followed(followed, {each.layer.name for each in (*rest, *new)}, folding),
    ]
    order = {id(each): place for place, each in enumerate(found.layers)}
    groups.sort(key=lambda group: order[id(group.first)])
    return tuple(
        each
        for follows, run in groupby(groups, key=lambda group: group.first.marks == ("affected",))
        for each in ([_joined(list(run))] if follows else run)
    )


def _joined(groups: "Sequence[LayerFold]") -> LayerFold:
    """Groups that stand one behind the other as one; of many names the first and the last."""
    names = [group.name for group in groups]
    shown = names if len(names) <= MAX_NAMES else [*names[: MAX_NAMES - 1], "...", names[-1]]
    members = tuple(each for group in groups for each in group.members)
    return LayerFold(", ".join(shown), "", (0, ""), members)


def single_differences(found: "NetworkDifference") -> tuple[LayerFold, ...]:
    """The same, each layer by itself."""
    return tuple(LayerFold(each.layer.name, _other_name(each), (0, ""), (each,)) for each in found.layers)


def _other_name(each: "LayerDifference") -> str:
    both = each.before is not None and each.after is not None and each.before.name != each.after.name
    return each.before.name if both and each.before is not None else ""


def _whole(trace: "Trace", members: "Sequence[LayerDifference]", folding: "Folding") -> "Iterator[LayerFold]":
    """Scopes all layers of which have been added or removed, repeated ones as one; else single layers."""
    units = _units(trace, [each.layer.name for each in members])
    by_unit: dict[str, list[LayerDifference]] = {}
    for each in members:
        by_unit.setdefault(units[each.layer.name], []).append(each)

    def alike(unit: str) -> "Hashable":
        scope = trace.encloses(unit)
        return scope, trace.scopes.get(unit, "") if scope else str(layer_form(by_unit[unit][0].layer))

    for name, covered in folding(by_unit, alike).items():
        layers = [each for unit in covered for each in by_unit[unit]]
        scopes = (len(covered), trace.scopes.get(covered[0], "")) if trace.encloses(covered[0]) else (0, "")
        yield LayerFold(name, "", scopes, tuple(layers))


def _units(trace: "Trace", names: "Sequence[str]") -> dict[str, str]:
    """Of each layer the scope in whose name it is told: the outermost one that is wholly among the names.

    Where repeated scopes or blocks are in that one, these are told, and what is beside them.
    """
    counts, own = Counter(scope for name in names for scope in scopes_around(name)), set(names)
    whole = {scope for scope, count in counts.items() if count + (scope in own) >= len(trace.inside(scope))}
    blocks = {scope for scope in whole if _is_block(trace, scope)}
    parents = {above for scope in blocks for above in scopes_around(scope)}
    found = dict[str, str]()
    for name in names:
        around = [scope for scope in scopes_around(name) if scope in whole]
        block = next((scope for scope in around if scope in blocks), None)
        alone = next((scope for scope in around if scope not in parents), name)
        found[name] = block or alone
    return found


def _is_block(trace: "Trace", scope: str) -> bool:
    """Whether a scope is one of a repeat, or a block that is not repeated."""
    numbered = scope.rpartition(".")[2].isdigit()
    return numbered or (trace.scopes.get(scope, "") not in (*CONTAINERS, "") and not trace.repeats.get(scope))


def _alike(members: "Sequence[LayerDifference]", folding: "Folding") -> "Iterator[LayerFold]":
    """Layers whose names differ in indices and that differ in the same."""
    found = {each.layer.name: each for each in members}

    def alike(name: str) -> "Hashable":
        each = found[name]
        written = written_in(each)
        own = tuple(detail for detail in each.details if detail.what in written)
        renamed = (_other_name(each),) if "renamed" in each.marks else ()
        return each.marks, str(own), renamed, each.layer.type

    for name, covered in folding(found, alike).items():
        layers = tuple(found[each] for each in covered)
        yield LayerFold(name, _other_name(layers[0]) if len(layers) == 1 else "", (0, ""), layers)


def written_in(each: "LayerDifference") -> frozenset[str]:
    """What differs in a layer because it was written otherwise."""
    if each.before is None or each.after is None:
        return frozenset()
    return frozenset({*each.before.resolved, *each.after.resolved, "type", "reads", "frozen", "tied"})


def _renamed(members: "Sequence[LayerDifference]", folding: "Folding") -> "Iterator[LayerFold]":
    """What is called otherwise, by the part of the names that differs, in runs that only count otherwise."""
    found: dict[tuple[str, str], list[LayerDifference]] = {}
    for each in members:
        found.setdefault(_differing(_other_name(each), each.layer.name), []).append(each)
    for _, run in groupby(found, key=lambda names: _stem(*names)):
        pairs = list(run)
        layers = tuple(each for names in pairs for each in found[names])
        before, after = (_short([names[side] for names in pairs], folding) for side in (0, 1))
        yield LayerFold(after, before, (0, ""), layers)


def _differing(before: str, after: str) -> tuple[str, str]:
    """Two names without the parts at their ends that are equal."""
    ours, theirs = before.split("."), after.split(".")
    while len(ours) > 1 and len(theirs) > 1 and ours[-1] == theirs[-1]:
        ours.pop()
        theirs.pop()
    return ".".join(ours), ".".join(theirs)


def _stem(before: str, after: str) -> "Hashable":
    """What names have in common with their neighbours that only count otherwise; others have nothing."""
    ours, theirs = (INDEX.split(name)[::2] for name in (before, after))
    return tuple(ours) if ours == theirs else (before, after)


def _short(names: "Sequence[str]", folding: "Folding") -> str:
    return ", ".join(folding(dict.fromkeys(names), lambda _: None))


def _followed(
    members: "Sequence[LayerDifference]", others: set[str], folding: "Folding"
) -> "Iterator[LayerFold]":
    """Layers that follow from others, by the outermost scopes in which nothing else differs."""
    broken = {scope for name in others for scope in scopes_around(name)}
    found: dict[str, list[LayerDifference]] = {}
    for each in members:
        name = each.layer.name
        unit = next((scope for scope in scopes_around(name) if scope not in broken), name)
        found.setdefault(unit, []).append(each)
    for name, units in folding(found, lambda _: None).items():
        layers = tuple(each for unit in units for each in found[unit])
        yield LayerFold(name, "", (0, ""), layers)
