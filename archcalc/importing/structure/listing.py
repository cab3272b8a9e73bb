"""Items as the entries of a spec, plain data, with the step that each of them comes from."""

from typing import TYPE_CHECKING

from archcalc.importing.program import Read
from archcalc.importing.structure.arguments import ABSENT, Arguments, Arrival
from archcalc.importing.structure.items import (
    BlockUse,
    JoinedWays,
    Leaf,
    Mapped,
    NamedScope,
    end_of,
    steps_in,
)
from archcalc.importing.structure.layering import LayerEntries, plain_data
from archcalc.importing.structure.references import Apart, Level, ReferenceTexts
from archcalc.tuples import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from archcalc.importing.program import Program
    from archcalc.importing.structure.arguments import Values
    from archcalc.importing.structure.items import Item
    from archcalc.importing.structure.naming import Naming
    from archcalc.importing.structure.references import Arrivals
    from archcalc.source import Path

    Data = dict[str, object]


class Written(NamedTuple):
    """The arguments of a block that has been written.

    Args:
        values: argument -> its values, of each member; ABSENT: it does not matter, or the default.
        defaults: argument -> its default.
        optional: argument -> whether each member may do without it, as it has the default.
    """

    values: "Mapping[str, Values]"
    defaults: "Mapping[str, object]"
    optional: "Mapping[str, tuple[bool, ...]]"


class EntryWriter:
    """Writes items as data.

    Args:
        program: what the steps of the items are.
        names: what everything is called.
        arguments: of the block whose items they are.
        written: names of the blocks used in them -> their arguments.
        entering: what enters the block, of each member.
    """

    def __init__(
        self,
        program: "Program",
        names: "Naming",
        arguments: Arguments,
        written: "Mapping[str, Written]",
        entering: "Arrivals",
    ) -> None:
        self.program = program
        self.names = names
        self.arguments = arguments
        self.written = written
        self.block = tuple(read_shape(read, program) for read in entering)
        self.references = ReferenceTexts(names)
        self.layers = LayerEntries(program, names, arguments, self.references)
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
        members = range(len(arriving))
        ends = [end_of((item,), member) for member in members]
        there = next(member for member in members if ends[member] is not None)
        self.sources[path] = next(steps_in((item,), there))
        reads = [self._reads(item, member) for member in members]
        came = self._from(reads, level, arriving)
        here = tuple(own[0] if own else None for own in reads)
        absent = frozenset(member for member in members if ends[member] is None)
        if absent > level.absent:
            present = self._present(absent, level)
            arrival = self._arrival(here, level)
            came["when"] = self.arguments.flag(_called(item, self.names), present, arrival)
        entry = self._written(item, level, came, here, path)
        pairs = zip(ends, arriving, strict=True)
        return entry, tuple(before if end is None else Read(end) for end, before in pairs)

    def _written(self, item: "Item", level: Level, came: "Data", here: "Arrivals", path: "Path") -> "Data":
        arrival = self._arrival(here, level)
        if isinstance(item, Leaf):
            return self.layers.entry(item, level, came, arrival)
        if isinstance(item, BlockUse):
            return self._use(item, came, arrival if self._is_even(item) else Arrival((), arrival.block))
        inner = Level(
            item.paths if isinstance(item, NamedScope) else level.paths,
            {"input": here},
            level,
            level.mapped or isinstance(item, Mapped),
            frozenset(member for member in range(len(here)) if end_of((item,), member) is None),
        )
        if isinstance(item, JoinedWays):
            return self._joined(item, inner, came, here, path)
        listed, _ = self.listed(item.items, inner, here, (*path, "layers"))
        if isinstance(item, Mapped):
            return {"type": "Vmap", **came, "layers": listed}
        name = {"name": ".".join(item.name)} if item.name else {}
        if item.numbered:
            listed = [{key: value for key, value in entry.items() if key != "name"} for entry in listed]
            came = {**came, "numbered": True}
        return {"type": "Sequential", **name, **came, "layers": listed}

    def _joined(self, item: JoinedWays, inner: Level, came: "Data", here: "Arrivals", path: "Path") -> "Data":
        """A Residual or Branches."""
        keys: tuple[str | int, ...] = ("body", "shortcut") if item.residual else tuple(range(len(item.ways)))
        lists: list[list[Data]] = []
        ends: list[Arrivals] = []
        for key, way in zip(keys, item.ways, strict=True):
            below: Path = (*path, key) if item.residual else (*path, "branches", key)
            listed, end = self.listed(way, inner, here, below)
            lists.append(listed)
            ends.append(end)
        entry = {"type": "Residual" if item.residual else "Branches", **came}
        if item.residual:
            entry |= {str(key): listed for key, listed in zip(keys, lists, strict=True) if listed}
        else:
            entry["branches"] = lists
        merge = self._merge(item, inner, tuple(zip(*ends, strict=True)))
        plain = {"type": "Add" if item.residual else "Concat"}
        self.sources[(*path, "merge")] = next(number for number in item.merge.steps if number is not None)
        return entry if merge == plain else {**entry, "merge": merge}

    def _merge(self, item: JoinedWays, inner: Level, ends: "Sequence[Arrivals]") -> "Data":
        """The layer that joins the ends, of which there is one tuple for each member."""
        merge = item.merge
        for number, read in zip(merge.steps, ends, strict=True):
            wanted = read if number is None else self.program.steps[number].reads
            in_order = item.residual or self._is_sum(number) or wanted == read
            if set(wanted) != set(read) or not in_order:
                raise Apart
        here = tuple(read[0] for read in ends)
        came: Data = {}
        absent = frozenset(member for member, number in enumerate(merge.steps) if number is None)
        if absent > inner.absent:
            present = self._present(absent, inner)
            came["when"] = self.arguments.flag("residual", present, self._arrival(here, inner))
        return self.layers.entry(merge, inner, came, self._arrival(here, inner))

    def _present(self, absent: frozenset[int], level: Level) -> "Values":
        """Whether each member has a layer; it does not matter where a member lacks all around it."""
        members = range(len(level.paths))
        return tuple(ABSENT if member in level.absent else member not in absent for member in members)

    def _is_sum(self, number: int | None) -> bool:
        return number is not None and self.program.steps[number].kind == "Add"

    def _is_even(self, item: BlockUse) -> bool:
        """Whether what arrives has one shape in all turns of a repeat."""
        for turns in item.steps:
            reads = [enters(turn, self.program)[:1] for turn in turns]
            if len({read_shape(own[0], self.program) for own in reads if own}) > 1:
                return False
        return True

    def _use(self, item: BlockUse, came: "Data", arrival: Arrival) -> "Data":
        """A block where it is used."""
        name = {"name": ".".join(item.name)} if item.name else {}
        entry: Data = {"type": item.block, **name, **came}
        own = self.written[item.block]
        turns = [turn for each in item.members for turn in each]
        for key, column in sorted(own.values.items(), key=lambda pair: pair[0] in own.defaults):
            if all(own.optional[key][turn] for turn in turns):
                continue
            rows = [tuple(column[turn] for turn in each) or (ABSENT,) for each in item.members]
            default = own.defaults.get(key, ABSENT)
            entry[key] = plain_data(self.arguments.turns(key, rows, arrival, default))
        if item.repeated:
            entry["repeat"] = max(len(turns) for turns in item.members)
        return entry

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

    def _reads(self, item: "Item", member: int) -> "tuple[Read, ...]":
        """What an item's entry reads: a container the first of what its layers read from outside."""
        if isinstance(item, Leaf):
            number = item.steps[member]
            return () if number is None else self.program.steps[number].reads
        if isinstance(item, BlockUse):
            turns = item.steps[member]
            return ordered(enters(turns[0], self.program), item) if turns else ()
        return enters(list(steps_in((item,), member)), self.program)[:1]

    def _arrival(self, here: "Arrivals", level: Level) -> Arrival:
        if level.mapped:
            return Arrival()
        return Arrival(tuple(read_shape(read, self.program) for read in here), self.block)


def enters(numbers: "Sequence[int]", program: "Program") -> "tuple[Read, ...]":
    """What steps read from outside of themselves, each once, in the order in which they read it."""
    inside = set(numbers)
    reads = (
        read
        for number in numbers
        for read in program.steps[number].reads
        if read.step is None or read.step not in inside
    )
    return tuple(dict.fromkeys(reads))


def ordered(reads: "tuple[Read, ...]", use: BlockUse) -> "tuple[Read, ...]":
    """What a use of a block reads, in the order of the block's inputs."""
    return tuple(reads[index] for index in use.order) if use.order else reads


def read_shape(read: Read | None, program: "Program") -> "tuple[int, ...] | None":
    """The shape of an output, where the program tells it."""
    if read is None:
        return None
    if read.step is None:
        return program.inputs[read.output].shape or None
    shapes = program.shapes
    return shapes[read.step] or None if not read.output and read.step < len(shapes) else None


def _called(item: "Item", names: "Naming") -> str:
    """What a part that may be left out is called in its block's arguments."""
    if isinstance(item, Leaf):
        own = names.name(item)
        first = next(number for number in item.steps if number is not None)
        own = own or names.program.steps[first].kind.lower()
    else:
        own = item.name[-1] if isinstance(item, NamedScope | BlockUse) and item.name else "extra"
    own = own.rpartition(".")[2]
    return own if own.isidentifier() else f"with_{own}"
