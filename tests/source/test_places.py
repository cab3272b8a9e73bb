"""Where every value and key stands."""

import re
from typing import TYPE_CHECKING, cast

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from archcalc.errors import Place
from archcalc.source import Document, Path, parse
from archcalc.source.comments import comments
from archcalc.source.spots import Spots, spot_at
from tests.test_speed import called

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


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


@pytest.mark.usefixtures("both_parsers")
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
    text = yaml.safe_dump(  # pyright: ignore[reportUnknownMemberType]  # its width has no type
        data, default_flow_style=flow, allow_unicode=unicode, line_break=end
    )
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


@given(st.text(alphabet="a#\n\r\x85\u2028 ", max_size=30))
def test_places_of_many_characters_are_those_of_each(text: str) -> None:
    spots = Spots(text)
    for offset in range(len(text)):
        if text[offset - 1 : offset + 1] != "\r\n":  # which is one end of a line
            assert spots.at(offset) == spot_at(text, offset)


@given(
    st.lists(
        st.sampled_from(["# archcalc: a", "  # other", "", "- ReLU", "- ReLU # archcalc: b"]), max_size=12
    )
)
def test_a_comment_alone_is_about_the_next_line_that_holds_more(lines: list[str]) -> None:
    text = "\n".join(["layers:", *lines, ""])
    holding = [
        number
        for number, line in enumerate(text.splitlines(), 1)
        if line and not line.strip().startswith("#")
    ]
    for comment in comments(parse(text, "net.yaml"), "archcalc"):
        own = comment.place.line
        meant = next((number for number in holding if number >= own), own)
        assert comment.line == meant


@pytest.mark.parametrize("ending", ["", "- ReLU\n"])
def test_of_many_comments_one_below_the_other_each_line_is_looked_at_once(ending: str) -> None:
    document = parse("layers:\n" + "# archcalc: ignore[AC101]\n" * 3_000 + ending, "net.yaml")
    counted = called(lambda: list(comments(document, "archcalc")))
    assert counted["comments"] == 3_001
    assert 0 < counted["_Abouts._holds_more"] <= len(document.lines)
    assert counted["spot_at"] == 0
