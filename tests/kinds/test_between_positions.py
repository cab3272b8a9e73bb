"""Layers that read between positions, where whole positions or the middle of two are meant."""

import pytest
import torch
from torch import Tensor, nn
from torch.nn.functional import adaptive_avg_pool2d, conv2d

from archcalc.bridge.modules.between_positions import aligned, deformable, moved_taps


def moved(layer: nn.Module, image: Tensor, taps: int, move: "tuple[Tensor, Tensor]") -> Tensor:
    """The layer with the same moves of its taps, down and to the right, at all of its positions."""
    offset = torch.stack(move, 1).reshape(1, 2 * taps, 1, 1).double()
    sizes = image.shape[2] - 2, image.shape[3] - 2
    return moved_taps(layer, image, offset.expand(len(image), -1, *sizes).contiguous())


@pytest.fixture
def image() -> Tensor:
    torch.manual_seed(0)  # pyright: ignore[reportUnknownMemberType]  # torch leaves the seed untyped
    return torch.randn(2, 4, 9, 8, dtype=torch.float64)


def convolution(groups: int = 1) -> nn.Module:
    """A layer of 3 x 3 taps on 4 channels."""
    return deformable(in_channels=4, out_channels=6, kernel_size=3, groups=groups).double()


@pytest.mark.parametrize("groups", [1, 2])
def test_unmoved_taps_are_those_of_a_convolution(image: Tensor, groups: int) -> None:
    layer, zero = convolution(groups), torch.zeros(9)
    weight, bias = layer.get_parameter("weight"), layer.get_parameter("bias")
    found = moved(layer, image, 9, (zero, zero))
    torch.testing.assert_close(found, conv2d(image, weight, bias, groups=groups))


def test_moves_away_from_the_middle_are_a_dilation(image: Tensor) -> None:
    """Tap (i, j) moved by (i - 1, j - 1) stands where a dilation of 2 has it, beyond the map too."""
    layer = convolution()
    rows, columns = torch.meshgrid(torch.arange(3) - 1, torch.arange(3) - 1, indexing="ij")
    found = moved(layer, image, 9, (rows.flatten(), columns.flatten()))
    weight, bias = layer.get_parameter("weight"), layer.get_parameter("bias")
    torch.testing.assert_close(found, conv2d(image, weight, bias, padding=1, dilation=2))


def test_half_a_position_is_the_mean_of_two(image: Tensor) -> None:
    layer, zero = convolution(), torch.zeros(9)
    shifted = torch.cat((image[:, :, 1:], torch.zeros_like(image[:, :, :1])), 2)
    found = moved(layer, image, 9, (zero + 0.5, zero))
    torch.testing.assert_close(found, moved(layer, (image + shifted) / 2, 9, (zero, zero)))


def test_a_mask_weighs_the_taps(image: Tensor) -> None:
    """With one tap alone a convolution is that tap's map of single positions."""
    layer = convolution()
    mask = torch.zeros(2, 9, 7, 6, dtype=torch.float64)
    mask[:, 5] = 2.0
    found = layer(image, torch.zeros(2, 18, 7, 6, dtype=torch.float64), mask)
    weight, bias = layer.get_parameter("weight"), layer.get_parameter("bias")
    torch.testing.assert_close(found, conv2d(image[:, :, 1:8, 2:], 2 * weight[:, :, 1:2, 2:], bias))


@pytest.mark.parametrize("numbers", [4, 5])
def test_a_box_of_whole_positions_is_pooled(image: Tensor, numbers: int) -> None:
    """A bin with a point in the middle of each position is a mean, of the map of its own sample."""
    layer = aligned((2, 3), 0.5, 2, aligned=True)
    boxes = torch.tensor([[[2.0, 4.0, 14.0, 12.0]], [[0.0, 0.0, 12.0, 8.0]]], dtype=torch.float64)
    given = torch.cat((torch.full((2, 1, numbers - 4), 7.0, dtype=torch.float64), boxes), -1)
    found = layer(image, given)
    assert found.shape == (2, 1, 4, 2, 3)
    for each, (left, top, right, bottom) in enumerate(((1, 2, 7, 6), (0, 0, 6, 4))):
        part = image[each : each + 1, :, top:bottom, left:right]
        torch.testing.assert_close(found[each], adaptive_avg_pool2d(part, (2, 3)))
