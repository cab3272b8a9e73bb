"""The forward of a class: which values have names, and which are written within others."""

from collections import Counter
from dataclasses import field
from typing import TYPE_CHECKING

from archcalc.exporting.layout import WIDTH, flat, laid_out, lines
from archcalc.exporting.living import Living
from archcalc.exporting.naming import ATTRIBUTES, MEANT, attribute, is_attribute
from archcalc.exporting.nodes import CallNode, Hole, Infix, MemberNode, Own, Text, changed_tree, leaf_nodes
from archcalc.exporting.statements import is_told, name_first, needed_steps, targets_of, with_comment
from archcalc.records import dataclass

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from archcalc.exporting.nodes import Node
    from archcalc.exporting.programs import ClassBody, ForwardStep, MemberRef

LONGEST_NESTED = 56
"""Columns of a value that is written within another."""
GENERIC = ("out", "y", "z")
INDENT = 8
ROLES = {"attend": "qkv", "attend_masked": "qkv"}
"""Functions whose arguments have names that everyone knows."""


@dataclass(frozen=True, slots=True)
class Choice:
    """A step that is not in all uses: how a use without it goes on.

    Args:
        flag: the attribute that says whether it is there; empty: its module is the identity where it is not.
        bypass: which of its inputs it is without it.
    """

    flag: str
    bypass: int


@dataclass(slots=True)
class Forward:
    """Writes one forward.

    Args:
        program: what it does.
        calls: of each step, with what differs between uses as attributes.
        owns: of each step, its module in code.
        inputs: names of what it reads.
        choices: steps that are not in all uses.
        comments: whether shapes are told.
        taken: names that mean something else in the file.
    """

    program: "ClassBody"
    calls: "Mapping[str, Node]"
    owns: "Mapping[str, str]"
    inputs: "Sequence[str]"
    choices: "Mapping[str, Choice]"
    comments: bool
    taken: frozenset[str]
    names: "dict[MemberRef, str]" = field(default_factory=dict)  # pyright: ignore[reportUnknownVariableType]  # known to checkers only
    pending: "dict[MemberRef, tuple[Node, bool, str]]" = field(default_factory=dict)  # pyright: ignore[reportUnknownVariableType]  # known to checkers only
    typed: dict[str, bool] = field(default_factory=dict[str, bool])
    body: list[str] = field(default_factory=list[str])
    shape: str = ""
    last: "dict[MemberRef, int]" = field(default_factory=dict)  # pyright: ignore[reportUnknownVariableType]  # known to checkers only
    count: "Counter[MemberRef]" = field(default_factory=Counter)  # pyright: ignore[reportUnknownVariableType]  # known to checkers only
    roles: "dict[MemberRef, str]" = field(default_factory=dict)  # pyright: ignore[reportUnknownVariableType]  # known to checkers only
    living: Living = field(default_factory=Living)

    def text(self) -> list[str]:
        """The lines of the body."""
        steps = needed_steps(self.program, self.calls)
        for index, step in enumerate(steps):
            for ref in step.reads:
                self.last[ref] = index
                self.count[ref] += 1
        for ref in self.program.outputs:
            self.last[ref] = len(steps)
            self.count[ref] += 1
        for step in self.program.steps:
            self._play_roles(step)
        for index, name in enumerate(self.inputs):
            self._give(("", index), name)
            self.typed[name] = True
        for index, step in enumerate(steps):
            self._step(index, step, steps[index + 1] if index + 1 < len(steps) else None)
        self._return(len(steps))
        return self.body

    def _step(self, index: int, step: "ForwardStep", follower: "ForwardStep | None") -> None:
        choice = self.choices.get(step.name)
        for ref in list(self.pending):
            used = sum(
                isinstance(leaf, Hole) and step.reads[leaf.index] == ref
                for leaf in leaf_nodes(self.calls[step.name])
            )
            fits = step.part.wraps and used == 1 and not step.loop and not (choice and choice.flag)
            if ref not in step.reads or not fits or not self._nests(ref, step):
                self._assign(ref, index - 1)
        if step.loop:
            self._loop(index, step)
            return
        node, tensor = self._filled(step)
        refs = [(step.name, output) for output in range(step.outputs)]
        if step.part.targets != "one":
            self._unpack(index, step, node, refs)
            return
        if choice and choice.flag:
            other = self.names[step.reads[choice.bypass]]
            node = Text(f"{flat(laid_out(node, ''))} if {choice.flag} else {other}")
        self.pending[refs[0]] = node, tensor, step.comment
        reads = bool(follower) and refs[0] in (follower.reads if follower else ())
        closed = step.part.closes and not self._is_infix(follower)
        if self.count[refs[0]] != 1 or (follower and (not reads or closed)) or (choice and choice.flag):
            self._assign(refs[0], index)

    def _is_infix(self, step: "ForwardStep | None") -> bool:
        return step is not None and isinstance(self.calls[step.name], Infix)

    def _nests(self, ref: "MemberRef", step: "ForwardStep") -> bool:
        node, _, _ = self.pending[ref]
        size = len(flat(laid_out(node, "")))
        around = len(flat(laid_out(self.calls[step.name], self.owns[step.name], ("x",) * len(step.reads))))
        return size <= LONGEST_NESTED and size + around + INDENT + 10 <= WIDTH

    def _filled(self, step: "ForwardStep") -> "tuple[Node, bool]":
        """The call with what it reads, and whether checkers know that it is a tensor."""
        read = [
            self.pending.pop(ref)[0] if ref in self.pending else Text(self.names[ref]) for ref in step.reads
        ]
        own = self.owns[step.name]

        def fill(node: "Node") -> "Node":
            if isinstance(node, Own):
                return Text(own)
            return read[node.index] if isinstance(node, Hole) else node

        node = changed_tree(self.calls[step.name], fill)
        if isinstance(node, Infix):
            node = name_first(node)
            known = (isinstance(each, Text) and self.typed.get(each.code, False) for each in node.operands)
            return node, all(known)
        if isinstance(node, Text):
            return node, self.typed.get(node.code, False)
        base = node.head if isinstance(node, CallNode) else node
        if isinstance(base, MemberNode):
            return node, self.typed.get(flat(laid_out(base.node, "")), False)
        overloaded = isinstance(base, Text) and base.code.startswith("torch.")
        return node, step.part.tensor and not (overloaded and "self." in flat(laid_out(node, "")))

    def _assign(self, ref: "MemberRef", index: int) -> None:
        """Give a pending value a name; of what nothing reads, a module is called all the same."""
        node, tensor, comment = self.pending.pop(ref)
        if not self.count[ref]:
            if "self." in flat(laid_out(node, "")):
                self._add(lines(laid_out(node, ""), INDENT), comment)
            return
        name = self._name(ref, index, node)
        code = flat(laid_out(node, ""))
        self._give(ref, name)
        if code != name:
            self._line(name, node, tensor=tensor, comment=comment)

    def _line(self, name: str, node: "Node", *, tensor: bool, comment: str) -> None:
        self.typed[name] = tensor or name in self.inputs
        self._add(lines(laid_out(node, ""), INDENT, f"{name} = "), comment)

    def _add(self, found: "Iterable[str]", comment: str) -> None:
        """Lines of a statement, with the shape that it gives where that is a new one."""
        told = comment if self.comments and comment != self.shape else ""
        self.shape = comment
        self.body += with_comment(list(found), told)

    def _name(self, ref: "MemberRef", index: int, node: "Node") -> str:
        """A name for a value: that of one which it replaces, or a new one."""
        own_inputs = set(self.inputs) - {"x"}
        free = [
            name
            for name in self._dying(index, node)
            if not self.living.lives(name, index) and name not in own_inputs and name not in "qkv"
        ]
        if free and ref not in self.roles:
            return next((name for name in ("x", *GENERIC) if name in free), free[0])
        return self._fresh(ref, index)

    def _give(self, ref: "MemberRef", name: str) -> None:
        self.names[ref] = name
        self.living.give(name, self.last.get(ref, -1))

    def _fresh(self, ref: "MemberRef", index: int, beside: "Collection[str]" = ()) -> str:
        """A name that no value has which is still read, nor one of those beside it."""

        def blocked(name: str) -> bool:
            meant = name in self.taken or name in MEANT or (name in self.inputs and name != "x")
            return meant or name in beside or self.living.lives(name, index)

        role = self.roles.get(ref, "")
        label = attribute(ref[0].replace(".", "_"))
        told = is_told(ref[0])
        soon = self.count[ref] == 1 and self.last[ref] <= index + 1
        wanted = [role] if role else []
        wanted += [label] if told and not soon and len(label) <= 24 else []  # noqa: PLR2004  longer ones fill lines
        wanted += ["x", *GENERIC]
        for name in wanted:
            if not blocked(name):
                return name
        return self.living.number(index, blocked)

    def _play_roles(self, step: "ForwardStep") -> None:
        call = self.calls[step.name]
        head = call.head if isinstance(call, CallNode) else None
        roles = ROLES.get(head.code, "") if isinstance(head, Text) else ""
        for ref, role in zip(step.reads, roles, strict=False):
            self.roles.setdefault(ref, role)

    def _unpack(self, index: int, step: "ForwardStep", node: "Node", refs: "list[MemberRef]") -> None:
        """Several outputs, those that nothing reads as ``_``."""
        names: list[str] = []
        for ref in refs if step.part.targets == "many" else refs[:1]:
            if not self.count[ref]:
                names.append("_")
                continue
            name = (
                self._fresh(ref, index, names)
                if len(refs) > 1 and step.part.targets == "many"
                else self._name(ref, index, node)
            )
            if (
                step.part.targets == "many"
                and name in ("x", *GENERIC)
                and name not in self._dying(index, node)
            ):
                name = name if name not in names else self._fresh(ref, index, names)
            names.append(name)
            self._give(ref, name)
            self.typed[name] = step.part.tensor or name in self.inputs
        if step.part.targets == "first":
            names.append("_")
        code = ", ".join(names) + ("," if len(names) == 1 else "")
        self._add(lines(laid_out(node, ""), INDENT, f"{code} = "), step.comment)

    def _dying(self, index: int, node: "Node") -> list[str]:
        inside = [leaf.code for leaf in leaf_nodes(node) if isinstance(leaf, Text)]
        return self.living.ended(inside, index)

    def _loop(self, index: int, step: "ForwardStep") -> None:
        """Modules of a list, one behind the other."""
        carried = step.reads[0]
        name = self.names[carried]
        ref = (step.name, 0)
        if self.living.lives(name, index) or (name in self.inputs and name != "x"):
            name = self._fresh(ref, index)
            self._line(
                name, Text(self.names[carried]), tensor=self.typed.get(self.names[carried], False), comment=""
            )
        read = (name, *(self.names[each] for each in step.reads[1:]))
        modules = f"self.{step.loop}" if is_attribute(step.loop) else f"{self._list(step.loop)}.children()"
        self.body.append(f"{' ' * INDENT}for layer in {modules}:")
        found = lines(laid_out(self.calls[step.name], "layer", read), INDENT + 4, f"{name} = ")
        self._add(found, step.comment)
        self._give(ref, name)
        self.typed[name] = name in self.inputs

    def _list(self, name: str) -> str:
        """A list of modules whose name is no attribute."""
        reserved = f'cast(nn.Module, self._modules["{name}"])'
        return reserved if name in ATTRIBUTES else f'self.get_submodule("{name}")'

    def _return(self, index: int) -> None:
        """What leaf_nodes, named first where checkers would not know its type."""
        outputs = self.program.outputs
        for ref in list(self.pending):
            node, tensor, comment = self.pending[ref]
            if len(outputs) == 1 and ref in outputs and tensor:
                self.pending.pop(ref)
                self._add(lines(laid_out(node, ""), INDENT, "return "), comment)
                return
            self._assign(ref, index - 1)
        names = [self.names[ref] for ref in outputs]
        if len(names) == 1 and not self.typed.get(names[0], True):
            self._annotate(names[0])
        self.body.append(f"{' ' * INDENT}return {', '.join(names)}")

    def _given_first(self, name: str) -> int:
        return next(at for at, line in enumerate(self.body) if name in targets_of(line))

    def _annotate(self, name: str) -> None:
        """State the type of a name where it is given first, or before where it is one of several."""
        pad = " " * INDENT
        at = self._given_first(name)
        if self.body[at].startswith(f"{pad}{name} = ") and len(self.body[at]) + len(": Tensor") <= WIDTH:
            self.body[at] = self.body[at].replace(f"{pad}{name} =", f"{pad}{name}: Tensor =", 1)
        else:
            self.body.insert(0, f"{pad}{name}: Tensor")
