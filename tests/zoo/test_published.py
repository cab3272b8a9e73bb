"""The shipped specs that torchvision has too: its published numbers, its tensors one by one, its MACs."""

import re
from typing import TYPE_CHECKING, NamedTuple

import pytest

from archcalc.analyses.compute import macs
from archcalc.analyses.parameters import params
from tests.zoo.reading import macs_in, shapes_in, shapes_of, traced
from tests.zoo.torchvision_models import build

if TYPE_CHECKING:
    from collections.abc import Mapping

    from torch import nn


class Published(NamedTuple):
    """Numbers of torchvision 0.28.0's models, as its weight tables and model code give them."""

    params: int
    buffers: int
    macs: int


PUBLISHED = {
    "alexnet": Published(61_100_840, 0, 714_188_480),
    "densenet121": Published(7_978_856, 83_769, 2_834_161_664),
    "googlenet": Published(6_624_904, 14_617, 1_498_376_192),
    "inception_v3": Published(23_834_568, 34_526, 5_713_216_096),
    "r3d_18": Published(33_371_472, 9_620, 40_696_553_472),
    "resnet18": Published(11_689_512, 9_620, 1_814_073_344),
    "resnet34": Published(21_797_672, 17_060, 3_663_761_408),
    "resnet50": Published(25_557_032, 53_173, 4_089_184_256),
    "resnet101": Published(44_549_160, 105_448, 7_801_405_440),
    "resnet152": Published(60_192_808, 151_579, 11_513_626_624),
    "resnext50_32x4d": Published(25_028_904, 68_277, 4_230_479_872),
    "squeezenet1_1": Published(1_235_496, 0, 349_151_936),
    "vgg11": Published(132_863_336, 0, 7_609_090_048),
    "vgg16": Published(138_357_544, 0, 15_470_264_320),
    "vgg16_bn": Published(138_365_992, 8_461, 15_470_264_320),
    "vgg19": Published(143_667_240, 0, 19_632_062_464),
    "wide_resnet50_2": Published(68_883_240, 68_277, 11_398_021_120),
}
OTHER_SIZE: "Mapping[str, Mapping[str, int]]" = {"r3d_18": {"size": 65, "frames": 9}}
"""Settings that change the input's size; where there is none, ``size`` alone is changed."""
WITH_HEADS = ("googlenet", "inception_v3")


def module_of(name: str) -> "nn.Module":
    """The model of torchvision as the spec has it with its own variables: auxiliary heads are left out."""
    return build(name, aux_logits=False, init_weights=False) if name in WITH_HEADS else build(name)


def own_name(name: str) -> str:
    """A tensor's name in torchvision as the spec has it: dense layers are counted from 0 there."""
    return re.sub(r"denselayer(\d+)", lambda found: f"denselayer.{int(found[1]) - 1}", name)


@pytest.mark.parametrize("name", PUBLISHED)
def test_totals_are_those_published(name: str) -> None:
    network = traced(name)
    counted = params(network)
    assert Published(counted.params, counted.buffers, macs(network)[0]) == PUBLISHED[name]


@pytest.mark.parametrize("name", PUBLISHED)
def test_every_tensor_has_torchvisions_name_and_shape(name: str) -> None:
    module = module_of(name)
    network = traced(name)
    weights = {own_name(key): shape for key, shape in shapes_in(module.named_parameters()).items()}
    buffers = {own_name(key): shape for key, shape in shapes_in(module.named_buffers()).items()}
    assert shapes_of(network, "weights") == weights
    assert shapes_of(network, "buffers") == buffers


@pytest.mark.parametrize("other_size", [False, True])
@pytest.mark.parametrize("name", PUBLISHED)
def test_macs_are_half_of_what_torch_counts(name: str, other_size: bool) -> None:  # noqa: FBT001  parametrised
    network = traced(name, OTHER_SIZE.get(name, {"size": 161}) if other_size else {})
    assert macs(network)[0] == macs_in(module_of(name), network)
