"""Scopes that are shipped blocks: found by the names of their layers, and proved by tracing both."""

from collections import defaultdict
from dataclasses import replace
from itertools import permutations
from typing import TYPE_CHECKING

from archcalc.errors import SpecError
from archcalc.facts import Tensor
from archcalc.importing.program import Program, Read
from archcalc.importing.structure.comparing import first_difference
from archcalc.importing.structure.forms import scope_form
from archcalc.importing.structure.items import BlockUse, JoinedWays, Mapped, NamedScope, steps_in
from archcalc.importing.structure.layering import plain_data
from archcalc.importing.structure.listing import Written, enters, read_shape
from archcalc.importing.structure.naming import Naming
from archcalc.importing.structure.scoping import scoped
from archcalc.importing.structure.solving import all_patterns, arguments_for, at_default
from archcalc.importing.structure.texts import whole_text
from archcalc.loading import load
from archcalc.tracing import trace
from archcalc.tracing.library import block
from archcalc.tuples import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping, Sequence

    from archcalc.importing.program import Step
    from archcalc.importing.structure.items import FullName, Item
    from archcalc.importing.structure.solving import Patterns
    from archcalc.tracing import Trace

INSIDE = "block"
"""What a scope that is compared is called."""
MOST_INPUTS = 3
MOST_STEPS = 200
"""Layers of a scope that may be a shipped block."""


class ShippedUse(NamedTuple):
    """A shipped block with arguments.

    Args:
        block: its name.
        arguments: all of them.
        optional: those of them that have their defaults.
        order: for each of its inputs, which of the outputs that the scope reads.
    """

    block: str
    arguments: "Mapping[str, object]"
    optional: frozenset[str]
    order: tuple[int, ...]


class Recognizing:
    """Puts shipped blocks in the place of scopes.

    Args:
        program: what the steps are.
    """

    def __init__(self, program: Program) -> None:
        self.program = program
        self.members: dict[str, list[ShippedUse]] = defaultdict(list)
        """Name of a block -> the arguments of each use."""
        self._known: dict[Hashable, ShippedUse | None] = {}
        self._readers: dict[int, list[int]] = defaultdict(list)
        for number, step in enumerate(program.steps):
            for read in step.reads:
                if read.step is not None:
                    self._readers[read.step].append(number)
        for read in program.outputs:
            if read.step is not None:
                self._readers[read.step].append(len(program.steps))

    def items(self, items: "tuple[Item, ...]") -> "tuple[Item, ...]":
        """The items with shipped blocks, the outermost that there are."""
        return tuple(self._item(item) for item in items)

    def written(self) -> "dict[str, Written]":
        """The arguments of every use of a shipped block."""
        found: dict[str, Written] = {}
        for name, members in self.members.items():
            keys = block(name)[0].args
            values = {key: tuple(each.arguments[key] for each in members) for key in keys}
            optional = {key: tuple(key in each.optional for each in members) for key in keys}
            found[name] = Written(values, {}, optional)
        return found

    def _item(self, item: "Item") -> "Item":
        if isinstance(item, NamedScope):
            given = self._given(item)
            return self._use(item, given) if given else replace(item, items=self.items(item.items))
        if isinstance(item, Mapped):
            return Mapped(self.items(item.items))
        if isinstance(item, JoinedWays):
            return replace(item, ways=tuple(self.items(way) for way in item.ways))
        return item

    def _use(self, scope: NamedScope, given: ShippedUse) -> BlockUse:
        members = self.members[given.block]
        members.append(given)
        numbers = tuple(steps_in(scope.items, 0))
        return BlockUse(given.block, scope.name, ((len(members) - 1,),), ((numbers,),), order=given.order)

    def _given(self, scope: NamedScope) -> ShippedUse | None:
        """The shipped block that a scope is; None: none of them."""
        numbers = sorted(steps_in(scope.items, 0))
        steps = [self.program.steps[number] for number in numbers]
        reads = enters(numbers, self.program)
        shapes = tuple(read_shape(read, self.program) for read in reads)
        if not 1 < len(numbers) <= MOST_STEPS or not 0 < len(reads) <= MOST_INPUTS or None in shapes:
            return None
        if any(step.tie or step.mapped or step.frozen for step in steps):
            return None
        values = tuple(str(sorted(step.arguments.items())) for step in steps)
        key = (scope_form(scope, self.program), values, shapes, self._read_outside(numbers))
        if key not in self._known:
            self._known[key] = _Scope(self.program, numbers, reads, len(scope.paths[0])).given(key[3])
        return self._known[key]

    def _read_outside(self, numbers: "Sequence[int]") -> tuple[int, ...]:
        """Which layers of a scope others read, its end excepted."""
        inside = set(numbers)
        return tuple(
            index
            for index, number in enumerate(numbers[:-1])
            if any(reader not in inside for reader in self._readers[number])
        )


class _Scope:
    """A scope beside shipped blocks.

    Args:
        program: of the whole network.
        numbers: its steps.
        reads: what they read from outside.
        depth: steps of its full name.
    """

    def __init__(
        self, program: Program, numbers: "Sequence[int]", reads: "Sequence[Read]", depth: int
    ) -> None:
        self.reads = reads
        self.arriving = tuple(read_shape(read, program) for read in reads)
        self.steps = [self._alone(program.steps[number], numbers, depth) for number in numbers]
        self.named: dict[FullName, Step] = {
            (*step.scope[1:], step.name): step for step in self.steps if step.name is not None
        }
        shapes = [Tensor(shape or ()) for shape in self.arriving]
        inputs = {f"x{index}": shape for index, shape in enumerate(shapes)}
        outputs = (Read(len(numbers) - 1),)
        self.alone = Program(INSIDE, inputs, tuple(self.steps), outputs)

    def _alone(self, step: "Step", numbers: "Sequence[int]", depth: int) -> "Step":
        """A step of the scope as one of a network of its own."""
        index = {number: index for index, number in enumerate(numbers)}
        reads = tuple(
            Read(index[read.step], read.output)
            if read.step in index
            else Read(None, f"x{self.reads.index(read)}")
            for read in step.reads
        )
        return replace(step, reads=reads, scope=(INSIDE, *step.scope[depth:]))

    def given(self, outside: tuple[int, ...]) -> ShippedUse | None:
        """The shipped block that it is; ``outside``: its layers that others read and must find by name."""
        fitting = [patterns for patterns in all_patterns() if self._fits(patterns)]
        wanted = self._traced() if fitting else None
        if wanted is None:
            return None
        names = [wanted.layers[index].name for index in outside]
        for patterns in fitting:
            for order in permutations(range(len(self.reads))):
                found = self._proved(patterns, order, wanted, names)
                if found is not None:
                    return found
        return None

    def _fits(self, patterns: "Patterns") -> bool:
        """Whether the layers with weights that a block always has are there."""
        sure = [layer for layer in patterns.layers if layer.sure]
        inputs = block(patterns.block)[0].inputs or (INSIDE,)
        return len(inputs) == len(self.reads) and all(
            layer.name in self.named and self.named[layer.name].kind == layer.type for layer in sure
        )

    def _traced(self) -> "Trace | None":
        items = scoped(self.alone)
        data, _ = whole_text(items, Naming(items, self.alone), {})
        try:
            return trace(load(data))
        except SpecError:
            return None

    def _proved(
        self, patterns: "Patterns", order: tuple[int, ...], wanted: "Trace", names: "Sequence[str]"
    ) -> ShippedUse | None:
        """A block with the arguments with which it is the same layers; None: it is not."""
        arriving = self.arriving[order[0]]
        arguments = arguments_for(patterns, self.named, arriving)
        if arguments is None:
            return None
        reads = [f"x{index}" for index in order]
        entry = {"type": patterns.block, "name": INSIDE, "from": reads, **arguments}
        inputs = {name: list(tensor.shape) for name, tensor in self.alone.inputs.items()}
        try:
            found = trace(load({"inputs": inputs, "layers": [entry]}))
        except SpecError:
            return None
        if first_difference(wanted, found) is not None or any(name not in found.by_name for name in names):
            return None
        whole = {key: plain_data(value) for key, value in (found.uses[INSIDE].arguments or {}).items()}
        return ShippedUse(patterns.block, whole, at_default(patterns.block, whole, arriving), order)
