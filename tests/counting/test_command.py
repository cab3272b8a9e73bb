"""``archcalc macs`` on the command line: sums, masks, devices, conventions, and what it refuses."""

import csv
import json
from io import StringIO
from typing import TYPE_CHECKING, TypedDict, cast

import pytest

from tests.cli.running import run

if TYPE_CHECKING:
    Capsys = pytest.CaptureFixture[str]
    from pathlib import Path

CAUSAL = "inputs: {x: [10, 64]}\nlayers: [{type: MultiheadAttention, num_heads: 4, causal: true}]\n"


class Document(TypedDict):
    """What the command says in JSON, as far as it is looked at."""

    rows: list[dict[str, float]]
    totals: dict[str, float]
    device: dict[str, float]
    mfu: float


def document(capsys: "Capsys", *arguments: str) -> Document:
    """What the command says in JSON."""
    told = run(capsys, "macs", *arguments, "--format", "json")
    assert told.code == 0, told.err
    return cast("Document", json.loads(told.out))


def totals(capsys: "Capsys", *arguments: str) -> dict[str, float]:
    """The totals."""
    return document(capsys, *arguments)["totals"]


@pytest.mark.parametrize("by", ["layer", "type", "depth"])
def test_rows_add_up_to_the_totals(by: str, capsys: "Capsys") -> None:
    told = run(capsys, "macs", "resnet18", "--by", by, "--backward", "--format", "csv")
    rows = list(csv.DictReader(StringIO(told.out)))
    whole = totals(capsys, "resnet18", "--backward")
    for key, total in (
        ("macs", "macs"),
        ("backward_macs", "backward_macs"),
        ("bytes", "bytes"),
        ("other_ops",) * 2,
    ):
        assert sum(int(row[key]) for row in rows) == whole[total]
    assert whole["macs"] == 1_814_073_344
    assert sum(float(row["share"]) for row in rows) == pytest.approx(1)


def test_a_batch_reads_weights_once(capsys: "Capsys") -> None:
    one, eight = totals(capsys, "lenet5"), totals(capsys, "lenet5", "--batch", "8")
    assert eight["macs"] == 8 * one["macs"]
    weights = 4 * 61_706
    assert eight["bytes"] - weights == 8 * (one["bytes"] - weights)
    assert eight["intensity"] > one["intensity"]
    assert totals(capsys, "lenet5", "--dtype", "float16")["bytes"] * 2 == one["bytes"]


def test_masks_hide_half_of_the_square(tmp_path: "Path", capsys: "Capsys") -> None:
    path = tmp_path / "causal.yaml"
    path.write_text(CAUSAL, encoding="utf-8")
    whole, left = totals(capsys, str(path)), totals(capsys, str(path), "--causal")
    assert whole["macs"] == 176_640
    assert whole["macs"] - left["macs"] == whole["macs_hidden_by_masks"] == 2 * 4 * 16 * 10 * 9 // 2
    assert "--causal leaves them out" in run(capsys, "macs", str(path)).out


def test_the_roofline_is_the_slower_of_both(capsys: "Capsys") -> None:
    found = document(capsys, "resnet18", "--device", "a100", "--dtype", "float16", "--step-time", "2ms")
    rows, device = found["rows"], found["device"]
    for row in rows:
        assert row["time"] == pytest.approx(max(row["flops"] / 312e12, row["bytes"] / 2039e9))
    assert device["least_seconds"] == pytest.approx(sum(row["time"] for row in rows))
    assert found["mfu"] == pytest.approx(2 * 1_814_073_344 / (2e-3 * 312e12))
    told = run(capsys, "macs", "resnet18", "--device", "a100", "--step-time", "2ms").out
    assert "a bound, no forecast" in told
    assert "MFU" in told


def test_sorted_rows_fall(capsys: "Capsys") -> None:
    told = run(capsys, "macs", "resnet18", "--sort", "bytes", "--format", "csv")
    moved = [int(row["bytes"]) for row in csv.DictReader(StringIO(told.out))]
    assert moved == sorted(moved, reverse=True)


def test_frozen_layers_need_fewer_gradients(capsys: "Capsys") -> None:
    free = totals(capsys, "resnet18", "--backward")
    most = totals(
        capsys, "resnet18", "--backward", "--freeze", "layer*", "--freeze", "conv1", "--freeze", "bn1"
    )
    first = 118_013_952  # conv1 reads the image, which needs no gradient
    assert free["backward_macs"] == 2 * free["macs"] - first
    assert most["backward_macs"] == 512_000, "of the head alone, and of its weights alone"


def test_what_is_not_known_is_said(tmp_path: "Path", capsys: "Capsys") -> None:
    path = tmp_path / "opaque.yaml"
    path.write_text(
        "inputs: {x: [4]}\nlayers: [{type: Linear, out_features: 3},"
        " {type: Opaque, name: odd, operator: f, outputs: {y: [2]}}]\n",
        encoding="utf-8",
    )
    told = run(capsys, "macs", str(path)).out
    assert "lower bounds: not known for odd" in told
    assert "?" in told


def test_a_convention_says_why(capsys: "Capsys") -> None:
    told = run(capsys, "macs", "resnet18", "--convention", "fvcore", "--depth", "1")
    assert told.code == 0
    assert "fvcore 1,819,065,856" in told.out
    told = run(capsys, "macs", "lenet5", "--compare", "--format", "json")
    layers = json.loads(told.out)["layers"]
    assert layers[0]["conventions"]["torchinfo"] == 122_304
    for layer in layers:
        others = [macs for macs in layer["conventions"].values() if macs not in (None, layer["macs"])]
        assert bool(others) == bool(layer["why"]), layer["name"]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--device", "h10"), "no device 'h10'"),
        (("--device", "t4", "--dtype", "bfloat16"), "t4 has no peak for bfloat16"),
        (("--step-time", "0.3s"), "name a --device"),
        (("--device", "t4", "--step-time", "fast"), "needs a time such as 0.35s"),
        (("--sort", "time"), "no time without --device"),
        (("--sort", "backward"), "no backward without --backward"),
        (("--convention", "thopp"), "no convention 'thopp'"),
        (("--convention", "thop", "--batch", "2"), "one sample"),
        (("--convention", "thop", "--compare"), "leave --convention out"),
    ],
)
def test_bad_usage_is_told(arguments: tuple[str, ...], told: str, capsys: "Capsys") -> None:
    ran = run(capsys, "macs", "lenet5", *arguments)
    assert ran.code == 2
    assert told in " ".join(ran.err.replace("│", " ").split())
