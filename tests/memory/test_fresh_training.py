"""All moments of training small networks in a row, against torch as it runs, to the byte."""

from typing import TYPE_CHECKING

import pytest
import torch
from torch import nn
from torch.nn import functional

from archcalc.bridge.network import TorchNetwork
from archcalc.bridge.samples import samples
from archcalc.loading import loads
from archcalc.memory.budget import TrainingRun, training_memory
from archcalc.memory.storages import Setting
from archcalc.tracing import trace
from tests.memory.alive import Judge, trained
from tests.memory.test_training import MADE

if TYPE_CHECKING:
    from archcalc.memory.budget import Amount

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
    compare(spec, "sgd", loss, 5)


def compare(spec: str, optimizer: str, loss: str, batch: int) -> None:
    network = trace(loads(spec))
    module = TorchNetwork(network).train()
    (read,) = samples(network, batch)
    (width,) = network.outputs[0].tensor.shape
    classes = loss in ("cross_entropy", "nll")
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
