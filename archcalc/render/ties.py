"""Shared weights in words: a line per weight, or one for a layer or scope that shares all of its own."""

from collections import Counter
from typing import TYPE_CHECKING

from archcalc.render.names import NUMBER, folded
from archcalc.tracing.graph import scopes_around
from archcalc.tracing.in_runs import own_of
from archcalc.tracing.records import tensor_name
from archcalc.tuples import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from archcalc.analyses.parameters import LayerParams

    Members = dict[str, str]
    """Full name of a weight -> its owner's."""


class Tie(NamedTuple):
    """A layer, scope or weight, and the one whose weights it shares."""

    name: str
    other: str


def tie_lines(layers: "Mapping[str, LayerParams]") -> "Iterator[str]":
    """The outermost scopes that share every weight of theirs; those that differ in indices are one line."""
    ties = {
        tensor_name(name, own): owner
        for name, layer in own_of(layers).items()
        for own, owner in layer.tied.items()
        if own in layer.weights
    }
    if not ties:
        return
    lines = {pair.name: (pair, members) for pair, members in _pairs(ties, layers).items()}
    times = Counter((pair.other, len(members)) for pair, members in lines.values())

    def alike(name: str) -> tuple[int, str]:
        """How many weights, and the other: the same one for several, or one whose index is the own one."""
        pair, members = lines[name]
        several = times[pair.other, len(members)] > 1
        return len(members), pair.other if several else _indexed(pair)

    for name, group in folded(lines, alike).items():
        others = ", ".join(folded(dict.fromkeys(lines[member][0].other for member in group), lambda _: None))
        members = lines[group[0]][1]
        if len(members) == 1:
            yield f"tied: {name} is {others}"
        else:
            each = " each" if len(group) > 1 else ""
            yield f"tied: {len(members)} weights{each} of {name} are those of {others}"


def _pairs(ties: "Members", layers: "Mapping[str, LayerParams]") -> "dict[Tie, Members]":
    """Every tie under the outermost pair that holds it."""
    inside: dict[str, list[str]] = {}
    for name, layer in layers.items() if ties else ():
        for full in (tensor_name(name, weight) for weight in layer.weights):
            for scope in scopes_around(full):
                inside.setdefault(scope, []).append(full)
    whole: dict[Tie, bool] = {}
    found: dict[Tie, Members] = {}
    for name, owner in ties.items():
        for pair in _around(name, owner):
            if pair not in whole:
                whole[pair] = _shares_all(pair, inside.get(pair.name, ()), ties)
            if whole[pair]:
                break
        else:
            pair = Tie(name, owner)
        found.setdefault(pair, {})[name] = owner
    return {
        pair if len(members) > 1 else Tie(*next(iter(members.items()))): members
        for pair, members in found.items()
    }


def _around(name: str, owner: str) -> "Iterator[Tie]":
    """The scopes of two weights whose names end alike, outermost first."""
    mine, theirs = name.split("."), owner.split(".")
    most = min(len(mine), len(theirs)) - 1
    alike = next((end for end in range(most) if mine[-1 - end] != theirs[-1 - end]), most)
    for end in range(alike, 0, -1):
        yield Tie(".".join(mine[:-end]), ".".join(theirs[:-end]))


def _shares_all(pair: Tie, weights: "Iterable[str]", ties: "Members") -> bool:
    """Whether every weight of a scope is the one of the same name in the other."""
    return all(ties.get(full) == pair.other + full[len(pair.name) :] for full in weights)


def _indexed(pair: Tie) -> str:
    """The other of a pair, with a sign for each index that is the own one in the same place."""
    numbers = iter(NUMBER.findall(pair.name))
    return NUMBER.sub(lambda found: "#" if found[0] == next(numbers, "") else found[0], pair.other)
