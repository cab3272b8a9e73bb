"""Fixes: in place, with comments and layout, never against the shapes, never a broken file."""

import os
import stat
from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archcalc.cures.changes import SetKey
from archcalc.errors import Fault
from archcalc.loading import loads
from archcalc.rules.engine.checking import Applicable, check_document
from archcalc.rules.engine.editing import edited
from archcalc.rules.engine.fixing import Fixed, fixed
from archcalc.rules.selection import Selection
from archcalc.source import parse
from archcalc.tracing.records import Origin
from tests.cli.running import run
from tests.rules.specs import BIAS, BUDGET, GOOD, HEAD

DEFAULT = Selection().active()


def mended(text: str) -> Fixed:
    document = parse(text, "a.yaml")
    return fixed(document, check_document(document, DEFAULT), DEFAULT)


def set_key(text: str, path: tuple[str | int, ...], key: str, value: str) -> str:
    document = parse(text, "a.yaml")
    return edited(document, [SetKey(Origin(document, path), key, value)])


# text before, text after; the entry is the first layer, which gets ``bias: false``
IN_PLACE = {
    "flow mapping": ("layers: [{type: C, k: 3}]\n", "layers: [{type: C, k: 3, bias: false}]\n"),
    "trailing comma": ("layers: [{type: C, k: 3, }]\n", "layers: [{type: C, k: 3, bias: false, }]\n"),
    "flow over lines": (
        "layers:\n  - {type: C,  # kind\n     k: 3}  # end\n",
        "layers:\n  - {type: C,  # kind\n     k: 3, bias: false}  # end\n",
    ),
    "comment in a flow mapping": (
        "layers:\n  - {type: C, k: 3  # last\n    }\n",
        "layers:\n  - {type: C, k: 3, bias: false  # last\n    }\n",
    ),
    "value that is there": (
        "layers:\n  - {type: C, bias:   True  , k: 3}\n",
        "layers:\n  - {type: C, bias:   false  , k: 3}\n",
    ),
    "quoted value": ("layers: [{type: C, bias: 'yes'}]\n", "layers: [{type: C, bias: false}]\n"),
    "empty value": ("layers: [{type: C, bias: , k: 3}]\n", "layers: [{type: C, bias: false, k: 3}]\n"),
    "empty value in a block": (
        "layers:\n  - type: C\n    bias:\n    k: 3\n",
        "layers:\n  - type: C\n    bias: false\n    k: 3\n",
    ),
    "list for a value": ("layers: [{type: C, bias: [1, 2]}]\n", "layers: [{type: C, bias: false}]\n"),
    "block mapping": (
        "layers:\n  - type: C   # kind\n    k: 3  # last\n\n  - D\n",
        "layers:\n  - type: C   # kind\n    k: 3  # last\n    bias: false\n\n  - D\n",
    ),
    "block value in a block mapping": (
        "layers:\n  - type: C\n    bias: true # old\n    k: 3\n",
        "layers:\n  - type: C\n    bias: false # old\n    k: 3\n",
    ),
    "end of the file": ("layers:\n  - type: C\n    k: 3", "layers:\n  - type: C\n    k: 3\n    bias: false"),
    "other line ends": (
        "layers:\r\n  - type: C\r\n    k: 3\r\n",
        "layers:\r\n  - type: C\r\n    k: 3\r\n    bias: false\r\n",
    ),
    "dash on a line of its own": (
        "layers:\n  -\n    type: C\n    k: 3\n",
        "layers:\n  -\n    type: C\n    k: 3\n    bias: false\n",
    ),
    "text behind the last simple value": (
        "layers:\n  - type: C\n    k: 3\n    note: |\n      a\n      b\n  - D\n",
        "layers:\n  - type: C\n    k: 3\n    bias: false\n    note: |\n      a\n      b\n  - D\n",
    ),
    "plain text over two lines": (
        "layers:\n  - type: C\n    note: a\n      b   # two\n  - D\n",
        "layers:\n  - type: C\n    note: a\n      b   # two\n    bias: false\n  - D\n",
    ),
    "inner lists": (
        "layers:\n  - type: S\n    body:\n      - D\n  - E\n",
        "layers:\n  - type: S\n    bias: false\n    body:\n      - D\n  - E\n",
    ),
    "bare word": ("layers:\n  - C   # word\n", "layers:\n  - {type: C, bias: false}   # word\n"),
    "bare word in a flow list": ("layers: [C, D]\n", "layers: [{type: C, bias: false}, D]\n"),
    "json": ('{"layers": [{"type": "C", "k": 3}]}', '{"layers": [{"type": "C", "k": 3, "bias": false}]}'),
    "anchor": ("layers:\n  - &c {type: C}\n  - D\n", "layers:\n  - &c {type: C, bias: false}\n  - D\n"),
    "anchor used twice": (
        "layers:\n  - &c {type: C}\n  - *c\n",
        "layers:\n  - &c {type: C, bias: false}\n  - *c\n",
    ),
    "wide characters": (
        "note: 'Größe 𝄞'\nlayers:\n  - {type: C, note: 𝄞}\n",
        "note: 'Größe 𝄞'\nlayers:\n  - {type: C, note: 𝄞, bias: false}\n",
    ),
    "key that is merged in": (
        "x: &x {bias: true}\nlayers:\n  - {<<: *x, type: C}\n",
        "x: &x {bias: true}\nlayers:\n  - {<<: *x, type: C, bias: false}\n",
    ),
    "merge as the last key": (
        "x: &x {bias: true}\nlayers:\n  - type: C\n    <<: *x\n",
        "x: &x {bias: true}\nlayers:\n  - type: C\n    <<: *x\n    bias: false\n",
    ),
    "alias for a value": (
        "x: &x true\nlayers:\n  - {type: C, bias: *x }\n",
        "x: &x true\nlayers:\n  - {type: C, bias: false }\n",
    ),
}


@pytest.mark.parametrize(("before", "after"), IN_PLACE.values(), ids=IN_PLACE)
def test_only_the_wanted_characters_change(before: str, after: str) -> None:
    assert set_key(before, ("layers", 0), "bias", "false") == after


REFUSED = {
    "merged elsewhere": "layers:\n  - &c {type: C}\n  - {<<: *c, k: 3}\n",
    "value with an anchor": "layers:\n  - {type: C, bias: &b true}\n  - {type: C, bias: *b}\n",
    "block for a value": "layers:\n  - type: C\n    bias:\n      - 1\n",
    "nothing but blocks": "layers:\n  - ? type\n    : |\n      C\n",
}


@pytest.mark.parametrize("text", REFUSED.values(), ids=REFUSED)
def test_what_would_change_more_is_refused(text: str) -> None:
    with pytest.raises(Fault, match=r"in place|used elsewhere"):
        set_key(text, ("layers", 0), "bias", "false")


words = st.sampled_from(["A", "b c", "'q # {'", '"x: [y"', "3", "true", "~", "[1, {a: 2}]", "{a: [b, c]}"])
keys = st.lists(st.sampled_from(["type", "k", "w", "note", "bias"]), unique=True, min_size=1)


@st.composite
def entries(draw: st.DrawFn) -> str:
    """A layer as a list item in some layout."""
    pairs = [(key, draw(words)) for key in draw(keys)]
    comment = draw(st.sampled_from(["", "   # c: {x", " #"]))
    if draw(st.booleans()):
        joint = draw(st.sampled_from([", ", ",\n      ", " ,  "]))
        return "  - {" + joint.join(f"{key}: {value}" for key, value in pairs) + "}" + comment + "\n"
    lines = [f"{key}: {value}{comment}\n" for key, value in pairs]
    blank = draw(st.sampled_from(["", "\n", "    # between\n"]))
    return "  - " + ("    " + blank).join(lines).replace("    \n", "\n").replace("        #", "    #") + blank


@given(st.lists(entries(), min_size=1, max_size=4), st.data())
@settings(max_examples=300, print_blob=True)
def test_any_layout_changes_by_one_key_alone(layers: list[str], data: st.DataObject) -> None:
    text = "layers:\n" + "".join(layers)
    try:
        before = parse(text, "a.yaml")
    except Exception:  # noqa: BLE001  the drawn layout is no YAML
        return
    assert isinstance(before.data, dict)
    index = data.draw(st.integers(0, len(layers) - 1))
    after = parse(set_key(text, ("layers", index), "bias", "false"), "a.yaml")
    assert after.at(("layers", index, "bias")) is False
    for number in range(len(layers)):
        kept = after.at(("layers", number))
        assert isinstance(kept, dict)
        if number == index:
            original = before.at(("layers", number))
            assert isinstance(original, dict)
            assert {**cast("dict[str, object]", original), "bias": False} == kept


def test_fixes_keep_comments_and_mend_all_at_once() -> None:
    text = """\
# head
inputs: {image: [3, 16, 16]}
layers:
  - {type: Conv2d, out_channels: 8, kernel_size: 3}   # first
  - BatchNorm2d
  - type: Conv2d            # second
    out_channels: 8
    bias: true              # on
    kernel_size: 3
  - BatchNorm2d
"""
    result = mended(text)
    expected = text.replace("kernel_size: 3}", "kernel_size: 3, bias: false}")
    assert result.document.text == expected.replace("bias: true ", "bias: false ")
    assert dict(result.fixed) == {"AC301": 2}
    assert not result.checked.findings


UNFIXED = {
    "one of two uses of an alias": (
        "layers:\n  - &c {type: Conv2d, out_channels: 3, kernel_size: 3}\n  - BatchNorm2d\n  - *c\n  - ReLU\n"
    ),
    "one turn of a repeat": (
        "layers:\n  - {type: Conv2d, out_channels: 3, kernel_size: 3, groups: 3, repeat: 2}\n"
        "  - BatchNorm2d\n"
    ),
    "one use of a block": (
        "blocks:\n  unit:\n    args: {norm: true}\n    layers:\n"
        "      - {type: Conv2d, out_channels: 3, kernel_size: 3}\n      - {type: BatchNorm2d, when: =norm}\n"
        "layers:\n  - unit\n  - {type: unit, norm: false}\n"
    ),
    "a norm that can be left out": (
        "vars: {norm: true}\nlayers:\n  - {type: Conv2d, out_channels: 3, kernel_size: 3}\n"
        "  - {type: BatchNorm2d, when: =norm}\n"
    ),
    "a norm whose kind is an expression": (
        "vars: {norm: BatchNorm2d}\nlayers:\n"
        "  - {type: Conv2d, out_channels: 3, kernel_size: 3}\n  - {type: =norm}\n"
    ),
    "a bias that is an expression": (
        "vars: {b: true}\nlayers:\n"
        "  - {type: Conv2d, out_channels: 3, kernel_size: 3, bias: =b}\n  - BatchNorm2d\n"
    ),
}


@pytest.mark.parametrize("text", UNFIXED.values(), ids=UNFIXED)
def test_what_is_right_elsewhere_is_found_and_not_fixed(text: str) -> None:
    text = "inputs: {image: [3, 16, 16]}\n" + text
    result = mended(text)
    assert result.document.text == text
    assert [(found.code, found.fixable) for found in result.checked.findings] == [("AC301", False)]


def test_a_block_is_fixed_where_every_use_has_the_mistake() -> None:
    text = (
        "inputs: {image: [3, 16, 16]}\nblocks:\n  unit:\n    layers:\n"
        "      - {type: Conv2d, out_channels: 3, kernel_size: 3}\n      - BatchNorm2d\nlayers:\n"
        "  - {type: unit, repeat: 3}\n"
    )
    result = mended(text)
    assert result.document.text == text.replace("kernel_size: 3}", "kernel_size: 3, bias: false}")
    assert not result.checked.findings


@pytest.mark.parametrize(
    ("key", "value", "why"),
    [
        ("out_channels", "9", "shapes would change"),
        ("groups", "5", "could not be traced any more: 3 input channels do not divide into 5 groups"),
        ("note", "x", "the finding would stay"),
        ("note", "{", "could not be changed in place"),
    ],
)
def test_a_fix_that_is_not_sound_is_dropped_and_said(key: str, value: str, why: str) -> None:
    document = parse(BIAS, "a.yaml")
    checked = check_document(document, DEFAULT)
    (fix,) = checked.fixes
    origin = fix.finding.origin
    assert origin is not None
    wrong = replace(fix.finding, edits=(SetKey(origin, key, value),))
    checked.fixes = [Applicable(fix.code, wrong)]
    result = fixed(document, checked, DEFAULT)
    if why == "the finding would stay":  # the rule's own fix is the one that is found again
        assert result.document.text != BIAS
        return
    assert result.document.text == BIAS
    (note,) = result.notes
    assert note.startswith("a.yaml:3:5: AC301 was not fixed: ")
    assert why in note


# the command


def test_fix_writes_the_file_and_tells_what_is_left(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "a.yaml"
    path.write_bytes(b"\xef\xbb\xbf" + (BIAS + "budgets: {params: 1}\n").replace("\n", "\r\n").encode())
    path.chmod(0o640)
    ran = run(capsys, "check", "--fix", str(path))
    assert ran.code == 1
    assert "AC701" in ran.out
    assert "AC301" not in ran.out
    assert ran.out.endswith("1 spec checked; 1 fixed: 1 error\n")
    content = path.read_bytes()
    assert content.startswith(b"\xef\xbb\xbfinputs")
    assert content.count(b"\r\n") == content.count(b"\n") == 5
    assert b"kernel_size: 3, bias: false}" in content
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert [each.name for each in tmp_path.iterdir()] == ["a.yaml"]


def test_fix_follows_a_link(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "a.yaml").write_text(BIAS, encoding="utf-8")
    (tmp_path / "b.yaml").symlink_to(tmp_path / "real" / "a.yaml")
    assert run(capsys, "check", "--fix", str(tmp_path / "b.yaml")).code == 0
    assert (tmp_path / "b.yaml").is_symlink()
    assert "bias: false" in (tmp_path / "real" / "a.yaml").read_text(encoding="utf-8")


def test_fix_touches_nothing_that_is_fine(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name, text in (("a.yaml", GOOD), ("b.yaml", BUDGET)):
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        os.utime(path, (1, 1))
        run(capsys, "check", "--fix", str(path))
        assert path.stat().st_mtime == 1


def test_diff_writes_nothing_and_can_be_applied(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a.yaml").write_text(BIAS.rstrip("\n"), encoding="utf-8")
    ran = run(capsys, "check", "--diff", "a.yaml")
    assert ran.code == 1
    assert Path("a.yaml").read_text(encoding="utf-8") == BIAS.rstrip("\n")
    assert ran.out == (
        "--- a.yaml\n+++ a.yaml\n@@ -1,4 +1,4 @@\n inputs: {image: [3, 16, 16]}\n layers:\n"
        "-  - {type: Conv2d, out_channels: 8, kernel_size: 3}\n"
        "+  - {type: Conv2d, out_channels: 8, kernel_size: 3, bias: false}\n"
        "   - BatchNorm2d\n\\ No newline at end of file\n"
    )
    assert ran.err == "1 spec checked: 1 warning; --fix mends 1\n"


def test_a_file_that_has_changed_meanwhile_is_left_alone(tmp_path: Path) -> None:
    from archcalc.overwriting import overwrite

    path = tmp_path / "a.yaml"
    path.write_text("b: 1\n", encoding="utf-8")
    with pytest.raises(OSError, match="changed meanwhile"):
        overwrite(str(path), "a: 1\n", "a: 2\n")
    assert path.read_text(encoding="utf-8") == "b: 1\n"


def test_the_context_of_a_finding_survives_a_reload() -> None:
    assert loads(mended(BIAS).document.text).spec.layers[0].arguments["bias"] is False


def test_what_was_not_fixed_is_told_where_it_now_stands(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "a.yaml"
    layer = "  - type: Conv2d\n    out_channels: 3\n    kernel_size: 1\n  - BatchNorm2d\n"
    complex_keys = (
        "  - ? type\n    : Conv2d\n    ? out_channels\n    : 3\n    ? kernel_size\n    : 1\n  - BatchNorm2d\n"
    )
    path.write_text(f"{HEAD}{layer}{complex_keys}", encoding="utf-8")
    ran = run(capsys, "check", "--fix", str(path))
    assert "1 fixed: 1 warning\n" in ran.out  # and not that --fix mends it
    (note,) = ran.err.splitlines()
    assert note == f"{path}:8:5: AC301 was not fixed: the text could not be changed in place"
    assert f"{path}:8:5: AC301 [warning]" in ran.out
