"""The small ResNets of CIFAR-10, with both shortcuts, against a torch module and the paper's table 6."""

import pytest
import torch
from torch import Tensor, nn

from tests.zoo.comparison import axes, half_flops, output_shape, tensors, torch_tensors, totals, traced


class Block(nn.Module):
    """Two 3x3; option A: every second position around them and zeros for the new channels."""

    def __init__(self, arriving: int, width: int, stride: int, option: str) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(arriving, width, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.stride, self.more = stride, width - arriving
        self.downsample: nn.Sequential | None = None
        if stride != 1 and option == "B":
            convolution = nn.Conv2d(arriving, width, 1, stride, bias=False)
            self.downsample = nn.Sequential(convolution, nn.BatchNorm2d(width))

    def forward(self, arrived: Tensor) -> Tensor:
        """(C_in, H, W) -> (C_out, H / stride, W / stride)."""
        around = arrived[:, :, :: self.stride, :: self.stride]
        around = nn.functional.pad(around, (0, 0, 0, 0, self.more // 2, self.more // 2))
        if self.downsample is not None:
            around = self.downsample(arrived)
        body: Tensor = self.bn2(self.conv2(self.bn1(self.conv1(arrived)).relu()))
        return (body + around).relu()


class ResNet(nn.Sequential):
    """6 n + 2 weighted layers."""

    def __init__(self, blocks: int, option: str) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 16, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(16)
        self.relu = nn.ReLU()
        for stage, (arriving, width) in enumerate(((16, 16), (16, 32), (32, 64)), start=1):
            first = Block(arriving, width, 1 if stage == 1 else 2, option)
            rest = (Block(width, width, 1, option) for _ in range(blocks - 1))
            self.add_module(f"layer{stage}", nn.Sequential(first, *rest))
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.flatten = nn.Flatten()
        self.fc = nn.Linear(64, 10)


@pytest.mark.parametrize("option", ["A", "B"])
@pytest.mark.parametrize("blocks", [3, 5])
def test_tensors_macs_and_output_are_those_of_the_torch_module(blocks: int, option: str) -> None:
    network = traced("resnet20_cifar", blocks=blocks, option=option)
    with torch.device("meta"):
        module = ResNet(blocks, option).eval()
    assert tensors(network) == torch_tensors(module)
    assert totals(network).macs == half_flops(module, (3, 32, 32))
    assert network.outputs[0].tensor.shape == output_shape(module, (3, 32, 32))
    assert not network.findings


@pytest.mark.parametrize(("option", "count"), [("A", 269_722), ("B", 272_474)])
def test_parameters_are_those_published(option: str, count: int) -> None:
    assert totals(traced("resnet20_cifar", option=option)).params == count


@pytest.mark.parametrize(
    ("blocks", "millions"), [(3, "0.27"), (5, "0.46"), (7, "0.66"), (9, "0.85"), (18, "1.7")]
)
def test_parameters_are_those_of_table_6(blocks: int, millions: str) -> None:
    count = totals(traced("resnet20_cifar", blocks=blocks)).params
    assert f"{count / 1e6:.{len(millions) - 2}f}" == millions


@pytest.mark.parametrize("option", ["A", "B"])
def test_receptive_field_is_that_of_the_convolutions(option: str) -> None:
    # 1 + 2 (1 + 6 at stride 1), then 2 + 5 x 4 at stride 2, 4 + 5 x 8 at stride 4.
    for axis in axes(traced("resnet20_cifar", option=option), "layer3.2.relu2"):
        assert axis.size == 15 + 22 + 44
        assert axis.stride == 4
