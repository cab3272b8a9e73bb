"""Which scopes become blocks: those of one class that are alike, the largest first."""

from collections import defaultdict
from dataclasses import replace
from graphlib import TopologicalSorter
from typing import TYPE_CHECKING

from archcalc.importing.structure.aligning import Aligning, Different
from archcalc.importing.structure.forms import scope_form
from archcalc.importing.structure.items import BlockUse, Leaf, NamedScope, OwnBlock, lists_in, steps_in
from archcalc.importing.structure.listing import enters
from archcalc.importing.structure.stacking import members_there, stacked_scopes, with_replaced
from archcalc.layers.registry import KINDS
from archcalc.records import dataclass
from archcalc.spec import CONTAINERS

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
    from collections.abc import Set as AbstractSet

    from archcalc.importing.program import Program
    from archcalc.importing.structure.items import Item

HOLDERS = {"", "Sequential", "ModuleList", "ModuleDict"}
"""Classes that hold any modules, so that two of them have nothing in common."""
HEAD = 4
"""Lines that a block has besides those of its layers."""
CONTAINER = 3
"""Lines that a container has besides those of its layers."""
MOST_FORMS = 12
"""Forms of one class that are laid over one another."""


@dataclass(slots=True)
class _Group:
    """Scopes that are to be one block: by their forms, and one of each laid over one another."""

    forms: "list[Sequence[NamedScope]]"
    key: "frozenset[Hashable]"
    model: NamedScope


class Blocking:
    """The lists of items of a network: its own, and those of the blocks that have been found.

    Args:
        items: of the network.
        program: what their steps are.
        apart: forms of scopes that were tried as a block and cannot be one.
        taken: names of the shipped blocks that are used.
    """

    def __init__(
        self,
        items: "tuple[Item, ...]",
        program: "Program",
        apart: "AbstractSet[Hashable]",
        taken: "AbstractSet[str]",
    ) -> None:
        self.items = items
        self.program = program
        self.apart = apart
        self.taken = taken
        self.blocks: dict[str, OwnBlock] = {}
        """Those that are found, each in front of those that it uses."""
        self.keys: dict[str, Hashable] = {}
        """Name of a block -> what is put aside where it cannot be written."""
        self._forms: dict[NamedScope, Hashable] = {}

    def find(self) -> None:
        """Put blocks in the place of scopes, as long as that makes the text shorter."""
        while (group := self._best()) is not None:
            self._make(group)
        self.blocks = users_first(self.blocks)

    def _best(self) -> "Sequence[Sequence[NamedScope]] | None":
        """The scopes of one class that save most, form by form; None: nothing is to be saved."""
        groups = [group for sites in self._sites().values() for group in self._groups(sites)]
        paying = [group for group in groups if _saved(group) > 0]
        return max(paying, key=lambda group: _lines((group[0][0],)), default=None)

    def _sites(self) -> "dict[str, list[NamedScope]]":
        """Class -> its scopes, of the network and of the blocks."""
        found: dict[str, list[NamedScope]] = defaultdict(list)
        for items in (self.items, *(block.scope.items for block in self.blocks.values())):
            for scope in scopes_of(items):
                name = class_of(scope, self.program)
                if name not in HOLDERS:
                    found[name].append(scope)
        return found

    def _groups(self, sites: "Sequence[NamedScope]") -> "Iterator[Sequence[Sequence[NamedScope]]]":
        """Scopes of one class, those of one form together, and forms that can be laid over one another."""
        forms: dict[Hashable, list[NamedScope]] = defaultdict(list)
        for scope in sites:
            forms[self._form(scope)].append(scope)
        alone = [same for form, same in forms.items() if frozenset({form}) not in self.apart]
        alone.sort(key=len, reverse=True)
        groups: list[_Group] = []
        for same in alone:
            fitting = groups if len(alone) <= MOST_FORMS else ()
            into = next((group for group in fitting if self._join(group, same)), None)
            if into is None:
                groups.append(_Group([same], frozenset({self._form(same[0])}), same[0]))
        yield from (group.forms for group in groups)

    def _join(self, group: "_Group", same: "Sequence[NamedScope]") -> bool:
        """Lay scopes of a form over those of a group, where they fit."""
        key = group.key | {self._form(same[0])}
        if key in self.apart or self._entering(group.model) != self._entering(same[0]):
            return False
        try:
            group.model = Aligning(self.program).scopes(group.model, same[0])
        except Different:
            return False
        group.forms.append(same)
        group.key = key
        return True

    def _entering(self, scope: NamedScope) -> int:
        """How many outputs from outside a scope reads."""
        member = members_there(scope)[0]
        return len(enters(list(steps_in(scope.items, member)), self.program))

    def _laid(self, forms: "Sequence[Sequence[NamedScope]]") -> NamedScope:
        """The scopes of several forms as one."""
        first, *others = (stacked_scopes(same) for same in forms)
        for other in others:
            first = Aligning(self.program).scopes(first, other)
        return first

    def _form(self, scope: NamedScope) -> "Hashable":
        if scope not in self._forms:
            self._forms[scope] = (class_of(scope, self.program), scope_form(scope, self.program))
        return self._forms[scope]

    def _key(self, group: "Sequence[Sequence[NamedScope]]") -> "Hashable":
        return frozenset(self._form(same[0]) for same in group)

    def _make(self, group: "Sequence[Sequence[NamedScope]]") -> None:
        """Put a block in the place of scopes."""
        scope = self._laid(group)
        name = self._name(class_of(scope, self.program))
        offset = 0
        by: dict[NamedScope, Item] = {}
        for site in (site for same in group for site in same):
            there = members_there(site)
            numbers = {member: offset + index for index, member in enumerate(there)}
            offset += len(there)
            members = range(len(site.paths))
            used = tuple((numbers[member],) if member in numbers else () for member in members)
            steps = tuple(
                tuple(tuple(steps_in(scope.items, turn)) for turn in used[member]) for member in members
            )
            by[site] = BlockUse(name, site.name, used, steps)
        self.items = with_replaced(self.items, by)
        self.blocks = {
            known: replace(block, scope=replace(block.scope, items=with_replaced(block.scope.items, by)))
            for known, block in self.blocks.items()
        }
        self.blocks[name] = OwnBlock(name, scope)
        self.keys[name] = self._key(group)

    def _name(self, name: str) -> str:
        """A name for a block of a class."""
        name = name.lstrip("_") or "Block"
        base = f"{name}Block" if name in KINDS or name in CONTAINERS else name
        found, number = base, 1
        while found in self.blocks or found in self.taken:
            number += 1
            found = f"{base}{number}"
        return found


def users_first(blocks: "Mapping[str, OwnBlock]") -> "dict[str, OwnBlock]":
    """Blocks in an order in which each stands in front of those that it uses.

    The largest are found first; but one that saves nothing at first may be found behind one that is in it.
    """
    uses = {name: {use.block for use in uses_in(block.scope.items)} for name, block in blocks.items()}
    own = {name: uses[name] & blocks.keys() for name in reversed([*blocks])}
    return {name: blocks[name] for name in reversed([*TopologicalSorter(own).static_order()])}


def uses_in(items: "Iterable[Item]") -> "Iterator[BlockUse]":
    """The blocks that are used in items; not those in blocks."""
    return (item for item in _all_items(items) if isinstance(item, BlockUse))


def scopes_of(items: "Iterable[Item]") -> "Iterator[NamedScope]":
    """The scopes in items, and those in them; not those of blocks."""
    return (item for item in _all_items(items) if isinstance(item, NamedScope))


def _all_items(items: "Iterable[Item]") -> "Iterator[Item]":
    for item in items:
        yield item
        for inner in lists_in(item):
            yield from _all_items(inner)


def class_of(scope: NamedScope, program: "Program") -> str:
    """The class of the module that a scope is; empty where it is not known."""
    path = next(path for path in scope.paths if path)
    return program.classes.get(".".join(path), "")


def _saved(group: "Sequence[Sequence[NamedScope]]") -> int:
    """Lines by which a text is shorter with a block."""
    sizes = [_lines(scope.items) + CONTAINER for same in group for scope in same]
    return sum(sizes) - len(sizes) - max(sizes) - HEAD


def _lines(items: "Iterable[Item]") -> int:
    """About how many lines items take."""
    found = 0
    for item in items:
        found += 1 if isinstance(item, Leaf | BlockUse) else CONTAINER + sum(map(_lines, lists_in(item)))
    return found
