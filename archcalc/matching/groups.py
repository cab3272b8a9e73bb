"""Tensors whose names do not tell what they are: paired module by module, by shape and order."""

from typing import TYPE_CHECKING

from archcalc.matching.sequences import each_in_turn, in_order
from archcalc.matching.tensors import last_part

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence

    from archcalc.matching.sequences import Indices
    from archcalc.matching.tensors import OtherTensor, SpecTensor

    Either = SpecTensor | OtherTensor
    Key = Callable[[Either], Hashable]
    Way = Callable[[Sequence[Hashable], Sequence[Hashable]], Indices]


def paired_by_shape(
    ours: "Sequence[SpecTensor]",
    theirs: "Sequence[OtherTensor]",
    known: "Mapping[str, str]",
    *,
    ordered: bool,
) -> dict[str, str]:
    """Names of theirs and what they are in the spec.

    A module some of whose tensors are known is the layer that these belong to: what is left of it is no
    other layer's, so that a bias that one layer lacks is not taken from another.

    Args:
        ours: of the spec, which are not paired yet.
        theirs: of the other side, which are not paired yet.
        known: pairs that there are, theirs to ours.
        ordered: the other side is in order of execution, more or less.
    """
    sides = (
        _Groups((*(each.name for each in ours), *known.values())),
        _Groups((*(each.name for each in theirs), *known)),
    )
    found = dict[str, str]()
    buffers = all(each.buffer is not None for each in theirs)
    kind: Key = lambda each: each.buffer if buffers else None  # noqa: E731  a key among others
    named: Key = lambda each: (kind(each), last_part(each.name), each.shape)  # noqa: E731
    bare: Key = lambda each: (kind(each), each.shape)  # noqa: E731
    ways: list[tuple[Way, Key]] = [(each_in_turn, named), (each_in_turn, bare)]
    if ordered:
        sized: Key = lambda each: (kind(each), last_part(each.name), len(each.shape))  # noqa: E731
        ways = [(in_order, named), (in_order, bare), *ways, (in_order, sized)]
    for way, key in ways:
        taken = {**known, **found}
        mine = sides[0].open(ours, taken.values())
        other = sides[1].open(theirs, taken)
        pairs = way([key(each) for each in mine], [key(each) for each in other])
        found.update({other[j].name: mine[i].name for i, j in pairs})
    found.update(_of_one_module(ours, theirs, {**known, **found}, sides))
    return found


class _Groups:
    """Which module each tensor of a side belongs to, by the names of all of its tensors."""

    def __init__(self, names: "Iterable[str]") -> None:
        self.containers = {
            scope for name in names for scope in _around(name.rpartition(".")[0]) if name.count(".")
        }

    def of(self, name: str) -> str:
        """The module; the tensor itself where it stands among modules, as a parameter of its own does."""
        module = name.rpartition(".")[0]
        return name if not module or module in self.containers else module

    def open(self, tensors: "Sequence[Either]", paired: "Iterable[str]") -> "list[Either]":
        """Those of modules of which nothing is paired."""
        closed = {self.of(name) for name in paired}
        return [each for each in tensors if self.of(each.name) not in closed]


def _around(module: str) -> "Iterator[str]":
    """The scopes that a module stands in."""
    while "." in module:
        module = module.rpartition(".")[0]
        yield module


def _of_one_module(
    ours: "Sequence[SpecTensor]",
    theirs: "Sequence[OtherTensor]",
    taken: "Mapping[str, str]",
    sides: "tuple[_Groups, _Groups]",
) -> dict[str, str]:
    """What is left of modules that belong together: of one name, or of as many axes, whatever the sizes."""
    partner = {sides[0].of(mine): sides[1].of(other) for other, mine in taken.items()}
    left: dict[str, list[OtherTensor]] = {}
    for each in theirs:
        if each.name not in taken:
            left.setdefault(sides[1].of(each.name), []).append(each)
    mine = set(taken.values())
    found = dict[str, str]()
    for tensor in ours:
        there = left.get(partner.get(sides[0].of(tensor.name), ""), [])
        if tensor.name in mine or not there:
            continue
        alike = [each for each in there if last_part(each.name) == last_part(tensor.name)]
        alike = alike or [each for each in there if len(each.shape) == len(tensor.shape)]
        if alike:
            found[alike[0].name] = tensor.name
            there.remove(alike[0])
    return found
