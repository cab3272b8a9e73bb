"""A class of the exported file: its parameters, its members and its forward as lines."""

from dataclasses import field
from typing import TYPE_CHECKING

from archcalc.exporting.containers import is_numbered, reuses, sequential
from archcalc.exporting.forward import Choice, Forward
from archcalc.exporting.kinds.parts import MemberForm
from archcalc.exporting.layout import laid_out, lines, python_code
from archcalc.exporting.members import (
    documented,
    function_head,
    is_parameter,
    is_plain,
    member_reached,
    stored,
)
from archcalc.exporting.naming import ATTRIBUTES, attribute
from archcalc.exporting.nodes import (
    CallArgument,
    CallNode,
    Hole,
    Literal,
    Own,
    Slot,
    Text,
    call,
    changed_tree,
)
from archcalc.exporting.parameters import MISSING, Parameters, type_of
from archcalc.exporting.sharing import closing_lines
from archcalc.exporting.statements import annotated
from archcalc.exporting.unifying import common_code, in_series
from archcalc.records import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from archcalc.exporting.clusters import Cluster
    from archcalc.exporting.nodes import Node
    from archcalc.exporting.programs import ForwardStep, StoredMember

PLACED = 3
"""Arguments of a use that are written without their names, where there are no more."""


@dataclass(slots=True)
class Class:
    """Writes the class of a cluster.

    Args:
        name: of the class.
        cluster: its uses.
        parameters: what differs between them.
        about: what it is, in a sentence; empty: nothing is said.
        inputs: names of what its forward reads.
        taken: names that mean something else in the file.
    """

    name: str
    cluster: "Cluster"
    parameters: Parameters
    about: str
    inputs: tuple[str, ...]
    taken: frozenset[str]
    stored: dict[str, str] = field(default_factory=dict[str, str])
    kept: dict[str, str] = field(default_factory=dict[str, str])
    inits: "dict[str, Node]" = field(default_factory=dict)  # pyright: ignore[reportUnknownVariableType]  # known to checkers only
    calls: "dict[str, Node]" = field(default_factory=dict)  # pyright: ignore[reportUnknownVariableType]  # known to checkers only
    conditions: dict[str, str] = field(default_factory=dict[str, str])
    items: "list[Node] | None" = None

    def settle(self) -> None:
        """Find out what differs between the uses."""
        program = self.cluster.program
        plain = not self.cluster.bypass and self.cluster.uses[0][0].name
        if (
            plain
            and is_numbered(program)
            and sequential(program) is not None
            and not (program.closing or reuses(program))
        ):
            rows = [in_series(sequential(each) or []) for _, each in self.cluster.uses]
            found = (
                [common_code(column) for column in zip(*rows, strict=True)]
                if len({*map(len, rows)}) == 1
                else [None]
            )
            items = [node for node in found if node is not None]
            if len(items) == len(found):
                self.items = [self._filled(node, "layer") for node in items]
                return
        for member in program.members:
            self.inits[member.name] = self._filled(self._united(member.name), member.name)
        for step in program.steps:
            self._choose(step)
            self.calls[step.name] = self._called(step)

    def _united(self, name: str) -> "Node":
        """The init of a member over the uses that have it."""
        found = [program.members_by_name.get(name) for _, program in self.cluster.uses]
        return self._spread([each.init if each else None for each in found])

    def _spread(self, nodes: "Sequence[Node | None]") -> "Node":
        """Nodes as one, with a value for every use in each slot."""
        present = [node for node in nodes if node is not None]
        whole = common_code(present)
        assert whole is not None, present  # noqa: S101  their structures are equal

        def widen(node: "Node") -> "Node":
            if isinstance(node, Literal) and node.written and len(present) < len(nodes):
                here = tuple(node.value if each is not None else MISSING for each in nodes)
                return self.parameters.if_named(here, node) or node
            if not isinstance(node, Slot):
                return node
            values, texts = iter(node.values), iter(node.written)
            return Slot(
                tuple(next(values) if each is not None else MISSING for each in nodes),
                node.key,
                tuple(next(texts) if each is not None else "" for each in nodes),
            )

        return changed_tree(whole, widen)

    def _filled(self, node: "Node", place: str) -> "Node":
        return changed_tree(
            node, lambda each: self.parameters.expression(each, place) if isinstance(each, Slot) else each
        )

    def _called(self, step: "ForwardStep") -> "Node":
        """A call, with values that differ as attributes."""
        found = [program.steps_by_name.get(step.name) for _, program in self.cluster.uses]
        nodes = [each.part.call if each else None for each in found]

        def keep(node: "Node") -> "Node":
            if not isinstance(node, Slot):
                return node
            code = self.parameters.expression(node, step.name).code
            return Text(f"self.{self._store(code, node.key)}")

        return changed_tree(self._spread(nodes), keep)

    def _store(self, code: str, key: str) -> str:
        """The attribute that keeps what an expression over the parameters gives."""
        if code in self.kept:
            return self.kept[code]
        wanted = code if code.isidentifier() else key
        members = self.cluster.program.members_by_name
        name, count = wanted, 1
        while name in members or name in self.stored or name in ATTRIBUTES:
            count += 1
            name = f"{wanted}_{count}"
        self.stored[name], self.kept[code] = code, name
        return name

    def _choose(self, step: "ForwardStep") -> None:
        if step.name in self.cluster.bypass:
            present = self.cluster.present(step.name)
            place = attribute(step.name)
            self.conditions[step.name] = self.parameters.condition(present, step.when, place)

    def part(self, use: int) -> MemberForm:
        """How one of its uses is made and called."""
        required = [name for name in self.parameters.found if self.parameters.default(name) is ...]
        placed = len(required) <= PLACED
        names = [*required, *(name for name in self.parameters.found if name not in required)]
        given = tuple(
            CallArgument(
                self.parameters.argument(name, use),
                None if placed and name in required else name,
                self.parameters.default(name),
            )
            for name in names
        )
        init = CallNode(Text(self.name), given)
        program = self.cluster.program
        many = len(program.outputs) > 1
        holes = tuple(map(Hole, range(program.inputs)))
        alone = program.inputs == 1 and not many
        return MemberForm(init, call(Own(), *holes), init if alone else None, "many" if many else "one")

    def text(self) -> "Iterator[str]":
        """The lines of the class."""
        base = "nn.Module" if self.items is None else "nn.Sequential"
        yield f"class {self.name}({base}):"
        yield from documented(self.about)
        choices = self._choices()
        forward = None if self.items is not None else self._forward(choices)
        made = list(self._init())
        if made:
            yield from self._head()
            yield from made
        if forward is not None:
            if made:
                yield ""
            program = self.cluster.program
            given = [f"{name}: Tensor" for name in self.inputs]
            yield from function_head("forward", given, annotated(len(program.outputs)))
            yield from forward

    def _head(self) -> "Iterator[str]":
        names = self.parameters.found
        required = [name for name in names if self.parameters.default(name) is ...]
        given = [f"{name}: {type_of(names[name])}" for name in required]
        for name in names:
            if name not in required:
                default = self.parameters.default(name)
                given.append(f"{name}: {type_of([*names[name], default])} = {python_code(default)}")
        return function_head("__init__", given, "None")

    def _init(self) -> "Iterator[str]":
        """The body of __init__; nothing where there is nothing to store."""
        if self.items is not None:
            laid = laid_out(CallNode(Text("super().__init__"), tuple(map(CallArgument, self.items))), "")
            yield from lines(laid, 8)
            return
        body = [line for name, code in self.stored.items() for line in [f"        self.{name} = {code}"]]
        for member in self.cluster.program.members:
            body += self._member(member)
        for line in self.cluster.program.closing:
            body += closing_lines(line, 8)
        if body:
            yield "        super().__init__()"
            yield from body

    def _member(self, member: "StoredMember") -> list[str]:
        laid = laid_out(self.inits[member.name], "")
        step = self.cluster.program.first_with.get(member.name)
        condition = self.conditions.get(step.name, "") if step else ""
        if step and condition and not is_plain(step):
            return [f"        if {condition}:", *stored(member.name, laid, 12)]
        if condition:
            return [
                *lines("nn.Identity()", 8, f"self.{member.name}: nn.Module = "),
                f"        if {condition}:",
                *stored(member.name, laid, 12),
            ]
        return stored(member.name, laid, 8)

    def _choices(self) -> "Mapping[str, Choice]":
        found: dict[str, Choice] = {}
        for step in self.cluster.program.steps:
            condition = self.conditions.get(step.name)
            if condition is None:
                continue
            flag = "" if is_plain(step) else f"self.{self._store(condition, f'use_{attribute(step.name)}')}"
            found[step.name] = Choice(flag, self.cluster.bypass[step.name])
        return found

    def _forward(self, choices: "Mapping[str, Choice]") -> list[str]:
        program = self.cluster.program
        comments = all(
            tuple(step.comment for step in other.steps) == tuple(step.comment for step in program.steps)
            for _, other in self.cluster.uses
        )
        owns = {step.name: member_reached(step.own, parameter=is_parameter(step)) for step in program.steps}
        return Forward(program, self.calls, owns, self.inputs, choices, comments, self.taken).text()
