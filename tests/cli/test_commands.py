"""The command line as people use it: options, exit codes, pipes, colours, errors."""

import csv
import io
import json
import os
import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from archcalc import __version__
from archcalc.layers.registry import KINDS
from tests.cli.running import run, run_fresh

if TYPE_CHECKING:
    from pathlib import Path

    Capsys = pytest.CaptureFixture[str]

SMALL = """\
name: small
vars: {width: 8}
inputs:
  image: [3, 16, 16]
layers:
  - {type: Conv2d, name: stem, out_channels: =width, kernel_size: 3, padding: 1}
  - ReLU
  - {type: Conv2d, name: head, out_channels: 4, kernel_size: 3, frozen: true}
"""
HOLES = """\
inputs: {x: [1, 32]}
layers:
  - {type: Conv1d, name: a, out_channels: 1, kernel_size: 3, dilation: 2}
  - {type: Conv1d, name: b, out_channels: 1, kernel_size: 3, dilation: 2}
"""


@pytest.fixture
def small(tmp_path: "Path") -> str:
    path = tmp_path / "small.yaml"
    path.write_text(SMALL, encoding="utf-8")
    return str(path)


def test_version_and_module_entry() -> None:
    assert run_fresh("--version") == (0, f"archcalc {__version__}\n", "")


def test_a_spec_is_a_path_a_name_or_standard_input(small: str, capsys: "Capsys") -> None:
    from_path = run(capsys, "shapes", small)
    assert from_path.code == 0
    assert run_fresh("shapes", "-", stdin=SMALL).out == from_path.out
    assert run(capsys, "shapes", "lenet5").out.startswith("lenet5: image [N, 1, 32, 32]")


def test_a_file_beside_a_shipped_spec_of_the_same_name_wins(
    tmp_path: "Path", monkeypatch: pytest.MonkeyPatch, capsys: "Capsys"
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "lenet5").write_text(SMALL, encoding="utf-8")
    assert run(capsys, "shapes", "lenet5").out.startswith("small:")


def test_set_and_input_override(small: str, capsys: "Capsys") -> None:
    out = run(capsys, "shapes", small, "--set", "width=12", "--input", "image=3,20,24").out
    assert "[N, 12, 20, 24]" in out
    assert "[N, 12, 20, 24]" in run(capsys, "shapes", small, "--set", "width==4*3", "--input", "3,20,24").out


def test_an_input_takes_another_dtype(tmp_path: "Path", capsys: "Capsys") -> None:
    """As ``layer`` takes it, behind a colon, by every command that takes inputs."""
    path = tmp_path / "lookup.yaml"
    path.write_text(
        "inputs: {tokens: [12]}\nlayers:\n  - {type: Embedding, num_embeddings: 10, embedding_dim: 8}\n",
        encoding="utf-8",
    )
    asked = str(path), "--input", "tokens=548:int64"
    assert "[N, 548, 8]" in run(capsys, "shapes", *asked).out
    document = json.loads(run(capsys, "rf", *asked, "--format", "json").out)
    assert document["inputs"] == {"tokens": {"shape": [548], "dtype": "int64"}}
    assert run(capsys, "check", *asked).code == 0
    plain = run(capsys, "check", str(path), "--input", "548")
    assert "needs whole numbers (int64 or int32), got float32" in plain.out


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (("--set", "widht=3"), "the spec has no variable 'widht'"),
        (("--set", "width"), "needs NAME=VALUE, got 'width'"),
        (("--set", "width=[1"), "width=[1"),
        (("--input", "imag=3,4,4"), "the spec has no input 'imag'"),
        (("--input", "image=3,a,4"), "needs sizes such as 3,224,224, got '3,a,4'"),
        (("--input", "image=3,0,4"), "needs sizes of at least 1, got '3,0,4'"),
        (("--input", "image=3,4,4:int63"), "no dtype 'int63'"),
        (("--depth", "0"), "--depth"),
        (("--format", "yaml"), "yaml"),
    ],
)
def test_wrong_options_end_with_2_and_say_what(
    small: str, arguments: tuple[str, ...], text: str, capsys: "Capsys"
) -> None:
    ran = run(capsys, "shapes", small, *arguments)
    assert ran.code == 2
    assert text in " ".join(ran.err.replace("│", " ").split())
    assert not ran.out


def test_a_missing_spec_names_the_nearest_shipped_one(capsys: "Capsys") -> None:
    ran = run(capsys, "shapes", "resnet5O")
    assert ran.code == 2
    assert "no such file, and no shipped spec of this name" in ran.err
    assert "did you mean 'resnet50'?" in ran.err


def test_a_shape_error_shows_the_table_above_it_and_every_independent_error(
    tmp_path: "Path", capsys: "Capsys"
) -> None:
    path = tmp_path / "bad.yaml"
    path.write_text(
        SMALL.replace("kernel_size: 3, frozen: true", "kernel_size: 33")
        + "  - {type: Linear, out_feature: 3}\n",
        encoding="utf-8",
    )
    ran = run(capsys, "shapes", str(path))
    assert ran.code == 2
    assert ran.out.splitlines()[0].endswith(" (partial)")
    assert [line.split()[0] for line in ran.out.splitlines()[3:]] == ["stem", "relu_0", "partial:"]
    assert f"{path}:8:62: head (Conv2d): kernel 33 is larger than the padded input 16 (16 + 0 + 0)" in ran.err
    assert f"{path}:9:20: linear_0 (Linear): unknown key 'out_feature'" in ran.err
    assert "did you mean 'out_features'?" in ran.err
    assert run(capsys, "shapes", str(path), "--format", "json").out == ""


@pytest.mark.parametrize("form", ["table", "markdown"])
@pytest.mark.parametrize("command", ["shapes", "params", "rf", "summary"])
def test_a_partial_table_says_so_and_folds(
    command: str, form: str, tmp_path: "Path", capsys: "Capsys"
) -> None:
    path = tmp_path / "bad.yaml"
    path.write_text(
        "name: bad\ninputs: {image: [3, 32, 32]}\nlayers:\n"
        "  - {type: BasicBlock, name: stage, width: 8, repeat: 3}\n"
        "  - {type: Conv2d, name: head, out_channels: 4, kernel_size: 99}\n  - ReLU\n",
        encoding="utf-8",
    )
    ran = run(capsys, command, str(path), "--depth", "1", "--format", form)
    assert ran.code == 2
    assert "(partial)" in ran.out.splitlines()[0]
    assert "partial: only the layers above the first error, and only these are counted" in ran.out
    assert len(re.findall(r"BasicBlock", ran.out)) == 1
    assert "stage.0-2 (x3)" in ran.out
    assert "conv1" not in ran.out


def test_unused_outputs_are_warned_of_beside_the_table(tmp_path: "Path", capsys: "Capsys") -> None:
    path = tmp_path / "unused.yaml"
    path.write_text(SMALL + "  - {type: ReLU, name: late, from: stem}\n", encoding="utf-8")
    ran = run(capsys, "shapes", str(path))
    assert ran.code == 0
    assert ran.err.startswith(f"warning: {path}:8:5: head (Conv2d): nothing reads its output")


def test_piped_output_has_no_colour_codes_even_with_a_colour_terminal() -> None:
    for command in (("shapes", "resnet50"), ("zoo",), ("layers",), ("hdc", "1", "2", "5")):
        ran = run_fresh(*command, TERM="xterm-256color")
        assert ran.code == 0
        assert "\x1b" not in ran.out + ran.err


def test_an_output_that_cannot_show_a_character_gets_a_substitute() -> None:
    ran = run_fresh("shapes", "lenet5", PYTHONIOENCODING="ascii", PYTHONUTF8="0")
    assert ran.code == 0
    assert "c1" in ran.out


def test_piped_tables_break_no_line() -> None:
    lines = run_fresh("layers", COLUMNS="").out.splitlines()
    assert max(map(len, lines)) > 80
    assert all(line == line.rstrip() for line in lines)


def test_a_terminal_wide_enough_shows_the_piped_lines() -> None:
    for command in (("summary", "resnet18"), ("params", "lenet5"), ("layers", "Conv2d")):
        assert run_fresh(*command, COLUMNS="400").out == run_fresh(*command, COLUMNS="").out


def test_a_narrow_terminal_loses_no_number_and_no_shape() -> None:
    narrow, wide = (run_fresh("params", "resnet18", COLUMNS=width).out for width in ("60", "200"))
    assert max(map(len, narrow.splitlines())) <= 60
    numbers = r"\[\d[\d, ]*\]|(?<![\w…])\d[\d,.]*(?![\w…])"
    assert sorted(re.findall(numbers, narrow)) == sorted(re.findall(numbers, wide))
    assert "Adap" in narrow
    assert "AdaptiveAvgPool2d" in wide


def test_hdc_exits_with_1_on_holes_and_0_without(tmp_path: "Path", capsys: "Capsys") -> None:
    path = tmp_path / "holes.yaml"
    path.write_text(HOLES, encoding="utf-8")
    holes = run(capsys, "rf", str(path), "--check-hdc")
    assert holes.code == 1
    assert "exact:    holes, 5 of 9 positions read" in holes.out
    assert "nearest rates without holes: 1 2" in holes.out
    assert run(capsys, "rf", "dilated_context", "--check-hdc").code == 0
    assert run(capsys, "rf", "resnet18", "--check-hdc").code == 0
    assert (run(capsys, "hdc", "1", "2", "5").code, run(capsys, "hdc", "2", "2", "2").code) == (0, 1)


def test_check_hdc_adds_the_groups_to_the_document(tmp_path: "Path", capsys: "Capsys") -> None:
    path = tmp_path / "holes.yaml"
    path.write_text(HOLES, encoding="utf-8")
    ran = run(capsys, "rf", str(path), "--check-hdc", "--format", "json")
    (group,) = json.loads(ran.out)["dilation_groups"]
    assert (group["rates"], group["m"], group["paper"], group["full"]) == ([2, 2], [2, 2], True, False)
    assert group["input_coverage"] == {
        "start": 0,
        "span": 9,
        "read": 5,
        "full": False,
        "counts": [1, 0, 2, 0, 3, 0, 2, 0, 1],
    }
    assert ran.code == 1


def test_rf_of_one_layer_or_the_end_of_a_container(capsys: "Capsys") -> None:
    document = json.loads(run(capsys, "rf", "resnet50", "--layer", "layer4", "--format", "json").out)
    (layer,) = document["layers"]
    assert layer["name"] == "layer4.2.relu3"
    assert layer["receptive_field"]["size"] == [427, 427]
    assert run(capsys, "rf", "resnet50", "--layer", "layer9").code == 2


def test_the_document_is_the_same_from_every_command(capsys: "Capsys") -> None:
    documents = [
        json.loads(run(capsys, command, "resnet18", "--format", "json").out)
        for command in ("shapes", "params", "rf", "summary")
    ]
    assert all(document == documents[0] for document in documents)
    document = documents[0]
    assert document["schema_version"] == 1
    assert document["totals"] == {
        "params": 11_689_512,
        "trainable_params": 11_689_512,
        "non_trainable_params": 0,
        "buffers": 9_620,
        "embedding_params": 0,
        "head_params": 0,
        "non_embedding_params": 11_689_512,
        "active_params": 11_689_512,
        "macs": 1_814_073_344,
        "flops": 3_628_146_688,
    }
    by_name = {layer["name"]: layer for layer in document["layers"]}
    conv = by_name["layer1.0.conv1"]
    assert conv["inputs"] == ["maxpool"]
    assert conv["input_shapes"] == [[64, 56, 56]]
    assert conv["output_shape"] == [64, 56, 56]
    assert (conv["params"], conv["macs"], conv["weights"]) == (
        36_864,
        115_605_504,
        {"weight": [64, 64, 3, 3]},
    )
    assert conv["receptive_field"]["size"] == [19, 19]
    assert conv["receptive_field"]["start"] == [-9, -9]
    assert sum(layer["params"] for layer in document["layers"]) == document["totals"]["params"]


def test_frozen_weights_are_not_trainable(small: str, capsys: "Capsys") -> None:
    totals = json.loads(run(capsys, "params", small, "--format", "json").out)["totals"]
    assert (totals["params"], totals["trainable_params"], totals["non_trainable_params"]) == (516, 224, 292)


def test_csv_is_plain_and_complete_at_any_depth(capsys: "Capsys") -> None:
    for depth, count, name in ((), 69, "layer4.1.relu2"), (("--depth", "1"), 11, "layer4"):
        out = run(capsys, "params", "resnet18", "--format", "csv", *depth).out
        rows = list(csv.DictReader(io.StringIO(out)))
        assert len(rows) == count
        assert sum(int(row["params"]) for row in rows) == 11_689_512
        assert name in {row["layer"] for row in rows}


def test_depth_folds_with_subtotals(capsys: "Capsys") -> None:
    out = run(capsys, "params", "resnet18", "--depth", "1").out
    assert re.search(r"layer4\.0-1 \(x2\) +BasicBlock +8,393,728 +71\.8 %", out)
    assert "bn2" not in out


def test_a_layer_that_reads_only_shapes_has_no_field(tmp_path: "Path", capsys: "Capsys") -> None:
    path = tmp_path / "slopes.yaml"
    path.write_text(
        "inputs: {x: [5, 8]}\nlayers:\n  - {type: ALiBi, name: slopes, num_heads: 2}\n"
        "  - {type: ScaledDotProductAttention, name: mix, num_heads: 2, from: [x, x, x, slopes]}\n",
        encoding="utf-8",
    )
    assert "slopes,ALiBi,2x5x5,,,\n" in run(capsys, "rf", str(path), "--format", "csv").out
    for command in (
        ["summary"],
        ["rf"],
        ["rf", "--layer", "slopes", "--picture"],
        ["rf", "--format", "json"],
    ):
        assert run(capsys, command[0], str(path), *command[1:]).code == 0


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_has_a_page(kind: str, capsys: "Capsys") -> None:
    ran = run(capsys, "layers", kind)
    assert ran.code == 0
    assert ran.out.startswith(f"{kind}: ")


def test_unknown_kinds_name_the_nearest(capsys: "Capsys") -> None:
    for command in (("layers", "Conv2D"), ("layer", "Conv2D", "3,8,8")):
        ran = run(capsys, *command)
        assert ran.code == 2
        assert "'Conv2d'" in ran.err


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (("Conv2d", "3,8,8", "out_channels=4"), "Conv2d: `kernel_size` is missing"),
        (
            ("Conv2d", "3,8,8", "out_channels=4", "kernel_size=9"),
            "kernel 9 is larger than the padded input 8",
        ),
        (("Conv2d", "out_channels=4"), "needs the shape that arrives"),
        (("Conv2d", "3,8,8", "out_channels=[4"), "out_channels=[4"),
    ],
)
def test_a_wrong_layer_is_told_without_a_file(words: tuple[str, ...], text: str, capsys: "Capsys") -> None:
    ran = run(capsys, "layer", *words)
    assert ran.code == 2
    assert text in " ".join(ran.err.replace("│", " ").split())


def test_lists_may_be_written_without_brackets(capsys: "Capsys") -> None:
    ran = run(capsys, "layer", "Conv2d", "3,8,8", "out_channels=4", "kernel_size=3,5")
    assert ran.out.startswith("Conv2d: [N, 3, 8, 8] -> [N, 4, 6, 4]")


@pytest.mark.parametrize(
    "arguments",
    [
        ("hdc", "0"),
        ("hdc", "-1"),
        ("hdc", "1", "2", "--kernel", "3", "--kernel", "3", "--kernel", "3"),
        ("hdc", "999999999", "1"),
    ],
)
def test_impossible_rates_are_refused(arguments: tuple[str, ...], capsys: "Capsys") -> None:
    assert run(capsys, *arguments).code == 2


@pytest.mark.parametrize(
    ("words", "kernels"),
    [
        ("1 2 5 --kernel 3 5 3", [3, 5, 3]),
        ("1 2 5 --kernel 3,5,3", [3, 5, 3]),
        ("1,2,5 --kernel=3,5,3", [3, 5, 3]),
        ("--kernel 3,5,3 1 2 5", [3, 5, 3]),
        ("1 2 5 --kernel 3 --kernel 5 --kernel 3", [3, 5, 3]),
        ("1 2 5 --kernel 5", [5, 5, 5]),
        ("--kernel 5 1 2 5", [5, 5, 5]),
        ("1 2 --kernel 5 --format json 5", [5, 5, 5]),
        ("1 2 5", [3, 3, 3]),
    ],
)
def test_kernels_are_what_a_person_means(words: str, kernels: list[int], capsys: "Capsys") -> None:
    document = json.loads(run(capsys, "hdc", *words.split(), "--format", "json").out)
    assert (document["rates"], document["kernels"]) == ([1, 2, 5], kernels)


@pytest.mark.parametrize("words", ["1 2 5 --kernel 3 5", "1 --kernel", "1 --kernel x", "1 2 --kernel -3"])
def test_wrong_kernels_are_refused(words: str, capsys: "Capsys") -> None:
    ran = run(capsys, "hdc", *words.split())
    assert (ran.code, ran.out) == (2, "")
    assert "--kernel" in ran.err


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (("out_channels=4", "out_channels=5"), "out_channels is given twice"),
        (("=4",), "needs KEY=VALUE, got '=4'"),
        (("type=ReLU",), "type is given twice"),
    ],
)
def test_arguments_of_a_layer_are_given_once(words: tuple[str, ...], text: str, capsys: "Capsys") -> None:
    ran = run(capsys, "layer", "Conv2d", "3,8,8", *words)
    assert ran.code == 2
    assert text in " ".join(ran.err.replace("│", " ").split())


def test_a_single_layer_shows_whatever_the_depth(capsys: "Capsys") -> None:
    ran = run(capsys, "rf", "resnet18", "--depth", "1", "--layer", "layer1.0.conv1")
    assert re.search(r"layer1\.0\.conv1 +Conv2d .* 19 ", ran.out)


@pytest.mark.parametrize(
    ("closed", "code"),
    [
        ("resnet50 >&-", 0),
        ("resnet50 >&- 2>&-", 0),
        ("resnet50 >/dev/full", 2),
        ("resnet50 >/dev/full 2>/dev/full", 2),
        ("nothing 2>/dev/full", 2),
    ],
)
@pytest.mark.parametrize("buffered", [True, False])
def test_streams_that_are_closed_or_full(closed: str, code: int, *, buffered: bool) -> None:
    command = f"exec {sys.executable} -m archcalc summary {closed}"
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    env = kept if buffered else {**kept, "PYTHONUNBUFFERED": "1"}
    done = subprocess.run(["sh", "-c", command], env=env, capture_output=True, text=True, check=False)
    assert done.returncode == code
    assert "Traceback" not in done.stderr
    if closed == "resnet50 >/dev/full":
        assert done.stderr == "the output cannot be written: no space left on device\n"


@pytest.mark.parametrize("command", ["shapes", "check"])
@pytest.mark.parametrize(
    ("asked", "hint"),
    [
        ("tiny_gtp.yaml", "did you mean 'tiny_gpt.yaml'?"),
        ("resnet19", "did you mean 'resnet18'?"),
        ("nowhere/zzz", "lists the shipped specs"),
    ],
)
def test_a_spec_that_is_not_there_has_a_name_alike(
    command: str,
    asked: str,
    hint: str,
    tmp_path: "Path",
    capsys: "Capsys",
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tiny_gpt.yaml").write_text("inputs: {x: [1]}\nlayers: [ReLU]\n", encoding="utf-8")
    ran = run(capsys, command, asked)
    assert ran.code == 2
    assert hint in " ".join(ran.err.replace("│", " ").split())


def test_blocks_take_lists(tmp_path: "Path", capsys: "Capsys") -> None:
    path = tmp_path / "lists.yaml"
    path.write_text(
        "vars: {sizes: [5, 7]}\n"
        "blocks:\n  b:\n    args: {kernels: required, rates: [1, 2]}\n    layers:\n"
        "      - {type: Conv1d, out_channels: 1, kernel_size: '=kernels[0]', dilation: '=rates[1]'}\n"
        "inputs: {x: [1, 99]}\n"
        "layers:\n  - {type: b, kernels: [3, 5]}\n  - {type: b, kernels: =sizes}\n"
        "  - {type: b, kernels: ['=sizes[1]', 2], rates: [1, 3]}\n",
        encoding="utf-8",
    )
    document = json.loads(run(capsys, "shapes", str(path), "--format", "json").out)
    assert [layer["output_shape"][1] for layer in document["layers"]] == [95, 87, 69]


def test_schema_is_json(capsys: "Capsys") -> None:
    assert json.loads(run(capsys, "schema").out)["title"] == "archcalc spec"


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("Sequential", "numbered   boolean          false"),
        ("Residual", "merge      layer            Add"),
        ("Branches", "merge      layer"),
    ],
)
def test_containers_have_pages(capsys: "Capsys", name: str, words: str) -> None:
    ran = run(capsys, "layers", name)
    assert ran.code == 0
    assert words in ran.out


def test_dilation_in_markdown_stands_in_a_fence(capsys: "Capsys") -> None:
    out = run(capsys, "rf", "dilated_context", "--check-hdc", "--format", "markdown").out
    assert out.count("```") == 2
    assert out.index("```text") < out.index("dilation group 1")
