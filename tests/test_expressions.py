"""The expression language: values, refusals, hostile texts, and Python itself as the oracle."""

import ast
import re
import time
from collections.abc import Iterable
from contextlib import suppress
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_EVEN, Context, Decimal, localcontext
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archcalc.errors import Fault, nearest
from archcalc.expressions import Unknown, Value, evaluate, is_expression

KNOWN: dict[str, Value] = {
    "x": 3,
    "width": 64,
    "ratio": 0.25,
    "act": "ReLU",
    "flag": True,
    "in_shape": [3, 224, 225],
    "block.in_channels": 7,
}


class Table:
    """Names with fixed values; ``behind`` stands for a shape that is not known."""

    def lookup(self, name: str) -> Value:
        """The fixed value."""
        if name == "behind":
            raise Unknown
        if name not in KNOWN:
            raise Fault(f"unknown name {name!r}", hint=nearest(name, KNOWN))
        return KNOWN[name]

    def known(self) -> Iterable[str]:
        """All fixed names."""
        return KNOWN


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("=1", 1),
        (" = width * 2 ", 128),
        ("=width * ratio", 16),
        ("=7 / 2", 3.5),
        ("=-7 // 2", -4),
        ("=-7 % 3", 2),
        ("=2 ** 10", 1024),
        ("=2 ** -1", 0.5),
        ("=1e-5", 1e-5),
        ("=64 / 2", 32),
        ("=1 < x <= 3", True),
        ("=1 < 9 < x", False),
        ("=x == 3 and not flag", False),
        ("=flag or behind > 3", True),
        ("=not flag and behind > 3", False),
        ("=1 if x > 2 else behind", 1),
        ("=act == 'ReLU'", True),
        ("='same' if x % 2 == 1 else 0", "same"),
        ("=x in [1, 2, 3]", True),
        ("=x not in [1, 2, 3]", False),
        ("=in_shape[1] // 2", 112),
        ("=in_shape[-1]", 225),
        ("=[1, 2, 4, 8][x]", 8),
        ("=[width, width / 2]", [64, 32]),
        ("=block.in_channels", 7),
        ("=min(width, x)", 3),
        ("=max(in_shape)", 225),
        ("=abs(-4)", 4),
        ("=ceil(7 / 2)", 4),
        ("=floor(-0.5)", -1),
        ("=round(2.5)", 2),
        ("=round(2.567, 1)", 2.6),
        ("=sqrt(16)", 4),
        ("=log2(1024)", 10),
        ("=divisible(24, 8)", 24),
        ("=divisible(36, 8)", 40),
        ("=divisible(19.2, 8)", 24),
        ("=divisible(26.4, 8)", 24),
        ("=divisible(1, 8)", 8),
        ("=divisible(7 * 5, 5)", 35),
        ("=true", True),
        ("=null", None),
        ("=2 ** 62", 2**62),
        ("=max(8, floor((30 + 4) / 8) * 8)", 32),
        ("=9007199254740993 / 1", 2**53 + 1),
        ("=(2 ** 61 + 2) / 2", 2**60 + 1),
        ("=(2 ** 61 + 1) / 2", 2.0**60),  # no whole number: a size refuses it
        ("=floor((2 ** 61 + 1) / 2)", 2**60),
        ("=ceil((2 ** 61 + 1) / 2)", 2**60 + 1),
        ("=floor((2 ** 62 - 1) / 2 ** 60 * 2 ** 60)", 2**62 - 1),
        ("=1 / 49 * 49", 1),
        ("=floor(49 * (1 / 49))", 1),
        ("=6 / 4 // 1", 1),
        ("=in_shape[4 / 2]", 225),
        ("=7 / 2 % 1", 0.5),
        ("=1 / 10 == 0.1", True),
        ("=1 / 3 < 0.5 < 2 / 3", True),
        ("=round(2675 / 1000, 2)", 2.68),
        ("=round(2.675, 2)", 2.67),
        ("=round(5 / 2)", 2),
        ("=round(7 / 2)", 4),
        ("=round(-5 / 2)", -2),
        ("=round(25, -1)", 20),
        ("=round(2 ** 61 / 3 * 3 + 1 / 2)", 2**61),
        ("=sqrt(2 ** 62)", 2**31),
        ("=sqrt(9 / 16)", 0.75),
        ("=sqrt(2)", 2**0.5),
        ("=sqrt(2 ** 62 - 1)", 2.0**31),
        ("=floor(sqrt(2 ** 62 - 1))", 2**31 - 1),
        ("=ceil(sqrt(2 ** 60 + 1))", 2**30 + 1),
        ("=round(sqrt(2 ** 62 - 1))", 2**31),
        ("=ceil(sqrt(2 ** 60 + 1) / 2)", 2**29 + 1),
        ("=floor(-sqrt(2 ** 60 + 1))", -(2**30) - 1),
        ("=sqrt(2 ** 62 - 1) < 2 ** 31", True),
        ("=sqrt(2 ** 62 - 1) == 2 ** 31", False),
        ("=floor(2 ** 31 - sqrt(2 ** 62 - 1))", 0),
        ("=ceil(2 ** 31 - sqrt(2 ** 62 - 1))", 1),
        ("=sqrt(2 ** 62 - 1) // 1", 2**31 - 1),
        ("=floor((2 ** 62 - 1) ** (1 / 2))", 2**31 - 1),
        ("=8 ** (1 / 3)", 2),
        ("=(8 / 27) ** (2 / 3)", 4 / 9),
        ("=4 ** 0.5", 2),
        ("=log2(2 ** 49 + 1)", 49.0),
        ("=ceil(log2(2 ** 49 + 1))", 50),
        ("=floor(log2(2 ** 49 - 1))", 48),
        ("=floor(log2(1 / 3))", -2),
        ("=log2(1 / 8)", -3),
        ("=ceil(log2(2 ** 49 + 1) / 7)", 8),
        ("=round(log2(3))", 2),
        ("=max(log2(2 ** 49 + 1), 49) > 49", True),
        ("=min(log2(2 ** 49 + 1), 49)", 49),
        ("=abs(log2(1 / 3)) > 1", True),
        ("=2 ** -1 + 1 / 2", 1),
        ("=(2 / 3) ** -2", 2.25),
        ("=ceil(64 * 0.25 / 8) * 8", 16),
        ("=0.33 * 3", 0.99),
        ("=round(3 * 0.33)", 1),
        ("=0.1 + 0.2 == 0.3", False),
    ],
)
def test_values(text: str, value: Value) -> None:
    result = evaluate(text, Table())
    assert result == value
    assert type(result) is type(value)


@pytest.mark.parametrize(
    ("text", "fact"),
    [
        ("=", "expression is empty"),
        ("=1 +", "expression '1 +' does not parse"),
        ("=widht * 2", "unknown name 'widht'"),
        ("=1 / 0", "division by zero: 1 / 0"),
        ("=x % 0", "division by zero: 3 % 0"),
        ("=0 ** -1", "division by zero: 0 ** -1"),
        ("=act * 2", "'*' needs numbers, got 'ReLU'"),
        ("=[1] * 1000000000", "'*' needs numbers, got [1]"),
        ("=True + 1", "'+' needs numbers, got true"),
        ("=1 if x else 2", "'if' needs true or false, got 3"),
        ("=x and flag", "'and' needs true or false, got 3"),
        ("=act < 3", "'<' needs numbers, got 'ReLU'"),
        ("=3 in 4", "'in' needs a list on its right, got 4"),
        ("=in_shape[3]", "index 3 is outside a list of 3"),
        ("=in_shape[0.5]", "an index is a whole number, got 0.5"),
        ("=x[0]", "only a list has entries, got 3"),
        ("=in_shape[0:1]", "a slice is not allowed in an expression"),
        ("=sqrt(-1)", "sqrt(-1) has no value"),
        ("=log2(0)", "log2(0) has no value"),
        ("=divisible(24, 0)", "widths are rounded to multiples of a whole number from 1 on, got 0"),
        ("=divisible(24)", "divisible takes 2 numbers, got 1"),
        ("=round(1, -1000000000000)", "digits are a whole number up to 20, got -1000000000000"),
        ("=sqrt(1, 2)", "sqrt takes 1 number, got 2"),
        ("=min()", "min takes 1 or more numbers, got 0"),
        ("=round(1.5, digits=2)", "round takes no keyword arguments"),
        ("=(-8) ** 0.5", "-8 ** 0.5 is not a real number"),
        ("=9**9**9", "9 ** 387420489 is too large"),
        ("=10 ** 400", "10 ** 400 is too large"),
        ("=9007199254740993 * 1.0", "9007199254740993 is not among the floats: beyond 2 ** 53"),
        ("=(1 / 3) ** 2000", "a quotient has more than 2048 binary digits"),
        ("=(1 / 3) ** 1000000", "1/3 ** 1000000 is too long to be worked out"),
        ("=2 ** (1 / 3000)", "a root of degree 3000 is too large"),
        ("=in_shape[1 / 2]", "an index is a whole number, got 0.5"),
        ("=[1, 2] + 1 / 2", "'+' needs numbers, got [1, 2]"),
        ("=1 / 2 / 0", "division by zero: 1/2 / 0"),
        ("=2.5 ** 1000000", "2.5 ** 1000000 is too large"),
        ("=1e308 * 10", "a number is too large or not a number"),
        ("=2 ** 62 * 2", "a number is too large: beyond 9,223,372,036,854,775,807"),
        ("=ceil(1e300)", "a number is too large: beyond 9,223,372,036,854,775,807"),
        ("=1 << 3", "operator << is not allowed in an expression"),
        ("=~1", "operator ~ is not allowed in an expression"),
        ("=().__class__", "attribute access (.__class__) is not allowed in an expression"),
        ("=x.__class__", "attribute access (.__class__) is not allowed in an expression"),
        ("=block.in_channels.real", "attribute access (.real) is not allowed in an expression"),
        ("=__import__('os')", "calls of __import__ are not allowed"),
        ("=[].append(1)", "calls of attribute access are not allowed"),
        ("=(lambda: 0)()", "calls of lambda are not allowed"),
        ("=[i for i in [1]]", "a comprehension is not allowed in an expression"),
        ("=f'{x}'", "an f-string is not allowed in an expression"),
        ("=(y := 3)", "an assignment (:=) is not allowed in an expression"),
        ("=b'1'", "bytes b'1' is not allowed in an expression"),
        ("=1j", "complex 1j is not allowed in an expression"),
        ("=...", "ellipsis Ellipsis is not allowed in an expression"),
        ("={1: 2}", "a mapping is not allowed in an expression"),
        ("=min", "min is a function: write min(...)"),
        ("=[*in_shape]", "* is not allowed in an expression"),
        ("=await x", "await is not allowed in an expression"),
    ],
)
def test_refusals_say_what(text: str, fact: str) -> None:
    with pytest.raises(Fault) as caught:
        evaluate(text, Table())
    assert caught.value.fact.startswith(fact)


HOSTILE = [
    "=" + "(" * 400 + "1" + ")" * 400,
    "=" + "-" * 499 + "1",
    "=" + "not " * 120 + "true",
    "=" + "[" * 200 + "]" * 200,
    "=" + "1+" * 249 + "1",
    "=" + "9" * 499,
    "=" + "9" * 5000,
    "=" + "x" * 100_000,
    "=\x00",
    "=9**9**9**9**9",
    "=2**63 - 2**63",
    "=99999999999 ** 99999999999",
    "=(1e300) ** 1000",
    "=2 ** 1e300",
    "=\ud800",
    "=1if 1else 2",
    "='\\d'",
]


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_texts_end_at_once(text: str) -> None:
    begin = time.perf_counter()
    assert len(fact_of(text)) < 200
    assert time.perf_counter() - begin < 1


def fact_of(text: str) -> str:
    """What an expression is refused with; nothing when it has a value."""
    try:
        evaluate(text, Table())
    except Fault as fault:
        return fault.fact
    return ""


def test_unknown_passes_through() -> None:
    with pytest.raises(Unknown):
        evaluate("=behind + 1", Table())


def test_what_is_an_expression() -> None:
    assert is_expression("=1")
    assert is_expression("  = 1")
    assert not any(is_expression(value) for value in ("1", "", 1, None, ["=1"], True))


NUMBERS = st.one_of(st.integers(0, 1000).map(str), st.decimals(0, 100, places=2).map(str))
NUMERAL = re.compile(r"(?<!log)(?<!\d)(\d+)")


class AsExpected(ast.NodeTransformer):
    """Python's arithmetic with fractions: whole numbers are some, compared with floats as floats."""

    def visit_Constant(self, node: ast.Constant) -> ast.AST:
        """A fraction of a whole number."""
        return ast.parse(f"Fraction({node.value})", mode="eval").body if isinstance(node.value, int) else node

    def visit_Subscript(self, node: ast.Subscript) -> ast.AST:
        """An index stays what it is."""
        node.value = self.visit(node.value)
        return node

    def visit_Compare(self, node: ast.Compare) -> ast.AST:
        """``a < b`` is ``less(a, b)``."""
        sides = [self.visit(node.left), self.visit(node.comparators[0])]
        return ast.Call(ast.Name("less", ast.Load()), sides, [])


def _less(left: Fraction | float, right: Fraction | float) -> bool:
    floats = isinstance(left, float) or isinstance(right, float)
    return float(left) < float(right) if floats else left < right


def _least(left: Fraction | float, right: Fraction | float) -> Fraction | float:
    return right if _less(right, left) else left


def expected_of(text: str) -> object:
    """What Python makes of a text."""
    tree = ast.fix_missing_locations(AsExpected().visit(ast.parse(text, mode="eval")))
    return eval(compile(tree, "", "eval"), {"Fraction": Fraction, "less": _less, "min": _least})  # noqa: S307  the oracle, on texts made above


ARITHMETIC = st.recursive(
    NUMBERS,
    lambda inner: st.one_of(
        st.builds("({} {} {})".format, inner, st.sampled_from(["+", "-", "*", "/", "//", "%"]), inner),
        st.builds("(-{})".format, inner),
        st.builds("min({}, {})".format, inner, inner),
        st.builds("abs({})".format, inner),
        st.builds("({} if {} < {} else {})".format, inner, inner, inner, inner),
        st.builds("[{}, {}][1]".format, inner, inner),
    ),
    max_leaves=12,
)


@given(ARITHMETIC)
@settings(max_examples=300, print_blob=True)
def test_arithmetic_is_pythons(text: str) -> None:
    """Of fractions, as long as no float comes in."""
    try:
        expected = expected_of(text)
    except ZeroDivisionError:
        with pytest.raises(Fault, match="division by zero"):
            evaluate("=" + text, Table())
        return
    refused = fact_of("=" + text)
    if refused:
        assert any(word in refused for word in ("nested deeper", "characters", "too large"))
    else:
        assert evaluate("=" + text, Table()) == (
            float(expected) if isinstance(expected, Fraction) else expected
        )


ROOTS = st.builds(
    "{}({}{} {} {})".format,
    st.sampled_from(["floor", "ceil", "round"]),
    st.sampled_from(["sqrt", "log2"]),
    st.one_of(
        st.integers(1, 2**62).map("({})".format),
        st.builds("(2 ** {} + {})".format, st.integers(2, 60), st.integers(-1, 1)),
        st.builds("({} / {})".format, st.integers(1, 2**40), st.integers(1, 2**40)),
    ),
    st.sampled_from("+-*/"),
    st.builds("{} / {}".format, st.integers(1, 99), st.integers(1, 9)).map("({})".format),
)


def _long_logarithm(number: Decimal) -> Decimal:
    return number.ln() / Decimal(2).ln()


@given(ROOTS)
@settings(max_examples=300, print_blob=True)
def test_roots_and_logarithms_are_rounded_as_with_80_digits(text: str) -> None:
    with localcontext(Context(prec=80)):
        names: dict[str, object] = {"sqrt": Decimal.sqrt, "log2": _long_logarithm, "Decimal": Decimal}
        inside = NUMERAL.sub(r"Decimal(\1)", text[text.index("(") :])
        worked_out: Decimal = eval(inside, names)  # noqa: S307  as above
        near = worked_out.quantize(Decimal(10) ** -50)  # so that whole numbers, and halves, are some
        way = {"floor": ROUND_FLOOR, "ceil": ROUND_CEILING, "round": ROUND_HALF_EVEN}[
            text.split("(", maxsplit=1)[0]
        ]
        assert evaluate("=" + text, Table()) == int(near.to_integral_value(way)), (text, near)


@given(st.text(alphabet="0123456789+-*/%()[]{}.,:<>=!&|^~@#'\"\\ abxinotrue_\n\t", max_size=60))
@settings(max_examples=500, print_blob=True)
def test_no_text_raises_anything_but_a_fault(text: str) -> None:
    with suppress(Fault, Unknown):
        evaluate("=" + text, Table())
