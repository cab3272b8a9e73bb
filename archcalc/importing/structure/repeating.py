"""Uses of a block one behind the other as one entry with ``repeat``, and scopes whose layers are numbered."""

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from archcalc.importing.structure.arguments import ABSENT, same_value
from archcalc.importing.structure.items import BlockUse, JoinedWays, Leaf, Mapped, NamedScope, lists_in
from archcalc.importing.structure.layering import default_of, plain_data
from archcalc.importing.structure.listing import enters, ordered
from archcalc.importing.structure.turns import by_turn

ENDING = re.compile(r"(.*[A-Za-z_])(0|[1-9][0-9]*)")
FEWEST = 3
"""Turns of a repeat whose turns have names of their own, or that differ in any argument."""
MOST_DIFFERING = 2
"""Arguments that may be others from turn to turn."""
FREE = {"when", "stride", "dilation", "shift_size", "p", "drop", "stochastic_depth_prob"}
"""Those that a stage begins with, or that grow through a network: two turns may differ in them."""

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from archcalc.importing.program import Program, Step
    from archcalc.importing.structure.items import Item, OwnBlock
    from archcalc.importing.structure.listing import Written

    Column = tuple[str, tuple[object, ...]]


class Repeating:
    """Finds repeats.

    Args:
        program: what the steps are.
        blocks: by their names.
        shipped: names of the shipped blocks that are used -> their arguments.
    """

    def __init__(
        self, program: "Program", blocks: "Mapping[str, OwnBlock]", shipped: "Mapping[str, Written]"
    ) -> None:
        self.program = program
        self.blocks = blocks
        self.shipped = shipped

    def items(self, items: "tuple[Item, ...]") -> "tuple[Item, ...]":
        """The items with every run of uses that can be one entry as one."""
        found: list[Item] = []
        run: list[BlockUse] = []
        for item in map(self._item, items):
            if isinstance(item, BlockUse) and run and self._follows(run, item):
                run.append(item)
                continue
            found += _patterned(run)
            run = [item] if isinstance(item, BlockUse) and _ending(item) is not None else []
            if not run:
                found.append(item)
        return (*found, *_patterned(run))

    def _follows(self, run: "Sequence[BlockUse]", item: BlockUse) -> bool:
        """Whether a use is called as the one before with the next number, and can be a turn behind it."""
        before, here = _ending(run[-1]), _ending(item)
        if before is None or here is None or here != (before[0], before[1] + 1):
            return False
        return self._is_run([*run, item], few=True)

    def _item(self, item: "Item") -> "Item":
        if isinstance(item, NamedScope):
            return self._scope(replace(item, items=self.items(item.items)))
        if isinstance(item, Mapped):
            return Mapped(self.items(item.items))
        if isinstance(item, JoinedWays):
            return replace(item, ways=tuple(self.items(way) for way in item.ways))
        return item

    def _scope(self, scope: NamedScope) -> "Item":
        """A scope: as one repeat, numbered and with repeats in it, or as it is."""
        names = [item.name if isinstance(item, Leaf | NamedScope | BlockUse) else () for item in scope.items]
        if names != [(str(number),) for number in range(len(names))] or not all(map(bool, scope.paths)):
            return scope
        uses = [item for item in scope.items if isinstance(item, BlockUse) and not item.repeated]
        if len(uses) == len(names) > 1 and self._is_run(uses, few=False):
            return replace(_repeat(uses), name=scope.name)
        if any(_has_absent(item) or (isinstance(item, BlockUse) and item.repeated) for item in scope.items):
            return scope
        return replace(scope, items=tuple(self._runs(scope.items)), numbered=True)

    def _runs(self, items: "Sequence[Item]") -> "Iterator[Item]":
        """Numbered items, those that are repeats gathered."""
        run: list[BlockUse] = []
        for item in items:
            single = item if isinstance(item, BlockUse) and not item.repeated else None
            if single and run and self._is_run([*run, single], few=True):
                run.append(single)
                continue
            yield from _gathered(run)
            run = [single] if single else []
            if not single:
                yield item
        yield from _gathered(run)

    def _is_run(self, uses: "Sequence[BlockUse]", *, few: bool) -> bool:
        """Whether uses can be the turns of one repeat; ``few``: only the first one may differ."""
        return (
            len({(use.block, use.order) for use in uses}) == 1
            and all(all(use.members) for use in uses)
            and all(self._are_chained(uses, member) for member in range(len(uses[0].members)))
            and all(self._is_turned(uses, member, few=few) for member in range(len(uses[0].members)))
        )

    def _is_turned(self, uses: "Sequence[BlockUse]", member: int, *, few: bool) -> bool:
        """Whether little differs between uses, and what does is an expression of the turn."""
        columns = self._columns(uses[0].block, [use.members[member][0] for use in uses])
        differing = [(key, values) for key, values in columns if not _all_same(values)]
        keys = {key for key, _ in differing}
        if len(keys) > MOST_DIFFERING or ((few or len(uses) < FEWEST) and not keys <= FREE):
            return False
        return all(_has_turns(values, few=few) for _, values in differing)

    def _are_chained(self, uses: "Sequence[BlockUse]", member: int) -> bool:
        """Whether each reads the one before first, and all the same besides."""
        reads = [ordered(enters(use.steps[member][0], self.program), use) for use in uses]
        ends = [use.steps[member][0][-1] for use in uses]
        return all(
            own[:1] and own[0].step == end and not own[0].output and own[1:] == reads[0][1:]
            for own, end in zip(reads[1:], ends, strict=False)
        )

    def _columns(self, name: str, members: "Sequence[int]") -> "Iterator[Column]":
        """Everything that may differ between members of a block: its key, and a value for each of them."""
        if name in self.blocks:
            yield from self._differing(self.blocks[name].scope.items, members)
            return
        given = self.shipped[name]
        for key, column in given.values.items():
            if not all(given.optional[key][member] for member in members):
                yield key, tuple(column[member] for member in members)

    def _differing(self, items: "Sequence[Item]", members: "Sequence[int]") -> "Iterator[Column]":
        for item in items:
            if isinstance(item, Leaf):
                yield from self._leaf(item, members)
            elif isinstance(item, BlockUse):
                turns = [item.members[member] for member in members]
                yield "when", tuple(bool(each) for each in turns)
                there = [each for each in turns if each]
                for index in range(len(there[0]) if there else 0):
                    yield from self._columns(item.block, [each[index] for each in there])
            for inner in lists_in(item):
                yield from self._differing(inner, members)

    def _leaf(self, leaf: Leaf, members: "Sequence[int]") -> "Iterator[Column]":
        numbers = [leaf.steps[member] for member in members]
        steps = [None if number is None else self.program.steps[number] for number in numbers]
        yield "when", tuple(number is not None for number in numbers)
        yield "type", tuple(ABSENT if step is None else step.kind for step in steps)
        for key in dict.fromkeys(key for step in steps if step is not None for key in step.arguments):
            yield key, tuple(ABSENT if step is None else _value(step, key) for step in steps)


def _value(step: "Step", key: str) -> object:
    return plain_data(step.arguments.get(key, default_of(step.kind, key)))


def _all_same(values: "Sequence[object]") -> bool:
    known = [each for each in values if each is not ABSENT]
    return all(same_value(each, known[0]) for each in known)


def _has_turns(values: "Sequence[object]", *, few: bool) -> bool:
    """Whether an expression of the turn has these values; ``few``: one value, or another one first."""
    if _all_same(values[1:]):
        return True
    return not few and ABSENT not in values and by_turn(values) is not None


def _ending(use: BlockUse) -> tuple[str, int] | None:
    """The name of a use as a word and the number at its end; None where it has none."""
    found = ENDING.fullmatch(use.name[0]) if len(use.name) == 1 and not use.repeated else None
    return (found[1], int(found[2])) if found else None


def _patterned(run: "Sequence[BlockUse]") -> "Sequence[BlockUse]":
    """Uses called by numbers as one repeat, whose turns have names of a pattern: ``layer_{i}``."""
    ending = _ending(run[0]) if run else None
    if ending is None or len(run) < FEWEST:
        return run
    word, begin = ending
    return [replace(_repeat(run), name=(f"{word}{{i + {begin}}}" if begin else f"{word}{{i}}",))]


def _gathered(run: "Sequence[BlockUse]") -> "Iterator[BlockUse]":
    if len(run) == 1:
        yield run[0]
    elif run:
        yield replace(_repeat(run), name=())


def _repeat(uses: "Sequence[BlockUse]") -> BlockUse:
    members = range(len(uses[0].members))
    turns = tuple(tuple(use.members[member][0] for use in uses) for member in members)
    steps = tuple(tuple(use.steps[member][0] for use in uses) for member in members)
    return BlockUse(uses[0].block, uses[0].name, turns, steps, repeated=True, order=uses[0].order)


def _has_absent(item: "Item") -> bool:
    if isinstance(item, Leaf):
        return None in item.steps
    if isinstance(item, BlockUse):
        return not all(item.members)
    return isinstance(item, NamedScope) and not all(item.paths)


def collapsed(items: "Sequence[Item]") -> "tuple[Item, ...]":
    """Items with the only layer, scope or use in a scope in the place of that, under a dotted name."""
    return tuple(_collapsed(item) for item in items)


def _collapsed(item: "Item") -> "Item":
    if not isinstance(item, NamedScope):
        return _inside_collapsed(item)
    scope = _scope_inside(item)
    only = scope.items[0] if len(scope.items) == 1 else None
    if isinstance(only, Leaf | NamedScope | BlockUse) and only.name and not _has_absent(only):
        return replace(only, name=(*scope.name, *only.name))
    return scope


def _inside_collapsed(item: "Item") -> "Item":
    """An item with what is in it collapsed."""
    if isinstance(item, NamedScope):
        return _scope_inside(item)
    if isinstance(item, Mapped):
        return Mapped(collapsed(item.items))
    if isinstance(item, JoinedWays):
        return replace(item, ways=tuple(collapsed(way) for way in item.ways))
    return item


def _scope_inside(scope: NamedScope) -> NamedScope:
    """A scope with what is in it collapsed; numbered items keep to their own names."""
    inner = map(_inside_collapsed, scope.items) if scope.numbered else collapsed(scope.items)
    return replace(scope, items=tuple(inner))
