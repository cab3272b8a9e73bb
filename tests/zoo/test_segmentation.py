"""Segmentation networks: U-Net against a module written out, the dilated ResNets against torchvision."""

from itertools import pairwise
from typing import cast

import pytest
import torch
from torch import nn

from archcalc.analyses.receptive_field import receptive_fields
from tests.blocks.segmentation import Up, double
from tests.zoo.comparison import (
    Totals,
    assert_same,
    axes,
    half_flops,
    measures,
    tensors,
    torch_tensors,
    totals,
    traced,
)
from tests.zoo.torchvision_models import models


def torchvision(name: str, *, aux: bool) -> nn.Module:
    """A segmentation network of torchvision without weights, and without those of its backbone."""
    made = models().segmentation
    with torch.device("meta"):
        build = getattr(made, name)
        return cast("nn.Module", build(weights=None, weights_backbone=None, aux_loss=aux)).eval()


# torchvision's weight tables count the auxiliary head, in parameters and operations; buffers of its code.
PUBLISHED = {
    "fcn_resnet50": Totals(35_322_218, 54_711, 152_716_512_000),
    "deeplabv3_resnet50": Totals(42_004_074, 57_277, 178_721_945_088),
}
WITHOUT_HEAD = {"fcn_resnet50": 32_957_013, "deeplabv3_resnet50": 39_638_869}


@pytest.mark.parametrize("name", PUBLISHED)
def test_totals_are_those_published(name: str) -> None:
    assert totals(traced(name, aux=True)) == PUBLISHED[name]
    assert totals(traced(name)).params == WITHOUT_HEAD[name]


@pytest.mark.parametrize("name", PUBLISHED)
@pytest.mark.parametrize("aux", [False, True])
@pytest.mark.parametrize("size", [520, 225])
def test_tensors_and_macs_are_torchvisions(name: str, size: int, aux: bool) -> None:  # noqa: FBT001  parametrised
    network = traced(name, size=size, aux=aux)
    module = torchvision(name, aux=aux)
    assert tensors(network) == torch_tensors(module)
    assert totals(network).macs == half_flops(module, (3, size, size))
    assert [port.layer for port in network.outputs] == (["out", "aux"] if aux else ["out"])
    assert all(port.tensor.shape == (21, size, size) for port in network.outputs)
    assert not network.findings


@pytest.mark.parametrize("name", PUBLISHED)
def test_dilation_keeps_the_stride_at_8_and_the_field_at_427(name: str) -> None:
    for axis in axes(traced(name), "backbone.layer4.2.relu3"):
        assert measures(axis) == (427, 8, -213)


def test_the_pyramid_reads_the_whole_map_beside_a_local_field() -> None:
    network = traced("deeplabv3_resnet50")
    for axis in axes(network, "classifier.0.concat"):
        assert axis.whole
        assert axis.spans is not None
        assert axis.spans.sizes == (427 + 8 * 2 * 36,)


class UNet(nn.Module):
    """Five levels down, four up, and a 1x1 to the classes."""

    def __init__(self, channels: int, classes: int, padding: int = 0, *, norm: bool = False) -> None:
        super().__init__()
        widths = (channels, 64, 128, 256, 512, 1024)
        pairs = pairwise(widths)
        self.down = nn.ModuleList(double(few, many, many, padding, norm=norm) for few, many in pairs)
        self.up = nn.ModuleList(Up(2 * few, few, padding, norm=norm) for few in widths[-2:0:-1])
        self.scores = nn.Conv2d(64, classes, 1)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        """(C, 572, 572) -> (K, 388, 388), without padding."""
        skips: list[torch.Tensor] = []
        for level in self.down:
            skips.append(level(nn.functional.max_pool2d(skips[-1], 2) if skips else image))
        below = skips.pop()
        for level in self.up:
            below = level(below, skips.pop())
        result: torch.Tensor = self.scores(below)
        return result


# What torch counts for the networks that are commonly built: the paper's (it states no number itself), three
# colours to one class, and the padded one with batch norm of milesial/Pytorch-UNet.
UNETS: "list[tuple[dict[str, int], int]]" = [
    ({}, 31_030_658),
    ({"channels": 3, "classes": 1}, 31_031_745),
    ({"channels": 3, "classes": 2, "padding": 1, "norm": True, "size": 512}, 31_037_698),
]


@pytest.mark.parametrize(("settings", "count"), UNETS)
def test_unet_is_the_torch_module(settings: dict[str, int], count: int) -> None:
    network = traced("unet", **settings)
    with torch.device("meta"):
        module = UNet(
            settings.get("channels", 1),
            settings.get("classes", 2),
            settings.get("padding", 0),
            norm=bool(settings.get("norm", False)),
        ).eval()
    assert_same(network, module)
    assert totals(network).params == count


def test_unet_gives_388_positions_of_572() -> None:
    assert traced("unet").outputs[0].tensor.shape == (2, 388, 388)


ENCODER = [(0, 5, 1, -2), (1, 14, 2, -6), (2, 32, 4, -14), (3, 68, 8, -30), (4, 140, 16, -62)]
"""Level, size and stride, and the start where every convolution is padded by 1."""


@pytest.mark.parametrize(("level", "size", "stride", "start"), ENCODER)
@pytest.mark.parametrize("padding", [0, 1])
def test_unet_reads_140_positions_at_its_lowest_level(
    level: int, size: int, stride: int, start: int, padding: int
) -> None:
    network = traced("unet", padding=padding, size=572 + 4 * padding)
    for axis in axes(network, f"down.{level}.conv.3"):
        assert measures(axis) == (size, stride, padding * start)
        assert axis.exact


def test_unet_output_reads_188_or_204_positions_by_phase() -> None:
    """The extent repeats every 16 positions; 200, the sum along the deepest path, is attained nowhere."""
    network = traced("unet")
    (field,) = receptive_fields(network).layers["scores"]
    for axis in field.axes:
        assert axis.spans is not None
        assert len(axis.spans.sizes) == 16
        assert set(axis.spans.sizes) == {188, 204}
        assert axis.stride == 1
