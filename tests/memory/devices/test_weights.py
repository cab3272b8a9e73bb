"""Which part of which weight a device holds: beside transformers' plans, cut tensors and published tables."""

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, cast

import pytest
import torch
from torch import nn

from archcalc.errors import Fault
from archcalc.footprint.devices.bytes_of_devices import DevicesReport, devices_memory
from archcalc.footprint.devices.division import divide
from archcalc.footprint.devices.placement import Placement
from archcalc.footprint.optimizers import OPTIMIZERS
from archcalc.footprint.storages import Setting
from archcalc.footprint.training import TrainingRun
from archcalc.loading import load, loads
from archcalc.tracing import Trace, trace
from tests.memory.kept import shipped
from tests.zoo.language_models import language_model
from tests.zoo.torchvision_models import models

if TYPE_CHECKING:
    from tests.zoo.language_models import Settings

SMALL: "Settings" = {"vocab": 64, "width": 32, "depth": 2, "heads": 8}
PLANNED: "dict[str, Settings]" = {
    "llama_3_8b": {"inner": 48, "kv_heads": 4},
    "gemma_2b": {"inner": 48, "kv_heads": 2, "head_dim": 12},
    "qwen3_0_6b": {"inner": 48, "kv_heads": 2, "head_dim": 6},
    "mixtral_8x7b": {"inner": 48, "kv_heads": 2, "experts": 4, "top_k": 2},
    "mistral_7b": {"inner": 48, "kv_heads": 8},
}
AXES = {
    **dict.fromkeys(("colwise", "packed_colwise", "colwise_gather_output"), -2),
    "embedding_rowwise": 0,
    "rowwise": -1,
}
"""Axis of a weight (out, in) that a style of transformers' plans cuts."""


def report_of(
    network: Trace, placement: Placement, training: TrainingRun | None = None, dtype: str | None = None
) -> DevicesReport:
    return devices_memory(network, Setting(1, dtype), training, placement)


def held(report: DevicesReport, name: str, stage: int = 0) -> int:
    return {item.name: item.bytes for item in report.stages[stage].memory.held}[name]


@pytest.mark.parametrize("devices", [2, 8])
@pytest.mark.parametrize("spec", PLANNED)
def test_a_device_holds_what_transformers_plan_cuts(spec: str, devices: int) -> None:
    """Every weight is cut by torch.chunk as the plan says; of fewer key/value heads one is whole."""
    given = SMALL | PLANNED[spec]
    module = language_model(spec, given)
    plan = cast("dict[str, str]", getattr(module, "_tp_plan"))  # noqa: B009  it has no public name
    kv_heads = cast("int", given["kv_heads"])
    total = 0
    for name, weight in module.named_parameters():
        layer = name.removesuffix(".weight")
        style = next((style for where, style in plan.items() if fnmatchcase(layer, where)), None)
        if style not in AXES:
            total += weight.nbytes
            continue
        fewer = layer.endswith(("k_proj", "v_proj"))
        parts = min(devices, kv_heads) if fewer else devices
        total += torch.chunk(weight, parts, AXES[style])[0].nbytes
    network = trace(load(shipped(spec)), given)
    assert held(report_of(network, Placement(tp=devices)), "weights") == total


FUSED = """
inputs: {x: [6, 24]}
layers:
  - {type: Linear, name: qkv, out_features: 48}
  - {type: Split, name: parts, dim: -1, split_size_or_sections: [24, 12, 12]}
  - {type: ScaledDotProductAttention, name: attn, from: [parts.0, parts.1, parts.2], num_heads: 4,
     num_kv_heads: 2}
  - {type: Linear, name: out, out_features: 24}
  - {type: MultiheadAttention, name: own, num_heads: 4}
  - {type: Linear, name: one, out_features: 40}
  - GELU
  - {type: Linear, name: two, out_features: 20}
  - ReLU
  - {type: Linear, name: three, out_features: 20}
  - {type: LayerNorm, name: norm}
"""


def test_pairs_by_hand() -> None:
    """The third of three maps in a row has no partner: the second ends a pair and makes whole features."""
    network = trace(loads(FUSED))
    division = divide(network, Placement(tp=2))
    cut = {name: [(part.axis, part.parts) for part in parts] for name, parts in division.weights.items()}
    assert cut == {
        **{(name, "weight"): [(0, 2)] for name in ("qkv", "one")},
        **{(name, "bias"): [(0, 2)] for name in ("qkv", "one")},
        **{(name, "weight"): [(1, 2)] for name in ("out", "two")},
        **{("own", f"in_proj_{name}"): [(0, 2)] for name in ("weight", "bias")},
        ("own", "out_proj.weight"): [(1, 2)],
    }
    assert division.whole == {"three": "norm reads all features of three"}
    fused = divide(network, Placement(tp=4))
    assert fused.whole["qkv"] == "parts.1 is divided in two ways"
    assert divide(network, Placement(tp=3)).whole["own"] == "4 heads do not divide by 3"


def test_what_is_cut_adds_up_to_the_whole() -> None:
    network = trace(load(shipped("mixtral_8x7b")), SMALL | PLANNED["mixtral_8x7b"])
    placement = Placement(dp=4, tp=2, ep=4)
    division = divide(network, placement)
    assert len(division.experts) == 2 * 2
    for (layer, name), parts in division.weights.items():
        whole = torch.empty(network.by_name[layer].facts.weights[name], device="meta")
        pieces = [whole]
        for part in parts:
            pieces = [piece for each in pieces for piece in torch.chunk(each, part.parts, part.axis)]
        assert sum(piece.numel() for piece in pieces) == whole.numel()
        shape = tuple(whole.shape)
        for part in parts:
            shape = part.of(shape)
        assert {tuple(piece.shape) for piece in pieces} == {shape}
    experts = 4 * (2 * 48 * 32 + 32 * 48) * 2
    rest = held(report_of(network, Placement(tp=2)), "weights") - 4 * experts // 2
    assert held(report_of(network, placement), "weights") == rest + 4 * experts // 8


LATENT = """
inputs: {x: [5, 64]}
layers:
  - {type: MultiheadLatentAttention, num_heads: 8, q_lora_rank: 12, kv_lora_rank: 10, qk_nope_head_dim: 6,
     qk_rope_head_dim: 4, v_head_dim: 5}
"""


def test_latents_stand_on_every_device() -> None:
    """By hand: maps to the latents and norms whole; those behind them and the output's by heads."""
    whole = 12 * 64 + (10 + 4) * 64 + 12 + 10
    by_heads = 8 * 10 * 12 + 8 * (6 + 5) * 10 + 64 * 8 * 5
    report = report_of(trace(loads(LATENT)), Placement(tp=4))
    assert held(report, "weights") == 4 * (whole + by_heads // 4)


BILLIONS = "inputs: {x: [75000]}\nlayers:\n  - {type: Linear, out_features: 100000, bias: false}\n"


@pytest.mark.parametrize(("zero", "gigabytes"), [(0, 120), (1, 31.4), (2, 16.6), (3, 1.9)])
def test_the_table_of_zero(zero: int, gigabytes: float) -> None:
    """Rajbhandari et al. 2020 (arXiv 1910.02054, figure 1): 7.5 billion weights, 64 devices, Adam."""
    training = TrainingRun("adam", master=True)
    report = report_of(trace(loads(BILLIONS)), Placement(dp=64, zero=zero), training, "float16")
    names = ("weights", "gradients of weights", "master weights", "optimizer states")
    assert sum(held(report, name) for name in names) / 1e9 == pytest.approx(gigabytes, abs=0.05)


@pytest.mark.parametrize("optimizer", ["momentum", "adamw", "adam8bit"])
@pytest.mark.parametrize("zero", [1, 2, 3])
def test_zero_cuts_every_weight_in_a_row(zero: int, optimizer: str) -> None:
    module = cast("nn.Module", models().resnet18())
    cut = [torch.chunk(weight.detach().flatten(), 7)[0] for weight in module.parameters()]
    whole = sum(weight.nbytes for weight in module.parameters())
    report = report_of(trace(load(shipped("resnet18"))), Placement(dp=7, zero=zero), TrainingRun(optimizer))
    assert held(report, "weights") == (sum(part.nbytes for part in cut) if zero > 2 else whole)
    assert held(report, "gradients of weights") == (sum(part.nbytes for part in cut) if zero > 1 else whole)
    states = sum(OPTIMIZERS[optimizer].keeps(tuple(part.shape), 4) for part in cut)
    assert held(report, "optimizer states") == states


def test_stages_hold_the_network_once() -> None:
    """GPT-2's table stands on the first stage and, as its output map, on the last."""
    network = trace(load(shipped("gpt2")))
    report = report_of(network, Placement(pp=5))
    assert [stage.layers for stage in report.stages] == [42, 39, 26, 26, 28]
    table = 4 * 50257 * 768
    whole = held(report_of(network, Placement()), "weights")
    assert sum(held(report, "weights", stage) for stage in range(5)) == whole + table
    with pytest.raises(Fault, match="12 numbered scopes in a row do not fill 13 stages"):
        report_of(network, Placement(pp=13))


def test_a_device_alone_needs_what_one_needs() -> None:
    network = trace(load(shipped("resnet18")))
    for training in (None, TrainingRun()):
        alone = report_of(network, Placement(), training).stages[0].memory
        spread = report_of(network, Placement(dp=8), training).stages[0].memory
        assert alone == spread


def test_what_does_not_go_together_is_refused() -> None:
    with pytest.raises(Fault, match="3 devices for the experts do not divide 4 data-parallel ones"):
        Placement(dp=4, ep=3)
    with pytest.raises(Fault, match="tp is 1"):
        Placement(sp=True)
    network = trace(loads(FUSED))
    with pytest.raises(Fault, match="states of adafactor are of rows and columns"):
        report_of(network, Placement(dp=2, zero=1), TrainingRun("adafactor"))


def test_convolutions_are_said_to_be_whole() -> None:
    network = trace(load(shipped("resnet18")))
    division = divide(network, Placement(tp=2))
    sizes = {layer.name: layer.facts.weights.values() for layer in network.layers}
    wide = {name for name, shapes in sizes.items() if any(len(shape) > 1 for shape in shapes)}
    assert (division.weights, set(division.whole)) == ({}, wide)
