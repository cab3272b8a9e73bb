"""Fixes that take a layer out: the item and its comment go, and nothing else of the text or the network."""

import pathlib
from copy import deepcopy
from typing import cast

import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from archcalc.errors import Fault, SpecError
from archcalc.rules.base import RemoveEntry
from archcalc.rules.context import Context
from archcalc.rules.engine.checking import Applicable, Checked, check_document
from archcalc.rules.engine.editing import edited
from archcalc.rules.engine.fixing import Fixed, fixed
from archcalc.rules.selection import Selection
from archcalc.source import Document, Path, parse
from archcalc.tracing.records import Origin
from tests.cli.running import run

DEFAULT = Selection().active()


def without(text: str, *paths: Path) -> str:
    document = parse(text, "a.yaml")
    return edited(document, [RemoveEntry(Origin(document, path)) for path in paths])


def mended(text: str) -> Fixed:
    document = parse(text, "a.yaml")
    return fixed(document, check_document(document, DEFAULT), DEFAULT)


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
@settings(max_examples=3000, print_blob=True, deadline=None)
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


# in a network

HEAD = "inputs: {x: [8, 16]}\nloss: CrossEntropyLoss\nlayers:\n"
CONV = "{type: Conv1d, out_channels: 8, kernel_size: 3}"
NUMBERED = "type: Sequential, numbered: true"
TWICE = f"inputs: {{x: [8, 16]}}\nlayers:\n  - {CONV}\n  - ReLU\n"


def test_everything_is_mended_at_once_and_comments_stay() -> None:
    text = """\
inputs: {image: [3, 16, 16]}
loss: CrossEntropyLoss
layers:
  # stem
  - {type: Conv2d, out_channels: 8, kernel_size: 3}   # first
  - BatchNorm2d
  - ReLU

  - {type: MaxPool2d, kernel_size: 2}   # half
  - ReLU                                # once more
  # head
  - type: Sequential
    layers: [ReLU, {type: Conv2d, out_channels: 10, kernel_size: 7}, Flatten, {type: LogSoftmax, dim: 1}]
"""
    result = mended(text)
    expected = text.replace("kernel_size: 3}", "kernel_size: 3, bias: false}")
    expected = expected.replace("  - ReLU                                # once more\n", "")
    assert result.document.text == expected.replace(", {type: LogSoftmax, dim: 1}", "")
    assert dict(result.fixed) == {"AC301": 1, "AC306": 1, "AC401": 1}
    # The ReLU of the head stands in another list than the one that makes it needless.
    assert [(found.code, found.fixable) for found in result.checked.findings] == [("AC306", False)]
    assert not result.notes


def test_a_block_is_mended_where_every_use_has_the_mistake() -> None:
    text = f"""\
inputs: {{x: [8, 16]}}
blocks:
  unit:
    layers:
      - {CONV}
      - ReLU
      - ReLU  # again
layers:
  - {{type: unit, repeat: 3}}
"""
    assert mended(text).document.text == text.replace("      - ReLU  # again\n", "")


def test_three_in_a_row_become_one() -> None:
    result = mended(f"inputs: {{x: [8, 16]}}\nlayers: [{CONV}, ReLU, ReLU, ReLU]\n")
    assert result.document.text == f"inputs: {{x: [8, 16]}}\nlayers: [{CONV}, ReLU]\n"
    assert dict(result.fixed) == {"AC306": 2}


# a spec with one AC306 or AC401 that is found and not mended
UNFIXED = {
    "its name is read": TWICE + "  - {type: ReLU, name: r}\n  - {type: MaxPool1d, kernel_size: 2, from: r}\n",
    "its name leaves": TWICE + "  - {type: ReLU, name: r}\noutputs: [r]\n",
    "its automatic name is read": TWICE + "  - ReLU\n  - {type: Concat, from: [relu_1, conv1d_0]}\n",
    "it has a budget": TWICE + "  - {type: ReLU, name: r}\nbudgets: {scopes: {r: {params: 0}}}\n",
    "a later one has a budget": TWICE
    + f"  - ReLU\n  - {CONV}\n  - ReLU\nbudgets: {{scopes: {{relu_2: {{params: 0}}}}}}\n",
    "a later automatic name is read": TWICE
    + f"  - {{type: ReLU, name: r}}\n  - {CONV}\n  - ReLU\n  - {{type: Concat, from: [relu_2, conv1d_1]}}\n",
    "names with a star": TWICE
    + "  - ReLU\n  - {type: Tanh, name: s, repeat: 2}\n  - {type: Stack, from: ['s.*'], dim: 0}\n",
    "it is on its own": TWICE + "  - {type: Sequential, layers: [ReLU]}\n",
    "it can be left out": "vars: {on: true}\n" + TWICE + "  - {type: ReLU, when: =on}\n",
    "it is repeated": TWICE + "  - {type: ReLU, repeat: 2}\n",
    "what lies between can be put in": "vars: {deep: false}\n"
    + TWICE
    + f"  - {CONV.replace('}', ', when: =deep}')}\n  - ReLU\n",
    "what lies between depends on a variable": "vars: {p: 0}\n"
    + TWICE.replace("ReLU", "ReLU6")
    + "  - {type: Dropout, p: =p}\n  - ReLU6\n",
    "it reads by name": TWICE
    + "  - {type: MaxPool1d, kernel_size: 1, from: conv1d_0}\n  - {type: ReLU, from: relu_0}\n"
    + "  - {type: Add, from: [maxpool1d_0, conv1d_0]}\n",
    "its weights would go": TWICE + "  - PReLU\n",
    "a comment above is about it": TWICE + "  # archcalc: ignore[AC503] the sum\n  - ReLU\n",
    "numbers are names": "inputs: {x: [8, 16]}\nlayers:\n"
    f"  - {{{NUMBERED}, layers: [{CONV}, ReLU, ReLU, {CONV}]}}\n",
    "what makes it needless rests on others": TWICE
    + "  - {type: LeakyReLU, name: l}\n  - ReLU\n  - {type: MaxPool1d, name: m, kernel_size: 1}\n"
    + "  - {type: Concat, from: [l, m]}\n",
    "a softmax that more read": HEAD
    + f"  - {{type: Sequential, name: head, layers: [{CONV}, {{type: Softmax, dim: 1}}]}}\n"
    + "  - {type: Linear, out_features: 3}\n  - {type: Softmax, name: t, dim: 1}\noutputs: [head, t]\n",
    "a softmin": HEAD + f"  - {CONV}\n  - {{type: Softmin, dim: 1}}\n",
    "what it stands in can be left out": HEAD.replace("inputs", "vars: {probabilities: true}\ninputs")
    + f"  - {CONV}\n"
    + "  - {type: Sequential, when: =probabilities, layers: [Flatten, {type: Softmax, dim: 1}]}\n",
    "another branch is behind": HEAD.replace(
        "layers:", "blocks: {first: {inputs: [a, b], layers: [Identity]}}\nlayers:"
    )
    + f"  - {{type: Branches, branches: [[{CONV}, {{type: Softmax, dim: 1}}], [Tanh]], merge: first}}\n",
    "something may come behind": HEAD.replace("inputs", "vars: {more: false}\ninputs")
    + f"  - {CONV}\n  - {{type: Softmax, dim: 1}}\n  - {{type: Linear, out_features: 3, when: =more}}\n",
}
CODES = {"AC306", "AC401"}


@pytest.mark.parametrize("text", UNFIXED.values(), ids=UNFIXED)
def test_a_layer_on_which_something_rests_is_found_and_stays(text: str) -> None:
    result = mended(text)
    assert result.document.text == text
    found = [found for found in result.checked.findings if found.code in CODES]
    assert found
    assert not any(each.fixable for each in found)
    assert not result.notes


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (
            "numbered, the last",
            TWICE + f"  - type: Sequential\n    numbered: true\n    layers: [{CONV}, ReLU, ReLU]\n",
        ),
        ("an earlier name is read", TWICE + "  - ReLU\n  - {type: Concat, from: [relu_0, conv1d_0]}\n"),
    ],
)
def test_a_layer_on_which_nothing_rests_goes(name: str, text: str) -> None:
    result = mended(text)
    assert dict(result.fixed) == {"AC306": 1}, name
    assert not [found for found in result.checked.findings if found.code in CODES]


def test_the_command_removes_a_layer_and_tells(
    tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "a.yaml"
    text = HEAD + f"  - {CONV}\n  - Flatten\n  - {{type: Softmax, dim: 1}}  # probabilities\n"
    path.write_bytes(text.replace("\n", "\r\n").encode())
    ran = run(capsys, "check", "--fix", str(path))
    assert (ran.code, ran.out) == (0, "1 spec checked; 1 fixed: no findings\n")
    assert path.read_bytes() == (HEAD + f"  - {CONV}\n  - Flatten\n").replace("\n", "\r\n").encode()


# reason, spec, what is removed
UNSOUND: dict[str, tuple[str, Path]] = {
    "maxpool1d_0 (MaxPool1d) has weights, or changes the shape": (
        TWICE + "  - {type: MaxPool1d, kernel_size: 2}\n",
        ("layers", 2),
    ),
    "conv1d_0 (Conv1d) has weights, or changes the shape": (
        TWICE.replace("kernel_size: 3", "kernel_size: 1"),
        ("layers", 0),
    ),
    "conv1d_1 (Conv1d) would read another layer": (
        TWICE + f"  - {{type: MaxPool1d, kernel_size: 1}}\n  - {{type: Tanh, from: relu_0}}\n  - {CONV}\n",
        ("layers", 3),
    ),
    "other outputs would leave": (
        TWICE + "  - {type: MaxPool1d, kernel_size: 1}\n  - {type: Tanh, from: relu_0}\n",
        ("layers", 3),
    ),
    "the weights of s.2 would be called s.1": (
        f"inputs: {{x: [8, 16]}}\nlayers: [{{{NUMBERED}, name: s, layers: [{CONV}, ReLU, {CONV}]}}]\n",
        ("layers", 0, "layers", 1),
    ),
    "budgets.scopes.relu_0 would be about other layers": (
        TWICE + f"  - {CONV}\n  - ReLU\nbudgets: {{scopes: {{relu_0: {{macs: 0}}}}}}\n",
        ("layers", 1),
    ),
    "budgets.scopes.r would be about other layers": (
        TWICE.replace("- ReLU", "- {type: ReLU, name: r}") + "budgets: {scopes: {r: {macs: 0}}}\n",
        ("layers", 1),
    ),
    "the spec could not be traced any more: unknown name 'r'": (
        TWICE.replace("- ReLU", "- {type: ReLU, name: r}") + "outputs: [r]\n",
        ("layers", 1),
    ),
    "concat_0 (Concat) would read another layer": (
        TWICE + f"  - {CONV}\n  - ReLU\n  - ReLU\n  - {{type: Concat, from: [relu_1, relu_1]}}\n",
        ("layers", 1),
    ),
    "it is the only layer of its list": (
        TWICE + "  - {type: Sequential, layers: [Tanh]}\n",
        ("layers", 2, "layers", 0),
    ),
}


@pytest.mark.parametrize(("why", "row"), UNSOUND.items(), ids=UNSOUND)
def test_a_removal_that_would_change_the_rest_is_dropped_and_said(why: str, row: tuple[str, Path]) -> None:
    text, path = row
    document = parse(text, "a.yaml")
    checked = check_document(document, frozenset({"AC001"}))
    assert checked.context is not None
    (layer,) = [each for each in checked.context.layers if each.origin.path == path]
    edits = (RemoveEntry(layer.origin),)
    finding = checked.context.at(layer, "wrong", consequence="", hint="", edits=edits)
    checked.fixes = [Applicable("AC306", finding)]
    result = fixed(document, checked, frozenset({"AC001"}))
    assert result.document.text == text
    assert result.notes == [f"{finding.place}: AC306 was not fixed: {why}"]


def test_one_that_cannot_go_does_not_hold_up_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is written behind an alias is not removed through it."""
    asked: list[str] = []

    def counted(document: Document, active: frozenset[str]) -> Checked:
        asked.append(document.text)
        return check_document(document, active)

    monkeypatch.setattr("archcalc.rules.engine.fixing.check_document", counted)
    text = (
        "inputs: {x: [8, 16]}\nblocks: {unit: {layers: &unit [Tanh, ReLU, ReLU]}}\nlayers:\n"
        "  - {type: Sequential, layers: *unit}\n  - Tanh\n" + "  - ReLU  # on\n" + "  - ReLU\n" * 200
    )
    result = mended(text)
    assert result.document.text == text.replace("  - ReLU\n", "")
    assert dict(result.fixed) == {"AC306": 200}
    assert [note.partition(": AC306 ")[0] for note in result.notes] == ["a.yaml:2:44"]
    assert len(asked) < 20


# any network

LAYERS = (
    *(
        "ReLU",
        "ReLU6",
        "{type: LeakyReLU, name: NAME}",
        "{type: ReLU, name: NAME}",
        "PReLU",
        "Tanh",
        "Sigmoid",
    ),
    *("{type: MaxPool1d, kernel_size: 1}", CONV.replace("3", "1"), "{type: Dropout, p: 0.1}", "{type: ELU}"),
    *(
        "{type: LogSoftmax, dim: 1}",
        "{type: Softmax, dim: 1}",
        "{type: ReLU, from: READ}",
        "{type: ReLU, repeat: 2}",
    ),
    *("{type: Add, from: [READ, READ]}", "{type: Residual, body: [ReLU, ReLU, Tanh, ReLU]}", "unit"),
    "{type: Sequential, numbered: true, layers: [ReLU, ReLU, Tanh]}",
)


@st.composite
def networks(draw: st.DrawFn) -> str:
    """A chain of layers of one shape, some of which read by name what stands above."""
    names: list[str] = ["x"]
    lines: list[str] = []
    for index, layer in enumerate(draw(st.lists(st.sampled_from(LAYERS), min_size=2, max_size=12))):
        while "READ" in layer:
            layer = layer.replace("READ", draw(st.sampled_from(names)), 1)  # noqa: PLW2901  the drawn names
        lines.append("  - " + layer.replace("NAME", f"n{index}") + draw(comments) + "\n")
        if "NAME" in layer:
            names.append(f"n{index}")
        automatic = f"relu_{sum('ReLU' in line and 'LeakyReLU' not in line for line in lines) - 1}"
        if layer == "ReLU" and draw(st.booleans()):
            names.append(automatic)
    loss = draw(st.sampled_from(["", "loss: CrossEntropyLoss\n", "loss: BCEWithLogitsLoss\n"]))
    unit = "blocks: {unit: {layers: [ReLU, ReLU, {type: LogSoftmax, dim: 1}]}}\n"
    return f"inputs: {{x: [8, 16]}}\n{loss}{unit}layers:\n" + "".join(lines)


@given(networks())
@settings(max_examples=300, print_blob=True, deadline=None)
def test_what_is_offered_is_done_and_leaves_the_other_layers_alone(text: str) -> None:
    document = parse(text, "a.yaml")
    checked = check_document(document, DEFAULT)
    if checked.context is None:
        return  # a drawn name stands for nothing
    result = fixed(document, checked, DEFAULT)
    assert not result.notes
    assert not any(found.fixable for found in result.checked.findings)
    after = result.checked.context
    assert after is not None
    assert after.trace.outputs[0].tensor == checked.context.trace.outputs[0].tensor
    kinds = iter(layer.arguments for layer in checked.context.layers)
    assert all(layer.arguments in kinds for layer in after.layers)
    assert after.params.params == checked.context.params.params
    assert (len(checked.context.layers) > len(after.layers)) == bool(result.fixed)
    if "AC401" not in result.fixed and "AC402" not in result.fixed:
        assert torch.allclose(_value(checked.context), _value(after), atol=1e-6)


def _value(context: Context) -> torch.Tensor:
    """What a network gives for numbers of both signs, at inference."""
    torch.manual_seed(0)  # pyright: ignore[reportUnknownMemberType]  # torch leaves its argument untyped
    values = {"x": 3 * torch.randn(2, 8, 16)}
    for layer in context.layers:
        read = [values[port.layer] for port in layer.inputs]
        given = layer.arguments.model_dump(exclude_unset=True)
        if layer.type == "Add":
            values[layer.name] = read[0] + read[1]
        else:
            given |= {"in_channels": 8} if layer.type == "Conv1d" else {}
            module = cast("type[torch.nn.Module]", getattr(torch.nn, layer.type))
            values[layer.name] = cast("torch.Tensor", module(**given).eval()(read[0]))
    return values[context.trace.outputs[0].layer].detach()
