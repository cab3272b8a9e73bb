"""Items as the entries of a spec, plain data, with the step that each of them comes from."""

from typing import TYPE_CHECKING, cast

from archcalc.importing.program import Read
from archcalc.importing.structure.items import Leaf, NamedScope, leaves_of
from archcalc.importing.structure.references import Apart, Level, ReferenceTexts

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from archcalc.importing.program import Program, Step
    from archcalc.importing.structure.items import FullName, Item, Mapped
    from archcalc.importing.structure.naming import Naming
    from archcalc.importing.structure.references import Arrivals
    from archcalc.source import Path

    Data = dict[str, object]


class EntryWriter:
    """Writes items as data.

    Args:
        program: what the steps of the items are.
        names: what everything is called.
    """

    def __init__(self, program: "Program", names: "Naming") -> None:
        self.program = program
        self.names = names
        self.references = ReferenceTexts(names)
        self.numbers: dict[FullName, int] = {}
        """Full name of a layer -> number of its step; the first one of several uses."""
        for number, step in enumerate(program.steps):
            if step.name:
                self.numbers.setdefault((*step.scope, step.name), number)
        self.sources: dict[Path, int] = {}
        """Path of an entry in the data -> number of the step that it comes from, of a scope the first one."""

    def listed(
        self, items: "Iterable[Item]", level: Level, arriving: "Arrivals", path: "Path"
    ) -> "tuple[list[Data], Arrivals]":
        """Items one behind the other, and what leaves them."""
        found: list[Data] = []
        for index, item in enumerate(items):
            entry, arriving = self.entry(item, level, arriving, (*path, index))
            found.append(entry)
        return found, arriving

    def entry(
        self, item: "Item", level: Level, arriving: "Arrivals", path: "Path"
    ) -> "tuple[Data, Arrivals]":
        """One item, and what leaves it."""
        self.sources[path] = _first(item)
        if isinstance(item, Leaf):
            reads = self._from([self._reads(number) for number in item.steps], level, arriving)
            return self._layer(item, level, reads), tuple(_end(number) for number in item.steps)
        return self._container(item, level, arriving, path)

    def _container(
        self, item: "NamedScope | Mapped", level: Level, arriving: "Arrivals", path: "Path"
    ) -> "tuple[Data, Arrivals]":
        """A container around one list of layers."""
        entering = self._entering(item, arriving)
        reads = self._from([(read,) if read else () for read in entering], level, arriving)
        inner = Level(item.paths if isinstance(item, NamedScope) else level.paths, {"input": entering}, level)
        listed, end = self.listed(item.items, inner, entering, (*path, "layers"))
        if isinstance(item, NamedScope):
            return {"type": "Sequential", "name": ".".join(item.name), **reads, "layers": listed}, end
        return {"type": "Vmap", **reads, "layers": listed}, end

    def _layer(self, leaf: Leaf, level: Level, reads: "Data") -> "Data":
        step, name = self._step(leaf), self.names.name(leaf)
        entry: Data = {"type": step.kind, **({"name": name} if name else {}), **reads}
        entry |= {key: _plain(value) for key, value in step.arguments.items()}
        if step.frozen:
            entry["frozen"] = True
        owner = self._owner(leaf, step)
        if owner is not None:
            entry["tie"] = self.references.layer(owner, level)
        return entry | ({"note": step.note} if step.note else {})

    def _owner(self, leaf: Leaf, step: "Step") -> int | None:
        """The step whose weights a layer shares."""
        del leaf
        return None if step.tie is None else self.numbers.get(tuple(step.tie.split(".")))

    def _from(self, reads: "Sequence[tuple[Read, ...]]", level: Level, arriving: "Arrivals") -> "Data":
        """The ``from`` of a layer that reads these, one tuple for each member; empty where it needs none."""
        members = [(own, came) for own, came in zip(reads, arriving, strict=True) if own]
        if all(own == (came,) for own, came in members):
            return {}
        counts = {len(own) for own, _ in members}
        if len(counts) != 1:
            raise Apart
        texts = [
            self.references.text(tuple(own[index] if own else None for own in reads), level)
            for index in range(counts.pop())
        ]
        return {"from": texts[0] if len(texts) == 1 else texts}

    def _reads(self, number: int | None) -> tuple[Read, ...]:
        return () if number is None else self.program.steps[number].reads

    def _entering(self, item: "NamedScope | Mapped", arriving: "Arrivals") -> "Arrivals":
        """What a container takes: the first of what its layers read from outside."""
        found = list(arriving)
        for member in range(len(arriving)):
            inside = {leaf.steps[member] for leaf in leaves_of(item.items)}
            outside = (
                read
                for leaf in leaves_of(item.items)
                for read in self._reads(leaf.steps[member])
                if read.step is None or read.step not in inside
            )
            found[member] = next(outside, arriving[member])
        return tuple(found)

    def _step(self, leaf: Leaf) -> "Step":
        return self.program.steps[next(number for number in leaf.steps if number is not None)]


def _end(number: int | None) -> Read | None:
    return None if number is None else Read(number)


def _first(item: "Item") -> int:
    """The first step of an item."""
    first = item if isinstance(item, Leaf) else next(leaves_of(item.items))
    return next(number for number in first.steps if number is not None)


def _plain(value: object) -> object:
    """An argument as data: lists for tuples."""
    if isinstance(value, list | tuple):
        return [_plain(each) for each in cast("Sequence[object]", value)]
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in cast("dict[str, object]", value).items()}
    return value
