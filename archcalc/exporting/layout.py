"""Trees of code as lines of at most 88 columns, broken where a formatter would break them."""

import re
from typing import TYPE_CHECKING, TypeAlias, cast

from archcalc.exporting.nodes import (
    CallNode,
    EvenSteps,
    Hole,
    Infix,
    Literal,
    MemberNode,
    Own,
    Series,
    Text,
    changed_tree,
)
from archcalc.exporting.unifying import same
from archcalc.records import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from archcalc.exporting.nodes import CallArgument, Node

WIDTH = 88
JOINED = re.compile(r"\.flatten\(0, (\d+)\)")
"""Axes of a Vmap that join the batch."""
SHORT_SERIES = 3
"""Turns of a series that are written one by one."""


@dataclass(frozen=True, slots=True)
class BracketGroup:
    """What stands in brackets, broken when it is too long."""

    opening: str
    items: "tuple[Laid, ...]"
    closing: str


@dataclass(frozen=True, slots=True)
class Turns:
    """An item for every turn of a loop."""

    item: "Laid"
    loop: str


@dataclass(frozen=True, slots=True)
class JoinedValues:
    """Values joined by an operator, each on a line of its own where they are too long."""

    operator: str
    parts: tuple[str, ...]


Laid: TypeAlias = "str | BracketGroup | Turns | JoinedValues"


def flat(laid: Laid) -> str:
    """On one line."""
    if isinstance(laid, str):
        return laid
    if isinstance(laid, Turns):
        return f"{flat(laid.item)} {laid.loop}"
    if isinstance(laid, JoinedValues):
        return f" {laid.operator} ".join(laid.parts)
    return laid.opening + ", ".join(map(flat, laid.items)) + laid.closing


def lines(laid: Laid, indent: int, before: str = "", behind: str = "") -> "Iterator[str]":
    """The lines of a value with what stands before and behind it."""
    pad = " " * indent
    whole = pad + before + flat(laid) + behind
    if len(whole) <= WIDTH or isinstance(laid, str):
        yield whole
    elif isinstance(laid, Turns):
        yield from lines(laid.item, indent, before)
        yield pad + laid.loop + behind
    elif isinstance(laid, JoinedValues):
        yield from _operands(laid, indent, before, behind)
    elif not laid.items:
        yield whole
    else:
        opening, items = laid.opening, laid.items
        yield pad + before + opening
        inner = " " * (indent + 4) + ", ".join(map(flat, items))
        if len(items) == 1:
            yield from lines(items[0], indent + 4)
        elif len(inner) <= WIDTH:
            yield inner
        else:
            for item in items:
                yield from lines(item, indent + 4, "", ",")
        yield pad + laid.closing + behind


def _operands(laid: JoinedValues, indent: int, before: str, behind: str) -> "Iterator[str]":
    """Operands on lines of their own, in brackets where no brackets are around them."""
    first, *others = laid.parts
    if not before:
        yield " " * indent + first
        yield from (f"{' ' * indent}{laid.operator} {each}" for each in others[:-1])
        yield f"{' ' * indent}{laid.operator} {others[-1]}{behind}"
        return
    yield f"{' ' * indent}{before}("
    yield from _operands(laid, indent + 4, "", "")
    yield f"{' ' * indent}){behind}"


def laid_out(node: "Node", own: str, read: "tuple[str, ...]" = ()) -> Laid:
    """A tree as text in brackets.

    Args:
        node: without slots.
        own: what the module itself is called.
        read: what the tensors are called that it reads.
    """
    if isinstance(node, CallNode):
        head = flat(laid_out(node.head, own, read))
        items = tuple(item for each in node.arguments for item in _argument(each, own, read))
        if head == "nn.ModuleList" and isinstance(node.arguments[0].node, Series):
            items = (laid_out(node.arguments[0].node, own, read),)
        return BracketGroup(head + node.brackets[0], items, node.brackets[1])
    if isinstance(node, MemberNode):
        if (within := _joined_again(node)) is not None:
            return laid_out(within, own, read)
        return _behind(laid_out(node.node, own, read), node.code)
    if isinstance(node, Infix):
        return _joined(node, [flat(laid_out(each, own, read)) for each in node.operands])
    if isinstance(node, Series):
        return Turns(laid_out(node.item, own, read), loop(node))
    return _leaf(node, own, read)


def _leaf(node: "Node", own: str, read: "tuple[str, ...]") -> str:
    if isinstance(node, Text):
        return node.code
    if isinstance(node, Literal):
        return python_code(node.value)
    if isinstance(node, EvenSteps):
        return _steps(node)
    if isinstance(node, Hole):
        return read[node.index]
    assert isinstance(node, Own), node  # noqa: S101  a slot has become a parameter
    return own


def _joined(node: Infix, parts: list[str]) -> JoinedValues:
    """Operands, in brackets where another operator is among them."""
    turned = node.operator in "-/"  # of which the order matters
    found = [
        f"({part})" if isinstance(each, Infix) and (each.operator != node.operator or turned) else part
        for each, part in zip(node.operands, parts, strict=True)
    ]
    return JoinedValues(node.operator, tuple(found))


def _joined_again(node: MemberNode) -> "Node | None":
    """What is under axes that part from the batch and join it again at once; None: they do not."""
    inner, joins = node.node, JOINED.fullmatch(node.code)
    if node.code == "[0]" and isinstance(inner, MemberNode) and inner.code == "[None]":
        return inner.node  # a batch of one, and its only sample
    if node.code == "[0]" and (one := _repeated_sample(inner)) is not None:
        return MemberNode(one, "[0]")
    if joins is None or not isinstance(inner, CallNode) or inner.head != Text("torch.unflatten"):
        return None
    value, _, sizes = (argument.node for argument in inner.arguments)
    same = isinstance(sizes, Text) and int(joins[1]) == sizes.code.count(",")
    return value if same else None


def _repeated_sample(node: "Node") -> "Node | None":
    """What is repeated for every sample; None: nothing is."""
    if not isinstance(node, CallNode) or not isinstance(node.head, MemberNode) or not node.arguments:
        return None
    many = node.arguments[0].node
    samples = isinstance(many, CallNode) and many.head == Text("len")
    return node.head.node if samples and node.head.code == ".expand" else None


def _behind(laid: Laid, code: str) -> Laid:
    if isinstance(laid, BracketGroup):
        return BracketGroup(laid.opening, laid.items, laid.closing + code)
    return f"({flat(laid)}){code}" if isinstance(laid, JoinedValues) else flat(laid) + code


def loop(node: Series) -> str:
    """The loop of a series: ``for _ in range(4)``."""
    turns: list[EvenSteps] = []

    def see(each: "Node") -> "Node":
        turns.extend([each] if isinstance(each, EvenSteps) else [])
        return each

    changed_tree(node.item, see)
    return f"for {'i' if turns else '_'} in range({flat(laid_out(node.count, ''))})"


def _steps(node: EvenSteps) -> str:
    start = flat(laid_out(node.start, ""))
    turn = "i" if abs(node.step) == 1 else f"{abs(node.step)} * i"
    if start == "0" and node.step > 0:
        return turn
    return f"{start} {'+' if node.step > 0 else '-'} {turn}"


def _argument(each: "CallArgument", own: str, read: "tuple[str, ...]") -> "Iterator[Laid]":
    node = each.node
    if each.default is not ... and isinstance(node, Literal) and same(node.value, each.default):
        return
    if isinstance(node, Series):
        yield from _series(node, own, read)
        return
    laid = laid_out(node, own, read)
    if each.name is None:
        yield laid
    elif isinstance(laid, BracketGroup):
        yield BracketGroup(f"{each.name}={laid.opening}", laid.items, laid.closing)
    else:
        yield f"{each.name}={flat(laid)}"


def _series(node: Series, own: str, read: "tuple[str, ...]") -> "Iterator[Laid]":
    """A short series written out; a long one as a loop with a star."""
    if 0 < node.turns <= SHORT_SERIES:
        for turn in range(node.turns):
            yield laid_out(_turn(node.item, turn), own, read)
        return
    yield BracketGroup("*(", (laid_out(node, own, read),), ")")


def _turn(item: "Node", turn: int) -> "Node":
    """The item of one turn."""

    def at(node: "Node") -> "Node":
        if not isinstance(node, EvenSteps):
            return node
        if isinstance(node.start, Literal) and isinstance(node.start.value, int):
            return Literal(node.start.value + node.step * turn, node.start.key)
        return Text(f"{flat(laid_out(node.start, ''))} + {node.step * turn}")

    return changed_tree(item, at)


def python_code(value: object) -> str:
    """A value as Python writes it, texts in double quotes, infinity as a call."""
    if isinstance(value, str):
        text = repr(value)[1:-1].replace("\\'", "'").replace('"', '\\"')
        return f'"{text}"'
    if isinstance(value, tuple | list):
        items = cast("Sequence[object]", value)
        inner = ", ".join(map(python_code, items))
        return f"({inner},)" if len(items) == 1 else f"({inner})"
    if isinstance(value, float) and value in (float("inf"), float("-inf")):
        return f'float("{value}")'
    if isinstance(value, int) and not isinstance(value, bool):
        return repr(int(value))
    return repr(value)
