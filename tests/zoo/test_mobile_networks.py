"""Networks for small devices, and their blocks' descendants, against torchvision 0.28.0."""

from typing import TYPE_CHECKING

import pytest

from tests.zoo.comparison import Totals, axes, half_flops, measures, tensors, torch_tensors, totals, traced
from tests.zoo.torchvision_models import build

if TYPE_CHECKING:
    from archcalc.facts import Shape

PUBLISHED = {
    "mobilenet_v2": Totals(3_504_872, 34_164, 300_774_272),
    "mobilenet_v3_large": Totals(5_483_032, 24_446, 216_589_760),
    "mobilenet_v3_small": Totals(2_542_856, 12_146, 56_510_400),
    "shufflenet_v2_x1_0": Totals(2_278_604, 16_236, 144_907_992),
    "convnext_tiny": Totals(28_589_128, 0, 4_455_531_264),
    "efficientnet_b0": Totals(5_288_548, 42_065, 385_814_752),
}


@pytest.mark.parametrize("name", PUBLISHED)
def test_totals_are_those_published(name: str) -> None:
    network = traced(name)
    assert totals(network) == PUBLISHED[name]
    assert not network.findings


@pytest.mark.parametrize("name", PUBLISHED)
def test_every_tensor_has_torchvisions_name_and_shape(name: str) -> None:
    weights, buffers = torch_tensors(build(name))
    assert tensors(traced(name)) == (dict(map(in_a_module, weights, weights.values())), buffers)


def in_a_module(name: str, shape: "Shape") -> "tuple[str, Shape]":
    """ConvNeXt's layer scale, a bare parameter of (C, 1, 1), as the layer of its own that it is here."""
    return (f"{name}.gamma", shape[:1]) if name.endswith(".layer_scale") else (name, shape)


@pytest.mark.parametrize("name", PUBLISHED)
@pytest.mark.parametrize("size", [224, 161])
def test_macs_are_half_of_what_torch_counts(name: str, size: int) -> None:
    assert totals(traced(name, size=size)).macs == half_flops(build(name), (3, size, size))


def test_mobilenet_v2_reads_491_positions() -> None:
    for axis in axes(traced("mobilenet_v2"), "features.18.2"):
        assert measures(axis) == (491, 32, -245)
        assert not axis.whole


@pytest.mark.parametrize("name", ["mobilenet_v3_large", "efficientnet_b0"])
def test_squeeze_excitation_reads_the_whole_image(name: str) -> None:
    network = traced(name)
    excited = next(layer.name for layer in network.layers if layer.type == "AdaptiveAvgPool2d")
    names = [layer.name for layer in network.layers]
    before, behind = names[names.index(excited) - 1], names[names.index(excited)]
    assert not any(axis.whole for axis in axes(network, before))
    assert all(axis.whole for axis in axes(network, behind))
    assert all(axis.whole for axis in axes(network, names[names.index("avgpool") - 1]))


def test_efficientnet_b0_has_a_local_field_of_851_beside_the_whole_image() -> None:
    for axis in axes(traced("efficientnet_b0"), "features.8.2"):
        assert axis.whole
        assert axis.size == 224
        assert axis.spans is not None
        assert axis.spans.sizes == (851,)
        assert axis.spans.stride == 32
        assert axis.spans.at(0) == (-425, 425)
