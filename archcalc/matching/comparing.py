"""The tensors of a spec beside those of a module or a checkpoint, once it is known which are which."""

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

from archcalc.errors import Fault, shortened
from archcalc.matching.comparison import BUFFERS, PARAMETERS, TIES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from archcalc.matching.comparison import Gathering
    from archcalc.matching.maps import NameMap
    from archcalc.matching.pairing import Pairing
    from archcalc.matching.tensors import OtherTensor, SpecTensor
    from archcalc.tracing import TracedLayer

MAX_NAMED = 3
"""Pairs that a note names."""


def check_maps(maps: "Sequence[NameMap]", names: "Iterable[str]", side: str) -> None:
    """A map is about something that there is.

    Raises:
        Fault: one is about nothing.
    """
    names = [*names]
    for each in maps:
        if not any(each.renamed(name) is not None for name in names):
            hint = f"names there: {', '.join(map(shortened, names[:MAX_NAMED]))} ..."
            raise Fault(f"the map {each.text!r} is about nothing in {side}", hint=hint)


def compare_tensors(found: "Pairing", theirs: "Sequence[OtherTensor]", gathering: "Gathering") -> "Pairing":
    """Shapes of what belongs together, what is missing, and what is there besides.

    A tensor that shares one that is there need not be there itself: it counts as a tie that is right.

    Args:
        found: what belongs together.
        theirs: all tensors of the other side in order of execution; the unexpected ones where they have none.
        gathering: where it is noted.

    Returns:
        The pairing without missing tensors that another one stands for.
    """
    there = {pair.ours.owner or pair.ours.name for pair in found.pairs}
    for pair in found.pairs:
        other = "" if pair.ours.name == pair.theirs.name else shortened(pair.theirs.name)
        gathering.compare(
            _check(pair.ours), pair.ours.layer, _own(pair.ours), pair.ours.shape, pair.theirs.shape, other
        )
    missing = tuple(each for each in found.missing if (each.owner or each.name) not in there)
    gathering.agreed[TIES] += len(found.missing) - len(missing)
    for tensor in missing:
        gathering.compare(_check(tensor), tensor.layer, _own(tensor), tensor.shape, None)
    found = replace(found, missing=missing)
    _compare_unexpected(found, theirs, gathering)
    return found


def _compare_unexpected(found: "Pairing", theirs: "Sequence[OtherTensor]", gathering: "Gathering") -> None:
    """What the spec lacks, told at its layer, or behind the layer whose tensors come before it."""
    extra = {each.name for each in found.unexpected}
    known = {pair.theirs.name: pair.ours for pair in found.pairs}
    modules = {pair.theirs.name.rpartition(".")[0]: pair.ours.layer for pair in found.pairs}
    layers = gathering.trace.by_name
    behind: TracedLayer | None = None
    for each in theirs:
        if each.name in known:
            behind = known[each.name].layer
        if each.name not in extra:
            continue
        check = BUFFERS if each.buffer else PARAMETERS
        module, _, own = each.name.rpartition(".")
        layer = modules.get(module) or layers.get(module) or layers.get(each.name)
        if layer is not None:
            gathering.compare(check, layer, own, None, each.shape)
        elif behind is not None:
            gathering.compare(check, behind, f"behind it, {shortened(each.name)}", None, each.shape)
        else:
            gathering.compare_whole(check, shortened(each.name), None, each.shape)


def _check(tensor: "SpecTensor") -> str:
    return BUFFERS if tensor.buffer else PARAMETERS


def _own(tensor: "SpecTensor") -> str:
    return tensor.own or "the parameter"


def notes_on(found: "Pairing", side: str) -> "Iterator[str]":
    """How tensors were found, where it was not by the names that the spec has."""
    ways = Counter(pair.way for pair in found.pairs)
    if found.prefix is not None and ways["prefix"]:
        begin = found.prefix.theirs or found.prefix.ours
        owner = side if found.prefix.theirs else "the spec"
        yield f"names begin with {begin!r} in {owner} alone: {ways['prefix']:,} tensors found so"
    if ways["map"]:
        yield f"{ways['map']:,} tensors found by a map of names"
    if ways["order"]:
        modules = {
            shortened(_module(pair.theirs.name)): _module(pair.ours.name)
            for pair in found.pairs
            if pair.way == "order"
        }
        named = [f"{theirs} is {ours}" for theirs, ours in modules.items()]
        more = f" and {len(named) - MAX_NAMED:,} more" if len(named) > MAX_NAMED else ""
        yield f"{ways['order']:,} tensors found by shape and order: {', '.join(named[:MAX_NAMED])}{more}"


def _module(name: str) -> str:
    return name.rpartition(".")[0] or name
