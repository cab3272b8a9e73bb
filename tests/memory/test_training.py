"""Moments of training and states of optimizers against figures of torch 2.13 and torch itself; what fits."""

import csv
import json
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, cast

import pytest
import torch
from torch import nn

from archcalc.footprint.backward import backward_peak
from archcalc.footprint.budget import inference_memory
from archcalc.footprint.fitting import largest_fitting
from archcalc.footprint.optimizers import OPTIMIZERS
from archcalc.footprint.saved import saved_activations
from archcalc.footprint.scopes import scopes_named
from archcalc.footprint.storages import Setting, storages
from archcalc.footprint.training import TrainingRun, training_memory
from archcalc.loading import load, loads
from archcalc.tracing import Trace, trace
from archcalc.tracing.shortening import Shortened
from tests.cli.running import run
from tests.memory.kept import shipped

if TYPE_CHECKING:
    from collections.abc import Callable

    from archcalc.footprint.training import Update

ROWS = list(csv.DictReader((Path(__file__).parent / "training.csv").open(encoding="utf-8")))
"""Steps of ResNet-18: bytes that are alive at most, measured with torch's modules on a CPU."""


@pytest.mark.parametrize("row", ROWS, ids=lambda row: "-".join(list(row.values())[:6]))
def test_moments_of_training(row: dict[str, str]) -> None:
    """All moments to the byte; at its first step Adagrad makes its states while it goes."""
    image = tuple(map(int, row["image"].split("x")))
    network = resnet(image)
    first, keep = row["first"] == "1", row["keep"] == "1"
    training = TrainingRun(
        row["optimizer"],
        scopes_named(network, row["checkpoints"].split()),
        first=first,
        keep_gradients=keep and not first,
        loss="cross_entropy",
        update=cast("Update", row["update"]),
    )
    report = training_memory(network, Setting(int(row["batch"])), training)
    assert not report.unsaid
    assert {item.name: item.bytes for item in report.held}["optimizer states"] == int(row["states"])
    found = {item.name: item.bytes for item in report.moments}
    for moment in ("forward", "loss", "backward"):
        assert found[moment] == int(row[moment]), moment
    if (row["optimizer"], first) != ("adagrad", True):
        assert found["optimizer step"] == int(row["step"])


@cache
def resnet(image: tuple[int, ...]) -> Trace:
    return trace(load(shipped("resnet18")), {}, {"image": image})


def _descent(weights: "list[nn.Parameter]") -> torch.optim.Optimizer:
    return torch.optim.SGD(weights, lr=0.1)


def _momentum(weights: "list[nn.Parameter]") -> torch.optim.Optimizer:
    return torch.optim.SGD(weights, lr=0.1, momentum=0.9)


def _average(weights: "list[nn.Parameter]") -> torch.optim.Optimizer:
    return torch.optim.Adam(weights, amsgrad=True)


MADE: "dict[str, Callable[[list[nn.Parameter]], torch.optim.Optimizer]]" = {
    "sgd": _descent,
    "momentum": _momentum,
    "adam": torch.optim.Adam,
    "adamw": torch.optim.AdamW,
    "amsgrad": _average,
    "rmsprop": torch.optim.RMSprop,
    "adagrad": torch.optim.Adagrad,
    "adadelta": torch.optim.Adadelta,
    "adamax": torch.optim.Adamax,
    "nadam": torch.optim.NAdam,
    "radam": torch.optim.RAdam,
    "adafactor": torch.optim.Adafactor,
}


@pytest.mark.parametrize("name", MADE)
def test_states_of_optimizers(name: str) -> None:
    shapes = ((4, 3, 3, 3), (7, 5), (7,), (1, 1, 6))
    weights = [nn.Parameter(torch.randn(shape)) for shape in shapes]
    optimizer = MADE[name](weights)
    for weight in weights:
        weight.grad = torch.randn_like(weight)
    optimizer.step()
    kept = sum(
        value.numel() * value.element_size()
        for states in optimizer.state.values()
        for value in states.values()
        if isinstance(value, torch.Tensor)
    )
    assert sum(OPTIMIZERS[name].keeps(shape, 4) for shape in shapes) == kept


def test_mixed_precision_by_hand() -> None:
    """Of a Linear of 20 numbers: 2 bytes and 2 of the gradient, a copy of 4, Adam's 8 and two counters."""
    spec = "inputs: {x: [4]}\nlayers:\n  - {type: Linear, name: fc, out_features: 4}\n"
    report = training_memory(trace(loads(spec)), Setting(3, "bfloat16"), TrainingRun("adamw", master=True))
    held = {item.name: item.bytes for item in report.held}
    assert held == {
        "weights": 40,
        "buffers": 0,
        "master weights": 80,
        "optimizer states": 168,
        "input": 24,
        "saved activations": 0,
        "gradients of weights": 40,
    }


def test_frozen_weights_have_no_gradients() -> None:
    spec = (
        "inputs: {x: [4]}\nlayers:\n  - {type: Linear, name: one, out_features: 6, frozen: true}\n"
        "  - {type: ReLU, name: act}\n  - {type: Linear, name: two, out_features: 2}\n"
    )
    report = training_memory(trace(loads(spec)), Setting(1), TrainingRun("momentum"))
    held = {item.name: item.bytes for item in report.held}
    assert held["gradients of weights"] == held["optimizer states"] == 4 * 14
    assert held["saved activations"] == 4 * 6  # what the second map reads; the ReLU has no backward


def test_the_largest_that_fits() -> None:
    for limit in range(40):
        fitting = largest_fitting(lambda count: 3 + 5 * count, limit)
        assert fitting.count == max(0, (limit - 3) // 5)
        assert fitting.next_bytes is not None
        assert fitting.next_bytes > limit


def test_the_batch_that_fits_is_the_largest(capsys: pytest.CaptureFixture[str]) -> None:
    ran = run(capsys, "memory", "lenet5", "--train", "--fit", "16MiB", "--format", "json")
    found = json.loads(ran.out)
    network, batch = trace(load(shipped("lenet5"))), found["batch"]
    assert found["fit"]["count"] == batch
    for count, fits in ((batch, True), (batch + 1, False)):
        peak = training_memory(network, Setting(count), TrainingRun()).peak
        assert (peak.bytes <= 2**24) == fits
    assert run(capsys, "memory", "lenet5", "--fit", "1KiB").out.count("fits 1 KiB: none") == 1


def test_what_is_not_known_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    ran = run(capsys, "memory", "lstm_language_model", "--train")
    assert "lower bound: what training keeps is not all known for" in ran.out
    assert "left out: " in ran.out
    told = run(capsys, "memory", "lenet5", "--train", "--optimizer", "rmsprop", "--update", "foreach").out
    assert "lower bound: what a foreach step of rmsprop needs" in told
    assert run(capsys, "memory", "lenet5", "--train", "--optimizer", "lion", "--update", "fused").code == 2
    assert run(capsys, "memory", "lenet5", "--train", "--checkpoint", "nothing").code == 2
    assert run(capsys, "memory", "lenet5", "--fit", "much").code == 2


def test_weights_and_buffers_of_all_shipped_networks() -> None:
    """Weights in single precision are 4 bytes each; half precision halves all but counters."""
    for name in ("resnet18", "gpt2", "swin_t", "mamba_130m"):
        network = trace(load(shipped(name)))
        single, half = (inference_memory(network, Setting(1, dtype)) for dtype in ("float32", "float16"))
        assert single.held[0].bytes == 2 * half.held[0].bytes
        assert single.peak.bytes > half.peak.bytes


@pytest.mark.parametrize(("limit", "kept"), [("78720", True), ("78719", False), ('">= 78721"', False)])
def test_a_budget_of_memory(
    limit: str,
    kept: bool,  # noqa: FBT001  a parameter
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """By hand: 224 weights, an image of 3 x 32 x 32, and 8 x 32 x 32 numbers before and behind the ReLU."""
    assert 4 * (224 + 3 * 32 * 32 + 2 * 8 * 32 * 32) == 78720
    file = tmp_path / "net.yaml"
    file.write_text(
        "inputs: {image: [3, 32, 32]}\nlayers:\n"
        "  - {type: Conv2d, name: conv, out_channels: 8, kernel_size: 3, padding: 1}\n  - ReLU\n"
        f"budgets: {{memory: {limit}}}\n"
    )
    told = run(capsys, "check", str(file), "--select", "AC701").out
    assert ("78,720 bytes of memory" in told) != kept


CONCATENATED = """
inputs: {x: [2, 4, 4]}
layers:
  - {type: Conv2d, name: a, out_channels: 3, kernel_size: 1, bias: false}
  - {type: Conv2d, name: b, from: x, out_channels: 3, kernel_size: 1, bias: false}
  - {type: Concat, name: both, from: [a, b]}
  - {type: Mean, name: mean, dim: [0, 1, 2], keepdim: true}
"""


def test_gradients_of_parts_are_views_of_that_of_the_whole() -> None:
    """By hand: at the map ``a`` the input (128), the gradient of both parts (384) and two of weights (24)."""
    network = trace(loads(CONCATENATED))
    setting = Setting(1, training=True)
    kept = saved_activations(network, setting)
    assert kept.bytes == 4 * 2 * 16
    peak = backward_peak(Shortened(network), storages(network, setting), kept)
    assert (peak.bytes, peak.layer) == (128 + 384 + 24 + 24, "a")


STATED = """
inputs: {x: [12]}
loss: nn.BCEWithLogitsLoss()
training: {batch_size: 32}
layers:
  - {type: Linear, name: fc, out_features: 40}
"""


def test_loss_and_batch_of_the_spec(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "net.yaml"
    file.write_text(STATED)
    told = run(capsys, "memory", str(file), "--train").out
    assert "batch 32 (the spec's)" in told
    assert "loss bce_with_logits (the spec's)" in told
    own = json.loads(run(capsys, "memory", str(file), "--train", "--format", "json").out)
    loss = ("--loss", "BCEWithLogitsLoss", "--batch", "32")
    asked = json.loads(run(capsys, "memory", str(file), "--train", *loss, "--format", "json").out)
    assert own == asked
    assert own["batch"] == 32
    assert {"name": "targets", "bytes": 4 * 32 * 40, "note": ""} in own["held"]
    assert "batch 1, " in run(capsys, "memory", str(file)).out
    without = run(capsys, "memory", str(file), "--train", "--loss", "none").out
    assert "targets, what the loss keeps (of CrossEntropyLoss" in without
    file.write_text(STATED.replace("nn.BCEWithLogitsLoss()", "CTCLoss"))
    told = run(capsys, "memory", str(file), "--train").out
    assert "targets, what CTCLoss, the loss of the spec, keeps: it was not measured" in told


def test_only_the_last_stage_judges(capsys: pytest.CaptureFixture[str]) -> None:
    line = ("memory", "gpt2", "--set", "depth=4", "--train", "--pp", "2", "--format", "json")
    stages = {
        loss: json.loads(run(capsys, *line, "--loss", loss).out)["devices"]["stages"]
        for loss in ("none", "cross_entropy")
    }
    assert stages["none"][0] == stages["cross_entropy"][0]
    assert stages["none"][1] != stages["cross_entropy"][1]


def test_nothing_is_trained(capsys: pytest.CaptureFixture[str]) -> None:
    assert "nothing is trained" in run(capsys, "memory", "lenet5", "--train", "--freeze", "*").out
