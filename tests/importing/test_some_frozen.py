"""Weights of which the factory has left some without a gradient: what is read, trained and kept."""

import random
from typing import TYPE_CHECKING

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from archcalc import facts
from archcalc.analyses.parameters import params
from archcalc.footprint.gradients import gradient_flow
from archcalc.footprint.saved import saved_activations
from archcalc.footprint.storages import Setting
from tests.importing.reading import assert_same
from tests.memory.kept import left
from tests.samples import samples

if TYPE_CHECKING:
    from collections.abc import Callable

BATCH = 3


class Network(nn.Module):
    """Layers that are modules, functions with the weights of modules, and a tie.

    Args:
        trained: names of the parameters that are.
    """

    def __init__(self, trained: "Callable[[str], bool]") -> None:
        super().__init__()
        self.conv, self.norm = nn.Conv2d(3, 6, 3), nn.BatchNorm2d(6)
        self.held, self.scale = nn.Linear(6, 6), nn.LayerNorm(6)
        self.first, self.again = nn.Linear(6, 6), nn.Linear(6, 6)
        self.again.weight, self.again.bias = self.first.weight, self.first.bias
        self.shift, self.head = nn.Parameter(torch.zeros(6)), nn.Linear(6, 2)
        for name, parameter in self.named_parameters():
            parameter.requires_grad_(trained(name))

    def forward(self, x: Tensor) -> Tensor:
        """(N, 3, 8, 8) -> (N, 2)."""
        x = self.norm(self.conv(x)).relu().mean((2, 3))
        x = functional.linear(x, self.held.weight, self.held.bias) + self.shift
        x = functional.layer_norm(x, (6,), self.scale.weight, self.scale.bias)
        x = torch.tanh(self.again(torch.tanh(self.first(x))))
        head: Tensor = self.head(x)
        return head


def agrees(trained: "Callable[[str], bool]") -> None:
    found = assert_same(lambda: Network(trained), (3, 8, 8))
    module = Network(trained)
    learning = {name for name, each in module.named_parameters() if each.requires_grad}
    assert params(found.trace).trainable == sum(p.numel() for p in module.parameters() if p.requires_grad)
    really = left(module, torch.randn(BATCH, 3, 8, 8))
    assert gradient_flow(found.trace).weights == really.learning == learning
    assert saved_activations(found.trace, Setting(BATCH, training=True)).bytes == really.bytes


NAMED: "dict[str, Callable[[str], bool]]" = {
    "biases alone": lambda name: name.endswith("bias"),
    "weights alone": lambda name: name.endswith("weight"),
    "a head": lambda name: name.startswith("head"),
    "all": lambda _: True,
    "one bias": lambda name: name == "conv.bias",
    "one tied weight": lambda name: name != "first.weight",
}


@pytest.mark.parametrize("case", NAMED)
def test_what_is_trained_is_read(case: str) -> None:
    agrees(NAMED[case])


@pytest.mark.parametrize("seed", range(samples(24)))
def test_random_weights_are_frozen(seed: int) -> None:
    draw = random.Random(seed)  # noqa: S311  no secret
    names = [name for name, _ in Network(lambda _: True).named_parameters()]
    some = {name for name in names if draw.random() < 0.5}
    agrees(lambda name: name in some or name == "head.bias")


def test_the_comparison_says_what_is_not_trained_alike() -> None:
    """An import that would forget it is not called exact."""
    from dataclasses import replace

    from archcalc.importing.checking import agreement
    from tests.importing.reading import imported

    found = imported(lambda: nn.Linear(3, 2).requires_grad_(requires_grad=False), facts.Tensor((3,)))
    tensors = {
        name: replace(each, trainable=name == "bias") for name, each in found.recording.tensors.items()
    }
    told = agreement(replace(found.recording, tensors=tensors), found.program, found.trace)
    assert told.differences == ("parameter bias is frozen, but trained in the module",)
