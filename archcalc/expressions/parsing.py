"""From the text of an expression to its syntax tree, within the limits on length and depth."""

import ast
import warnings
from functools import lru_cache
from typing import TypeGuard

from archcalc.errors import Fault

MAX_LENGTH = 500
MAX_DEPTH = 60
MAX_SHOWN = 60


def is_expression(value: object) -> TypeGuard[str]:
    """Whether a value of a spec is an expression: a text that starts with ``=``."""
    return isinstance(value, str) and value.lstrip().startswith("=")


@lru_cache(maxsize=4096)
def syntax_tree(text: str) -> ast.expr:
    """The syntax tree behind the ``=``.

    Raises:
        Fault: it is malformed, or leaves the limits.
    """
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
        begin = source if len(source) <= MAX_SHOWN else f"{source[:MAX_SHOWN]}..."
        raise Fault(f"expression {begin!r} does not parse{where}: {error.msg.lower()}") from None
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
