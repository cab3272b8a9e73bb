"""Taking an item out of a YAML text: it and its comment go, and nothing else."""

from copy import deepcopy
from typing import cast

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from archcalc.cures.changes import RemoveEntry
from archcalc.errors import Fault, SpecError
from archcalc.rules.engine.editing import edited
from archcalc.source import Path, parse
from archcalc.tracing.records import Origin
from tests.samples import samples


def without(text: str, *paths: Path) -> str:
    document = parse(text, "a.yaml")
    return edited(document, [RemoveEntry(Origin(document, path)) for path in paths])


# index of the item of `layers` that goes, text before, text after
IN_PLACE = {
    "first line": (0, "layers:\n  - A  # a\n  - B  # b\n", "layers:\n  - B  # b\n"),
    "last line": (1, "layers:\n  - A  # a\n  - B  # b\nname: c\n", "layers:\n  - A  # a\nname: c\n"),
    "end of the file": (1, "layers:\n  - A\n  - B  # b", "layers:\n  - A\n"),
    "end of the file, other line ends": (1, "layers:\r\n- A\r\n- B", "layers:\r\n- A\r\n"),
    "other line ends": (0, "layers:\r\n- A # a\r\n- B\r\n", "layers:\r\n- B\r\n"),
    "comments on lines of their own": (
        1,
        "layers:\n  # a\n  - A\n\n  # b\n  - type: B  # type\n    # inside\n    k: 3  # k\n\n  # c\n  - C\n",
        "layers:\n  # a\n  - A\n\n  # b\n\n  # c\n  - C\n",
    ),
    "flow mapping over lines": (
        0,
        "layers:\n  - {type: A,  # a\n     k: 3}  # end\n  - B\n",
        "layers:\n  - B\n",
    ),
    "dash on a line of its own": (0, "layers:\n  -  # - a\n    type: A\n  - B\n", "layers:\n  - B\n"),
    "nested lists": (
        0,
        "layers:\n  - type: S\n    body:\n      - A\n      - {type: B, k: [1, 2]}   # b\n  - C\n",
        "layers:\n  - C\n",
    ),
    "folded text": (
        1,
        "layers:\n  - A\n  - type: B\n    note: >-\n      a\n\n      b\n\n  - C\n",
        "layers:\n  - A\n\n  - C\n",
    ),
    "no value": (0, "layers:\n  - type: A\n    bias:   # none\n  - B\n", "layers:\n  - B\n"),
    "anchor on the list": (0, "layers: &l-s\n  - A\n  - B\n", "layers: &l-s\n  - B\n"),
    "anchor on the item": (0, "layers:\n  - &a {type: A}\n  - B\n", "layers:\n  - B\n"),
    "wide characters": (1, "n: 'Größe 𝄞'\nlayers: [A, 𝄞, C]\n", "n: 'Größe 𝄞'\nlayers: [A, C]\n"),
    "flow list, first": (0, "layers: [A, B, C]\n", "layers: [B, C]\n"),
    "flow list, middle": (1, "layers: [ A, B , C ]\n", "layers: [ A, C ]\n"),
    "flow list, last": (2, "layers: [A, B, C]\n", "layers: [A, B]\n"),
    "flow list, last with a comma": (2, "layers: [A, B, C, ]\n", "layers: [A, B, ]\n"),
    "flow list over lines, first": (
        0,
        "layers: [A,  # a\n  # b\n  B]\n",
        "layers: [\n  # b\n  B]\n",
    ),
    "flow list over lines, middle": (
        1,
        "layers: [\n  A,  # a\n  {type: B},  # b\n  C,  # c\n]\n",
        "layers: [\n  A,  # a\n  C,  # c\n]\n",
    ),
    "flow list over lines, last": (
        1,
        "layers: [\n  A,  # a\n  {type: B}  # b\n]\n",
        "layers: [\n  A  # a\n]\n",
    ),
    "flow list over lines, last with a bracket": (1, "layers: [A,\n  B]\n", "layers: [A]\n"),
    "flow list over lines, last behind a comment": (
        1,
        "layers: [A,  # a\n  B]\n",
        "layers: [A  # a\n  ]\n",
    ),
    "flow list over lines, several on one": (
        2,
        "layers: [A, B,\n  C, D]\n",
        "layers: [A, B,\n  D]\n",
    ),
    "flow list over lines, the end of one": (
        1,
        "layers: [A, B,  # b\n  C]\n",
        "layers: [A,\n  C]\n",
    ),
    "commas at the beginning": (1, "layers: [A\n  , B\n  , C]\n", "layers: [A\n  , C]\n"),
    "json": (
        1,
        '{"layers": [\n  {"type": "A"},\n  {"type": "B"}\n]}',
        '{"layers": [\n  {"type": "A"}\n]}',
    ),
}


@pytest.mark.parametrize(("index", "before", "after"), IN_PLACE.values(), ids=IN_PLACE)
def test_the_item_and_its_comment_go(index: int, before: str, after: str) -> None:
    assert without(before, ("layers", index)) == after


COMPACT = "layers:\n  - type: S\n    branches:\n      - - A  # a\n{}        - B\n      - - C\n"


@pytest.mark.parametrize(
    ("between", "after"),
    [("", "      - - B\n"), ("        # b\n", "      -\n        # b\n        - B\n")],
)
def test_the_first_of_a_list_behind_a_dash_goes(between: str, after: str) -> None:
    text = without(COMPACT.format(between), ("layers", 0, "branches", 0, 0))
    assert text == f"layers:\n  - type: S\n    branches:\n{after}      - - C\n"


REFUSED = {
    "the only one": ("layers: [A]\n", "it is the only layer of its list"),
    "an alias": (
        "layers: [*a, B]\nx: &a A\n".replace("*a, B", "&a A, B").replace("&a A\n", "*a\n"),
        "in place",
    ),
    "a comment about the next in front of the comma": ("layers: [A\n  # b\n  , B]\n", "in place"),
    "no list": ("layers: {0: A, 1: B}\n", "in place"),
}


@pytest.mark.parametrize(("text", "why"), REFUSED.values(), ids=REFUSED)
def test_what_would_change_more_is_refused(text: str, why: str) -> None:
    with pytest.raises(Fault, match=why):
        without(text, ("layers", 0))


def test_what_an_alias_stands_for_is_not_removed_through_it() -> None:
    text = "a: &a [A, B]\nb: *a\nc: [*a, D]\n"
    assert without(text, ("a", 0)) == "a: &a [B]\nb: *a\nc: [*a, D]\n"
    for path in (("b", 0), ("c", 0)):
        with pytest.raises(Fault, match="in place"):
            without(text, path)


def test_several_items_go_at_once() -> None:
    text = "layers:\n  - A  # a\n  - B\n  - {type: S, body: [C, D, E, F]}\n"
    paths: list[Path] = [("layers", 0), ("layers", 2, "body", 1), ("layers", 2, "body", 2)]
    assert without(text, *paths) == "layers:\n  - B\n  - {type: S, body: [C, F]}\n"


@pytest.mark.parametrize(
    ("text", "after"),
    [
        ("layers: [A, B, C, D]\n", "layers: [A]\n"),
        ("layers: [A,  # a\n  B,  # b\n  C,\n  D  # d\n]\n", "layers: [A  # a\n]\n"),
        ("layers: [A, B,\n  C, D]\n", "layers: [A\n  ]\n"),
        ("layers: [\n  A, B,\n  C, D,\n]\n", "layers: [\n  A,\n  \n]\n"),
    ],
)
def test_all_but_the_first_go_at_once(text: str, after: str) -> None:
    assert without(text, ("layers", 1), ("layers", 2), ("layers", 3)) == after


# any layout

words = st.sampled_from(["A", "b c", "'q # {'", '"x: [y"', "3", "true", "-1", "{a: 2}", "{a: [b, c]}"])
comments = st.sampled_from(["", "  # c: {x", " #", " # - a, b]"])
OWN_LINES = ("# between, - x", "# in")
blanks = st.sampled_from(["", "\n", "# between, - x\n", "  # in\n\n"])


@st.composite
def flow(draw: st.DrawFn, depth: int) -> str:
    """A list in brackets, on one line or several."""
    items = draw(st.lists(words if depth == 0 else words | flow(depth - 1), min_size=1, max_size=4))
    opening, closing = draw(st.sampled_from([("[", "]"), ("[ ", " ]"), ("[\n        ", "\n      ]")]))
    joint = st.sampled_from([", ", ",", " ,  ", ",\n        ", ",  # c, [\n        ", "\n        , "])
    text = "".join(item + (draw(joint) if at < len(items) - 1 else "") for at, item in enumerate(items))
    last = draw(st.sampled_from(["", ",", ", "]))
    return opening + text + last + closing


@st.composite
def block(draw: st.DrawFn, indent: int, depth: int) -> str:
    """A list with dashes, each item a word, a mapping or another list."""
    lines: list[str] = []
    pad = " " * indent
    for _ in range(draw(st.integers(1, 4))):
        form = draw(st.sampled_from(["word", "mapping", "flow", "text", "empty"] + ["inner"] * (depth > 0)))
        comment = draw(comments)
        if form == "inner":
            inner = draw(block(indent + 4, depth - 1))
            lines.append(f"{pad}- type: S{comment}\n{pad}  body:\n{inner}")
        elif form == "mapping":
            value = draw(words)
            lines.append(f"{pad}- type: {value}{comment}\n{pad}  k: {draw(words)}{draw(comments)}\n")
        elif form == "text":
            mark = draw(st.sampled_from(["|", ">-", "|+"]))
            lines.append(f"{pad}- note: {mark}\n{pad}    a # b\n\n{pad}    - c\n")
        elif form == "empty":
            lines.append(f"{pad}-{comment}\n{pad}  type:{draw(comments)}\n")
        else:
            lines.append(f"{pad}- {draw(words if form == 'word' else flow(1))}{comment}\n")
        lines.append(draw(blanks))
    return "".join(lines)


def _places(data: object, path: Path = ()) -> list[Path]:
    """Every place in a list."""
    if isinstance(data, dict):
        below = [(*path, key) for key in cast("dict[str, object]", data)]
        items = list(cast("dict[str, object]", data).values())
    elif isinstance(data, list):
        items = cast("list[object]", data)
        below = [(*path, at) for at in range(len(items))]
    else:
        return []
    inside = [place for at, item in zip(below, items, strict=True) for place in _places(item, at)]
    return [*(below if isinstance(data, list) else []), *inside]


def _deleted(data: object, path: Path) -> object:
    data = deepcopy(data)
    parent = data
    for step in path[:-1]:
        parent = cast("dict[str | int, object]", parent)[step]
    del cast("list[object]", parent)[cast("int", path[-1])]
    return data


@given(st.data(), st.sampled_from(["\n", "\r\n"]), st.booleans())
@settings(max_examples=samples(600), print_blob=True, deadline=None)
def test_any_layout_loses_one_item_alone(data: st.DataObject, line_end: str, ended: bool) -> None:  # noqa: FBT001  drawn
    below = data.draw(st.one_of(block(2, 2), flow(2).map("    {}\n".format)))
    text = f"# head\nlayers:\n{below}"
    if data.draw(st.booleans()):
        text += "name: c  # tail\n"
    text = (text if ended else text.rstrip("\n")).replace("\n", line_end)
    try:
        before = parse(text, "a.yaml")
    except SpecError:
        return  # the drawn layout is no YAML
    places = _places(before.data)
    assume(places)
    path = data.draw(st.sampled_from(places))
    siblings = cast("list[object]", before.at(path[:-1]))
    if len(siblings) == 1:
        with pytest.raises(Fault, match="the only layer"):
            without(text, path)
        return
    try:
        after = without(text, path)
    except Fault:
        assert "|+" in text  # whose text would take in the blank lines behind the item
        return
    assert parse(after, "a.yaml").data == _deleted(before.data, path)
    assert after.count("\r") == after.count("\n") * (line_end == "\r\n")
    rest = iter(text)
    assert all(character in rest for character in after)
    if "body" not in str(siblings[cast("int", path[-1])]):  # comments on lines of their own, between items
        assert [after.count(word) for word in OWN_LINES] == [text.count(word) for word in OWN_LINES]
