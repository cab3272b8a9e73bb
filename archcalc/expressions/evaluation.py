"""The value of a syntax tree: one function per node, and what is not in the table is refused."""

import ast
from collections.abc import Callable, Iterable
from typing import Protocol, cast

from archcalc.errors import Fault
from archcalc.expressions.arithmetic import negative
from archcalc.expressions.exact import Quotient
from archcalc.expressions.operations import COMPARISONS, FUNCTIONS, OPERATORS, SIGNS, UNSEEN
from archcalc.expressions.parsing import syntax_tree
from archcalc.expressions.values import (
    Value,
    alike,
    bounded,
    comparable,
    equal,
    finite,
    looked_at,
    number,
    plain_value,
    truth,
)
from archcalc.wording import shown

SHAPES = ("in_channels", "in_features", "in_shape")
"""What an expression may ask of what arrives."""


class Names(Protocol):
    """What an expression's names mean; dotted names such as ``block.in_channels`` come in one piece."""

    def lookup(self, name: str) -> Value:
        """The value of a name; raises Fault when there is none, Unknown when it cannot be known."""
        ...

    def known(self) -> Iterable[str]:
        """Names that may be used."""
        ...


def evaluate(text: str, names: Names) -> Value:
    """The value of an expression as a layer takes it: a whole number that came out as a float is an int.

    Raises:
        Fault: it is malformed, names something unknown, or leaves the limits.
        Unknown: a name's value cannot be known.
    """
    return plain_value(exactly(text, names))


def exactly(text: str, names: Names) -> Value:
    """The value of an expression for another one: a fraction, a root or a logarithm as it is.

    Raises:
        Fault, Unknown: as ``evaluate``.
    """
    value = _value(syntax_tree(text), names)
    return plain_value(value) if isinstance(value, float) else value


def _value(node: ast.AST, names: Names) -> Value:
    """The value of one node; every node that is not listed is refused."""
    handler = NODES.get(type(node))
    if handler is None:
        raise Fault(f"{_called(node)} is not allowed in an expression")
    return handler(node, names)


def _constant(node: ast.Constant, _: Names) -> Value:
    if isinstance(node.value, int | float | str | None):
        return finite(node.value) if isinstance(node.value, int | float) else node.value
    raise Fault(f"{type(node.value).__name__} {node.value!r} is not allowed in an expression")


def _name(node: ast.Name | ast.Attribute, names: Names) -> Value:
    name = _dotted(node)
    if name in FUNCTIONS:
        raise Fault(f"{name} is a function: write {name}(...)")
    return CONSTANTS[name] if name in CONSTANTS else names.lookup(name)


def _dotted(node: ast.Name | ast.Attribute) -> str:
    """``block.in_channels`` or ``memory.in_shape`` as one name; any other attribute access is refused."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node.value, ast.Name) and node.value.id == "block":
        return f"block.{node.attr}"
    if node.attr in SHAPES and isinstance(node.value, ast.Name | ast.Attribute):
        return f"{_steps(node.value)}.{node.attr}"
    raise Fault(f"attribute access (.{node.attr}) is not allowed in an expression")


def _steps(node: ast.Name | ast.Attribute) -> str:
    """A dotted name of a layer, in front of what is asked of it."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node.value, ast.Name | ast.Attribute):
        return f"{_steps(node.value)}.{node.attr}"
    raise Fault(f"attribute access (.{node.attr}) is not allowed in an expression")


def _list(node: ast.List | ast.Tuple, names: Names) -> Value:
    return bounded([_value(item, names) for item in node.elts])


def _index(node: ast.Subscript, names: Names) -> Value:
    items, index = _value(node.value, names), looked_at(_value(node.slice, names))
    if not isinstance(items, list):
        raise Fault(f"only a list has entries, got {shown(plain_value(items))}")
    if not isinstance(index, int) or isinstance(index, bool):
        raise Fault(f"an index is a whole number, got {shown(plain_value(index))}")
    if not -len(items) <= index < len(items):
        raise Fault(f"index {index} is outside a list of {len(items)}")
    return items[int(index)]


def _unary(node: ast.UnaryOp, names: Names) -> Value:
    value = _value(node.operand, names)
    if isinstance(node.op, ast.Not):
        return not truth(value, "not")
    if isinstance(node.op, ast.Invert):
        raise Fault("operator ~ is not allowed in an expression")
    return negative(number(value, "-")) if isinstance(node.op, ast.USub) else number(value, "+")


def _binary(node: ast.BinOp, names: Names) -> Value:
    if type(node.op) not in OPERATORS:
        sign = SIGNS[type(node.op)]
        raise Fault(
            f"operator {sign} is not allowed in an expression",
            hint="a power is written **" if sign == "^" else "",
        )
    sign, operate = OPERATORS[type(node.op)]
    left, right = alike([number(_value(side, names), sign) for side in (node.left, node.right)])
    try:
        found = operate(left, right)
        return found if isinstance(found, Quotient) else finite(found)
    except ZeroDivisionError:
        raise Fault(f"division by zero: {left} {sign} {right}") from None
    except OverflowError:
        raise Fault(f"{left} {sign} {right} is too large") from None


def _compare(node: ast.Compare, names: Names) -> Value:
    left = _value(node.left, names)
    for operator, operand in zip(node.ops, node.comparators, strict=True):
        right = _value(operand, names)
        if not _holds(operator, left, right):
            return False
        left = right
    return True


def _holds(operator: ast.cmpop, left: Value, right: Value) -> bool:
    if isinstance(operator, ast.Eq | ast.Is):
        return equal(left, right)
    if isinstance(operator, ast.NotEq | ast.IsNot):
        return not equal(left, right)
    if isinstance(operator, ast.In | ast.NotIn):
        if not isinstance(right, list):
            raise Fault(f"'in' needs a list on its right, got {shown(plain_value(right))}")
        return any(equal(left, item) for item in right) == isinstance(operator, ast.In)
    sign, compare = COMPARISONS[type(operator)]
    return compare(*comparable([number(left, sign), number(right, sign)]))


def _logic(node: ast.BoolOp, names: Names) -> Value:
    word, stop = ("and", False) if isinstance(node.op, ast.And) else ("or", True)
    return stop if any(truth(_value(item, names), word) is stop for item in node.values) else not stop


def _choice(node: ast.IfExp, names: Names) -> Value:
    return _value(node.body if truth(_value(node.test, names), "if") else node.orelse, names)


def _call(node: ast.Call, names: Names) -> Value:
    if not isinstance(node.func, ast.Name) or node.func.id not in FUNCTIONS:
        called = node.func.id if isinstance(node.func, ast.Name) else _called(node.func)
        raise Fault(f"calls of {called} are not allowed", hint=f"functions: {', '.join(FUNCTIONS)}")
    name = node.func.id
    if node.keywords:
        raise Fault(f"{name} takes no keyword arguments")
    arguments = [_value(item, names) for item in node.args]
    if name in ("min", "max") and len(arguments) == 1 and isinstance(arguments[0], list):
        arguments = arguments[0]
    fewest, most, function = FUNCTIONS[name]
    if len(arguments) < fewest or (most is not None and len(arguments) > most):
        raise Fault(f"{name} takes {_count(fewest, most)}, got {len(arguments)}")
    if len(arguments) == 1 and isinstance(arguments[0], Quotient) and name in UNSEEN:
        return finite(UNSEEN[name](arguments[0]))
    numbers = alike([number(argument, name) for argument in arguments])
    try:
        return finite(function(numbers))
    except OverflowError:
        raise Fault(f"{name}({', '.join(map(str, numbers))}) is too large") from None
    except Fault:
        raise
    except ValueError:
        raise Fault(f"{name}({', '.join(map(str, numbers))}) has no value") from None


def _count(fewest: int, most: int | None) -> str:
    if most is None:
        return f"{fewest} or more numbers"
    return f"{most} number" + "s" * (most > 1) if fewest == most else f"{fewest} or {most} numbers"


def _called(node: ast.AST) -> str:
    """What a construct is called by people."""
    return CONSTRUCTS.get(type(node).__name__, type(node).__name__.lower())


CONSTRUCTS = {
    "Attribute": "attribute access",
    "Lambda": "lambda",
    **dict.fromkeys(("ListComp", "SetComp", "DictComp", "GeneratorExp"), "a comprehension"),
    "JoinedStr": "an f-string",
    "NamedExpr": "an assignment (:=)",
    "Starred": "*",
    "Dict": "a mapping",
    "Set": "a set",
    "Slice": "a slice",
}
CONSTANTS: dict[str, Value] = {"true": True, "false": False, "null": None}


NODES = cast(
    "dict[type[ast.AST], Callable[[ast.AST, Names], Value]]",
    {
        ast.Constant: _constant,
        ast.Name: _name,
        ast.Attribute: _name,
        ast.List: _list,
        ast.Tuple: _list,
        ast.Subscript: _index,
        ast.UnaryOp: _unary,
        ast.BinOp: _binary,
        ast.Compare: _compare,
        ast.BoolOp: _logic,
        ast.IfExp: _choice,
        ast.Call: _call,
    },
)
