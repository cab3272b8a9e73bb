"""Arithmetic of expressions on whole columns at once, where it is that of single numbers and nothing else."""

import ast
import operator
from typing import TYPE_CHECKING, TypeAlias, cast

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import numpy as np
    from numpy.typing import NDArray

    from archcalc.sweeping.rows import Numbers

    Operand: TypeAlias = "int | Numbers"

LARGEST = 2**63 - 1


class OneByOne(Exception):  # noqa: N818  no error: such an expression is worked out row by row
    """An expression that columns do not know, or numbers that are beyond 64 bits."""


def comparison(node: ast.expr, columns: "Mapping[str, Numbers]") -> "NDArray[np.bool_]":
    """Whether a comparison of whole numbers holds, row by row.

    Args:
        node: of the expression's tree.
        columns: name -> values, all of one length.

    Raises:
        OneByOne: it is something else.
    """
    if not isinstance(node, ast.Compare):
        raise OneByOne
    sides = [_number(side, columns) for side in (node.left, *node.comparators)]
    found: NDArray[np.bool_] | bool = True
    for sign, left, right in zip(node.ops, sides, sides[1:], strict=False):
        if type(sign) not in COMPARED:
            raise OneByOne
        found = found & cast("bool", COMPARED[type(sign)](left, right))
    return cast("NDArray[np.bool_]", found)


def _number(node: ast.expr, columns: "Mapping[str, Numbers]") -> "Operand":
    if isinstance(node, ast.Constant):
        value = node.value
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        if type(value) is int and abs(value) <= LARGEST:
            return value
    elif isinstance(node, ast.Name) and node.id in columns:
        column = columns[node.id]
        if column.dtype.kind == "i":
            return column
    elif isinstance(node, ast.BinOp) and type(node.op) in OPERATED:
        return _checked(type(node.op), _number(node.left, columns), _number(node.right, columns))
    raise OneByOne


def _checked(kind: type[ast.operator], left: "Operand", right: "Operand") -> "Operand":
    """The result, where it cannot be beyond 64 bits."""
    import numpy as np

    if kind in (ast.FloorDiv, ast.Mod):
        if not np.all(right):
            raise OneByOne
    elif OPERATED[kind](_most(left), _most(right)) > LARGEST or _most(left) + _most(right) > LARGEST:
        raise OneByOne
    return OPERATED[kind](left, right)


def _most(operand: "Operand") -> int:
    """The largest absolute value."""
    if isinstance(operand, int):
        return abs(operand)
    return max(abs(int(operand.max(initial=0))), abs(int(operand.min(initial=0))))


COMPARED: "Mapping[type[ast.cmpop], Callable[[Operand, Operand], object]]" = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}
OPERATED = cast(
    "Mapping[type[ast.operator], Callable[[Operand, Operand], Operand]]",
    {
        ast.Add: operator.add,
        ast.Sub: operator.sub,
        ast.Mult: operator.mul,
        ast.FloorDiv: cast("object", operator.floordiv),  # pyright: ignore[reportUnknownMemberType]  of any
        ast.Mod: operator.mod,
    },
)
