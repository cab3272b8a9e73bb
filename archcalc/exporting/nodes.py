"""Code as a tree: what a module or a call is made of, whose values may become parameters of a class."""

from dataclasses import replace
from typing import TYPE_CHECKING, TypeAlias

from archcalc.records import dataclass

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


@dataclass(frozen=True, slots=True)
class Text:
    """Code as it stands."""

    code: str


@dataclass(frozen=True, slots=True)
class Literal:
    """A value of the network.

    Args:
        value: a number, text, truth, None or a tuple of them.
        key: the argument that it is, after which a parameter would be called.
        written: the expression that the spec has for it, without its ``=``; empty: a value.
    """

    value: object
    key: str
    written: str = ""


@dataclass(frozen=True, slots=True)
class Slot:
    """A value that differs between the uses of a class.

    Args:
        values: one a use.
        key: as a literal has it.
        written: expressions of the spec for it, one a use.
    """

    values: tuple[object, ...]
    key: str
    written: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class EvenSteps:
    """A value that grows from turn to turn: ``start + step * i``."""

    start: "Literal | Slot | Text"
    step: int


@dataclass(frozen=True, slots=True)
class Hole:
    """One of the tensors that a call reads."""

    index: int


@dataclass(frozen=True, slots=True)
class Own:
    """The module that a call is made of: ``self.conv1``."""


@dataclass(frozen=True, slots=True)
class CallArgument:
    """An argument of a call.

    Args:
        node: its value.
        name: None: it stands at its place.
        default: what it is where it is left out; ``...``: it is never left out.
    """

    node: "Node"
    name: str | None = None
    default: object = ...


@dataclass(frozen=True, slots=True)
class CallNode:
    """What stands before a bracket, and what stands in it."""

    head: "Node"
    arguments: tuple[CallArgument, ...]
    brackets: str = "()"


@dataclass(frozen=True, slots=True)
class MemberNode:
    """What is taken of a value: ``.weight``, ``[0]``."""

    node: "Node"
    code: str


@dataclass(frozen=True, slots=True)
class Infix:
    """Values joined by an operator."""

    operator: str
    operands: "tuple[Node, ...]"


@dataclass(frozen=True, slots=True)
class Series:
    """The same item several times in a list, star before it where it is an argument among others."""

    item: "Node"
    count: "Literal | Slot | Text"

    @property
    def turns(self) -> int:
        """How many there are, where that is known."""
        return (
            self.count.value if isinstance(self.count, Literal) and isinstance(self.count.value, int) else 0
        )


Node: TypeAlias = "Text | Literal | Slot | EvenSteps | Hole | Own | CallNode | MemberNode | Infix | Series"


def call(head: "str | Node", *nodes: "Node | CallArgument | str", **named: "Node") -> CallNode:
    """A call; texts are code."""
    given = [
        node
        if isinstance(node, CallArgument)
        else CallArgument(Text(node) if isinstance(node, str) else node)
        for node in nodes
    ]
    given += [CallArgument(node, name) for name, node in named.items()]
    return CallNode(Text(head) if isinstance(head, str) else head, tuple(given))


def bracketed_list(nodes: "Sequence[Node]") -> CallNode:
    """A list."""
    return CallNode(Text(""), tuple(map(CallArgument, nodes)), "[]")


def changed_tree(node: Node, change: "Callable[[Node], Node]") -> Node:
    """The tree with every node changed, from the leaf_nodes on."""
    if isinstance(node, CallNode):
        given = tuple(replace(each, node=changed_tree(each.node, change)) for each in node.arguments)
        node = CallNode(changed_tree(node.head, change), given, node.brackets)
    elif isinstance(node, MemberNode):
        node = MemberNode(changed_tree(node.node, change), node.code)
    elif isinstance(node, Infix):
        node = Infix(node.operator, tuple(changed_tree(each, change) for each in node.operands))
    elif isinstance(node, Series):
        count = changed_tree(node.count, change)
        assert isinstance(count, Literal | Slot | Text)  # noqa: S101  a value stays one
        node = Series(changed_tree(node.item, change), count)
    elif isinstance(node, EvenSteps):
        start = changed_tree(node.start, change)
        assert isinstance(start, Literal | Slot | Text)  # noqa: S101  as above
        node = EvenSteps(start, node.step)
    return change(node)


def leaf_nodes(node: Node) -> "list[Node]":
    """Its leaf_nodes in the order of the text."""
    found: list[Node] = []

    def keep(each: Node) -> Node:
        if not isinstance(each, CallNode | MemberNode | Infix | Series | EvenSteps):
            found.append(each)
        return each

    changed_tree(node, keep)
    return found
