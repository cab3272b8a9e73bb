"""YAML text to data and places: what is read, where it stands, what is refused and how fast."""

import io
import math
import pathlib
import re
import subprocess
import sys
import time
import tracemalloc
from typing import TYPE_CHECKING, cast

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from archcalc.errors import Fault, Place, SpecError
from archcalc.source import MAX_BYTES, MAX_DEPTH, MAX_VALUES, Document, Path, parse, read, scalar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

LARGE = "write long networks with repeat and blocks"


@pytest.fixture(params=["libyaml", "python"])
def _both_parsers(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs a test with the fast parser and with the one that PyYAML falls back to."""
    if request.param == "python":
        monkeypatch.delattr(yaml, "CSafeLoader", raising=False)


def refusal(text: str) -> str:
    with pytest.raises(SpecError) as caught:
        parse(text, "f")
    return str(caught.value)


# ---- scalars

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


@pytest.mark.usefixtures("_both_parsers")
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


# ---- data


@pytest.mark.usefixtures("_both_parsers")
@pytest.mark.parametrize(
    ("text", "data"),
    [
        ("a: 1\nb:\n- x\n-\n  - y\n", {"a": 1, "b": ["x", ["y"]]}),
        ("0: a\n1.5: b\ntrue: c\n0x1F: d\n", {"0": "a", "1.5": "b", "true": "c", "0x1F": "d"}),
        ("'0': a\n00: b\n", {"0": "a", "00": "b"}),
        ("? a\n? b\n", {"a": None, "b": None}),
        ("&k a: &v 1\nb: *k\n*v : *v\n", {"a": 1, "b": "a", "1": 1}),
        ("- &k 5\n- {*k : 1}\n", [5, {"5": 1}]),
        ("a: |\n  x\n  y\nb: >-\n  x\n  y\n", {"a": "x\ny\n", "b": "x y"}),
        ("--- 3\n...\n", 3),
        ("---\n", None),
        ("\ufeffa: 1\n", {"a": 1}),
        ("a: 1 - b]\n", {"a": "1 - b]"}),
        ("'<<': 1\n", {"<<": 1}),
        ("a: x%y\n %z\n", {"a": "x%y %z"}),
    ],
)
def test_data(text: str, data: object) -> None:
    assert repr(parse(text, "f").data) == repr(data)


MERGES = [
    "- &a {x: 1, y: 2}\n- {<<: *a, y: 3}\n- {y: 3, <<: *a}\n",
    "- &a {x: 1, y: 2}\n- &b {y: 3, z: 4}\n- {<<: [*a, *b], w: 5}\n- {<<: [*b, *a]}\n",
    "- &a {x: 1}\n- &b {<<: *a, y: 2}\n- {<<: *b, x: 3}\n- *b\n",
    "- {<<: {x: 1}, y: 2}\n- {<<: [{x: 1}, {x: 2}]}\n- {<<: []}\n",
    "a: &a\n  - {b: [1, &c {d: 2}]}\ne: *c\nf: {<<: *c}\ng: *a\n",
]


@pytest.mark.parametrize("text", MERGES)
def test_merge_keys_are_those_of_pyyaml(text: str) -> None:
    assert parse(text, "f").data == yaml.safe_load(text)


def test_aliases_are_shared_objects() -> None:
    data = cast("dict[str, object]", parse("a: &a [1]\nb: *a\nc: {<<: {d: *a}}\n", "f").data)
    assert data["a"] is data["b"]
    assert cast("dict[str, object]", data["c"])["d"] is data["a"]


# ---- places

SPEC = """\
name: net  # comment
"größe 😀": {ö: é, b: 3}
layers:
  - type: Conv2d
    kernel_size: [3, 5]

  - &relu ReLU
  - *relu
base: &base
  width: 64
block:
  <<: *base
  stride: 2
empty:
text: |
  a
  b
last: '0'
"""

PLACES: list[tuple[Path, bool, int, int]] = [
    ((), False, 1, 1),
    ((), True, 1, 1),
    (("name",), False, 1, 7),
    (("name",), True, 1, 1),
    (("größe 😀",), False, 2, 12),
    (("größe 😀", "ö"), False, 2, 16),
    (("größe 😀", "b"), True, 2, 19),
    (("größe 😀", "b"), False, 2, 22),
    (("layers",), False, 4, 3),
    (("layers",), True, 3, 1),
    (("layers", 0), False, 4, 5),
    (("layers", 0), True, 4, 5),
    (("layers", 0, "kernel_size"), True, 5, 5),
    (("layers", 0, "kernel_size", 1), False, 5, 22),
    (("layers", 1), False, 7, 5),
    (("layers", 2), False, 7, 5),  # an alias stands where its value was written
    (("block", "width"), False, 10, 10),  # and so does what is merged in
    (("block", "width"), True, 10, 3),
    (("block", "stride"), False, 13, 11),
    (("empty",), False, 14, 7),
    (("text",), False, 15, 7),
    (("last",), False, 18, 7),
    # deeper than the data go: the last value on the way
    (("name", "x"), False, 1, 7),
    (("name", 0, "y"), True, 1, 7),
    (("layers", 9), False, 4, 3),
    (("layers", -1), False, 4, 3),
    (("layers", "0"), False, 4, 3),
    (("layers", 0, "nothing", "at", "all"), False, 4, 5),
    (("layers", 0, "nothing"), True, 4, 5),
    ((0,), False, 1, 1),
    (("nothing",), True, 1, 1),
]


@pytest.mark.usefixtures("_both_parsers")
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"], ids=["lf", "crlf", "cr"])
@pytest.mark.parametrize(("path", "key", "line", "column"), PLACES)
def test_places(path: Path, key: bool, line: int, column: int, end: str) -> None:  # noqa: FBT001  a table's column
    document = parse(SPEC.replace("\n", end), "net.yaml")
    assert document.place(path, key=key) == Place("net.yaml", line, column)


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"], ids=["lf", "crlf", "cr"])
def test_lines(end: str) -> None:
    assert parse(SPEC.replace("\n", end), "f").lines == tuple(SPEC.splitlines())


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("a: 1", ("a: 1",)),
        ("a: 1\n\n", ("a: 1", "")),
        ("\ufeffa: 1\n", ("a: 1",)),
        # All of these end a line for the parser.
        ("# a\x85# b\u2028# c\u2029# d\n\r\na: 1", ("# a", "# b", "# c", "# d", "", "a: 1")),
    ],
)
def test_lines_are_those_of_the_parser(text: str, lines: tuple[str, ...]) -> None:
    document = parse(text, "f")
    assert document.lines == lines
    place = document.place(("a",), key=True)
    assert document.lines[place.line - 1][place.column - 1 :].startswith("a: 1")


def test_a_document_of_plain_data_has_one_place() -> None:
    document = Document.of({"layers": [{"type": "ReLU"}]}, "<layer>")
    assert document.data == {"layers": [{"type": "ReLU"}]}
    assert document.lines == ()
    assert document.place(()) == Place("<layer>", 1, 1)
    assert document.place(("layers", 0, "type"), key=True) == Place("<layer>", 1, 1)


# Words with digits, such as 1e5 or 0o7, are numbers in YAML 1.2 which PyYAML's 1.1 dumps without quotes.
# PyYAML folds the three line ends of Unicode into spaces when it dumps them unescaped.
WORDS = st.text(st.characters(codec="utf-8", exclude_characters="\x85\u2028\u2029"), max_size=12).filter(
    lambda word: not re.fullmatch(r"[-+.\w]*\d[-+.\w]*", word)
)
PLAIN = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(1 - 2**63, 2**63 - 1)
    | st.floats(allow_nan=False)
    | WORDS
    | st.from_regex("[a-z]{1,8}", fullmatch=True),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(WORDS, inner, max_size=4),
    max_leaves=15,
)


def marks(node: yaml.Node, path: Path = ()) -> "Iterator[tuple[Path, bool, int, int]]":
    """Where PyYAML's own composer puts every value and every key."""
    yield path, False, node.start_mark.line + 1, node.start_mark.column + 1
    if isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(cast("list[yaml.Node]", node.value)):
            yield from marks(item, (*path, index))
    elif isinstance(node, yaml.MappingNode):
        for key, item in cast("list[tuple[yaml.ScalarNode, yaml.Node]]", node.value):
            below = (*path, cast("str", key.value))
            yield below, True, key.start_mark.line + 1, key.start_mark.column + 1
            yield from marks(item, below)


def leaves(data: object, path: Path = ()) -> "Iterator[tuple[Path, object]]":
    if isinstance(data, list):
        for index, item in enumerate(cast("list[object]", data)):
            yield from leaves(item, (*path, index))
    elif isinstance(data, dict):
        for key, item in cast("dict[str, object]", data).items():
            yield from leaves(item, (*path, key))
    else:
        yield path, data


@given(PLAIN, st.sampled_from([None, False, True]), st.booleans(), st.sampled_from(["\n", "\r\n"]))
def test_dumped_data_come_back_with_their_places(
    data: object,
    flow: bool | None,  # noqa: FBT001  drawn by hypothesis
    unicode: bool,  # noqa: FBT001  drawn by hypothesis
    end: str,
) -> None:
    text = yaml.safe_dump(data, default_flow_style=flow, allow_unicode=unicode, line_break=end)
    document = parse(text, "f")
    assert repr(document.data) == repr(cast("object", yaml.safe_load(text)))
    assert document.data == data
    # The stub of compose has no types.
    compose = cast("Callable[..., yaml.Node]", yaml.compose)  # pyright: ignore[reportUnknownMemberType]
    node = compose(text, Loader=yaml.SafeLoader)
    for path, key, line, column in marks(node):
        assert document.place(path, key=key) == Place("f", line, column)
    for path, value in leaves(data):
        place = document.place(path)
        written = document.lines[place.line - 1][place.column - 1 :]
        if isinstance(value, int):
            assert written.startswith(str(value).lower())
        elif isinstance(value, str) and re.fullmatch("[a-z]+", value):
            assert written.lstrip("'\"").startswith(value)


# ---- what is refused

QUOTE = "put the value in quotes if it is text"
TAG = f"remove it, or {QUOTE}"
KEY = "put it in quotes; a text that begins with { or [ needs them as well"
ALIKE = "indent all keys of a mapping alike"
ITEMS = "indent all items alike, each behind '- '"
COLON = "indent keys alike, put a space behind each colon, and quote a text with ': ' in it"
ESCAPE = r"write \\ for a backslash, or use single quotes"
BLOCK = "quote the value, or begin its text on the next line"
ONCE = "remove one of the two, or rename it"
FIRST = "begin with a line such as: name: lenet5"
DEEP = "close brackets, or indent less deeply"
DIRECTIVE = "remove the line, or indent it if it is text"
SAVE = "save the file as UTF-8 text"

REFUSED: list[tuple[str, str, str]] = [
    # nothing there
    ("", "f:1:1: the file is empty: it holds nothing", FIRST),
    (" \n\n", "f:1:1: the file is empty: it holds nothing", FIRST),
    ("\ufeff", "f:1:1: the file is empty: it holds nothing", FIRST),
    ("# a\n  # b\n", "f:1:1: the file is empty: it holds only comments", FIRST),
    # indentation
    ("a: 1\n  b: 2\n", "f:2:4: the colon makes a key where none can stand", COLON),
    ("a:1\nb: 2\n", "f:2:2: the colon makes a key where none can stand", COLON),
    ("a: b: c\n", "f:1:5: the colon makes a key where none can stand", COLON),
    (
        "a:\n    b: 1\n  c: 2\n",
        "f:3:3: this line does not fit the mapping that begins on line 1, column 1",
        ALIKE,
    ),
    (
        "l:\n  b: 1\n  - a\n",
        "f:3:3: this line does not fit the mapping that begins on line 2, column 3",
        ALIKE,
    ),
    ("l:\n  - a\n  b: 1\n", "f:3:3: this line does not fit the list that begins on line 2, column 3", ITEMS),
    ("- a: 1\n b: 2\n", "f:2:2: this line does not fit the list that begins on line 1, column 1", ITEMS),
    ("a: - b\n", "f:1:4: the - makes a list where none can begin", "begin a new line, or write [a, b]"),
    (
        "a: 1\nb\nc: 2\n",
        "f:2:1: no colon follows the key that begins here",
        "write key: value, with the space",
    ),
    ("a: ? b\n", "f:1:4: the ? makes a key where none can stand", QUOTE),
    ("a:\n\tb: 1\n", "f:2:1: a tab stands where YAML takes only spaces", "indent with spaces"),
    ("a:\n  - b\n\t- c\n", "f:3:1: a tab stands where YAML takes only spaces", "indent with spaces"),
    # brackets
    ("a: [1, 2", "f:1:4: the bracket that opens here is never closed", "close it with ] or }"),
    ("a: [\n# c\n", "f:1:4: the bracket that opens here is never closed", "close it with ] or }"),
    ("é: [{b: 1,\n", "f:1:5: the bracket that opens here is never closed", "close it with ] or }"),
    (
        "- {a: 1\n- {b: 2}\n",
        "f:2:3: '{' does not continue the mapping that begins on line 1, column 3",
        "put a comma between keys, and } at the end",
    ),
    (
        "a: [1, 2}\n",
        "f:1:9: '}' does not continue the list that begins on line 1, column 4",
        "put a comma between items, and ] at the end",
    ),
    ("a: {b: 1,, c: 2}\n", "f:1:10: a value is missing before ','", "write the value, or remove ','"),
    ("a: ]\n", "f:1:4: a value is missing before ']'", "write the value, or remove ']'"),
    ("[1]]\n", "f:1:4: ']' stands behind the end of the document", "remove it, or quote the whole value"),
    # quotes
    ('a: "b\nc: 1\n', "f:1:4: the quoted text that begins here is never closed", "close it with its quote"),
    ("a: 'b\nc: 1\n", "f:1:4: the quoted text that begins here is never closed", "close it with its quote"),
    ("a: 'it's'\n", "f:1:8: 's' stands behind a value that has ended", "quote the value as a whole"),
    ('a: "b" c\n', "f:1:8: 'c' stands behind a value that has ended", "quote the value as a whole"),
    (
        "a: 'b\n---\nc'\n",
        "f:2:1: --- or ... stands in the text that begins on line 1, column 4",
        "close the quote where the text ends",
    ),
    ('a: "\\q"\n', "f:1:4: an escape in the text that begins here stands for no character", ESCAPE),
    ('a: "\\xZZ"\n', "f:1:4: an escape in the text that begins here stands for no character", ESCAPE),
    # signs that need quotes
    ("a: @x\n", "f:1:4: '@' cannot begin a value", "put the value in quotes"),
    ("a: %x\n", "f:1:4: '%' cannot begin a value", "put the value in quotes"),
    ("a: *\n", "f:1:4: the * or & here has no name of letters, digits, - and _ behind it", QUOTE),
    ("a: & b\n", "f:1:4: the * or & here has no name of letters, digits, - and _ behind it", QUOTE),
    ("a: |x\n  b\n", "f:1:4: more than | or > stands on the line here", BLOCK),
    ("a: >= 224\n", "f:1:4: more than | or > stands on the line here", BLOCK),
    # documents
    (
        "a: 1\n---\nb: 1\n",
        "f:2:1: a second document begins here",
        "keep one document in a file, and remove this line",
    ),
    (
        "---\n--- 1\n",
        "f:2:1: a second document begins here",
        "keep one document in a file, and remove this line",
    ),
    (
        "a: 1\n... b\n",
        "f:2:5: 'b' stands behind the end of the document",
        "remove it, or quote the whole value",
    ),
    (
        "%YAML 1.2\n---\na: 1\n",
        "f:1:1: a line that begins with % is a YAML directive, which a spec has no use for",
        DIRECTIVE,
    ),
    (
        "a: 1\n%TAG ! b\n",
        "f:2:1: a line that begins with % is a YAML directive, which a spec has no use for",
        DIRECTIVE,
    ),
    # tags
    ("a: !python/name:os.system 1\n", "f:1:4: the tag '!python/name:os.system' is not allowed", TAG),
    ("a: !!python/object:x {b: 1}\n", "f:1:4: the tag '!!python/object:x' is not allowed", TAG),
    ("a: !!set [1]\n", "f:1:4: the tag '!!set' is not allowed", TAG),
    ("a: ! 3\n", "f:1:4: the tag '!' is not allowed", TAG),
    ("a: !" + "x" * 90 + " 3\n", f"f:1:4: the tag '!{'x' * 39}'... (91 characters) is not allowed", TAG),
    ("a: !e!x 3\n", "f:1:4: the ! here begins no tag that YAML knows", QUOTE),
    ("a: !<x\n", "f:1:4: the ! here begins no tag that YAML knows", QUOTE),
    ("a: !!int x\n", "f:1:4: 'x' is not a whole number", "remove the tag, or mend the value"),
    ("a: !!int 1.5\n", "f:1:4: '1.5' is not a whole number", "remove the tag, or mend the value"),
    ("a: !!float x\n", "f:1:4: 'x' is not a number", "remove the tag, or mend the value"),
    ("a: !!bool yes\n", "f:1:4: 'yes' is not true or false", "remove the tag, or mend the value"),
    ("a: !!null 0\n", "f:1:4: '0' is not null", "remove the tag, or mend the value"),
    # numbers
    (
        "a: -9223372036854775808\n",
        "f:1:4: '-9223372036854775808' is beyond 9223372036854775807 (2**63 - 1) in size",
        "write a smaller number",
    ),
    (
        "a: " + "9" * 10_000 + "\n",
        f"f:1:4: '{'9' * 40}'... (10000 characters) is beyond 9223372036854775807 (2**63 - 1) in size",
        "write a smaller number",
    ),
    (
        "a: 0x" + "f" * 16 + "\n",
        "f:1:4: '0xffffffffffffffff' is beyond 9223372036854775807 (2**63 - 1) in size",
        "write a smaller number",
    ),
    ("a: -1e400\n", "f:1:4: '-1e400' is beyond 1.8e+308 in size", "or write .inf"),
    # keys
    ("a: 1\nb: 2\na: 3\n", "f:3:1: the key 'a' is given twice, first on line 1", ONCE),
    ("a: {b: 1, 'b': 2}\n", "f:1:11: the key 'b' is given twice, first on line 1", ONCE),
    ("0: a\n'0': b\n", "f:2:1: the key '0' is given twice, first on line 1", ONCE),
    (
        "- &a {x: 1}\n- <<: *a\n  <<: *a\n",
        "f:3:3: the key '<<' is given twice, first on line 2",
        "write one: <<: [*first, *second]",
    ),
    ("~: 1\n", "f:1:1: a key must be text, not null", KEY),
    ("? \n: 1\n", "f:1:2: a key must be text, not null", KEY),
    ("a: {{ b }}\n", "f:1:5: a key must be text, not a mapping", KEY),
    ("? [a, b]\n: 1\n", "f:1:3: a key must be text, not a list", KEY),
    ("- &a [1]\n- *a : 1\n", "f:2:3: a key must be text, not a list", KEY),
    # anchors and aliases
    ("a: *b\n", "f:1:4: the alias '*b' names no value above it", QUOTE),
    ("a: &base 1\nb: *bsae\n", "f:2:4: the alias '*bsae' names no value above it", "did you mean 'base'?"),
    (
        "a: &b 1\nc: &b 2\n",
        "f:2:4: the anchor '&b' is given twice, first on line 1",
        "give each value its own name",
    ),
    (
        "a:\n  &b [1, *b]\n",
        "f:2:10: the alias '*b' stands inside the value that it names, begun on line 2",
        "a value cannot hold itself: name another one",
    ),
    (
        "a: &b\n  <<: *b\n",
        "f:2:7: the alias '*b' stands inside the value that it names, begun on line 1",
        "a value cannot hold itself: name another one",
    ),
    (
        "a: {<<: 3}\n",
        "f:1:5: << takes a mapping or a list of mappings, not a whole number",
        "give a mapping above the name &base, and merge it with <<: *base",
    ),
    (
        "- &b [1]\n- <<: [{}, *b]\n",
        "f:2:3: << takes a mapping or a list of mappings, not a list",
        "give a mapping above the name &base, and merge it with <<: *base",
    ),
    # characters
    ("a: é\x07\n", "f:1:5: the character U+0007 is not allowed in YAML", "remove it"),
    ("a: 1\nb: \x1b[31m\n", "f:2:4: the character U+001B is not allowed in YAML", "remove it"),
    ("a: 1\nb: \ufeff\n", "f:2:4: the character U+FEFF is not allowed in YAML", "remove it"),
    ("a: \ud800\n", "f:1:4: the character U+D800 is not allowed in YAML", "remove it"),
]


@pytest.mark.usefixtures("_both_parsers")
@pytest.mark.parametrize(("text", "fact", "hint"), REFUSED, ids=[repr(text)[:40] for text, _, _ in REFUSED])
def test_refused(text: str, fact: str, hint: str) -> None:
    assert refusal(text) == f"{fact}\n  {hint}"


@pytest.mark.usefixtures("_both_parsers")
@pytest.mark.parametrize("escape", [r"\ud800", r"\U00110000", r"\UFFFFFFFF"])
def test_escapes_of_no_character(escape: str) -> None:
    # How far the parsers get differs, and so do place and words.
    assert re.search(r"stands for (no|half a) character\n", refusal(f'a: "{escape}"\n'))


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_all_problems_are_reported_in_file_order(end: str) -> None:
    text = "a: 1\nb: {c: 1, c: 2, d: *x}\na: !y 2\na: 99999999999999999999\n[e]: 1\nf: [1\n"
    assert refusal(text.replace("\n", end)).splitlines()[::2] == [
        "f:2:11: the key 'c' is given twice, first on line 2",
        "f:2:20: the alias '*x' names no value above it",
        "f:3:1: the key 'a' is given twice, first on line 1",
        "f:3:4: the tag '!y' is not allowed",
        "f:4:1: the key 'a' is given twice, first on line 1",
        "f:4:4: '99999999999999999999' is beyond 9223372036854775807 (2**63 - 1) in size",
        "f:5:1: a key must be text, not a list",
        "f:6:4: the bracket that opens here is never closed",
    ]


def test_problems_end_at_a_hundred() -> None:
    lines = refusal("a: 1\n" * 5000).splitlines()
    assert lines[-4:] == [
        "f:101:1: the key 'a' is given twice, first on line 1",
        f"  {ONCE}",
        "f:101:1: 100 problems: the rest was not read",
        "  mend the first ones",
    ]
    assert len(lines) == 202


# ---- files


def read_refusal(source: str | pathlib.Path) -> str:
    with pytest.raises(SpecError) as caught:
        read(source)
    return str(caught.value)


def test_a_file_and_its_name(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "net.yaml"
    path.write_bytes(b"\xef\xbb\xbfname: caf\xc3\xa9\r\nlayers: []\r\n")
    for source in (path, str(path)):
        document = read(source)
        assert document.data == {"name": "café", "layers": []}
        assert document.place(("layers",)) == Place(str(path), 2, 9)
        assert document.lines == ("name: café", "layers: []")


CONTENTS = [
    (b"", ":1:1: the file is empty: it holds nothing", FIRST),
    (b"a: 1\nb: \xc3\xa9\0\n", ":2:5: byte 0x00 at offset 10: this is a binary file, not YAML text", SAVE),
    (b"\x7fELF\x02\x01\x01\0\0", ":1:8: byte 0x00 at offset 7: this is a binary file, not YAML text", SAVE),
    (b"\xff\0\xfe", ":1:2: byte 0x00 at offset 1: this is a binary file, not YAML text", SAVE),
    (b"a: caf\xe9\n", ":1:7: byte 0xe9 at offset 6 is not UTF-8", SAVE),
    (b"\xef\xbb\xbfa: \xc3\xa9\r\nb: \xc3\xa9\x80", ":2:5: byte 0x80 at offset 15 is not UTF-8", SAVE),
    ("a: 1\n".encode("utf-16"), ":1:1: the file is UTF-16, not UTF-8", SAVE),
    (b"\xfe\xff\0a\0:", ":1:1: the file is UTF-16, not UTF-8", SAVE),
    (b"#" * (MAX_BYTES + 1), ":1:1: the text is larger than 4194304 bytes (4 MiB)", LARGE),
]


@pytest.mark.parametrize(("content", "fact", "hint"), CONTENTS, ids=[fact for _, fact, _ in CONTENTS])
def test_files_that_are_no_text(tmp_path: pathlib.Path, content: bytes, fact: str, hint: str) -> None:
    path = tmp_path / "net.yaml"
    path.write_bytes(content)
    assert read_refusal(path) == f"{path}{fact}\n  {hint}"


def test_a_file_of_the_largest_size(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "net.yaml"
    path.write_bytes(b"a: 1\n#" + b"-" * (MAX_BYTES - 6))
    assert read(path).data == {"a": 1}


def test_missing_files_and_directories(tmp_path: pathlib.Path) -> None:
    missing = tmp_path / "no.yaml"
    hint = "give the path of a YAML file, or - for standard input"
    assert read_refusal(missing) == f"{missing}:1:1: there is no such file\n  {hint}"
    hint = "give the path of a YAML file in it"
    assert read_refusal(tmp_path) == f"{tmp_path}:1:1: this is a directory, not a file\n  {hint}"
    assert "a\0b:1:1: the file cannot be read: embedded null" in read_refusal("a\0b")
    assert read_refusal("\udcff.yaml").startswith("\\udcff.yaml:1:1: there is no such file")


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (
            PermissionError(13, "Permission denied"),
            "the file cannot be read: permission denied\n  allow it to be read, or give another file",
        ),
        (OSError(5, "Input/output error"), "the file cannot be read: input/output error"),
        (OSError("odd"), "the file cannot be read: odd"),
    ],
)
def test_unreadable_files(monkeypatch: pytest.MonkeyPatch, error: OSError, message: str) -> None:
    def refuse(_path: pathlib.Path, _mode: str) -> None:
        raise error

    monkeypatch.setattr(pathlib.Path, "open", refuse)
    assert read_refusal("net.yaml") == f"net.yaml:1:1: {message}"


@pytest.mark.parametrize("source", ["-", pathlib.Path("-")])
def test_standard_input(monkeypatch: pytest.MonkeyPatch, source: str | pathlib.Path) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"a: \xc3\xa9\n"), encoding="ascii"))
    document = read(source)
    assert document.data == {"a": "é"}
    assert document.place(("a",)) == Place("<stdin>", 1, 4)


def test_standard_input_that_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", None)
    assert read_refusal("-") == "<stdin>:1:1: the file cannot be read: standard input is closed"


def test_endless_sources(monkeypatch: pytest.MonkeyPatch) -> None:
    begin = time.perf_counter()
    too_large = f"the text is larger than {MAX_BYTES} bytes (4 MiB)\n  {LARGE}"
    assert read_refusal("/dev/zero") == f"/dev/zero:1:1: {too_large}"
    with pathlib.Path("/dev/zero").open("rb") as zeros:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(zeros))
        assert read_refusal("-") == f"<stdin>:1:1: {too_large}"
    assert time.perf_counter() - begin < 5


# ---- limits


def filled(piece: str) -> str:
    """A text of the largest size."""
    return (piece * (MAX_BYTES // len(piece) + 1))[:MAX_BYTES]


def chained(count: int, item: str) -> str:
    """Named values of which each holds the one before; ``item`` says how."""
    return "a0: &a0 {x: 1}\n" + "".join(
        f"a{i + 1}: &a{i + 1} {item.format(last=f'*a{i}', i=i)}\n" for i in range(count)
    )


DEEP_FACT = f"lists and mappings nest more than {MAX_DEPTH} deep\n  {DEEP}"
MANY_FACT = f"there are more than {MAX_VALUES} values, with aliases written out\n  {LARGE}"
BIG = "a: &a {" + ", ".join(f"k{i}: 1" for i in range(1000)) + "}\n"

HOSTILE: "list[tuple[str, Callable[[], str], str]]" = [
    ("10,000 lists in brackets", lambda: "a: " + "[" * 10_000, DEEP_FACT),
    ("4 MiB of brackets", lambda: filled("["), DEEP_FACT),
    ("10,000 mappings in brackets", lambda: "{a: " * 10_000, DEEP_FACT),
    ("10,000 lists by dashes", lambda: "- " * 10_000, DEEP_FACT),
    ("10,000 explicit keys", lambda: "? " * 10_000, DEEP_FACT),
    ("2,000 indented mappings", lambda: "".join(" " * i + "a:\n" for i in range(2000)), DEEP_FACT),
    ("depth through aliases", lambda: chained(5000, "[{last}]"), DEEP_FACT),
    ("depth through merged aliases", lambda: chained(5000, "{{<<: {{k{i}: {last}}}}}"), DEEP_FACT),
    ("billion laughs", lambda: chained(30, "[{last}, {last}, {last}, {last}, {last}, {last}]"), MANY_FACT),
    ("laughs that only double", lambda: chained(90, "[{last}, {last}]"), MANY_FACT),
    ("laughs by merging", lambda: chained(90, "{{<<: [{last}, {last}], k{i}: 1}}"), MANY_FACT),
    ("a large mapping merged often", lambda: BIG + "b: {<<: [" + "*a, " * 100_000 + "]}\n", MANY_FACT),
    (
        "a large mapping merged everywhere",
        lambda: BIG + "".join(f"b{i}: {{<<: *a}}\n" for i in range(9999)),
        MANY_FACT,
    ),
    ("as many values as fit", lambda: "[" + filled("1,")[:-2] + "]", MANY_FACT),
    ("a list of nulls", lambda: filled("-\n"), MANY_FACT),
    ("4 MiB of directives", lambda: "a: 1\n...\n" + filled("%TAG !a! b\n")[:-9], DIRECTIVE),
    ("documents", lambda: filled("---\n"), "f:2:1: a second document begins here"),
    ("duplicate keys", lambda: filled("a: 1\n"), "100 problems: the rest was not read"),
    ("keys that are lists", lambda: filled("? [a]\n"), "100 problems: the rest was not read"),
    (
        "unknown aliases with names like many others",
        lambda: "".join(f"k{i}: &{'x' * 32}{i} 1\nj{i}: *{'xy' * 16}{i}\n" for i in range(20_000)),
        "100 problems: the rest was not read",
    ),
    ("a number of 4 million digits", lambda: ("a: " + filled("9"))[:MAX_BYTES], "(2**63 - 1) in size"),
    (
        "a fraction of 4 million digits",
        lambda: ("a: .5e" + filled("9"))[:MAX_BYTES],
        "beyond 1.8e+308 in size",
    ),
    (
        "an alias of 4 million letters",
        lambda: ("a: *" + filled("x"))[:MAX_BYTES],
        "'... (4194301 characters) names no",
    ),
    (
        "a key of 4 million letters",
        lambda: filled("x")[:-3] + ": 1",
        "the colon makes a key where none can stand",
    ),
    ("a tag of 4 million letters", lambda: ("a: !" + filled("x"))[:MAX_BYTES], "is not allowed"),
    ("a quote that never ends", lambda: ("a: 'b" + filled("x\n "))[:MAX_BYTES], "is never closed"),
    ("a bracket that never ends", lambda: ("a: [" + filled("\n"))[:MAX_BYTES], "is never closed"),
    ("nothing but line ends", lambda: filled("\n"), "the file is empty: it holds nothing"),
    ("nothing but comments", lambda: filled("# a\n"), "the file is empty: it holds only comments"),
    ("larger than is allowed", lambda: filled("#") + "#", "larger than 4194304 bytes (4 MiB)"),
]


@pytest.mark.parametrize(("text", "fact"), [row[1:] for row in HOSTILE], ids=[row[0] for row in HOSTILE])
def test_hostile_texts_end_quickly_in_little_memory(text: "Callable[[], str]", fact: str) -> None:
    hostile = text()
    tracemalloc.start()
    begin = time.perf_counter()
    try:
        message = refusal(hostile)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert fact in message
    assert len(message) < 100_000
    assert time.perf_counter() - begin < 5
    assert peak < 100e6


def test_the_fallback_parser_refuses_hostile_texts_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(yaml, "CSafeLoader", raising=False)
    begin = time.perf_counter()
    for name, text, fact in HOSTILE[:11]:
        if "4 MiB" not in name:
            assert fact in refusal(text())
    assert time.perf_counter() - begin < 5


def test_depth_and_number_up_to_the_limits() -> None:
    assert parse("[" * MAX_DEPTH + "]" * MAX_DEPTH, "f").data
    assert DEEP_FACT in refusal("[" * (MAX_DEPTH + 1) + "]" * (MAX_DEPTH + 1))
    half = MAX_DEPTH // 2
    nested = "[" * half + "]" * half
    around = "[" * (half - 1) + "*a" + "]" * (half - 1)
    assert parse(f"- &a {nested}\n- {around}\n", "f").data
    assert DEEP_FACT in refusal(f"- &a {nested}\n- [{around}]\n")
    assert len(cast("list[object]", parse("- 1\n" * (MAX_VALUES - 1), "f").data)) == MAX_VALUES - 1
    assert refusal("- 1\n" * MAX_VALUES) == f"f:{MAX_VALUES}:3: {MANY_FACT}"
    # Ten values of ten, twenty and thirty: counted as written out, keys not at all.
    tens = "a: &a [" + "1, " * 9 + "]\n" + "b: &b [*a, *a]\n" + "c: [" + "*b, " * 2379 + "]\n"
    assert parse(tens, "f").data
    assert MANY_FACT in refusal(tens + "d: [" + "*a, " * 10 + "]\n")


def test_a_large_honest_spec_reads_in_linear_time() -> None:
    def seconds(layers: int) -> float:
        text = "layers:\n" + "".join(
            f"  - {{type: Conv2d, out_channels: {i}, kernel_size: 3, padding: 1}}\n" for i in range(layers)
        )
        begin = time.perf_counter()
        document = parse(text, "f")
        for index in range(0, layers, 7):
            place = document.place(("layers", index, "padding"))
            assert place.line == index + 2
        return time.perf_counter() - begin

    seconds(100)
    assert seconds(9_500) < 5


def test_what_the_parser_has_no_words_for_here_is_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    def parse_nothing(_text: str, **_options: object) -> None:
        raise yaml.MarkedYAMLError(problem="Something new {0}")

    monkeypatch.setattr(yaml, "parse", parse_nothing)
    hint = "check indentation, brackets and quotes"
    assert refusal("a: 1\nb\n") == f"f:2:2: the text is not YAML: something new {{0}}\n  {hint}"


def test_yaml_is_imported_only_to_read() -> None:
    program = (
        "import sys, archcalc.source as s; print('yaml' in sys.modules, s.scalar('3'), 'yaml' in sys.modules)"
    )
    shown = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert shown.stdout.split() == ["False", "3", "True"]
