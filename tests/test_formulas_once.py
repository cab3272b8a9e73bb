"""Arithmetic stands once: expressions that differ in names alone are found in the text of the package."""

import ast
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

PACKAGE = Path(__file__).parent.parent / "archcalc"
APART = ("bridge", "exporting", "importing")
"""Rooms that write or read torch's own code: there the arithmetic is that of tensors."""
SIGNS = (ast.Add, ast.Sub, ast.Mult, ast.Div, ast.FloorDiv, ast.Mod, ast.Pow)
FEWEST = 3
"""Operations of an expression that may not stand twice."""
BY_CHANCE = {
    "((((3 * a) * b) * c) * d)": "SwiGLU's three maps, and the three products of a delta rule",
    "(((3 * a) * b) * c)": "a part of them",
    "(((2 * a) * b) * c)": "the two products of a scan, and the two of a polynomial's step",
    "(((a * b) * c) * d)": "sizes of a tensor multiplied",
    "(((a - 1) * b) * c)": "hops of a polynomial, and taps of a kernel that is used",
    "(a + ((b * c) * d))": "operations for the taps of a kernel, and weights of two maps",
    "((2 * (a - 1)) - b)": "a position mirrored, and the middle of a window",
    "(a - ((b - 1) * c))": "what is left of a reach, of a progression and of a span",
    "((a * (b - c)) + d)": "axes of one number put before others",
    "(a * ((2 * b) + 1))": "positions in a window with both sides, and places of a series",
    "(a + ((b - 1) * c))": "taps that a kernel spans, and passes in flight that keep what is theirs",
    "(((a + b) + (c * d)) + e)": "memory that grows with a sequence, and what an optimizer holds of a matrix",
    "((a + b) + (c * d))": "a part of them, and the variance of what a gate is given",
    "((a * b) + (c * (d ** 2)))": "the products of three projections, and the mean square of two sorts",
    "((a * b) + (c * d))": "two things weighed: common and apart, kept and dropped",
    "(((2 * a) * b) / c)": "what a normal number that is cut off loses, and a mean that is added to another",
    "(((a * b) * c) + d)": "moments that a map hands on, beside a bias or what is common",
    "(((a * b) + c) + d)": "a gate's gradients, and weights of a map with a bias and a norm",
    "(((a ** 2) * b) / (c ** 2))": "a gradient over the positions of a mean, and a spread beside a square",
    "((a - b) * (c - d))": "a place on a straight line, in whole numbers and between any",
    "(((a + b) + c) + d)": "bytes at a step of a loss, and what an optimizer holds of a vector",
}
"""Expressions that are equal and mean different things, and what they mean."""


def written(node: ast.expr, names: "dict[str, str]") -> str:
    """An expression with its parts called a, b, c in the order in which they come."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, SIGNS):
        sign = ast.unparse(ast.BinOp(ast.Name("x"), node.op, ast.Name("y")))[2:-2]
        return f"({written(node.left, names)} {sign} {written(node.right, names)})"
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return f"(-{written(node.operand, names)})"
    if isinstance(node, ast.Constant) and isinstance(node.value, int | float):
        return str(node.value)
    return names.setdefault(ast.dump(node), chr(ord("a") + len(names)))


def operations(node: ast.expr) -> int:
    """Of an expression, those within its parts not counted."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, SIGNS):
        return 1 + operations(node.left) + operations(node.right)
    return operations(node.operand) if isinstance(node, ast.UnaryOp) else 0


def expressions(text: str) -> "Iterator[tuple[str, int]]":
    """Every expression of a file that is long enough, and its line."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.BinOp) and operations(node) >= FEWEST:
            yield written(node, {}), node.lineno


def rounds_up(node: ast.AST) -> bool:
    """Whether it is -(-a // b)."""
    inside = node.operand if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub) else None
    return (
        isinstance(inside, ast.BinOp)
        and isinstance(inside.op, ast.FloorDiv)
        and any(isinstance(each, ast.UnaryOp) for each in (inside.left, getattr(inside.left, "left", None)))
    )


def twice(texts: "Mapping[str, str]") -> dict[str, list[str]]:
    """Expressions that stand in more than one place, with the places."""
    found: dict[str, list[str]] = defaultdict(list)
    for name, text in texts.items():
        for expression, line in expressions(text):
            found[expression].append(f"{name}:{line}")
    return {each: places for each, places in found.items() if len(places) > 1}


def package() -> dict[str, str]:
    """Every file of the package that calculates, and its text."""
    paths = (path for path in PACKAGE.rglob("*.py") if path.relative_to(PACKAGE).parts[0] not in APART)
    names = {str(path.relative_to(PACKAGE)): path for path in sorted(paths)}
    return {name: path.read_text(encoding="utf-8") for name, path in names.items()}


def test_no_formula_stands_twice() -> None:
    found = twice(package())
    assert {each: places for each, places in found.items() if each not in BY_CHANCE} == {}
    assert BY_CHANCE.keys() <= found.keys(), "what stands once needs no reason"


def test_rounding_up_stands_once() -> None:
    places = [
        f"{name}:{node.lineno}"
        for name, text in package().items()
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.UnaryOp) and rounds_up(node)
    ]
    assert [place.split(":")[0] for place in places] == ["formulas/rounding.py"], places


def test_a_formula_that_is_written_again_is_found() -> None:
    one, two = "def f(n, k, s):\n    return (n - k) // s + 1\n", "size = (image - taps) // step + 1\n"
    assert twice({"one.py": one, "two.py": two}) == {"(((a - b) // c) + 1)": ["one.py:2", "two.py:1"]}
    assert twice({"one.py": one, "two.py": "size = (image - taps) // step + 2\n"}) == {}
    assert rounds_up(ast.parse("-(-(a + b) // c)", mode="eval").body)
    assert not rounds_up(ast.parse("-(a // c)", mode="eval").body)
