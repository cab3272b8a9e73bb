"""Causal convolutions over time: WaveNet's stacks, against a torch module written out."""

import pytest
import torch
from torch import nn

from tests.zoo.comparison import assert_same, axes, traced

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
    assert (axis.size, axis.stride, axis.start) == (size, 1, 1 - size)
    assert axis.exact
