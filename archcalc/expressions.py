"""Expressions: a text that starts with ``=``, evaluated over Python's syntax tree with limits, never run."""

import ast
import math
import warnings
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Protocol, TypeAlias, TypeGuard, cast

from archcalc.errors import Fault
from archcalc.wording import shown

Value: TypeAlias = "int | float | bool | str | list[Value] | None"
Number: TypeAlias = "int | float"

MAX_LENGTH = 500
MAX_DEPTH = 60
MAX_SHOWN = 60
MAX_DIGITS = 20
MAX_INTEGER = 2**63 - 1
MAX_ENTRIES = 256
"""Of a list, those of the lists in it included."""


class Unknown(Exception):  # noqa: N818  not an error of the expression
    """A name whose value is not known because an earlier layer failed."""


class Names(Protocol):
    """What an expression's names mean; dotted names such as ``block.in_channels`` come in one piece."""

    def lookup(self, name: str) -> Value:
        """The value of a name; raises Fault when there is none, Unknown when it cannot be known."""
        ...

    def known(self) -> Iterable[str]:
        """Names that may be used."""
        ...


def is_expression(value: object) -> TypeGuard[str]:
    """Whether a value of a spec is an expression: a text that starts with ``=``."""
    return isinstance(value, str) and value.lstrip().startswith("=")


def evaluate(text: str, names: Names) -> Value:
    """The value of an expression; a whole number that came out as a float is an int.

    Raises:
        Fault: it is malformed, names something unknown, or leaves the limits.
        Unknown: a name's value cannot be known.
    """
    return _whole(_value(_parsed(text), names))


@lru_cache(maxsize=4096)
def _parsed(text: str) -> ast.expr:
    """The syntax tree behind the ``=``, within the limits on length and depth."""
    source = text.strip()[1:].strip()
    if len(source) > MAX_LENGTH:
        raise Fault(f"expression of {len(source)} characters, at most {MAX_LENGTH} are allowed")
    if not source:
        raise Fault("expression is empty")
    try:
        with warnings.catch_warnings(action="ignore"):
            tree = ast.parse(source, mode="eval").body
    except SyntaxError as error:
        where = f" at character {error.offset}" if error.offset else ""
        shown = source if len(source) <= MAX_SHOWN else f"{source[:MAX_SHOWN]}..."
        raise Fault(f"expression {shown!r} does not parse{where}: {error.msg.lower()}") from None
    except (ValueError, MemoryError, RecursionError):
        raise Fault("expression does not parse: it is nested too deep or has a number too long") from None
    _check_depth(tree)
    return tree


def _check_depth(tree: ast.expr) -> None:
    level: list[ast.AST] = [tree]
    for _ in range(MAX_DEPTH):
        level = [child for node in level for child in ast.iter_child_nodes(node)]
        if not level:
            return
    raise Fault(f"expression is nested deeper than {MAX_DEPTH}")


def _value(node: ast.AST, names: Names) -> Value:
    """The value of one node; every node that is not listed is refused."""
    handler = NODES.get(type(node))
    if handler is None:
        raise Fault(f"{_called(node)} is not allowed in an expression")
    return handler(node, names)


def _constant(node: ast.Constant, _: Names) -> Value:
    if isinstance(node.value, int | float | str | None):
        return _bounded(node.value) if isinstance(node.value, int | float) else node.value
    raise Fault(f"{type(node.value).__name__} {node.value!r} is not allowed in an expression")


def _name(node: ast.Name | ast.Attribute, names: Names) -> Value:
    name = _dotted(node)
    if name in FUNCTIONS:
        raise Fault(f"{name} is a function: write {name}(...)")
    return CONSTANTS[name] if name in CONSTANTS else names.lookup(name)


def _dotted(node: ast.Name | ast.Attribute) -> str:
    """``block.in_channels`` as one name; any other attribute access is refused."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node.value, ast.Name) and node.value.id == "block":
        return f"block.{node.attr}"
    raise Fault(f"attribute access (.{node.attr}) is not allowed in an expression")


def _list(node: ast.List | ast.Tuple, names: Names) -> Value:
    return bounded([_value(item, names) for item in node.elts])


def bounded(value: Value) -> Value:
    """The value, when it has at most ``MAX_ENTRIES``: lists may share lists, so that they grow as powers."""
    waiting: list[Value] = [value]
    for entry in waiting:
        if isinstance(entry, list):
            waiting += entry[: MAX_ENTRIES + 1]
            if len(waiting) > MAX_ENTRIES + 1:
                raise Fault(f"a list has more than {MAX_ENTRIES} entries", hint="make it shorter")
    return value


def _index(node: ast.Subscript, names: Names) -> Value:
    items, index = _value(node.value, names), _value(node.slice, names)
    if not isinstance(items, list):
        raise Fault(f"only a list has entries, got {shown(items)}")
    if not isinstance(index, int) or isinstance(index, bool):
        raise Fault(f"an index is a whole number, got {shown(index)}")
    if not -len(items) <= index < len(items):
        raise Fault(f"index {index} is outside a list of {len(items)}")
    return items[index]


def _unary(node: ast.UnaryOp, names: Names) -> Value:
    value = _value(node.operand, names)
    if isinstance(node.op, ast.Not):
        return not _truth(value, "not")
    if isinstance(node.op, ast.Invert):
        raise Fault("operator ~ is not allowed in an expression")
    return -_number(value, "-") if isinstance(node.op, ast.USub) else _number(value, "+")


def _binary(node: ast.BinOp, names: Names) -> Value:
    if type(node.op) not in OPERATORS:
        sign = SIGNS[type(node.op)]
        raise Fault(
            f"operator {sign} is not allowed in an expression",
            hint="a power is written **" if sign == "^" else "",
        )
    sign, operate = OPERATORS[type(node.op)]
    left = _number(_value(node.left, names), sign)
    right = _number(_value(node.right, names), sign)
    try:
        return _bounded(operate(left, right))
    except ZeroDivisionError:
        raise Fault(f"division by zero: {left} {sign} {right}") from None
    except OverflowError:
        raise Fault(f"{left} {sign} {right} is too large") from None


def _power(base: Number, exponent: Number) -> Number:
    """A power, refused before it is worked out when it cannot fit in 63 bits."""
    if abs(base) > 1 and exponent > 0 and exponent * math.log2(abs(base)) > 63.5 and isinstance(base, int):  # noqa: PLR2004
        raise Fault(f"{base} ** {exponent} is too large")
    if abs(exponent) > MAX_INTEGER:
        raise Fault(f"exponent {exponent} is too large")
    result = base ** float(exponent) if isinstance(base, int) and exponent < 0 else base**exponent
    if isinstance(result, complex):
        raise Fault(f"{base} ** {exponent} is not a real number")
    return cast("Number", result)


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
        return left == right
    if isinstance(operator, ast.NotEq | ast.IsNot):
        return left != right
    if isinstance(operator, ast.In | ast.NotIn):
        if not isinstance(right, list):
            raise Fault(f"'in' needs a list on its right, got {shown(right)}")
        return (left in right) == isinstance(operator, ast.In)
    sign, compare = COMPARISONS[type(operator)]
    return compare(_number(left, sign), _number(right, sign))


def _logic(node: ast.BoolOp, names: Names) -> Value:
    word, stop = ("and", False) if isinstance(node.op, ast.And) else ("or", True)
    return stop if any(_truth(_value(item, names), word) is stop for item in node.values) else not stop


def _choice(node: ast.IfExp, names: Names) -> Value:
    return _value(node.body if _truth(_value(node.test, names), "if") else node.orelse, names)


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
    if not fewest <= len(arguments) <= most:
        raise Fault(f"{name} takes {_count(fewest, most)}, got {len(arguments)}")
    numbers = [_number(argument, name) for argument in arguments]
    try:
        return _bounded(function(numbers))
    except Fault:
        raise
    except ValueError:
        shown = ", ".join(map(str, numbers))
        raise Fault(f"{name}({shown}) has no value") from None


def _count(fewest: int, most: int) -> str:
    if fewest == most:
        return f"{most} number" + "s" * (most > 1)
    return f"{fewest} or more numbers" if most == MAX_LENGTH else f"{fewest} or {most} numbers"


def _number(value: Value, where: str) -> Number:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Fault(f"'{where}' needs numbers, got {shown(value)}")
    return value


def _integer(value: Number) -> int:
    if not isinstance(value, int) or abs(value) > MAX_DIGITS:
        raise Fault(f"digits are a whole number up to {MAX_DIGITS}, got {value}")
    return value


def _truth(value: Value, word: str) -> bool:
    if not isinstance(value, bool):
        raise Fault(f"'{word}' needs true or false, got {shown(value)}")
    return value


def _bounded(value: Number) -> Number:
    """The number, when it is finite and fits in 64 bits."""
    if isinstance(value, int) and abs(value) > MAX_INTEGER:
        raise Fault(f"a number is too large: beyond {MAX_INTEGER:,}")
    if isinstance(value, float) and not math.isfinite(value):
        raise Fault("a number is too large or not a number")
    return value


def _whole(value: Value) -> Value:
    if isinstance(value, list):
        return [_whole(item) for item in value]
    if isinstance(value, float) and value.is_integer() and abs(value) <= MAX_INTEGER:
        return int(value)
    return value


def _called(node: ast.AST) -> str:
    """What a construct is called by people."""
    return CONSTRUCTS.get(type(node).__name__, type(node).__name__.lower())


CONSTRUCTS = {
    "Attribute": "attribute access",
    "Lambda": "lambda",
    "ListComp": "a comprehension",
    "SetComp": "a comprehension",
    "DictComp": "a comprehension",
    "GeneratorExp": "a comprehension",
    "JoinedStr": "an f-string",
    "NamedExpr": "an assignment (:=)",
    "Starred": "*",
    "Dict": "a mapping",
    "Set": "a set",
    "Slice": "a slice",
}
CONSTANTS: dict[str, Value] = {"true": True, "false": False, "null": None}
FUNCTIONS: "dict[str, tuple[int, int, Callable[[list[Number]], Number]]]" = {
    "min": (1, MAX_LENGTH, min),
    "max": (1, MAX_LENGTH, max),
    "abs": (1, 1, lambda numbers: abs(numbers[0])),
    "ceil": (1, 1, lambda numbers: math.ceil(numbers[0])),
    "floor": (1, 1, lambda numbers: math.floor(numbers[0])),
    "round": (1, 2, lambda numbers: round(numbers[0], *map(_integer, numbers[1:]))),
    "sqrt": (1, 1, lambda numbers: math.sqrt(numbers[0])),
    "log2": (1, 1, lambda numbers: math.log2(numbers[0])),
}
"""Name -> fewest arguments, most arguments, and the function of all of them."""
OPERATORS: "dict[type[ast.operator], tuple[str, Callable[[Number, Number], Number]]]" = {
    ast.Add: ("+", lambda left, right: left + right),
    ast.Sub: ("-", lambda left, right: left - right),
    ast.Mult: ("*", lambda left, right: left * right),
    ast.Div: ("/", lambda left, right: left / right),
    ast.FloorDiv: ("//", lambda left, right: left // right),
    ast.Mod: ("%", lambda left, right: left % right),
    ast.Pow: ("**", _power),
}
SIGNS: dict[type[ast.operator], str] = {
    ast.MatMult: "@",
    ast.BitXor: "^",
    ast.BitAnd: "&",
    ast.BitOr: "|",
    ast.LShift: "<<",
    ast.RShift: ">>",
}
"""Operators that are refused."""
COMPARISONS: "dict[type[ast.cmpop], tuple[str, Callable[[Number, Number], bool]]]" = {
    ast.Lt: ("<", lambda left, right: left < right),
    ast.LtE: ("<=", lambda left, right: left <= right),
    ast.Gt: (">", lambda left, right: left > right),
    ast.GtE: (">=", lambda left, right: left >= right),
}
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
