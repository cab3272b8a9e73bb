"""Which tensors of the other side are which of the spec: by name, then by shape and order."""

from collections import Counter
from typing import TYPE_CHECKING, Literal

from archcalc.matching.groups import paired_by_shape
from archcalc.matching.maps import name_in_spec
from archcalc.records import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from archcalc.matching.maps import NameMap
    from archcalc.matching.tensors import OtherTensor, SpecTensor

How = Literal["name", "map", "prefix", "order"]


@dataclass(frozen=True, slots=True)
class Prefix:
    """What all names of one side begin with, and those of the other do not: ``model.``.

    Args:
        theirs: what has to be taken off a name of theirs.
        ours: what has to be put in front of it.
    """

    theirs: str = ""
    ours: str = ""

    def renamed(self, name: str) -> str | None:
        """A name of theirs in the spec; None where it does not begin so."""
        return self.ours + name.removeprefix(self.theirs) if name.startswith(self.theirs) else None


@dataclass(frozen=True, slots=True)
class TensorPair:
    """A tensor of the spec and the one that it is on the other side, found by this way."""

    ours: "SpecTensor"
    theirs: "OtherTensor"
    way: How


@dataclass(frozen=True, slots=True)
class Pairing:
    """What belongs together.

    Args:
        pairs: in no order.
        missing: of the spec, and not on the other side.
        unexpected: on the other side, and not in the spec.
        prefix: what names differ by; None where they do not.
    """

    pairs: "tuple[TensorPair, ...]"
    missing: "tuple[SpecTensor, ...]"
    unexpected: "tuple[OtherTensor, ...]"
    prefix: Prefix | None

    def count(self, way: How) -> int:
        """How many pairs were found this way."""
        return sum(pair.way == way for pair in self.pairs)


def paired(
    ours: "Iterable[SpecTensor]",
    theirs: "Iterable[OtherTensor]",
    maps: "Sequence[NameMap]" = (),
    *,
    ordered: bool,
) -> Pairing:
    """Find what belongs together.

    A name that a map is about is the one that it says. The others are looked for as they are, and with a
    prefix that one side has and the other lacks. Modules of which no tensor was found so are paired by the
    shapes and the order of their tensors.

    Args:
        ours: of the spec in execution order.
        theirs: of the other side.
        maps: names of the other side and what they are in the spec; the first that is about a name holds.
        ordered: the other side is in order of execution, more or less.
    """
    left, others, pairs = (
        {each.name: each for each in ours},
        {each.name: each for each in theirs},
        list[TensorPair](),
    )
    names = dict.fromkeys(left)

    def take(found: "Mapping[str, str]", way: How) -> None:
        for there, here in found.items():
            if here in left and there in others:
                pairs.append(TensorPair(left.pop(here), others.pop(there), way))

    said = {name: found for name in others if (found := name_in_spec(name, maps)) is not None}
    take(said, "map")
    take({name: name for name in others if name not in said}, "name")
    take({name: alone for name, alone in _alone(left).items() if name not in said}, "name")
    free = [each for name, each in others.items() if name not in said]
    prefix = _prefix(left, free)
    if prefix is not None:
        take({each.name: prefix.renamed(each.name) or "" for each in free}, "prefix")
    known = {pair.theirs.name: pair.ours.name for pair in pairs}
    called = {name: said.get(name) or (prefix and prefix.renamed(name)) or name for name in others}
    free = [each for each in others.values() if called[each.name] not in names]
    take(paired_by_shape(list(left.values()), free, known, ordered=ordered), "order")
    return Pairing(tuple(pairs), tuple(left.values()), tuple(others.values()), prefix)


def _alone(left: "Mapping[str, SpecTensor]") -> dict[str, str]:
    """Layers that are one tensor, which the other side may have under the layer's name, without a module."""
    tensors: dict[str, list[str]] = {}
    for each in left.values():
        tensors.setdefault(each.layer.name, []).append(each.name)
    return {layer: names[0] for layer, names in tensors.items() if len(names) == 1 and names[0] != layer}


def _prefix(left: "Mapping[str, SpecTensor]", others: "Sequence[OtherTensor]") -> Prefix | None:
    """The prefix that brings together most names, if most of these have equal shapes."""
    found: Counter[Prefix] = Counter()
    equal: Counter[Prefix] = Counter()
    known = {each.name: each.shape for each in others}
    for each in others:
        for begin, name in _ends(each.name):
            if name in left:
                found[Prefix(theirs=begin)] += 1
                equal[Prefix(theirs=begin)] += left[name].shape == each.shape
    for tensor in left.values():
        for begin, name in _ends(tensor.name):
            if name in known:
                found[Prefix(ours=begin)] += 1
                equal[Prefix(ours=begin)] += known[name] == tensor.shape
    good = {prefix: count for prefix, count in equal.items() if 2 * count > found[prefix]}
    return max(good, key=lambda prefix: good[prefix], default=None)


def _ends(name: str) -> "Iterable[tuple[str, str]]":
    """Where a name may be cut behind a dot: what is before, and what is behind."""
    for index, sign in enumerate(name):
        if sign == ".":
            yield name[: index + 1], name[index + 1 :]
