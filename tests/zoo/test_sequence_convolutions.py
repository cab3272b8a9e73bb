"""Causal convolutions over time: WaveNet's stacks and the TCN, against torch modules written out."""

import pytest
import torch
from torch import nn
from torch.nn.utils.parametrizations import weight_norm

from tests.zoo.comparison import assert_same, axes, measures, traced

SIZE = 64
"""Steps of the sequence here: fewer than the fields, which is no difference to shapes and counts."""


class Gated(nn.Module):
    """One layer of WaveNet; the last one gives its skip alone."""

    def __init__(self, dilation: int, *, last: bool) -> None:
        super().__init__()
        self.pad = nn.ZeroPad1d((dilation, 0))
        self.filter = nn.Conv1d(32, 32, 2, dilation=dilation)
        self.gate = nn.Conv1d(32, 32, 2, dilation=dilation)
        self.skip = nn.Conv1d(32, 256, 1)
        self.residual = None if last else nn.Conv1d(32, 32, 1)

    def forward(self, arriving: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """(32, L) -> (32, L), (256, L)."""
        padded = self.pad(arriving)
        gated = self.filter(padded).tanh() * self.gate(padded).sigmoid()
        left = arriving if self.residual is None else self.residual(gated) + arriving
        return left, self.skip(gated)


class WaveNet(nn.Module):
    """Ten layers a stack, and two 1x1 on the sum of all skips."""

    def __init__(self, stacks: int) -> None:
        super().__init__()
        self.entry = nn.Conv1d(256, 32, 1)
        count = 10 * stacks
        self.layers = nn.ModuleList(Gated(2 ** (at % 10), last=at == count - 1) for at in range(count))
        self.head = nn.Sequential(nn.ReLU(), nn.Conv1d(256, 256, 1), nn.ReLU(), nn.Conv1d(256, 256, 1))

    def forward(self, samples: torch.Tensor) -> torch.Tensor:
        """(256, L) -> (256, L)."""
        here, total = self.entry(samples), torch.zeros(())
        for layer in self.layers:
            here, skip = layer(here)
            total = total + skip
        result: torch.Tensor = self.head(total)
        return result


@pytest.mark.parametrize("stacks", [1, 3])
def test_wavenet_is_the_torch_module(stacks: int) -> None:
    with torch.device("meta"):
        module = WaveNet(stacks)
    assert_same(traced("wavenet", stacks=stacks, size=SIZE), module)


@pytest.mark.parametrize(("stacks", "size"), [(1, 1024), (2, 2047), (3, 3070)])
def test_wavenet_sees_1023_samples_more_with_every_stack(stacks: int, size: int) -> None:
    """The present sample is the last one read: 1 + 1023 per stack, not the often quoted 1024 per stack."""
    (axis,) = axes(traced("wavenet", stacks=stacks), "conv2")
    assert measures(axis) == (size, 1, 1 - size)
    assert axis.exact


class Level(nn.Module):
    """Two causal convolutions of the TCN and the input around them."""

    def __init__(self, arriving: int, width: int, kernel: int, dilation: int) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for channels in (arriving, width):
            convolution = weight_norm(nn.Conv1d(channels, width, kernel, dilation=dilation))
            layers += [nn.ZeroPad1d((dilation * (kernel - 1), 0)), convolution, nn.ReLU(), nn.Dropout(0.05)]
        self.body = nn.Sequential(*layers)
        self.downsample = nn.Identity() if arriving == width else nn.Conv1d(arriving, width, 1)

    def forward(self, arrived: torch.Tensor) -> torch.Tensor:
        """(C_in, L) -> (C, L)."""
        result: torch.Tensor = (self.body(arrived) + self.downsample(arrived)).relu()
        return result


class Tcn(nn.Module):
    """Levels whose dilation doubles, and a linear map of the last step."""

    def __init__(self, levels: int, kernel: int) -> None:
        super().__init__()
        made = (Level(25 if at else 1, 25, kernel, 2**at) for at in range(levels))
        self.levels = nn.Sequential(*made)
        self.head = nn.Linear(25, 10)

    def forward(self, sequence: torch.Tensor) -> torch.Tensor:
        """(1, L) -> (10)."""
        result: torch.Tensor = self.head(self.levels(sequence)[..., -1])
        return result


@pytest.mark.parametrize(("levels", "kernel"), [(8, 7), (4, 2)])
def test_tcn_is_the_torch_module(levels: int, kernel: int) -> None:
    with torch.device("meta"):
        module = Tcn(levels, kernel).eval()
    assert_same(traced("tcn", levels=levels, kernel_size=kernel), module)


@pytest.mark.parametrize(("levels", "kernel", "size"), [(4, 2, 31), (4, 3, 61), (8, 3, 1021), (8, 7, 3061)])
def test_tcn_sees_twice_the_taps_of_every_level(levels: int, kernel: int, size: int) -> None:
    """Two convolutions a level: 1 + 2 (k - 1) (2^levels - 1)."""
    network = traced("tcn", levels=levels, kernel_size=kernel, size=4096)
    (axis,) = axes(network, f"level.{levels - 1}.relu")
    assert measures(axis) == (size, 1, 1 - size)
    assert axis.exact
    (last,) = axes(network, "last")
    assert last.spans is not None
    assert last.spans.at(0) == (4096 - size, 4095)
