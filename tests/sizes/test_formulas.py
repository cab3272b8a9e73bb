"""Formulas as text: with their numbers put in, named after the functions that made them."""

import ast
from typing import TYPE_CHECKING

import pytest

from archcalc import loads
from archcalc.sizes.formula import formula
from archcalc.sizes.remembering import Remembered, remembered
from archcalc.sizes.symbols import symbolic, where
from archcalc.sizes.terms import Operation, operation, term_text
from tests.sizes.remembering import seeded

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

    from archcalc.facts import Facts
    from archcalc.sizes.terms import Term
    from archcalc.tracing import TracedLayer


def asked(layer: str, shape: str, dtype: str = "float32") -> tuple[Remembered, "TracedLayer"]:
    """One layer of which all sizes that arrive remember."""
    found = remembered(loads(f"inputs: {{x: {{shape: {shape}, dtype: {dtype}}}}}\nlayers: [{layer}]"))
    return found, found.trace.layers[0]


def size(facts: "Facts", axis: int = -1) -> int:
    return next(iter(facts.outputs.values())).shape[axis]


CONV = "{type: Conv2d, out_channels: 64, kernel_size: 7, stride: 2, padding: 3}"
TRANSPOSED = "{type: ConvTranspose1d, out_channels: 8, kernel_size: 4, stride: 2, padding: 1, dilation: 3}"
POOL = "{type: MaxPool2d, kernel_size: 3, stride: 2, ceil_mode: true}"
ATTENTION = "{type: MultiheadAttention, num_heads: 4}"
LSTM = "{type: LSTM, hidden_size: 20}"
FORMULAS: "list[tuple[str, str, Callable[[Facts], int | None], str]]" = [
    (
        CONV,
        "[3, 224, 200]",
        size,
        (
            "conv_output(n=200, kernel=7, stride=2, before=3, after=3, dilation=1)"
            " = (200 + 3 + 3 - 7) // 2 + 1 = 100"
        ),
    ),
    (
        CONV,
        "[3, 224, 200]",
        lambda facts: facts.macs,
        (
            "conv_macs(in_channels=3, groups=1, kernel=(7, 7), output=(64, 112, 100))"
            " = 3 * 49 * 64 * 112 * 100 = 105369600"
        ),
    ),
    (CONV, "[3, 224, 200]", lambda facts: facts.weights["weight"][1], "3"),
    (
        TRANSPOSED,
        "[4, 50]",
        size,
        (
            "transposed_output(n=50, kernel=4, stride=2, padding=1, output_padding=0, dilation=3)"
            " = (50 - 1) * 2 - 2 + 10 = 106"
        ),
    ),
    (
        POOL,
        "[8, 15, 112]",
        size,
        (
            "pool_output_ceil(n=112, kernel=3, stride=2, padding=0, dilation=1) = ceil((112 - 3) / 2) + 1"
            " = 56 where ceil(112 / 2) >= ceil((112 - 3) / 2) + 1"
        ),
    ),
    (
        "{type: Linear, out_features: 10}",
        "[7, 30]",
        lambda facts: facts.macs,
        "linear_macs(in_features=30, output=(7, 10)) = 30 * 7 * 10 = 2100",
    ),
    (
        ATTENTION,
        "[9, 16]",
        lambda facts: facts.parts["scores"].macs,
        "scores_macs(heads=4, queries=9, keys=9, head_dim=4) = 4 * 9 * 9 * 4 = 1296",
    ),
    (
        ATTENTION,
        "[9, 16]",
        lambda facts: facts.parts["query"].macs,
        "projection_macs(positions=9, in_features=16, out_features=16) = 9 * 16 * 16 = 2304",
    ),
    (ATTENTION, "[9, 16]", lambda facts: facts.attention.head_dim if facts.attention else 0, "16 // 4 = 4"),
    (ATTENTION, "[9, 16]", lambda facts: facts.weights["in_proj_weight"][0], "3 * 16 = 48"),
    (
        LSTM,
        "[5, 10]",
        lambda facts: facts.parts["input"].params,
        "gate_params(inputs=10, hidden=20, fed_back=20, biases=2) = 20 * 10 + 400 + 40 = 640",
    ),
    ("{type: ZeroPad1d, padding: [1, 2]}", "[3, 9]", size, "9 + 1 + 2 = 12"),
    (
        "{type: Slice, dim: 1, start: 2, step: 3}",
        "[3, 9]",
        size,
        "ceil((9 - 2) / 3) = 3",
    ),
    ("ReLU", "[3, 9]", size, "9"),
    ("ReLU", "[3, 9]", lambda facts: facts.macs, "0"),
]


@pytest.mark.parametrize(("layer", "shape", "fact", "written"), FORMULAS)
def test_formulas_with_their_numbers(
    layer: str, shape: str, fact: "Callable[[Facts], int | None]", written: str
) -> None:
    _, traced = asked(layer, shape)
    arriving = [number for port in traced.inputs for number in port.tensor.shape]
    found = formula(fact(traced.facts) or 0, arriving)
    assert str(found) == written


def test_a_formula_goes_back_to_what_arrives_and_no_further() -> None:
    layers = "[{type: ZeroPad1d, padding: 1}, {type: ZeroPad1d, padding: 2}]"
    found = remembered(loads(f"inputs: {{x: [3, 9]}}\nlayers: {layers}"))
    last = found.trace.layers[-1]
    assert str(formula(size(last.facts), last.inputs[0].tensor.shape)) == "11 + 2 + 2 = 15"
    assert str(formula(size(last.facts))) == "9 + 1 + 1 + 2 + 2 = 15"
    assert formula(size(last.facts)).value == 15


def test_formulas_in_the_names_of_the_sizes() -> None:
    found, attention = asked("{type: MultiheadAttention, num_heads: 4}", "[9, 16]")
    written = "16 * x[0] * x[1] * (x[1] // 4) + 8 * x[0] ** 2 * (x[1] // 4)"
    assert attention.facts.macs is not None
    assert term_text(symbolic(attention.facts.macs)) == written
    assert list(where(found.tape)) == [
        "x[0] is at least 1",
        "x[1] is at least 1",
        "x[1] % 4 == 0",
        "4 * (x[1] // 4) == x[1]",
    ]


@pytest.mark.parametrize(
    ("term", "written"),
    [
        (operation("+", 0, "a"), "a"),
        (operation("-", "a", 0), "a"),
        (operation("-", 0, "a"), "0 - a"),
        (operation("*", 1, operation("*", "a", 1)), "a"),
        (operation("//", "a", 1), "a"),
        (operation("neg", operation("neg", "a")), "a"),
        (operation("neg", 3), "-3"),
        (operation("neg", operation("//", operation("neg", "a"), "b")), "ceil(a / b)"),
        (operation("-", "a", operation("-", "b", "c")), "a - (b - c)"),
        (operation("-", operation("-", "a", "b"), "c"), "a - b - c"),
        (operation("+", "a", operation("-", "b", "c")), "a + b - c"),
        (operation("*", "a", operation("//", "b", "c")), "a * (b // c)"),
        (operation("//", operation("*", "a", "b"), operation("*", "c", "d")), "a * b // (c * d)"),
        (operation("*", operation("+", "a", 1), -2), "(a + 1) * (-2)"),
        (operation("**", operation("*", "a", "b"), 2), "(a * b) ** 2"),
        (operation("*", operation("**", "a", 2), "b"), "a ** 2 * b"),
        (operation("neg", operation("+", "a", "b")), "-(a + b)"),
        (operation("%", operation("//", "a", 2), 2), "a // 2 % 2"),
        (operation("//", "a", operation("**", "b", 2)), "a // b ** 2"),
        (operation("*", 3, operation("*", operation("//", "a", 2), "b")), "3 * (a // 2 * b)"),
        (operation("*", 3, operation("*", "b", operation("//", "a", 2))), "3 * b * (a // 2)"),
        (operation("neg", operation("%", "a", 2)), "-(a % 2)"),
        (operation("neg", operation("*", operation("//", "a", 2), "b")), "-(a // 2 * b)"),
    ],
)  # fmt: skip
def test_terms_keep_the_brackets_that_they_need(term: "Term", written: str) -> None:
    assert term_text(term) == written


def test_terms_are_read_as_what_they_are() -> None:
    """Python's parser finds in the text of a random term the same value."""
    random = seeded("terms")
    read = 0
    for _ in range(3_000):
        term, names = drawn(random, 3), {name: random.randint(1, 20) for name in "abc"}
        try:
            value = calculated(term, names)
        except ZeroDivisionError:
            continue
        read += 1
        assert parsed(ast.parse(term_text(term), mode="eval").body, names) == value, (term, names)
    assert read > 2_000


def drawn(random: "Random", depth: int) -> "Term":
    """A random term of names and small numbers."""
    if not depth or random.random() < 1 / 4:
        return random.choice(("a", "b", "c", random.randint(-3, 9)))
    sign = random.choice(("+", "-", "*", "//", "%", "neg", "**", "ceil"))
    left = drawn(random, depth - 1)
    if sign == "neg":
        return operation(sign, left)
    return operation(sign, left, 2 if sign == "**" else drawn(random, depth - 1))


RESULTS: "dict[str, Callable[[int, int], int]]" = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "//": lambda a, b: a // b,
    "%": lambda a, b: a % b,
    "**": lambda a, b: int(a**b),
    "ceil": lambda a, b: -(-a // b),
}
SIGNS: "dict[type[ast.operator], str]" = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.FloorDiv: "//",
    ast.Mod: "%",
    ast.Pow: "**",
    ast.Div: "ceil",
}
"""Python's nodes; a quotient that is no floor stands within ``ceil( )`` only."""


def calculated(term: "Term", names: "dict[str, int]") -> int:
    """The value of a term by its tree."""
    if not isinstance(term, Operation):
        return names[term] if isinstance(term, str) else term
    values = [calculated(each, names) for each in term.operands]
    return -values[0] if term.sign == "neg" else RESULTS[term.sign](values[0], values[1])


def parsed(node: ast.expr, names: "dict[str, int]") -> int:
    """The value of a text by Python's tree of it."""
    if isinstance(node, ast.BinOp):
        return RESULTS[SIGNS[type(node.op)]](parsed(node.left, names), parsed(node.right, names))
    if isinstance(node, ast.UnaryOp):
        return -parsed(node.operand, names)
    if isinstance(node, ast.Call):
        return parsed(node.args[0], names)
    if isinstance(node, ast.Name):
        return names[node.id]
    assert isinstance(node, ast.Constant)
    assert isinstance(node.value, int)
    return node.value
