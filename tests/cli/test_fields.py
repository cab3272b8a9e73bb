"""``archcalc rf``: one unit, the way back, other layers' units, merges that do not meet."""

import csv
import io
import json
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from archcalc import load, trace
from tests.cli.running import run

if TYPE_CHECKING:
    from pathlib import Path

    Capsys = pytest.CaptureFixture[str]

UNALIGNED = """\
inputs: {x: [3, 33, 33]}
layers:
  - {type: ZeroPad2d, name: pad, from: x, padding: [2, 1, 2, 1]}
  - {type: Conv2d, name: a, out_channels: 4, kernel_size: 5, stride: 2}
  - {type: Conv2d, name: b1, from: x, out_channels: 4, kernel_size: 3}
  - {type: Conv2d, name: b2, out_channels: 4, kernel_size: 3}
  - {type: Slice, name: b3, dim: 1, start: 0, stop: 16}
  - {type: Slice, name: b4, dim: 2, start: 0, stop: 16}
  - {type: Add, name: sum, from: [a, b4]}
  - ReLU
"""
"""The third unit-test graph of google-research/receptive_field, its branches cut to one size."""

SAME = """\
inputs: {{x: [3, {size}, {size}]}}
layers:
  - {{type: Conv2d, name: a, from: x, out_channels: 4, kernel_size: 1, stride: 4}}
  - {{type: ZeroPad2d, name: pad, from: x, padding: [{before}, 1, {before}, 1]}}
  - {{type: Conv2d, name: b1, out_channels: 4, kernel_size: 3, stride: 2}}
  - {{type: Conv2d, name: b2, out_channels: 4, kernel_size: 1, stride: 2}}
  - {{type: Add, name: sum, from: [a, b2]}}
"""
"""Its fourth: SAME padding is (1, 1) for an odd size and (0, 1) for an even one."""


def spec(folder: "Path", text: str) -> str:
    """A spec file."""
    path = folder / "net.yaml"
    path.write_text(text, encoding="utf-8")
    return str(path)


def test_unequal_strides_are_reported_with_both_paths(tmp_path: "Path", capsys: "Capsys") -> None:
    path = spec(tmp_path, UNALIGNED)
    ran = run(capsys, "rf", path)
    assert ran.code == 0
    assert (
        f"{path}:9:5: sum (Add): unaligned on x, axis 1 and 2: the branches have strides 2 and 1" in ran.err
    )
    assert "x -> pad -> a: stride 2, centre of unit 0 at 0" in ran.err
    assert "x -> b1 -> b2 -> b3 -> b4: stride 1, centre of unit 0 at 2" in ran.err
    assert ran.err.count("warning:") == 1
    rows = {line.split()[0]: line for line in ran.out.splitlines() if line}
    assert "unaligned" in rows["sum"]
    assert "unaligned" in rows["relu_0"]


def test_unaligned_fields_have_no_numbers_in_json(tmp_path: "Path", capsys: "Capsys") -> None:
    document = json.loads(run(capsys, "rf", spec(tmp_path, UNALIGNED), "--format", "json").out)
    assert [finding["reason"] for finding in document["misaligned"]] == ["strides", "strides"]
    field = document["layers"][-1]["receptive_field"]
    assert (field["size"], field["stride"], field["aligned"]) == ([None, None], [None, None], False)


@pytest.mark.parametrize(("size", "before", "aligned"), [(9, 1, True), (8, 0, False)])
def test_same_padding_moves_the_centre_on_even_sizes(
    tmp_path: "Path", capsys: "Capsys", size: int, before: int, *, aligned: bool
) -> None:
    path = spec(tmp_path, SAME.format(size=size, before=before))
    document = json.loads(run(capsys, "rf", path, "--layer", "sum", "--format", "json").out)
    field = document["layers"][0]["receptive_field"]
    assert (field["size"], field["stride"], field["start"]) == ([3, 3], [4, 4], [-before, -before])
    assert field["aligned"] == aligned
    warned = (
        "the branches' centres 0 and 1 are apart by a part of their stride 4" in run(capsys, "rf", path).err
    )
    assert warned != aligned


def test_a_unit_at_the_border(capsys: "Capsys") -> None:
    unit = ("rf", "vgg16", "--layer", "features.30", "--at", "0,6", "--format")
    reads = json.loads(run(capsys, *unit, "json").out)["reads"]["image"]
    assert (reads["field"]["first"], reads["field"]["last"]) == ([-90, 102], [121, 313])
    assert (reads["inside"]["first"], reads["inside"]["last"]) == ([0, 102], [121, 223])
    assert reads["inside"]["positions"] == 122 * 122
    rows = csv.DictReader(io.StringIO(run(capsys, *unit, "csv").out))
    assert [(row["reads"], row["inside"]) for row in rows] == [
        ("-90..121", "0..121"),
        ("102..313", "102..223"),
    ]


def test_the_way_back_is_the_seed_formula(capsys: "Capsys") -> None:
    out = run(capsys, "rf", "vgg16", "--from", "features.1", "--layer", "features.10").out
    assert "(10 - 1) x 2 + 2 = 20" in out
    assert "(20 - 1) x 1 + 3 = 22" in out
    table = run(capsys, "rf", "vgg16", "--from", "features.1", "--format", "csv").out
    rows = {row["layer"]: row["field"] for row in csv.DictReader(io.StringIO(table))}
    assert rows["features.10"] == "22"
    assert "features.0" not in rows


@pytest.mark.parametrize("name", ["vgg16", "alexnet", "lenet5"])
def test_the_way_back_has_the_kernel_of_each_layer_and_ends_at_the_input(name: str, capsys: "Capsys") -> None:
    """Along a chain a row reads as many units as the next row has, through its own window."""
    network = trace(load(name))
    convolutions = [layer for layer in network.layers if layer.type in ("Conv2d", "MaxPool2d", "AvgPool2d")]
    last = convolutions[-1].name
    (entry,) = network.inputs
    out = run(capsys, "rf", name, "--from", entry, "--layer", last, "--format", "csv").out
    rows = list(csv.DictReader(io.StringIO(out)))
    assert [row["layer"] for row in rows][::-1][:2] == [entry, network.layers[0].name]
    assert rows[-1]["type"] == "input"
    for row, before in pairwise(rows):
        window = network.layer(row["layer"]).facts.reads[0][1].window
        assert window is not None
        span = (window.kernel - 1) * window.dilation + 1
        read = (int(row["units"]) - 1) * window.stride + span
        assert row["reads"] == f"({row['units']} - 1) x {window.stride} + {span} = {read}"
        assert int(before["units"]) == read
    table = run(capsys, "rf", name, "--layer", last, "--format", "csv").out
    (field,) = (row["field"] for row in csv.DictReader(io.StringIO(table)))
    assert field == rows[-1]["units"]


def test_from_an_input_is_the_field_on_that_input(capsys: "Capsys") -> None:
    whole = json.loads(run(capsys, "rf", "transformer_wmt", "--format", "json").out)
    for entry in ("source", "target"):
        alone = json.loads(run(capsys, "rf", "transformer_wmt", "--from", entry, "--format", "json").out)
        for layer, mine in zip(whole["layers"], alone["layers"], strict=True):
            of_entry = layer["receptive_fields"].get(entry)
            assert mine["receptive_field"] == of_entry
    one = run(capsys, "rf", "lenet5").out.splitlines()[1:]
    for name in ("image", "input"):
        assert run(capsys, "rf", "lenet5", "--from", name).out.splitlines()[1:] == one
    unit = run(capsys, "rf", "lenet5", "--layer", "s2", "--at", "1,2").out
    assert run(capsys, "rf", "lenet5", "--layer", "s2", "--at", "1,2", "--from", "image").out == unit


HOLES = (
    "inputs: {x: [1, 40]}\nlayers:\n"
    "  - {type: Conv1d, name: a, out_channels: 2, kernel_size: 3, dilation: 2}\n  - ReLU\n"
    "  - {type: Conv1d, name: b, out_channels: 2, kernel_size: 3, dilation: 2}\n"
)


def test_every_format_has_the_verdict_on_dilation(tmp_path: "Path", capsys: "Capsys") -> None:
    path = spec(tmp_path, HOLES)
    words = ("rf", path, "--check-hdc", "--format")
    ran = {form: run(capsys, *words, form) for form in ("table", "markdown", "json", "csv")}
    assert {each.code for each in ran.values()} == {1}
    (group,) = json.loads(ran["json"].out)["dilation_groups"]
    assert (group["full"], group["input_coverage"]["read"], group["input_coverage"]["span"]) == (False, 5, 9)
    rows = {row["layer"]: row for row in csv.DictReader(io.StringIO(ran["csv"].out))}
    for name in ("a", "b"):
        told = [rows[name][key] for key in ("dilation_group", "coverage", "positions_read", "positions")]
        assert told == ["1", "holes", "5", "9"]
        assert rows[name]["nearest_rates"] == " ".join(map(str, group["nearest_rates"]))
    assert rows["relu_0"]["dilation_group"] == ""
    for form in ("table", "markdown"):
        assert "holes, 5 of 9 positions read" in ran[form].out
    assert "dilation_group" in run(capsys, "rf", "lenet5", "--check-hdc", "--format", "csv").out
    assert "dilation_group" not in run(capsys, "rf", path, "--format", "csv").out


def test_every_format_has_the_coverage(tmp_path: "Path", capsys: "Capsys") -> None:
    """Two kernels of 3 at rate 2: 1 2 3 2 1 on every second position."""
    words = ("rf", spec(tmp_path, HOLES), "--layer", "b", "--at", "0", "--coverage", "--format")
    counts = [1, 0, 2, 0, 3, 0, 2, 0, 1]
    (found,) = json.loads(run(capsys, *words, "json").out)["reads"]["x"]["coverage"]
    assert (found["axis"], found["start"], found["counts"]) == (1, 0, counts)
    (row,) = csv.DictReader(io.StringIO(run(capsys, *words, "csv").out))
    assert (row["coverage_start"], row["coverage"]) == ("0", " ".join(map(str, counts)))
    for form in ("table", "markdown"):
        assert "x, axis 1: 1.2.3.2.1" in run(capsys, *words, form).out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--at", "3"), "1 numbers for the 2 axes of positions of layer4.2.relu3 (7 x 7)"),
        (("--at", "3,7"), "unit 7 is outside the 7 units (0 to 6) of layer4.2.relu3"),
        (("--at", "3,-1"), "needs a place such as 3,5, got '3,-1'"),
        (("--at", "9" * 400), "needs a place such as 3,5"),
        (("--from", "layer4", "--layer", "layer3"), "'layer3.5.relu3' does not read 'layer4.2.relu3'"),
        (("--from", "layer5"), "no layer or input 'layer5'"),
        (("--from", "imag"), "no layer or input 'imag'; did you mean 'image'?"),
        (("--check-hdc", "--at", "0,0"), "judges the network, not one unit or a way back"),
        (("--check-hdc", "--coverage"), "judges the network, not one unit or a way back"),
        (("--check-hdc", "--from", "layer3", "--layer", "layer4"), "judges the network, not one unit"),
        (("--from", "layer3", "--picture"), "counts in units of a layer"),
    ],
)
def test_wrong_use(capsys: "Capsys", arguments: tuple[str, ...], words: str) -> None:
    ran = run(capsys, "rf", "resnet50", *arguments)
    assert ran.code == 2
    assert words in " ".join(ran.err.replace("│", " ").split())


def test_pictures_show_what_strides_leave_out(tmp_path: "Path", capsys: "Capsys") -> None:
    text = (
        "inputs: {x: [1, 7, 7]}\nlayers:\n"
        "  - {type: Conv2d, name: c, out_channels: 1, kernel_size: 3, dilation: 2, padding: 2}\n"
    )
    out = run(capsys, "rf", spec(tmp_path, text), "--at", "0,3", "--picture").out
    picture = [line for line in out.splitlines() if line.startswith("|")]
    assert picture == ["|..##..##..##..|", "|..............|", "|..##..##..##..|", *["|..............|"] * 4]
    assert "9 of the 25 positions of the field are read (holes), 6 of them inside the input" in out
    line = (
        "inputs: {x: [1, 7]}\nlayers:\n"
        "  - {type: Conv1d, name: c, out_channels: 1, kernel_size: 2, dilation: 3}\n"
    )
    assert "|#..#...|" in run(capsys, "rf", spec(tmp_path, line), "--at", "0", "--picture").out


def test_three_axes_and_no_axis(tmp_path: "Path", capsys: "Capsys") -> None:
    text = (
        "inputs: {x: [1, 4, 5, 6]}\nlayers:\n"
        "  - {type: Conv3d, name: c, out_channels: 1, kernel_size: [2, 1, 3]}\n  - Flatten\n"
    )
    path = spec(tmp_path, text)
    out = run(capsys, "rf", path, "--at", "1,2,3", "--picture").out
    assert "x, axis 1 at 1..2:" in out
    assert "|......######|" in out
    last = run(capsys, "rf", path, "--layer", "flatten_0", "--coverage").out
    assert "120 of the 120 positions" in last


UPSAMPLED = """\
inputs: {x: [1, 8, 8]}
layers:
  - {type: Upsample, name: up, scale_factor: 2}
  - {type: Conv2d, name: conv, out_channels: 2, kernel_size: [3, 1], padding: [1, 0]}
  - {type: Upsample, name: wide, scale_factor: 4, mode: bilinear}
"""


def test_the_form_that_is_printed_and_exported_holds_for_every_unit(
    tmp_path: "Path", capsys: "Capsys"
) -> None:
    """Unit q p + r reads from start_r + q s to start_r + q s + field_r - 1, by every format and by --at."""
    path = spec(tmp_path, UPSAMPLED)
    table = run(capsys, "rf", path).out
    rows = {line.split()[0]: line.split("]")[-1].split() for line in table.splitlines() if "[N" in line}
    assert rows["up"] == ["1", "1/2", "0"]
    assert rows["conv"] == ["2", "x", "1", "1/2", "-1/0", "x", "0"]
    assert "unit i = q p + r reads from start_r + q s" in table
    document = json.loads(run(capsys, "rf", path, "--format", "json").out)
    exported = {layer["name"]: layer["receptive_field"] for layer in document["layers"]}
    lines = io.StringIO(run(capsys, "rf", path, "--format", "csv").out)
    listed = {row["layer"]: row for row in csv.DictReader(lines)}
    for name, units in (("up", 16), ("conv", 16), ("wide", 64)):
        field = exported[name]
        starts, sizes = field["start_by_phase"][0], field["size_by_phase"][0]
        shift, period = listed[name]["stride"].split(" x ")[0].split("/")
        assert (int(shift), int(period)) == (field["shift"][0], len(starts))
        assert unrolled(listed[name]["start"].split(" x ")[0], len(starts)) == starts
        assert unrolled(listed[name]["field"].split(" x ")[0], len(sizes)) == sizes
        for unit in range(0, units, 3):
            turn, phase = divmod(unit, len(starts))
            first = starts[phase] + turn * field["shift"][0]
            asked = ("--layer", name, "--at", f"{unit},0", "--format", "json")
            read = json.loads(run(capsys, "rf", path, *asked).out)["reads"]["x"]["field"]
            assert (read["first"][0], read["size"][0]) == (first, sizes[phase])


def unrolled(text: str, phases: int) -> list[int]:
    """Numbers by phase from a cell: ``2x-1/0`` is -1, -1, 0, and one alone is that of all."""
    if "/" not in text:
        return [int(text)] * phases
    runs = (run.rpartition("x") for run in text.split("/"))
    return [int(number) for count, _, number in runs for _ in range(int(count or 1))]


def test_of_many_phases_the_table_shows_the_ends_and_csv_all(tmp_path: "Path", capsys: "Capsys") -> None:
    text = "inputs: {x: [1, 10]}\nlayers:\n  - {type: AdaptiveAvgPool1d, name: pool, output_size: 7}\n"
    path = spec(tmp_path, text)
    table = run(capsys, "rf", path).out
    assert "0/../8" in table
    assert "--format csv and json list all" in table
    assert "2..3" in table
    (row,) = csv.DictReader(io.StringIO(run(capsys, "rf", path, "--format", "csv").out))
    assert (row["field"], row["stride"], row["start"]) == ("2x2/3/2/3/2x2", "10/7", "0/1/2/4/5/7/8")
