"""What two scopes have to have in common to be written as one: everything but the values of arguments."""

from typing import TYPE_CHECKING

from archcalc.importing.structure.items import (
    BlockUse,
    JoinedWays,
    Leaf,
    Mapped,
    NamedScope,
    lists_in,
    steps_in,
)
from archcalc.importing.structure.listing import enters

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable

    from archcalc.importing.program import Program, Read
    from archcalc.importing.structure.items import Item


def scope_form(scope: NamedScope, program: "Program") -> "Hashable":
    """The form of a scope: the names, kinds and containers in it, and who reads what.

    Of several members the first one that has a layer speaks for all.
    """
    return tuple(_Form(scope, program).items(scope.items))


class _Form:
    """The form of a scope, in which every layer has a number and what enters from outside another one."""

    def __init__(self, scope: NamedScope, program: "Program") -> None:
        self.program = program
        self.local: dict[int, tuple[int, int]] = {}
        """Number of a step -> number of its layer here, and in a block's use how far from its end."""
        self.outside: dict[Read, int] = {}
        self.count = 0
        self._number((scope,))

    def _number(self, items: "Iterable[Item]") -> None:
        for item in items:
            if isinstance(item, Leaf):
                self.local.update((step, (self.count, 0)) for step in item.steps if step is not None)
                self.count += 1
            elif isinstance(item, BlockUse):
                for member in range(len(item.members)):
                    steps = list(steps_in((item,), member))
                    self.local.update((step, (self.count, len(steps) - i)) for i, step in enumerate(steps))
                self.count += 1
            for inner in lists_in(item):
                self._number(inner)

    def items(self, items: "Iterable[Item]") -> "Iterable[Hashable]":
        """The forms of items."""
        for item in items:
            if isinstance(item, Leaf):
                yield self._leaf(item)
            elif isinstance(item, BlockUse):
                yield self._use(item)
            else:
                lists = tuple(tuple(self.items(inner)) for inner in lists_in(item))
                yield (*self._container(item), lists)

    def _container(self, item: "NamedScope | Mapped | JoinedWays") -> "tuple[Hashable, ...]":
        if isinstance(item, NamedScope):
            return "scope", item.name, item.numbered, tuple(bool(path) for path in item.paths[1:])
        return ("joined", item.residual) if isinstance(item, JoinedWays) else ("mapped",)

    def _leaf(self, leaf: Leaf) -> "Hashable":
        number = next(number for number in leaf.steps if number is not None)
        step = self.program.steps[number]
        reads = tuple(self._read(read) for read in step.reads)
        absent = tuple(index for index, each in enumerate(leaf.steps) if each is None)
        tie = step.tie
        return leaf.name, step.kind, reads, step.frozen, tie, step.note, step.mapped, absent

    def _use(self, use: BlockUse) -> "Hashable":
        turns = next(turns for turns in use.steps if turns)
        reads = enters(turns[0], self.program)
        return "use", use.block, use.name, use.repeated, len(turns), use.order, tuple(map(self._read, reads))

    def _read(self, read: "Read") -> "Hashable":
        if read.step is not None and read.step in self.local:
            return (*self.local[read.step], read.output)
        return "outside", self.outside.setdefault(read, len(self.outside))
