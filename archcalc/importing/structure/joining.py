"""Ways that read the same and meet in a sum, a product or a concatenation, found in the graph."""

from typing import TYPE_CHECKING, cast

from archcalc.importing.program import Read
from archcalc.importing.structure.items import (
    JoinedWays,
    Leaf,
    NamedScope,
    end_of,
    leaves_of,
    lists_in,
    steps_in,
)
from archcalc.importing.structure.listing import enters
from archcalc.layers.mathematics import Merge
from archcalc.layers.registry import KINDS, kind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from archcalc.importing.program import Program
    from archcalc.importing.structure.items import Item

FEW = 8
"""Items of a way beside the identity that a product or a concatenation has in one piece with it."""


def with_ways(items: "tuple[Item, ...]", program: "Program") -> "tuple[Item, ...]":
    """The items with every way that leads round others, and their merge, in a container."""
    line = _Line(program)
    for item in items:
        if isinstance(item, Leaf):
            line.meet(item)
        elif isinstance(item, NamedScope):
            line.append(NamedScope(item.name, with_ways(item.items, program), item.paths))
        else:
            line.append(item)
    return tuple(line.found)


def hoisted(items: "tuple[Item, ...]", program: "Program") -> "tuple[Item, ...]":
    """The items with an operator that only gathers what a scope reads in front of the scope.

    A scope that begins with ``torch.cat`` of several tensors then reads one, as others of its class do.
    """
    found: list[Item] = []
    for item in items:
        if not isinstance(item, NamedScope):
            found.append(item)
            continue
        inner = hoisted(item.items, program)
        first = inner[0]
        if (
            isinstance(first, Leaf)
            and not first.name
            and len(inner) > 1
            and _gathers(first, inner[1:], program)
        ):
            found.append(first)
            inner = inner[1:]
        found.append(NamedScope(item.name, inner, item.paths))
    return tuple(found)


def _gathers(first: Leaf, others: "tuple[Item, ...]", program: "Program") -> bool:
    """Whether a layer reads several outputs, and other items from outside nothing but what it makes."""
    number = first.steps[0]
    if number is None or len(program.steps[number].reads) < 2 or program.steps[number].mapped:  # noqa: PLR2004  several
        return False
    return enters(list(steps_in(others, 0)), program) == (Read(number),)


class _Line:
    """One list of items, which grows; what meets is taken from its end and put back as one."""

    def __init__(self, program: "Program") -> None:
        self.program = program
        self.found: list[Item] = []
        self.steps: list[frozenset[int]] = []
        self.reads: list[tuple[Read, ...]] = []
        """Of each item, what it reads from outside, in order."""
        self.position: dict[int, int] = {}
        """Number of a step -> index of the item that it is in."""

    def append(self, item: "Item") -> None:
        """One more item."""
        index = len(self.found)
        steps = frozenset(number for leaf in _all_leaves(item) if (number := leaf.steps[0]) is not None)
        reads = (
            read
            for leaf in _all_leaves(item)
            if (number := leaf.steps[0]) is not None
            for read in self.program.steps[number].reads
            if read.step is None or read.step not in steps
        )
        self.found.append(item)
        self.steps.append(steps)
        self.reads.append(tuple(dict.fromkeys(reads)))
        self.position.update(dict.fromkeys(steps, index))

    def meet(self, leaf: Leaf) -> None:
        """A layer, which may be the merge of ways that end above it."""
        item = self._residual(leaf) or self._branches(leaf)
        if item is not None and not any(_is_named(each) for way in item.ways for each in way):
            item = None  # a formula, whose operators read better with what they read
        if item is not None:
            begin = len(self.found) - sum(len(way) for way in item.ways)
            del self.found[begin:], self.steps[begin:], self.reads[begin:]
        self.append(item or leaf)

    def _merge(self, leaf: Leaf) -> "tuple[Merge | None, tuple[Read, ...]]":
        """How a layer merges, and what; None where it does not."""
        number = leaf.steps[0]
        step = self.program.steps[number] if number is not None else None
        if (
            step is None
            or step.kind not in KINDS
            or step.mapped
            or len(set(step.reads)) < max(2, len(step.reads))
        ):
            return None, ()
        whole = not any(read.output for read in step.reads if read.step is not None)
        return (kind(step.kind).merges if whole else None), step.reads

    def _residual(self, leaf: Leaf) -> JoinedWays | None:
        """A body and the identity around it."""
        merges, reads = self._merge(leaf)
        if merges not in (Merge.SUM, Merge.PRODUCT) or len(reads) != 2 or not self.found:  # noqa: PLR2004  body and identity
            return None
        last = end_of((self.found[-1],), 0)
        ends = [read for read in reads if read.step == last]
        if len(ends) != 1:
            return None
        around = next(read for read in reads if read != ends[0])
        begin = self._begin(around, len(self.found) - 1)
        if begin is None or (merges is not Merge.SUM and len(self.found) - begin > FEW):
            return None
        return JoinedWays((tuple(self.found[begin:]), ()), leaf, residual=True)

    def _branches(self, leaf: Leaf) -> JoinedWays | None:
        """Several ways that read the same, one behind the other in the list."""
        merges, reads = self._merge(leaf)
        if merges not in (Merge.SUM, Merge.CONCATENATION, Merge.STACK):
            return None
        at = [self.position.get(read.step, -1) if read.step is not None else -1 for read in reads]
        ends = sorted(index for read, index in zip(reads, at, strict=True) if self._is_end(read, index))
        if not ends or ends[-1] != len(self.found) - 1:
            return None
        return self._from_ends(leaf, merges, ends, at)

    def _from_ends(
        self, leaf: Leaf, merges: Merge, ends: "Sequence[int]", at: "Sequence[int]"
    ) -> JoinedWays | None:
        """The ways that end at these indices; ``at``: of each that is read, the index of its item."""
        reads = self._merge(leaf)[1]
        if len(ends) < len(reads):
            return None
        entering = self._first_read(ends[-2] + 1, ends[-1])
        begin = None if entering is None else self._begin(entering, ends[0])
        if begin is None:
            return None
        starts = [begin, *(end + 1 for end in ends[:-1])]
        segments = dict(zip(ends, starts, strict=True))
        if not all(self._is_way(start, end, entering, begin) for end, start in segments.items()):
            return None
        ways = [tuple(self.found[segments[index] : index + 1]) for index in at]
        return _as_joined(ways, leaf, merges, self.program)

    def _is_end(self, read: "Read", index: int) -> bool:
        return index >= 0 and read.step == end_of((self.found[index],), 0)

    def _first_read(self, begin: int, end: int) -> "Read | None":
        """What the items from one index to another read first from outside of them."""
        inside = frozenset[int]().union(*self.steps[begin : end + 1])
        outside = (
            read
            for reads in self.reads[begin : end + 1]
            for read in reads
            if read.step is None or read.step not in inside
        )
        return next(outside, None)

    def _begin(self, entering: "Read", end: int) -> int | None:
        """Where a way begins that reads ``entering`` first and ends at an index; all in it leads there."""
        above = -1 if entering.step is None else self.position.get(entering.step, -1)
        needed = {end_of((self.found[end],), 0)}
        begin: int | None = None
        for index in range(end, above, -1):
            if needed.isdisjoint(self.steps[index]):
                break
            needed.update(read.step for read in self.reads[index] if read.step is not None)
            if entering in self.reads[index] and self._first_read(index, end) == entering:
                begin = index
        return begin

    def _is_way(self, begin: int, end: int, entering: "Read | None", above: int) -> bool:
        """Whether items read, from outside, ``entering`` first and nothing of another way."""
        inside = frozenset[int]().union(*self.steps[begin : end + 1])
        needed = {end_of((self.found[end],), 0)}
        for index in range(end, begin - 1, -1):
            if needed.isdisjoint(self.steps[index]):
                return False
            for read in self.reads[index]:
                needed.add(read.step)
                outside = read.step is not None and read.step not in inside
                if outside and self.position.get(cast("int", read.step), -1) >= above:
                    return False
        return self._first_read(begin, end) == entering


def _as_joined(ways: "list[tuple[Item, ...]]", merge: Leaf, merges: Merge, program: "Program") -> JoinedWays:
    """Two ways of a sum of which one is shorter are a body and its shortcut."""
    sizes = [_size(way, program) for way in ways]
    if merges is Merge.SUM and len(ways) == 2 and sizes[0] != sizes[1]:  # noqa: PLR2004  body and shortcut
        body, shortcut = ways if sizes[0] > sizes[1] else reversed(ways)
        return JoinedWays((body, shortcut), merge, residual=True)
    return JoinedWays(tuple(ways), merge, residual=False)


def _size(way: "Sequence[Item]", program: "Program") -> tuple[int, int]:
    """Linear maps in a way, and all of its layers."""
    kinds = [program.steps[number].kind for number in steps_in(way, 0)]
    return sum(name in KINDS and kind(name).linear for name in kinds), len(kinds)


def _is_named(item: "Item") -> bool:
    """Whether a module is in an item."""
    return isinstance(item, NamedScope) or any(leaf.name for leaf in _all_leaves(item))


def _all_leaves(item: "Item") -> "Sequence[Leaf]":
    return (
        [item] if isinstance(item, Leaf) else [leaf for inner in lists_in(item) for leaf in leaves_of(inner)]
    )
