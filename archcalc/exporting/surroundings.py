"""What the expressions of a spec mean where a class is used, and how they read as Python in the class."""

import ast
from typing import TYPE_CHECKING, cast

from archcalc.errors import Fault
from archcalc.expressions import Unknown, Value, evaluate
from archcalc.records import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from archcalc.exporting.scopes import ScopeNode, Tree

KEPT = (
    ast.Expression,
    ast.Name,
    ast.Attribute,
    ast.Load,
    ast.Constant,
    ast.BinOp,
    ast.Add,
    ast.Sub,
    ast.Mult,
    ast.FloorDiv,
    ast.Mod,
    ast.UnaryOp,
    ast.USub,
    ast.Not,
    ast.BoolOp,
    ast.And,
    ast.Or,
    ast.Compare,
    ast.Eq,
    ast.NotEq,
    ast.Lt,
    ast.LtE,
    ast.Gt,
    ast.GtE,
    ast.IfExp,
)
"""What means the same in a spec and in Python, for whole numbers and truths."""
MIRRORED: "Mapping[type[ast.cmpop], type[ast.cmpop]]" = {
    ast.Eq: ast.Eq,
    ast.NotEq: ast.NotEq,
    ast.Lt: ast.Gt,
    ast.LtE: ast.GtE,
    ast.Gt: ast.Lt,
    ast.GtE: ast.LtE,
}
"""Comparisons as they read from the other side."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Names that the expressions of one use see, with their values.

    Args:
        values: the arguments of the block around it, and sizes that arrive there as ``block.in_channels``.
    """

    values: "Mapping[str, object]"

    def lookup(self, name: str) -> Value:
        """The value of a name."""
        if name not in self.values:
            raise Unknown
        return cast("Value", self.values[name])

    def known(self) -> "Iterable[str]":
        """The names."""
        return self.values

    def value(self, expression: str) -> object:
        """The value of an expression; ``...`` where it has none here."""
        try:
            return evaluate(f"={expression}", self)
        except (Fault, Unknown):
            return ...


def surroundings(tree: "Tree", scope: "ScopeNode") -> Surroundings:
    """The names of the nearest block at or around a scope."""
    name = scope.name
    while name:
        use = tree.trace.uses.get(name)
        if use is not None and use.arguments is not None:
            values: dict[str, object] = {key: _plain(value) for key, value in use.arguments.items()}
            shape = _arriving(tree, name)
            if shape:
                values |= {"block.in_channels": shape[0], "block.in_features": shape[-1]}
            return Surroundings(values)
        name = name.rpartition(".")[0]
    return Surroundings({})


def _plain(value: object) -> object:
    return tuple(map(_plain, cast("Sequence[object]", value))) if isinstance(value, list) else value


def _arriving(tree: "Tree", name: str) -> tuple[int, ...]:
    """The shape that a scope reads first."""
    found = tree.by_name.get(name)
    keys = tree.inputs(found) if found else []
    return tree.tensor(keys[0]).shape if keys else ()


def summed_names(expression: str) -> "list[str] | None":
    """Names of an expression in their order; None where it is no plain arithmetic on whole numbers."""
    try:
        tree = ast.parse(expression, mode="eval")
    except (SyntaxError, ValueError):
        return None
    for node in ast.walk(tree):
        if not isinstance(node, KEPT) or (isinstance(node, ast.Constant) and not isinstance(node.value, int)):
            return None
    inner = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    found = [
        ast.unparse(node)
        for node in ast.walk(tree)
        if isinstance(node, ast.Name | ast.Attribute) and id(node) not in inner
    ]
    return list(dict.fromkeys(found))


def renamed(expression: str, names: "Mapping[str, str]") -> str:
    """An expression with other names or values in the places of its names."""

    class Renaming(ast.NodeTransformer):
        def visit_Name(self, node: ast.Name) -> ast.expr:
            return ast.parse(names[node.id], mode="eval").body

        def visit_Attribute(self, node: ast.Attribute) -> ast.expr:
            return ast.parse(names[ast.unparse(node)], mode="eval").body

        def visit_Compare(self, node: ast.Compare) -> ast.expr:
            self.generic_visit(node)
            mirrored = MIRRORED.get(type(node.ops[0]))
            if len(node.ops) == 1 and isinstance(node.left, ast.Constant) and mirrored:
                return ast.Compare(node.comparators[0], [mirrored()], [node.left])
            return node

    return ast.unparse(Renaming().visit(ast.parse(expression, mode="eval")))
