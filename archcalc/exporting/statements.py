"""Lines of a forward: names that they give a value, comments, types."""

from typing import TYPE_CHECKING

from archcalc.exporting.layout import WIDTH
from archcalc.exporting.nodes import Infix, Own, Text, leaf_nodes

if TYPE_CHECKING:
    from collections.abc import Mapping

    from archcalc.exporting.nodes import Node
    from archcalc.exporting.programs import ClassBody, ForwardStep


def targets_of(line: str) -> list[str]:
    """The names that a line gives a value."""
    before, equals, _ = line.strip().partition(" = ")
    return before.replace(",", " ").split() if equals else []


def with_comment(found: list[str], comment: str) -> list[str]:
    """Lines with a comment behind the last one where it fits, else above."""
    if not comment:
        return found
    if len(found) == 1 and len(found[0]) + len(comment) + 4 <= WIDTH:
        return [f"{found[0]}  # {comment}"]
    indent = len(found[0]) - len(found[0].lstrip())
    return [f"{' ' * indent}# {comment}", *found]


def is_told(name: str) -> bool:
    """Whether a step has a name that someone gave it, and no ``type_index``."""
    stem, _, number = name.rpartition("_")
    return "." in name or not (stem and number.isdigit())


def annotated(count: int) -> str:
    """The type of so many tensors."""
    return "Tensor" if count == 1 else f"tuple[{', '.join(['Tensor'] * count)}]"


def name_first(node: Infix) -> Infix:
    """``x + f(y)`` for a sum or product of the two in the other order."""
    first, *others = node.operands
    turned = node.operator in "+*" and len(others) == 1 and not isinstance(first, Text)
    return Infix(node.operator, (others[0], first)) if turned and isinstance(others[0], Text) else node


def needed_steps(program: "ClassBody", calls: "Mapping[str, Node]") -> "list[ForwardStep]":
    """The steps of a program but for functions whose results nothing needs."""
    needed = set(program.outputs)
    kept: list[ForwardStep] = []
    for step in reversed(program.steps):
        stored = any(isinstance(leaf, Own) for leaf in leaf_nodes(calls[step.name]))
        if stored or any((step.name, output) in needed for output in range(step.outputs)):
            kept.append(step)
            needed.update(step.reads)
    return kept[::-1]
