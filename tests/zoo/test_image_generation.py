"""Super-resolution and adversarial networks, each against a torch module written out."""

from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
import torch
from torch import nn

from tests.zoo.comparison import assert_same, axes, measures, tensors, torch_tensors, totals, traced

if TYPE_CHECKING:
    from collections.abc import Callable


def srcnn(middle: int) -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(1, 64, 9), nn.ReLU(), nn.Conv2d(64, 32, middle), nn.ReLU(), nn.Conv2d(32, 1, 5)
    )


class Vdsr(nn.Module):
    """19 convolutions with ReLU and one without, around which the image is added."""

    def __init__(self) -> None:
        super().__init__()
        widths = (1, *[64] * 19)
        layers = [
            layer
            for before, after in pairwise(widths)
            for layer in (nn.Conv2d(before, after, 3, padding=1), nn.ReLU())
        ]
        self.body = nn.Sequential(*layers, nn.Conv2d(64, 1, 3, padding=1))

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        """(1, H, W) -> (1, H, W)."""
        result: torch.Tensor = self.body(image) + image
        return result


class Discriminator(nn.Module):
    """The DCGAN discriminator; its modules are in ``main``."""

    def __init__(self) -> None:
        super().__init__()
        layers: list[nn.Module] = [nn.Conv2d(3, 64, 4, 2, 1, bias=False), nn.LeakyReLU(0.2)]
        for width in (64, 128, 256):
            convolution = nn.Conv2d(width, 2 * width, 4, 2, 1, bias=False)
            layers += [convolution, nn.BatchNorm2d(2 * width), nn.LeakyReLU(0.2)]
        self.main = nn.Sequential(*layers, nn.Conv2d(512, 1, 4, bias=False), nn.Sigmoid())

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        """(3, 64, 64) -> (1, 1, 1)."""
        result: torch.Tensor = self.main(image)
        return result


class Generator(nn.Module):
    """The DCGAN generator; its modules are in ``main``."""

    def __init__(self) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for arriving, width, stride, padding in (
            (100, 512, 1, 0),
            (512, 256, 2, 1),
            (256, 128, 2, 1),
            (128, 64, 2, 1),
        ):
            convolution = nn.ConvTranspose2d(arriving, width, 4, stride, padding, bias=False)
            layers += [convolution, nn.BatchNorm2d(width), nn.ReLU()]
        self.main = nn.Sequential(*layers, nn.ConvTranspose2d(64, 3, 4, 2, 1, bias=False), nn.Tanh())

    def forward(self, noise: torch.Tensor) -> torch.Tensor:
        """(100, 1, 1) -> (3, 64, 64)."""
        result: torch.Tensor = self.main(noise)
        return result


WIDTHS = (64, 128, 256, 512, 512, 512, 512, 512)


class Level(nn.Module):
    """Level ``depth`` of pix2pix's U-Net with all levels below it."""

    def __init__(self, depth: int = 0) -> None:
        super().__init__()
        first, last = depth == 0, depth == len(WIDTHS) - 1
        outside = 3 if first else WIDTHS[depth - 1]
        down: list[nn.Module] = [] if first else [nn.LeakyReLU(0.2)]
        down.append(nn.Conv2d(outside, WIDTHS[depth], 4, 2, 1, bias=False))
        self.down = nn.Sequential(*down, *([] if first or last else [nn.BatchNorm2d(WIDTHS[depth])]))
        self.below = None if last else Level(depth + 1)
        arriving = WIDTHS[depth] * (1 if last else 2)
        up = nn.ConvTranspose2d(arriving, outside, 4, 2, 1, bias=first)
        self.up = nn.Sequential(nn.ReLU(), up, nn.Tanh() if first else nn.BatchNorm2d(outside))

    def forward(self, arrived: torch.Tensor) -> torch.Tensor:
        """(C, H, W) -> (C, H, W)."""
        low = self.down(arrived)
        low = low if self.below is None else torch.cat((low, self.below(low)), 1)
        result: torch.Tensor = self.up(low)
        return result


def patchgan(n_layers: int) -> nn.Module:
    """A discriminator of patches with ``n_layers`` strided convolutions; 0: pixels alone."""
    kernel, stride, padding = (4, 2, 1) if n_layers else (1, 1, 0)
    layers: list[nn.Module] = [nn.Conv2d(6, 64, kernel, stride, padding), nn.LeakyReLU(0.2)]
    width, strides = 64, [2] * (n_layers - 1) + [1]
    for step in strides:
        wider = min(2 * width, 512)
        convolution = nn.Conv2d(width, wider, kernel, step, padding, bias=False)
        layers += [convolution, nn.BatchNorm2d(wider), nn.LeakyReLU(0.2)]
        width = wider
    return nn.Sequential(*layers, nn.Conv2d(width, 1, kernel, 1, padding, bias=n_layers > 0))


MODULES: "list[tuple[str, dict[str, int], Callable[[], nn.Module]]]" = [
    ("srcnn", {}, lambda: srcnn(1)),
    ("srcnn", {"middle": 5}, lambda: srcnn(5)),
    ("vdsr", {}, Vdsr),
    ("dcgan_discriminator", {}, Discriminator),
    ("dcgan_generator", {}, Generator),
    ("pix2pix_generator", {}, Level),
    ("patchgan", {}, lambda: patchgan(3)),
    ("patchgan", {"n_layers": 0}, lambda: patchgan(0)),
    ("patchgan", {"n_layers": 1}, lambda: patchgan(1)),
    ("patchgan", {"n_layers": 5}, lambda: patchgan(5)),
]


@pytest.mark.parametrize(("name", "settings", "build"), MODULES)
def test_tensors_macs_and_output_are_those_of_the_torch_module(
    name: str, settings: dict[str, int], build: "Callable[[], nn.Module]"
) -> None:
    with torch.device("meta"):
        module = build().eval()
    assert_same(traced(name, **settings), module)


@pytest.mark.parametrize(
    ("name", "build"), [("dcgan_discriminator", Discriminator), ("dcgan_generator", Generator)]
)
def test_names_are_those_of_the_tutorial(name: str, build: type[nn.Module]) -> None:
    assert tensors(traced(name)) == torch_tensors(build())


# The papers' layers counted by hand (SRCNN: 81 x 64 + 64, 64 x 32 + 32, 25 x 32 + 1), and what the public
# implementations print (PyTorch's DCGAN tutorial, junyanz/pytorch-CycleGAN-and-pix2pix).
COUNTS: "list[tuple[str, dict[str, int], int]]" = [
    ("srcnn", {}, 8_129),
    ("srcnn", {"middle": 5}, 57_281),
    ("vdsr", {}, 665_921),
    ("dcgan_generator", {}, 3_576_704),
    ("dcgan_discriminator", {}, 2_765_568),
    ("pix2pix_generator", {}, 54_413_955),
    ("patchgan", {}, 2_768_705),
]


@pytest.mark.parametrize(("name", "settings", "count"), COUNTS)
def test_parameters_are_those_published(name: str, settings: dict[str, int], count: int) -> None:
    assert totals(traced(name, **settings)).params == count


# Size, stride and start of what a number of the output reads; sizes as the papers state them.
FIELDS: "list[tuple[str, dict[str, int], str, tuple[int, int, int]]]" = [
    ("srcnn", {}, "conv3", (13, 1, 0)),
    ("srcnn", {"middle": 5}, "conv3", (17, 1, 0)),
    ("vdsr", {}, "output", (41, 1, -20)),
    ("patchgan", {"n_layers": 0}, "last", (1, 1, 0)),
    ("patchgan", {"n_layers": 1}, "last", (16, 2, -5)),
    ("patchgan", {"n_layers": 2}, "last", (34, 4, -11)),
    ("patchgan", {}, "last", (70, 8, -23)),
]


@pytest.mark.parametrize(("name", "settings", "layer", "field"), FIELDS)
def test_receptive_fields_are_those_published(
    name: str, settings: dict[str, int], layer: str, field: tuple[int, int, int]
) -> None:
    for axis in axes(traced(name, **settings), layer):
        assert measures(axis) == field
        assert axis.exact
        assert not axis.whole
