"""Several trees of code as one, with a slot wherever their values differ."""

from itertools import pairwise
from typing import TYPE_CHECKING, cast

from archcalc.exporting.nodes import (
    CallArgument,
    CallNode,
    EvenSteps,
    Infix,
    Literal,
    MemberNode,
    Series,
    Slot,
    changed_tree,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from archcalc.exporting.nodes import Node


def same(one: object, other: object) -> bool:
    """Whether two values are written alike; 1 and true are not."""
    if type(one) is type(other) and isinstance(one, int | str):
        return one == other
    return repr(one) == repr(other)


def common_code(nodes: "Sequence[Node]") -> "Node | None":
    """The tree that all of these are, but for values; None where there is none."""
    first = nodes[0]
    if isinstance(first, Literal):
        return _value(nodes)
    if any(type(node) is not type(first) for node in nodes):
        return None
    if isinstance(first, CallNode):
        return _call(cast("Sequence[CallNode]", nodes))
    if isinstance(first, Infix | MemberNode | Series | EvenSteps):
        return _compound(nodes)
    return None if _differ(nodes) else first


def _compound(nodes: "Sequence[Node]") -> "Node | None":
    """Trees of one type, whose parts have to agree one by one."""
    first = nodes[0]
    rows = [_parts(node) for node in nodes]
    parts = _all([row[1] for row in rows])
    if parts is None or _differ([row[0] for row in rows]):
        return None
    if isinstance(first, Infix):
        return Infix(first.operator, parts)
    if isinstance(first, MemberNode):
        return MemberNode(parts[0], first.code)
    if isinstance(first, Series):
        return Series(parts[0], cast("Literal | Slot", parts[1]))
    return EvenSteps(cast("Literal | Slot", parts[0]), cast("EvenSteps", first).step)


def _parts(node: "Node") -> "tuple[object, tuple[Node, ...]]":
    """What has to be equal in a tree, and the trees in it."""
    if isinstance(node, Infix):
        return node.operator, node.operands
    if isinstance(node, MemberNode):
        return node.code, (node.node,)
    if isinstance(node, Series):
        return None, (node.item, node.count)
    growing = cast("EvenSteps", node)
    return growing.step, (growing.start,)


def _value(nodes: "Sequence[Node]") -> "Literal | Slot | None":
    values = [node for node in nodes if isinstance(node, Literal)]
    if len(values) < len(nodes):
        return None
    first = values[0]
    if all(same(each.value, first.value) for each in values):
        return first
    return Slot(tuple(each.value for each in values), first.key, tuple(each.written for each in values))


def _call(calls: "Sequence[CallNode]") -> CallNode | None:
    first = calls[0]
    shapes = [(each.brackets, [(one.name, repr(one.default)) for one in each.arguments]) for each in calls]
    head = common_code([each.head for each in calls])
    if head is None or _differ(shapes):
        return None
    nodes = _all([tuple(one.node for one in each.arguments) for each in calls])
    if nodes is None:
        return None
    given = tuple(
        CallArgument(node, one.name, one.default) for node, one in zip(nodes, first.arguments, strict=True)
    )
    return CallNode(head, given, first.brackets)


def _all(rows: "Sequence[tuple[Node, ...]]") -> "tuple[Node, ...] | None":
    if _differ([len(row) for row in rows]):
        return None
    found = [common_code(column) for column in zip(*rows, strict=True)]
    kept = tuple(node for node in found if node is not None)
    return kept if len(kept) == len(found) else None


def _differ(values: "Sequence[object]") -> bool:
    return any(value != values[0] for value in values)


def in_series(nodes: "Sequence[Node]") -> "list[Node]":
    """Items of a list with rows of alike ones as a series: equal, or with numbers that grow evenly."""
    found: list[Node] = []
    at = 0
    while at < len(nodes):
        size, series = _longest(nodes, at)
        found.append(series)
        at += size
    return found


def _longest(nodes: "Sequence[Node]", at: int) -> "tuple[int, Node]":
    """How many from a place on make a series, and that series.

    Fewer of a series are one too, from three on: two different numbers may yet be the first of more. So sizes
    are doubled to the first that is none, and halved between.
    """
    most = len(nodes) - at
    if not isinstance(nodes[at], CallNode):
        return 1, nodes[at]
    best: tuple[int, Node] = (1, nodes[at])
    size, high = 2, most + 1
    while size < high:
        item = _progression(nodes[at : at + size])
        if item is not None:
            best = size, Series(item, Literal(size, "depth"))
        elif size > 2:  # noqa: PLR2004  see above
            high = size
        size = size + 1 if size in (2, most) else min(2 * size, most)
    return _between(nodes, at, best, high) if best[0] > 1 else best


def _between(nodes: "Sequence[Node]", at: int, best: "tuple[int, Node]", high: int) -> "tuple[int, Node]":
    """The longest series from a place on, at least as long as the best one and shorter than ``high``."""
    while high - best[0] > 1:
        size = (best[0] + high) // 2
        item = _progression(nodes[at : at + size])
        if item is None:
            high = size
        else:
            best = size, Series(item, Literal(size, "depth"))
    return best


def _progression(nodes: "Sequence[Node]") -> "Node | None":
    """The item whose turns these are."""
    item = common_code(nodes)
    if item is None or _turns_grow(item):
        return None
    sound = True

    def turn(node: "Node") -> "Node":
        nonlocal sound
        if not isinstance(node, Slot):
            return node
        values = node.values
        if not all(type(value) is int for value in values):
            sound = False
            return node
        numbers = cast("tuple[int, ...]", values)
        steps = {after - before for before, after in pairwise(numbers)}
        if len(steps) != 1 or len(numbers) < 3:  # noqa: PLR2004  two numbers always grow evenly
            sound = False
            return node
        return EvenSteps(Literal(numbers[0], node.key, node.written[0] if node.written else ""), steps.pop())

    made = changed_tree(item, turn)
    return made if sound else None


def _turns_grow(item: "Node") -> bool:
    """Whether a series in it is longer, or begins elsewhere, from turn to turn."""
    found = False

    def see(node: "Node") -> "Node":
        nonlocal found
        found |= isinstance(node, Series) and isinstance(node.count, Slot)
        found |= isinstance(node, EvenSteps) and isinstance(node.start, Slot)
        return node

    changed_tree(item, see)
    return found
