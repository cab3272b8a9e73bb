"""Which positions of an input anything reads: against what torch's gradients show, and where it is stated."""

from itertools import product

import pytest
import torch
from torch import nn

from archcalc.analyses.demand import Demand, Unread
from archcalc.loading import loads
from archcalc.tracing import trace

WINDOWS = [
    (kernel, stride, padding, dilation, n)
    for kernel, stride, padding, dilation, n in product((1, 2, 3), (1, 2, 3), (0, 1), (1, 2, 4), (5, 7, 9))
    if n + 2 * padding > dilation * (kernel - 1) and padding <= dilation * (kernel - 1)
]


def unread(text: str, axis: int) -> Unread:
    network = trace(loads(text))
    port = next(layer.inputs[0] for layer in network.layers if layer.inputs[0].layer == "x")
    return Demand(network).of(port, axis)


def test_every_window_reads_the_positions_that_have_a_gradient() -> None:
    for kernel, stride, padding, dilation, n in WINDOWS:
        keys = f"kernel_size: {kernel}, stride: {stride}, padding: {padding}, dilation: {dilation}"
        found = unread(f"inputs: {{x: [1, {n}]}}\nlayers: [{{type: Conv1d, out_channels: 1, {keys}}}]\n", 1)
        layer = nn.Conv1d(1, 1, kernel, stride, padding, dilation, dtype=torch.float64)
        nn.init.ones_(layer.weight)
        x = torch.zeros(1, 1, n, dtype=torch.float64, requires_grad=True)
        layer(x).sum().backward()  # pyright: ignore[reportUnknownMemberType]  torch leaves it open
        assert x.grad is not None
        read = [at for at, number in enumerate(x.grad[0, 0]) if float(number)]
        assert (found.last, found.read, found.length) == (read[-1], len(read), n), keys


@pytest.mark.parametrize(
    ("layers", "read"),
    [
        ("{type: Conv1d, out_channels: 1, kernel_size: 3}, {type: Slice, dim: 1, stop: 2}", 8),
        ("{type: Conv1d, out_channels: 1, kernel_size: 2, stride: 2}, {type: Slice, dim: 1, stop: 2}", 8),
        ("ReLU, {type: Slice, dim: 1, stop: 2}", 2),
        ("{type: Slice, dim: 1, start: 6}", 2),
    ],
)
def test_a_reader_with_windows_counts_with_all_of_them(layers: str, read: int) -> None:
    assert unread(f"inputs: {{x: [1, 8]}}\nlayers: [{layers}]\n", 1).read == read
