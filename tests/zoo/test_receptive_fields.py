"""Receptive fields of the shipped specs: size, stride and start as published."""

import pytest

from archcalc.analyses.receptive_field import receptive_fields
from tests.zoo.comparison import traced

RESNETS = {
    "resnet18": ((1, 1, 1, 1), "relu2", (43, 99, 211, 435)),
    "resnet34": ((2, 3, 5, 2), "relu2", (59, 179, 547, 899)),
    "resnet50": ((2, 3, 5, 2), "relu3", (35, 91, 267, 427)),
    "resnet101": ((2, 3, 22, 2), "relu3", (35, 91, 811, 971)),
    "resnet152": ((2, 7, 35, 2), "relu3", (35, 155, 1291, 1451)),
    "resnext50_32x4d": ((2, 3, 5, 2), "relu3", (35, 91, 267, 427)),
    "wide_resnet50_2": ((2, 3, 5, 2), "relu3", (35, 91, 267, 427)),
}
"""Spec -> last block of every stage, its last layer, and the field behind it."""

# Sizes from Araujo et al. 2019 (Distill), Yu & Koltun 2016 and the main paths of torchvision's networks.
FIELDS = [
    *(
        (name, f"layer{stage + 1}.{lasts[stage]}.{layer}", sizes[stage], 4 << stage, -(sizes[stage] // 2))
        for name, (lasts, layer, sizes) in RESNETS.items()
        for stage in range(4)
    ),
    ("vgg16", "features.0", 3, 1, -1),
    ("vgg16", "features.4", 6, 2, -2),
    ("vgg16", "features.5", 10, 2, -4),
    ("vgg16", "features.9", 16, 4, -6),
    ("vgg16", "features.10", 24, 4, -10),
    ("vgg16", "features.12", 32, 4, -14),
    ("vgg16", "features.16", 44, 8, -18),
    ("vgg16", "features.17", 60, 8, -26),
    ("vgg16", "features.19", 76, 8, -34),
    ("vgg16", "features.23", 100, 16, -42),
    ("vgg16", "features.24", 132, 16, -58),
    ("vgg16", "features.26", 164, 16, -74),
    ("vgg16", "features.28", 196, 16, -90),
    ("vgg16", "features.30", 212, 32, -90),
    ("vgg11", "features.20", 150, 32, -59),
    ("vgg19", "features.36", 268, 32, -118),
    ("vgg16_bn", "features.43", 212, 32, -90),
    ("alexnet", "features.12", 195, 32, -66),
    ("darknet53", "stage1.blocks.0.add", 9, 2, -4),
    ("darknet53", "stage2.blocks.1.add", 29, 4, -14),
    ("darknet53", "stage3.blocks.7.add", 165, 8, -82),
    ("darknet53", "stage4.blocks.7.add", 437, 16, -218),
    ("darknet53", "stage5.blocks.3.add", 725, 32, -362),
    *(
        (name, layer, size, stride, 0)
        for name, last in (("lenet5", "s4"), ("lenet_1998", "s4.squash"))
        for layer, size, stride in (("c1", 5, 1), (last, 16, 4), ("c5", 32, 4))
    ),
    *(
        ("dilated_context", f"layer.{index}.conv", size, 1, -(size // 2))
        for index, size in enumerate((3, 5, 9, 17, 33, 65, 67))
    ),
    ("dilated_context", "final", 67, 1, -33),
]


@pytest.mark.parametrize(("name", "layer", "size", "stride", "start"), FIELDS)
def test_receptive_fields_are_those_published(
    name: str, layer: str, size: int, stride: int, start: int
) -> None:
    (field,) = receptive_fields(traced(name)).layers[layer]
    for axis in field.axes:
        assert axis.size == size
        assert axis.stride == stride
        assert axis.start == start
    assert len(field.axes) == 2
    assert not field.whole_input


# The same kernels as resnet18 over height and width; over the frames the stem is 3 wide and does not stride.
FRAMES = [
    ("layer1.1.relu", 11, 1),
    ("layer2.1.relu", 25, 2),
    ("layer3.1.relu", 53, 4),
    ("layer4.1.relu", 109, 8),
]
PLANES = [(23, 2), (51, 4), (107, 8), (219, 16)]


@pytest.mark.parametrize(("frames", "plane"), list(zip(FRAMES, PLANES, strict=True)))
def test_a_video_network_reads_frames_apart_from_the_plane(
    frames: tuple[str, int, int], plane: tuple[int, int]
) -> None:
    layer, size, stride = frames
    (field,) = receptive_fields(traced("r3d_18")).layers[layer]
    assert [axis.size for axis in field.axes] == [size, plane[0], plane[0]]
    assert [axis.stride for axis in field.axes] == [stride, plane[1], plane[1]]


@pytest.mark.parametrize(
    ("name", "first"),
    [
        ("resnet18", "avgpool"),
        ("resnet50", "avgpool"),
        ("densenet121", "avgpool"),
        ("darknet53", "avgpool"),
        ("googlenet", "avgpool"),
        ("inception_v3", "avgpool"),
        ("r3d_18", "avgpool"),
        ("squeezenet1_1", "classifier.3"),
        ("vgg16", "flatten_0"),
        ("alexnet", "flatten_0"),
    ],
)
def test_everything_from_global_pool_or_flatten_on_reads_the_whole_input(name: str, first: str) -> None:
    fields = receptive_fields(traced(name)).layers
    names = list(fields)
    behind = names[names.index(first) :]
    assert all(fields[layer][0].whole_input for layer in behind)
    assert not any(fields[layer][0].whole_input for layer in names[: names.index(first)])
