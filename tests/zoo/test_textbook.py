"""The shipped specs that torchvision has not, against modules written after their papers."""

from typing import TYPE_CHECKING

import pytest
import torch
from torch import nn

from archcalc import params
from tests.blocks.darknet import Block, Convolution
from tests.zoo.comparison import half_flops, output_shape, tensors, torch_tensors, totals, traced

if TYPE_CHECKING:
    from collections.abc import Callable


def lenet5() -> nn.Module:
    """LeNet-5 with a fully connected C3, as textbooks build it."""
    return nn.Sequential(
        nn.Conv2d(1, 6, 5),
        nn.Tanh(),
        nn.AvgPool2d(2),
        nn.Conv2d(6, 16, 5),
        nn.Tanh(),
        nn.AvgPool2d(2),
        nn.Conv2d(16, 120, 5),
        nn.Tanh(),
        nn.Flatten(),
        nn.Linear(120, 84),
        nn.Tanh(),
        nn.Linear(84, 10),
    )


def dilated_context() -> nn.Module:
    """The basic context module on 21 class maps."""
    rates = (1, 1, 2, 4, 8, 16, 1)
    layers = [nn.Sequential(nn.Conv2d(21, 21, 3, padding=rate, dilation=rate), nn.ReLU()) for rate in rates]
    return nn.Sequential(*layers, nn.Conv2d(21, 21, 1))


class Stage(nn.Sequential):
    """A strided convolution and Darknet blocks."""

    def __init__(self, width: int, blocks: int) -> None:
        super().__init__()
        self.down = Convolution(width // 2, width, 3, 2)
        self.blocks = nn.Sequential(*(Block(width, width // 2) for _ in range(blocks)))


class Darknet53(nn.Sequential):
    """The backbone of YOLOv3 with the classifier that it was trained with."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = Convolution(3, 32, 3)
        for stage, blocks in enumerate((1, 2, 8, 8, 4), start=1):
            self.add_module(f"stage{stage}", Stage(32 << stage, blocks))
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.flatten_0 = nn.Flatten()
        self.fc = nn.Linear(1024, 1000)


NUMBERED = {"lenet5": lenet5, "dilated_context": dilated_context}
NAMED = {"darknet53": Darknet53}


def on_meta(build: "Callable[[], nn.Module]") -> nn.Module:
    with torch.device("meta"):
        return build().eval()


@pytest.mark.parametrize("name", NUMBERED)
def test_tensors_are_those_of_the_module_in_its_order(name: str) -> None:
    for mine, theirs in zip(tensors(traced(name)), torch_tensors(on_meta(NUMBERED[name])), strict=True):
        assert list(mine.values()) == list(theirs.values())


@pytest.mark.parametrize("name", NAMED)
def test_tensors_are_those_of_the_module_by_name(name: str) -> None:
    assert tensors(traced(name)) == torch_tensors(on_meta(NAMED[name]))


@pytest.mark.parametrize("name", [*NUMBERED, *NAMED])
def test_macs_and_output_are_those_of_the_module(name: str) -> None:
    network = traced(name)
    module = on_meta({**NUMBERED, **NAMED}[name])
    (tensor,) = network.inputs.values()
    assert totals(network).macs == half_flops(module, tensor.shape)
    assert network.outputs[0].tensor.shape == output_shape(module, tensor.shape)


def test_lenet5_has_61_706_parameters() -> None:
    assert totals(traced("lenet5")).params == 61_706


def test_the_backbone_of_darknet53_is_52_convolutions_with_40_584_928_parameters() -> None:
    network = traced("darknet53")
    backbone = [layer for layer in network.layers if layer.name.startswith(("stem", "stage"))]
    assert sum(layer.type == "Conv2d" for layer in backbone) == 52
    counted = params(network)
    assert counted.params - counted.layers["fc"].params == 40_584_928
