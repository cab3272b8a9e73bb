"""What a scalar of a spec is."""

import math
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archcalc.errors import Fault
from archcalc.source import parse, scalar

if TYPE_CHECKING:
    from collections.abc import Callable


SCALARS: list[tuple[str, object]] = [
    *((word, None) for word in ("~", "null", "Null", "NULL", "")),
    *((word, True) for word in ("true", "True", "TRUE")),
    *((word, False) for word in ("false", "False", "FALSE")),
    *((word, word) for word in ("yes", "no", "on", "off", "y", "tRUE", "nULL", "None", "nan", "inf", "N")),
    *(
        (word, word)
        for word in ("12:30", "1:30:00", "1_000", "2024-01-31", "0b11", "1.2.3", "1e", "e5", "0x")
    ),
    *(
        (word, word)
        for word in ("-0x1F", "+0o7", "0o8", "0xg", "--1", "+", "-x", ".", "...x", "+.nan", "1 2")
    ),
    *(
        (word, word)
        for word in ("same", "=2*8", "=width", "=2 if i == 0 else 1", "3,224,224", "12M", "<= 224")
    ),
    *((word, word) for word in ("٣", "１２", "1٣")),  # noqa: RUF001  digits of other scripts are text
    ("3", 3),
    ("+3", 3),
    ("-3", -3),
    ("-0", 0),
    ("007", 7),
    ("0" * 10_000 + "8", 8),
    ("0o17", 15),
    ("0x1F", 31),
    ("0xff", 255),
    ("9223372036854775807", 2**63 - 1),
    ("-9223372036854775807", 1 - 2**63),
    ("0x7fffffffffffffff", 2**63 - 1),
    ("0o777777777777777777777", 2**63 - 1),
    ("0.5", 0.5),
    (".5", 0.5),
    ("-.5", -0.5),
    ("5.", 5.0),
    ("1e-5", 1e-5),
    ("1E5", 1e5),
    ("1.0e+3", 1000.0),
    ("-1.5e3", -1500.0),
    ("1e-999", 0.0),
    (".inf", math.inf),
    ("+.INF", math.inf),
    ("-.Inf", -math.inf),
    (".nan", math.nan),
    (".NaN", math.nan),
    ("'3'", "3"),
    ('"true"', "true"),
    ("''", ""),
    ('"a\\tb\\x41\\u00e9"', "a\tbA\u00e9"),
    ('"\\N\\L\\P\\0"', "\x85\u2028\u2029\0"),
    ("'it''s'", "it's"),
    ("!!str 3", "3"),
    ("!!str", ""),
    ("!!str null", "null"),
    ("!!int '3'", 3),
    ("!!int 0x10", 16),
    ("!!float 3", 3.0),
    ("!!float '1e3'", 1000.0),
    ("!!bool 'true'", True),
    ("!!null ''", None),
    ("[3, 5]", [3, 5]),
    ("{a: 1, b: [x, .5]}", {"a": 1, "b": ["x", 0.5]}),
    ("[]", []),
    ("{}", {}),
]


@pytest.mark.usefixtures("both_parsers")
@pytest.mark.parametrize(("text", "value"), SCALARS, ids=[repr(text)[:30] for text, _ in SCALARS])
def test_scalars_follow_the_core_schema(text: str, value: object) -> None:
    # repr tells 1 from 1.0 and from True, and compares nan.
    assert repr(parse(f"- {text}\n", "f").data) == repr([value])
    if text:
        assert repr(scalar(text)) == repr(value)


def oracle(word: str) -> object:
    """A number as Python reads it, which differs from YAML in underscores and in signs of other bases."""
    if "_" in word:
        return word
    base = {"0o": 8, "0x": 16}.get(word[:2])
    readers: list[Callable[[str], object]] = [int, float]
    if base:
        readers = [lambda digits: int(digits[2:], base) if digits[2:].isalnum() else int("?")]
    for reader in readers:
        try:
            return reader(word)
        except ValueError:
            continue
    return word


@given(st.text("0123456789+-.eExo_aF", min_size=1, max_size=7).filter(lambda word: word not in {"-", "---"}))
def test_numbers_are_those_of_python(word: str) -> None:
    expected = oracle(word)
    if expected in {math.inf, -math.inf}:
        with pytest.raises(Fault, match="is beyond 1"):
            scalar(word)
    elif word == "...":
        with pytest.raises(Fault):
            scalar(word)
    else:
        assert repr(scalar(word)) == repr(expected)


SCALAR_FAULTS = [
    ("", "the value is empty", "write null for no value, '' for an empty text"),
    ("  \n", "the value is empty", "write null for no value, '' for an empty text"),
    ("# 3", "the value is empty", "write null for no value, '' for an empty text"),
    ("a: 1", "'a: 1' is a mapping without brackets", "write [a, b] or {a: b}"),
    ("- 1", "'- 1' is a list without brackets", "write [a, b] or {a: b}"),
    ("[1, 2", "the bracket that opens here is never closed", "close it with ] or }"),
    ("'x", "the quoted text that begins here is never closed", "close it with its quote"),
    ("@x", "'@' cannot begin a value", "put the value in quotes"),
    ("*x", "the alias '*x' names no value above it", "put the value in quotes if it is text"),
    ("!x 3", "the tag '!x' is not allowed", "remove it, or put the value in quotes if it is text"),
    ("1\n--- 2", "a second document begins here", "keep one document in a file, and remove this line"),
    ("a\0b", "the character U+0000 is not allowed in YAML", "remove it"),
    ("1e999", "'1e999' is beyond 1.8e+308 in size", "or write .inf"),
    (
        "9223372036854775808",
        "'9223372036854775808' is beyond 9223372036854775807 (2**63 - 1) in size",
        "write a smaller number",
    ),
]


@pytest.mark.parametrize(("text", "fact", "hint"), SCALAR_FAULTS)
def test_malformed_values_of_the_command_line(text: str, fact: str, hint: str) -> None:
    with pytest.raises(Fault) as caught:
        scalar(text)
    assert (caught.value.fact, caught.value.hint) == (fact, hint)
