"""The other sizes of families that one shipped spec has by its variables, against published numbers."""

from typing import TYPE_CHECKING, TypeAlias

import pytest

from tests.zoo.comparison import Totals, tensors, torch_tensors, totals, traced
from tests.zoo.torchvision_models import build

if TYPE_CHECKING:
    from archcalc.expressions import Value

DEEP: "list[Value]" = [3, 4, 23, 3]
Setting: TypeAlias = "dict[str, Value]"
SIZES: "dict[str, tuple[str, Setting, Totals]]" = {
    # torchvision 0.28.0 on (3, 224, 224): parameters, elements of buffers, half of FlopCounterMode's count.
    "densenet161": (
        "densenet121",
        {"growth": 48, "depths": [6, 12, 36, 24]},
        Totals(28_681_000, 220_097, 7_727_907_072),
    ),
    "densenet169": ("densenet121", {"depths": [6, 12, 32, 32]}, Totals(14_149_480, 158_569, 3_359_843_328)),
    "densenet201": ("densenet121", {"depths": [6, 12, 48, 32]}, Totals(20_013_928, 229_257, 4_291_365_888)),
    "efficientnet_b1": (
        "efficientnet_b0",
        {"depth": 1.1},
        Totals(7_794_184, 62_117, 569_651_680),
    ),
    "efficientnet_b2": (
        "efficientnet_b0",
        {"width": 1.1, "depth": 1.2},
        Totals(9_109_994, 67_637, 658_963_440),
    ),
    "efficientnet_b3": (
        "efficientnet_b0",
        {"width": 1.2, "depth": 1.4},
        Totals(12_233_232, 87_374, 962_708_240),
    ),
    "efficientnet_b4": (
        "efficientnet_b0",
        {"width": 1.4, "depth": 1.8},
        Totals(19_341_616, 125_296, 1_503_710_432),
    ),
    "efficientnet_b5": (
        "efficientnet_b0",
        {"width": 1.6, "depth": 2.2},
        Totals(30_389_784, 172_852, 2_356_493_184),
    ),
    "efficientnet_b6": (
        "efficientnet_b0",
        {"width": 1.8, "depth": 2.6},
        Totals(43_040_704, 224_566, 3_360_166_848),
    ),
    "efficientnet_b7": (
        "efficientnet_b0",
        {"width": 2.0, "depth": 3.1},
        Totals(66_347_960, 310_883, 5_169_865_152),
    ),
    "convnext_small": (
        "convnext_tiny",
        {"depths": [3, 3, 27, 3], "drop": 0.4},
        Totals(50_223_688, 0, 8_683_712_256),
    ),
    "convnext_base": (
        "convnext_tiny",
        {"depths": [3, 3, 27, 3], "width": 128},
        Totals(88_591_464, 0, 15_354_729_472),
    ),
    "convnext_large": (
        "convnext_tiny",
        {"depths": [3, 3, 27, 3], "width": 192},
        Totals(197_767_336, 0, 34_361_433_600),
    ),
    "resnext101_32x8d": (
        "resnext50_32x4d",
        {"depths": DEEP, "width": 8},
        Totals(88_791_336, 202_984, 16_414_015_488),
    ),
    "resnext101_64x4d": (
        "resnext50_32x4d",
        {"depths": DEEP, "groups": 64},
        Totals(83_455_272, 202_984, 15_460_270_080),
    ),
    "wide_resnet101_2": ("wide_resnet50_2", {"depths": DEEP}, Totals(126_886_696, 137_960, 22_753_050_624)),
    "resnet50": ("wide_resnet50_2", {"factor": 1}, Totals(25_557_032, 53_173, 4_089_184_256)),
    "shufflenet_v2_x0_5": (
        "shufflenet_v2_x1_0",
        {"widths": [24, 48, 96, 192, 1024]},
        Totals(1_366_792, 8_008, 40_476_448),
    ),
    "shufflenet_v2_x1_5": (
        "shufflenet_v2_x1_0",
        {"widths": [24, 176, 352, 704, 1024]},
        Totals(3_503_624, 23_496, 295_759_392),
    ),
    "shufflenet_v2_x2_0": (
        "shufflenet_v2_x1_0",
        {"widths": [24, 244, 488, 976, 2048]},
        Totals(7_393_996, 33_772, 583_253_464),
    ),
    "vgg11": ("vgg16_bn", {"convs": [1, 1, 2, 2, 2], "norm": False}, Totals(132_863_336, 0, 7_609_090_048)),
    "vgg11_bn": (
        "vgg16_bn",
        {"convs": [1, 1, 2, 2, 2], "norm": True},
        Totals(132_868_840, 5_512, 7_609_090_048),
    ),
    "vgg13": ("vgg16_bn", {"convs": [2, 2, 2, 2, 2], "norm": False}, Totals(133_047_848, 0, 11_308_466_176)),
    "vgg13_bn": (
        "vgg16_bn",
        {"convs": [2, 2, 2, 2, 2], "norm": True},
        Totals(133_053_736, 5_898, 11_308_466_176),
    ),
    "vgg16": ("vgg16_bn", {"convs": [2, 2, 3, 3, 3], "norm": False}, Totals(138_357_544, 0, 15_470_264_320)),
    "vgg19": ("vgg16_bn", {"convs": [2, 2, 4, 4, 4], "norm": False}, Totals(143_667_240, 0, 19_632_062_464)),
    "vgg19_bn": (
        "vgg16_bn",
        {"convs": [2, 2, 4, 4, 4], "norm": True},
        Totals(143_678_248, 11_024, 19_632_062_464),
    ),
}


@pytest.mark.parametrize("name", SIZES)
def test_a_size_of_a_family_is_the_published_one(name: str) -> None:
    spec, settings, published = SIZES[name]
    assert totals(traced(spec, **settings)) == published


@pytest.mark.parametrize("name", ["efficientnet_b3", "shufflenet_v2_x2_0", "vgg13_bn", "resnext101_64x4d"])
def test_tensors_of_a_size_have_torchvisions_names(name: str) -> None:
    spec, settings, _ = SIZES[name]
    assert tensors(traced(spec, **settings)) == torch_tensors(build(name))


@pytest.mark.parametrize("width", [0.25, 0.35, 0.5, 0.75, 1.3, 1.4])
def test_widths_of_mobilenet_v2_are_those_of_torchvision(width: float) -> None:
    assert tensors(traced("mobilenet_v2", width=width)) == torch_tensors(
        build("mobilenet_v2", width_mult=width)
    )


LLAMA: Setting = {"tied": True, "inner": 8192}
LANGUAGE: "dict[str, tuple[str, Setting, int]]" = {
    # Parameters as the models' own pages state them: Llama 3.2 1.23 and 3.21 billion, 3.0 70.6.
    "Llama 3.2 1B": ("llama_3_8b", {**LLAMA, "width": 2048, "depth": 16}, 1_235_814_400),
    "Llama 3.2 3B": ("llama_3_8b", {**LLAMA, "width": 3072, "depth": 28, "heads": 24}, 3_212_749_824),
    "Llama 3 8B": ("llama_3_8b", {}, 8_030_261_248),
    "Llama 3 70B": (
        "llama_3_8b",
        {"width": 8192, "depth": 80, "heads": 64, "inner": 28672},
        70_553_706_496,
    ),
    "Gemma 7B": (
        "gemma_2b",
        {"width": 3072, "depth": 28, "heads": 16, "kv_heads": 16, "inner": 24576},
        8_537_680_896,
    ),
}


@pytest.mark.parametrize("name", LANGUAGE)
def test_parameters_of_language_models(name: str) -> None:
    spec, settings, published = LANGUAGE[name]
    assert totals(traced(spec, **settings)).params == published


def test_heads_of_a_width_of_their_own() -> None:
    """16 heads of 256 on 3,072 features, as in Gemma 7B, change the four maps of attention alone."""
    network = totals(traced("llama_3_8b", head_dim=256))
    assert network.params - totals(traced("llama_3_8b")).params == 32 * 128 * 4096 * (2 * 32 + 2 * 8)
