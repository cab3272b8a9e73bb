"""What the class of a scope holds and does: its members, and the steps of its forward."""

from dataclasses import field, replace
from functools import cached_property, partial
from typing import TYPE_CHECKING, TypeAlias

from archcalc.exporting.kinds.modules import form_of
from archcalc.exporting.kinds.parts import MemberForm
from archcalc.exporting.naming import is_attribute
from archcalc.exporting.nodes import CallNode, Literal, Text, changed_tree
from archcalc.exporting.scopes import ScopeNode
from archcalc.records import dataclass
from archcalc.tracing.graph import scopes_around

if TYPE_CHECKING:
    from collections.abc import Mapping

    from archcalc.exporting.nodes import Node
    from archcalc.exporting.scopes import Key, Tree
    from archcalc.exporting.sharing import Sharing
    from archcalc.tracing import TracedLayer

MemberRef: TypeAlias = tuple[str, int]
"""A tensor of a forward: the step that gives it and which of its outputs; no step: an input."""


@dataclass(frozen=True, slots=True)
class StoredMember:
    """What a class stores under a name."""

    name: str
    init: "Node"


@dataclass(frozen=True, slots=True)
class ForwardStep:
    """One call of a forward.

    Args:
        name: of the layer or scope, unique among the steps.
        own: how its module is reached from ``self``.
        part: how it is called.
        reads: what it reads.
        outputs: how many outputs it has.
        comment: shapes of its outputs.
        when: the expression of the spec for whether it is there; empty: none.
        loop: the list whose modules are called one behind the other.
    """

    name: str
    own: str
    part: MemberForm
    reads: tuple[MemberRef, ...]
    outputs: int
    comment: str = ""
    when: str = ""
    loop: str = ""


@dataclass(frozen=True)
class ClassBody:
    """A class's members and its forward.

    Args:
        inputs: how many tensors it reads.
        members: what it stores, in order.
        steps: what it does.
        outputs: what it gives.
        closing: lines at the end of the __init__: what is tied or frozen.
    """

    inputs: int
    members: tuple[StoredMember, ...]
    steps: tuple[ForwardStep, ...]
    outputs: tuple[MemberRef, ...]
    closing: tuple[str, ...] = ()

    @cached_property
    def members_by_name(self) -> "Mapping[str, StoredMember]":
        """What it stores, found by its name."""
        return {each.name: each for each in reversed(self.members)}

    @cached_property
    def steps_by_name(self) -> "Mapping[str, ForwardStep]":
        """Its steps, which have names of their own."""
        return {each.name: each for each in reversed(self.steps)}

    @cached_property
    def first_with(self) -> "Mapping[str, ForwardStep]":
        """Name of a member -> the first step that calls it."""
        return {each.own: each for each in reversed(self.steps)}


@dataclass(frozen=True, slots=True)
class Inlined:
    """A scope whose modules are a list, and whose steps stand in the forward around it."""

    init: "Node"
    program: ClassBody


class _Members(list[StoredMember]):
    """Members in order, and their names."""

    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()

    def hold(self, name: str, init: "Node") -> None:
        """Store one more."""
        self.append(StoredMember(name, init))
        self.names.add(name)


Realized: TypeAlias = "MemberForm | Inlined"


@dataclass
class Programs:
    """Makes programs of scopes whose inner scopes are realized."""

    tree: "Tree"
    sharing: "Sharing"
    scans: "dict[str, MemberForm]" = field(default_factory=dict)  # pyright: ignore[reportUnknownVariableType]  # known to checkers only
    """Layers whose steps are classes of their own, and how they are called."""
    realized: "dict[str, Realized]" = field(default_factory=dict)  # pyright: ignore[reportUnknownVariableType]  # known to checkers only

    def of(self, scope: ScopeNode) -> ClassBody:
        """The program of a scope."""
        inputs = self.tree.inputs(scope)
        known: dict[Key, MemberRef] = {key: ("", index) for index, key in enumerate(inputs)}
        members = _Members()
        steps: list[ForwardStep] = []
        for label, child in scope.children.items():
            self._hold(label, scope, members)
            if isinstance(child, ScopeNode):
                self._scope(label, child, known, members, steps)
                continue
            names = list(child.facts.outputs)
            part = self._part(child)
            if part.init is not None and label not in members.names:
                members.hold(label, part.init)
            reads = tuple(known[port.layer, port.output] for port in child.inputs)
            shapes = _shapes([child.facts.outputs[names[0]].shape])
            steps.append(
                ForwardStep(
                    label, label, part, reads, len(names), shapes, _when(child.origin.written("when"))
                )
            )
            known |= {(child.name, name): (label, index) for index, name in enumerate(names)}
        outputs = tuple(known[key] for key in self.tree.outputs(scope))
        reused = self._reused(scope, members)
        closing = self.sharing.closing(scope.name, reused, partial(self._is_typed, scope))
        made = tuple(
            replace(each, init=Text(f"self.{reused[each.name]}")) if each.name in reused else each
            for each in members
        )
        return ClassBody(len(inputs), made, tuple(steps), outputs, closing)

    def _part(self, layer: "TracedLayer") -> MemberForm:
        names = (name for name in layer.facts.outputs if (layer.name, name) in self.tree.last_read)
        return self.scans.get(layer.name) or form_of(layer, frozenset(names))

    def _hold(self, label: str, scope: ScopeNode, members: _Members) -> None:
        """Store what the open scopes that a label leads through are in code: a layer, or a bare module."""
        for name in scopes_around(label):
            if name not in members.names:
                layer = scope.children.get(name)
                part = None if layer is None or isinstance(layer, ScopeNode) else self._part(layer)
                init = part.init if part and part.init is not None else CallNode(Text("nn.Module"), ())
                members.hold(name, init)

    def _is_typed(self, scope: ScopeNode, path: tuple[str, ...]) -> bool:
        """Whether checkers know the way to a layer: through classes, not lists of modules."""
        if not path:
            return False
        for label in path:
            child = scope.children.get(label)
            if not is_attribute(label) or child is None:
                return False
            if isinstance(child, ScopeNode):
                made = self.realized.get(child.name)
                init = made.init if isinstance(made, MemberForm) else None
                if not isinstance(init, CallNode) or init.head in (
                    Text("nn.Sequential"),
                    Text("nn.ModuleList"),
                ):
                    return False
                scope = child
        return True

    def _reused(self, scope: ScopeNode, members: _Members) -> dict[str, str]:
        """Members that are an earlier one once more, since they share all that it has."""
        inits = {member.name: member.init for member in members}
        holding = {name for member in members for name in scopes_around(member.name)}
        found: dict[str, str] = {}
        for member in members:
            if member.name in holding:
                continue
            full = f"{scope.name}.{member.name}" if scope.name else member.name
            layers = self.tree.trace.inside(full)
            count = sum(len(layer.facts.weights) + len(layer.facts.buffers) for layer in layers)
            source = self.sharing.whole(scope.name, member.name, count)
            if source and is_attribute(source) and inits.get(source) == member.init:
                found[member.name] = source
        return found

    def _scope(
        self,
        label: str,
        child: ScopeNode,
        known: "dict[Key, MemberRef]",
        members: _Members,
        steps: list[ForwardStep],
    ) -> None:
        """Add a scope inside: one call, or all its steps."""
        made = self.realized[child.name]
        reads = tuple(known[key] for key in self.tree.inputs(child))
        given = self.tree.outputs(child)
        use = self.tree.use(child)
        if isinstance(made, MemberForm):
            if made.init is not None:
                members.hold(label, made.init)
            shapes = _shapes([self.tree.tensor(key).shape for key in given])
            when = _when(use.origin.written("when")) if use else ""
            steps.append(ForwardStep(label, label, made, reads, len(given), shapes, when))
            known |= {key: (label, index) for index, key in enumerate(given)}
            return
        members.hold(label, made.init)
        inner = made.program

        def outer(ref: MemberRef) -> MemberRef:
            return reads[ref[1]] if not ref[0] else (f"{label}.{ref[0]}", ref[1])

        for step in inner.steps:
            own = f"{label}{step.own}"
            loop = label if step.loop else ""
            steps.append(
                replace(
                    step, name=f"{label}.{step.name}", own=own, reads=tuple(map(outer, step.reads)), loop=loop
                )
            )
        known |= {key: outer(ref) for key, ref in zip(given, inner.outputs, strict=True)}


def _when(written: object) -> str:
    text = written.strip() if isinstance(written, str) else ""
    return text.removeprefix("=").strip() if text.startswith("=") else ""


def _shapes(shapes: "list[tuple[int, ...]]") -> str:
    return "(" + ", ".join(["N", *map(str, shapes[0])]) + ")" if len(shapes) == 1 else ""


def without_values(node: "Node") -> "Node":
    """A tree without its values."""
    return changed_tree(node, lambda each: Text("#") if isinstance(each, Literal) else each)


def program_structure(program: ClassBody) -> "Mapping[str, object]":
    """What has to be equal for two scopes to be uses of one class, name by name."""
    return {
        "inputs": program.inputs,
        "members": {each.name: repr(without_values(each.init)) for each in program.members},
        "steps": {
            each.name: (
                each.own,
                repr(without_values(each.part.call)),
                each.part.targets,
                each.reads,
                each.outputs,
                each.loop,
            )
            for each in program.steps
        },
        "outputs": program.outputs,
        "closing": program.closing,
    }
