"""Formulas read back from their text, by Python's own parser."""

import ast
import operator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

RESULTS: "dict[type[ast.operator], Callable[[int, int], int]]" = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.FloorDiv: lambda a, b: a // b,
    ast.Mod: operator.mod,
    ast.Pow: lambda a, b: int(a**b),
    ast.Div: lambda a, b: -(-a // b),
}
"""A quotient that is no floor stands within ``ceil( )`` only."""


def read_back(text: str, names: "Mapping[str, int] | None" = None) -> int:
    """The number that a formula with numbers in it is."""
    return _value(ast.parse(text, mode="eval").body, names or {})


def _value(node: ast.expr, names: "Mapping[str, int]") -> int:
    if isinstance(node, ast.BinOp):
        return RESULTS[type(node.op)](_value(node.left, names), _value(node.right, names))
    if isinstance(node, ast.UnaryOp):
        return -_value(node.operand, names)
    if isinstance(node, ast.Call):
        return _value(node.args[0], names)
    if isinstance(node, ast.Constant):
        assert isinstance(node.value, int)
        return node.value
    return names[ast.unparse(node)]
