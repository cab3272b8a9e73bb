"""The shipped specs that torchvision has too: its published numbers, its tensors one by one, its MACs."""

import re
from typing import TYPE_CHECKING

import pytest

from tests.zoo.comparison import Totals, half_flops, tensors, torch_tensors, totals, traced
from tests.zoo.torchvision_models import build

if TYPE_CHECKING:
    from collections.abc import Mapping

    from torch import nn

# torchvision 0.28.0, as its weight tables and model code give them.
PUBLISHED = {
    "alexnet": Totals(61_100_840, 0, 714_188_480),
    "densenet121": Totals(7_978_856, 83_769, 2_834_161_664),
    "googlenet": Totals(6_624_904, 14_617, 1_498_376_192),
    "inception_v3": Totals(23_834_568, 34_526, 5_713_216_096),
    "r3d_18": Totals(33_371_472, 9_620, 40_696_553_472),
    "resnet18": Totals(11_689_512, 9_620, 1_814_073_344),
    "resnet34": Totals(21_797_672, 17_060, 3_663_761_408),
    "resnet50": Totals(25_557_032, 53_173, 4_089_184_256),
    "resnet101": Totals(44_549_160, 105_448, 7_801_405_440),
    "resnet152": Totals(60_192_808, 151_579, 11_513_626_624),
    "resnext50_32x4d": Totals(25_028_904, 68_277, 4_230_479_872),
    "squeezenet1_1": Totals(1_235_496, 0, 349_151_936),
    "vgg11": Totals(132_863_336, 0, 7_609_090_048),
    "vgg16": Totals(138_357_544, 0, 15_470_264_320),
    "vgg16_bn": Totals(138_365_992, 8_461, 15_470_264_320),
    "vgg19": Totals(143_667_240, 0, 19_632_062_464),
    "wide_resnet50_2": Totals(68_883_240, 68_277, 11_398_021_120),
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
    assert totals(traced(name)) == PUBLISHED[name]


@pytest.mark.parametrize("name", PUBLISHED)
def test_every_tensor_has_torchvisions_name_and_shape(name: str) -> None:
    theirs = torch_tensors(module_of(name))
    assert tensors(traced(name)) == tuple(
        {own_name(key): shape for key, shape in found.items()} for found in theirs
    )


@pytest.mark.parametrize("other_size", [False, True])
@pytest.mark.parametrize("name", PUBLISHED)
def test_macs_are_half_of_what_torch_counts(name: str, other_size: bool) -> None:  # noqa: FBT001  parametrised
    network = traced(name, **OTHER_SIZE.get(name, {"size": 161})) if other_size else traced(name)
    (image,) = network.inputs.values()
    assert totals(network).macs == half_flops(module_of(name), image.shape)
