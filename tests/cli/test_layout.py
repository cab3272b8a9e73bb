"""How tables fit a terminal, and how names of equal layers become one."""

import re
from itertools import product
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as draw

from archcalc.render.cells import Row, Table
from archcalc.render.names import folded, in_short
from archcalc.render.terminal import layout
from archcalc.render.widths import broken
from tests.cli.running import run

if TYPE_CHECKING:
    Capsys = pytest.CaptureFixture[str]


@pytest.mark.parametrize(
    ("numbers", "text"),
    [
        ((4,), "4"),
        ((0, 1), "0-1"),
        (tuple(range(12)), "0-11"),
        ((0, 2, 4), "0,2,4"),
        ((0, 2, 4, 6), "0,2..6"),
        ((5, 11, 17, 23), "5,11..23"),
        ((0, 1, 2, 5, 7, 8), "0-2,5,7-8"),
    ],
)
def test_indices_in_short(numbers: tuple[int, ...], text: str) -> None:
    assert in_short(numbers) == text


def test_names_that_differ_in_indices_are_one() -> None:
    names = [f"stages.{i}.{j}.attn" for i in range(2) for j in range(3)] + ["attn_0", "attn_1", "top.attn"]
    groups = folded(names, lambda _: None)
    assert list(groups) == ["stages.0-1.0-2.attn", "attn_0-1", "top.attn"]
    assert groups["stages.0-1.0-2.attn"] == names[:6]


def test_a_name_stands_for_nothing_that_is_not_there() -> None:
    """3 and 2 layers in two stages are no rectangle; nor are layers one that are not alike."""
    groups = folded(["a.0.0", "a.0.1", "a.0.2", "a.1.0", "a.1.1"], lambda _: None)
    assert list(groups) == ["a.0.0-2", "a.1.0-1"]
    windows = folded([f"h.{i}.attn" for i in range(8)], lambda name: int(name.split(".")[1]) % 2)
    assert list(windows) == ["h.0,2..6.attn", "h.1,3..7.attn"]


def test_digits_within_a_word_and_leading_zeros_stay() -> None:
    names = ["conv1", "conv2", "a.01.b", "a.02.b"]
    assert list(folded(names, lambda _: None)) == names


@given(draw.lists(draw.tuples(draw.integers(0, 3), draw.integers(0, 3), draw.booleans()), unique=True))
def test_folded_names_cover_exactly_the_names_below_them(drawn: list[tuple[int, int, bool]]) -> None:
    kinds = {f"s.{i}.{j}.attn": alike for i, j, alike in drawn}
    groups = folded(kinds, kinds.__getitem__)
    members = [name for group in groups.values() for name in group]
    assert sorted(members) == sorted(kinds)
    for written, group in groups.items():
        assert len({kinds[name] for name in group}) == 1
        spelt = (_numbers(part) if part[0].isdigit() else [part] for part in _parts(written))
        assert sorted(".".join(way) for way in product(*spelt)) == sorted(group)


def _parts(name: str) -> list[str]:
    return name.replace("..", "~").split(".")


def _numbers(text: str) -> list[str]:
    if "~" in text:
        first, second, last = map(int, re.split("[,~]", text))
        return [str(number) for number in range(first, last + 1, second - first)]
    ends = [list(map(int, part.split("-"))) for part in text.split(",")]
    return [str(number) for run in ends for number in range(run[0], run[-1] + 1)]


TABLE = Table(
    "table",
    ("Layer", "Type", "Params of all", "Note"),
    (False, False, True, False),
    (
        Row(
            "a",
            "encoder.layers.0-11.self_attn",
            container=False,
            cells=("MultiheadAttention", 1234567, "x y z"),
        ),
        Row(
            "b",
            "    inner",
            container=True,
            cells=("TransformerEncoderLayer", None, "several words\nand a line"),
        ),
    ),
)


@pytest.mark.parametrize("width", range(20, 120))
def test_no_line_is_wider_than_the_terminal_and_only_names_are_shortened(width: int) -> None:
    lines = [line.text for line in layout(TABLE, width)]
    assert max(map(len, lines)) <= width
    whole = "".join(line.text for line in layout(TABLE))
    found = re.sub(r"[\s─]", "", "".join(lines))
    if "…" not in found:
        assert sorted(found) == sorted(re.sub(r"[\s─]", "", whole))
    for number in "1234567":
        assert found.count(number) == whole.count(number)


@pytest.mark.parametrize("width", range(50, 120))
def test_numbers_are_whole_wherever_they_fit(width: int) -> None:
    assert any("1,234,567" in line.text for line in layout(TABLE, width))


@pytest.mark.parametrize(
    ("line", "width", "of", "lines"),
    [
        ("decoder.layers.0-5.self_attn", 16, "names", ["decoder.layers.", "0-5.self_attn"]),
        ("layers.0,2..6.attn", 14, "names", ["layers.0,2..6.", "attn"]),
        ("    source_embedding", 14, "names", ["    sourc…ding"]),
        ("TransformerEncoderLayer", 18, "words", ["Transform…derLayer"]),
        ("abcdefghij", 4, "words", ["ab…j"]),
        ("abcdefghij", 3, "words", ["abc", "def", "ghi", "j"]),
        ("1,234,567", 4, "words", ["1,23", "4,56", "7"]),
        ("in_proj_weight [192, 64]", 14, "words", ["in_proj_weight", "[192, 64]"]),
        ("weight [192, 64]", 9, "words", ["weight", "[192, 64]"]),
        ("3 x [N, 128, 768]", 17, "words", ["3 x [N, 128, 768]"]),
        ("[N, 128, 768]", 8, "words", ["[N, 128,", "768]"]),
        ("two words", 9, "words", ["two words"]),
        ("two words", 8, "words", ["two", "words"]),
    ],
)
def test_where_a_cell_breaks(line: str, width: int, of: str, lines: list[str]) -> None:
    assert broken([line], width, names=of == "names") == lines


@pytest.mark.parametrize("columns", [40, 80, 160])
@pytest.mark.parametrize(
    "words",
    [
        ("attention", "mae_vit"),
        ("params", "mae_vit", "--parts"),
        ("decode", "lstm_language_model", "--prompt", "5", "--new", "3"),
        ("rf", "seq2seq_attention"),
        ("summary", "resnet50"),
    ],
    ids=lambda words: words[0],
)
def test_commands_keep_to_the_width(
    columns: int, words: tuple[str, ...], capsys: "Capsys", monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    out = run(capsys, *words).out
    assert max(map(len, out.splitlines()[1:])) <= columns


FIELDS = Table(
    "fields",
    ("Layer", "Type", "Output", "Params", "Field"),
    (False, False, False, True, True),
    (
        Row(
            "a",
            "token_type_embeddings",
            container=False,
            cells=("ScaledDotProductAttention", "[N, 128, 768]", 23_837_184, "tokens: 1\ntoken_types: 1"),
        ),
        Row("b", "    inner", cells=("Linear", "[N, 128, 768]", None, "tokens: 1\ntoken_types: 1")),
    ),
)
WIDE, TIGHT = 96, 91
"""Widths of the whole table, and of the same with narrow gaps and indents."""


@pytest.mark.parametrize(
    ("width", "found"),
    [
        (WIDE - 1, ["token_type_embeddings", "ScaledDotProductAttention", "token_types: 1"]),
        (TIGHT - 1, ["token_type_embeddings", "ScaledDotPro…ctAttention", "token_types: 1"]),
        (70, ["token_…dings", "Scaled…ention", "token_types: 1"]),
        # Columns of numbers break between words before names are shortened to the last.
        (60, ["toke…ngs", "Scal…tion", "token_types:"]),
    ],
)
def test_columns_give_way_where_it_hurts_least(width: int, found: list[str]) -> None:
    lines = [line.text for line in layout(FIELDS, width)]
    assert max(map(len, lines)) <= width
    pieces = {piece for line in lines[2:] for piece in re.split(r" {2,}", line.strip())}
    assert pieces.issuperset(found), pieces


@pytest.mark.parametrize("width", range(56, 110))
def test_a_shape_and_a_number_are_never_broken(width: int) -> None:
    lines = [line.text for line in layout(FIELDS, width)]
    assert max(map(len, lines)) <= width
    assert sum(line.count("[N, 128, 768]") for line in lines) == 2
    assert sum(line.count("23,837,184") for line in lines) == 1


@pytest.mark.parametrize("name", ["bert_base", "resnet18", "gpt2", "unet", "transformer_wmt", "swin_t"])
@pytest.mark.parametrize("command", ["shapes", "summary"])
def test_shapes_do_not_break_at_80_columns(
    command: str, name: str, capsys: "Capsys", monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every shape of the table as wide as it needs is there, as often."""
    monkeypatch.setenv("COLUMNS", "80")
    narrow = run(capsys, command, name).out
    monkeypatch.delenv("COLUMNS")
    wide = run(capsys, command, name).out
    shapes = [re.findall(r"\[N[\d, ]*\]", "\n".join(text.splitlines()[1:])) for text in (narrow, wide)]
    assert shapes[0] == shapes[1]
    assert max(map(len, narrow.splitlines()[1:])) <= 80


@pytest.mark.parametrize(
    "words", [("rf", "unet"), ("rf", "bert_base"), ("shapes", "swin_t"), ("rf", "swin_t")]
)
def test_shapes_do_not_break_at_60_columns_where_phases_and_names_can(
    words: "tuple[str, ...]", capsys: "Capsys", monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    narrow = run(capsys, *words).out.splitlines()[1:]
    assert max(map(len, narrow)) <= 60
    assert [line for line in narrow if line.count("[") != line.count("]")] == []
