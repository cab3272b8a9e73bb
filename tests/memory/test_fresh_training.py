"""All moments of training small networks in a row, against torch as it runs, to the byte."""

from functools import partial
from typing import TYPE_CHECKING

import pytest
import torch
from torch import nn
from torch.nn import functional

from archcalc.bridge.network import TorchNetwork
from archcalc.bridge.samples import samples
from archcalc.footprint.losses import LOSSES, JudgedOutput
from archcalc.footprint.storages import Setting
from archcalc.footprint.training import TrainingRun, training_memory
from archcalc.loading import loads
from archcalc.tracing import trace
from tests.memory.alive import Alive, Judge, trained
from tests.memory.test_training import MADE

if TYPE_CHECKING:
    from archcalc.footprint.budget import Amount

IMAGES = """
inputs: {x: [3, 9, 7]}
layers:
  - {type: Conv2d, name: a, out_channels: 6, kernel_size: 3, padding: same}
  - {type: BatchNorm2d, name: b}
  - {type: ReLU, name: c, inplace: true}
  - {type: MaxPool2d, name: d, kernel_size: 2}
  - {type: Conv2d, name: e, out_channels: 8, kernel_size: 2, bias: false}
  - {type: SiLU, name: f}
  - {type: Flatten, name: g}
  - {type: Linear, name: h, out_features: 40}
"""
FEATURES = """
inputs: {x: [12]}
layers:
  - {type: Linear, name: a, out_features: 30}
  - {type: Tanh, name: b}
  - {type: Linear, name: c, out_features: 20, bias: false}
  - {type: LayerNorm, name: d}
  - {type: GELU, name: e}
  - {type: Dropout, name: f, p: 0.3}
  - {type: Linear, name: g, out_features: 50}
"""
ENDING = """
inputs: {x: [12]}
layers:
  - {type: Linear, name: a, out_features: 64}
  - {type: Sigmoid, name: b}
"""
JUDGES: dict[str, Judge] = {
    "cross_entropy": functional.cross_entropy,
    "nll": functional.nll_loss,
    "mse": functional.mse_loss,
    "smooth_l1": functional.smooth_l1_loss,
    "huber": functional.huber_loss,
    "multi_margin": functional.multi_margin_loss,
    "l1": functional.l1_loss,
    "bce": functional.binary_cross_entropy,
    "bce_with_logits": functional.binary_cross_entropy_with_logits,
    "soft_margin": functional.soft_margin_loss,
    "kl_div": partial(functional.kl_div, reduction="batchmean"),
    "poisson_nll": functional.poisson_nll_loss,
}


def amounts(items: "tuple[Amount, ...]") -> dict[str, int]:
    return {item.name: item.bytes for item in items}


@pytest.mark.parametrize("optimizer", MADE)
@pytest.mark.parametrize("spec", [IMAGES, FEATURES], ids=["images", "features"])
def test_optimizers(spec: str, optimizer: str) -> None:
    compare(spec, optimizer, "cross_entropy", 3)


@pytest.mark.parametrize("loss", JUDGES)
@pytest.mark.parametrize("spec", [IMAGES, FEATURES, ENDING], ids=["images", "features", "ending"])
def test_losses(spec: str, loss: str) -> None:
    if loss != "bce" or spec == ENDING:  # it wants probabilities
        compare(spec, "sgd", loss, 5)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16], ids=str)
@pytest.mark.parametrize("name", JUDGES)
def test_a_loss_by_itself(name: str, dtype: torch.dtype) -> None:
    """What is there while an output is judged and its gradient is made, held by its layer or not."""
    if (name, dtype) == ("multi_margin", torch.bfloat16):
        pytest.skip("torch has no such kernel on a CPU")
    loss, leaf = LOSSES[name], torch.rand(8, 64, dtype=dtype, requires_grad=True)
    targets = torch.zeros(8, dtype=torch.int64) if loss.classes else torch.ones(8, 64, dtype=dtype)
    for kept in (False, True):
        leaf.grad = None
        with Alive([leaf, targets]) as alive:
            output = leaf + 0
            holding = [output] if kept else []
            told = JudgedOutput(loss, output.nbytes, output.element_size(), kept)
            end = alive.now
            judged = JUDGES[name](output, targets)
            assert told.when_judged(end) == alive.peak()
            del output
            alive.peak()
            judged.backward()  # type: ignore[no-untyped-call]  # torch leaves it untyped
            assert told.when_turned_back(end) == alive.peak()
            del holding


def test_all_losses_are_judged() -> None:
    assert set(JUDGES) == set(LOSSES)
    assert all(isinstance(getattr(nn, loss.torch)(), nn.Module) for loss in LOSSES.values())


FROZEN = """
inputs: {x: [3, 19, 17]}
layers:
  - {type: Conv2d, name: a, out_channels: 16, kernel_size: 3, frozen: true}
  - {type: BatchNorm2d, name: n, frozen: true}
  - {type: ReLU, name: b}
  - {type: Conv2d, name: c, out_channels: 8, kernel_size: 3, frozen: true}
  - {type: Dropout, name: d, p: 0.4}
  - {type: AdaptiveAvgPool2d, name: e, output_size: 1}
  - {type: Flatten, name: f}
  - {type: Linear, name: g, out_features: 4}
"""


class Plain(nn.Module):
    """Modules in a row that hold nothing of one another."""

    def __init__(self, *modules: nn.Module) -> None:
        super().__init__()
        self.row = nn.Sequential(*modules)

    def forward(self, read: torch.Tensor) -> tuple[torch.Tensor]:
        """As the modules do."""
        return (self.row(read),)


@pytest.mark.parametrize("width", [2, 16])
def test_most_is_there_on_the_way_through_frozen_layers(width: int) -> None:
    """Of a frozen backbone nothing is kept: its widest layers are the peak, and not the end."""
    network = trace(loads(FROZEN.replace("out_channels: 16", f"out_channels: {width}")))
    module = Plain(
        *(nn.Conv2d(3, width, 3), nn.BatchNorm2d(width), nn.ReLU(), nn.Conv2d(width, 8, 3), nn.Dropout(0.4)),
        *(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, 4)),
    ).train()
    for layer in list(module.row)[:5]:
        layer.requires_grad_(requires_grad=False)
    weights = list(module.row[-1].parameters())
    targets = torch.zeros(5, dtype=torch.int64)
    theirs = trained(
        module, torch.rand(5, 3, 19, 17), targets, functional.cross_entropy, MADE["sgd"](weights)
    )
    report = training_memory(network, Setting(5), TrainingRun("sgd", loss="cross_entropy"))
    said = amounts(report.moments)
    assert said["forward on the way"] == theirs[1]["forward"] == report.peak.bytes
    assert max(said["backward"], said["gradient of the loss"]) == theirs[1]["backward"]


def compare(spec: str, optimizer: str, loss: str, batch: int) -> None:
    network = trace(loads(spec))
    module = TorchNetwork(network).train()
    (read,) = samples(network, batch)
    (width,) = network.outputs[0].tensor.shape
    classes = LOSSES[loss].classes
    targets = torch.zeros(batch, dtype=torch.int64) if classes else torch.zeros(batch, width)
    theirs = trained(module, read, targets, JUDGES[loss], MADE[optimizer](list(module.parameters())))
    for first, really in zip((True, False), theirs, strict=True):
        run = TrainingRun(optimizer, loss=loss, first=first)
        said = amounts(training_memory(network, Setting(batch), run).moments)
        assert said["loss"] == really["loss"], first
        if (optimizer, first) != ("adagrad", True):  # it makes its states while it goes
            assert said["optimizer step"] == really["optimizer step"], first
        assert max(said["backward"], said["gradient of the loss"]) == really["backward"], first


def test_modules_are_made_of_torch_alone() -> None:
    """What is compared with is torch's own classes."""
    kinds = {type(module) for module in TorchNetwork(trace(loads(IMAGES))).modules()}
    assert {nn.Conv2d, nn.BatchNorm2d, nn.ReLU, nn.MaxPool2d, nn.SiLU, nn.Linear} <= kinds
