"""The measured figures, measured again with every tool that is installed; torch always is."""

import sys
from collections.abc import Callable
from importlib import import_module
from typing import cast

import pytest
import torch
from torch import nn

import archcalc
from archcalc import load, trace
from archcalc.bridge.libraries import imported
from tests.counting.measured import CASES, PATCHED_TWICE, PEERS, Case
from tests.counting.peers import INSTALLED, TOOLS, functions_kept, measured
from tests.counting.test_conventions import counted
from tests.zoo.torchvision_models import build


class SelfAttention(nn.Module):
    """Attention of a sequence to itself."""

    def __init__(self) -> None:
        super().__init__()
        self.attention = nn.MultiheadAttention(64, 4, batch_first=True)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(N, T, E) -> (N, T, E)."""
        return cast("torch.Tensor", self.attention(x, x, x, need_weights=False)[0])


MODULES: dict[str, Callable[[], tuple[nn.Module, tuple[int, ...]]]] = {
    "Conv2d 3->8 k3 p1 on 8x8, bias": lambda: (nn.Conv2d(3, 8, 3, padding=1), (3, 8, 8)),
    "ConvTranspose2d 3->1 k2 s2 on 2x2": lambda: (
        nn.ConvTranspose2d(3, 1, 2, stride=2, bias=False),
        (3, 2, 2),
    ),
    "ConvTranspose2d 4->4 k3 s2 groups 4 on 8x8": lambda: (
        nn.ConvTranspose2d(4, 4, 3, stride=2, padding=1, output_padding=1, groups=4, bias=False),
        (4, 8, 8),
    ),
    "Linear 16->32 on (10, 16)": lambda: (nn.Linear(16, 32, bias=False), (10, 16)),
    "MultiheadAttention d64 h4 T10": lambda: (SelfAttention(), (10, 64)),
    "LSTM 10->20 T5": lambda: (nn.LSTM(10, 20, batch_first=True), (5, 10)),
    "the same, bidirectional": lambda: (
        nn.LSTM(10, 20, batch_first=True, bidirectional=True),
        (5, 10),
    ),
    "BatchNorm2d 8 on 8x8": lambda: (nn.BatchNorm2d(8), (8, 8, 8)),
    "TransformerEncoderLayer d64 ff128 T10": lambda: (
        nn.TransformerEncoderLayer(64, 4, 128, batch_first=True),
        (10, 64),
    ),
}
"""The small layers as torch's modules, and what they read."""


SMALL = [case for case in CASES if case.name in MODULES]


def small(name: str) -> tuple[nn.Module, torch.Tensor]:
    """A small case as a module, and a sample."""
    module, shape = MODULES[name]()
    return module, torch.zeros(1, *shape)


@pytest.mark.parametrize("peer", INSTALLED)
@pytest.mark.parametrize("case", SMALL, ids=lambda case: case.name)
def test_figures_are_measured_again(case: Case, peer: str) -> None:
    figure = case.measured[PEERS.index(peer)]
    if isinstance(figure, int):
        times = 2 if (case.name, peer) in PATCHED_TWICE else 1
        assert times * measured(peer, *small(case.name)) == figure


@pytest.mark.parametrize(("name", "peer"), PATCHED_TWICE)
def test_a_figure_counts_twice_behind_a_call_that_failed(name: str, peer: str) -> None:
    """Calflops fails where nothing has a parameter, and leaves torch's functions patched."""
    if peer not in INSTALLED:
        pytest.skip(f"{peer} is not installed")
    figure = next(case for case in CASES if case.name == name).measured[PEERS.index(peer)]
    module, x = small(name)
    with functions_kept():
        once = TOOLS[peer][1](module, x)
        measure = vars(sys.modules[peer])["calculate_flops"]
        with pytest.raises(StopIteration):
            measure(nn.ReLU(), args=[x], print_results=False)
        assert (2 * once, TOOLS[peer][1](module, x)) == (figure, figure)


def test_a_network_that_was_read_counts_as_measured() -> None:
    name, size = "resnet18", 64
    network = trace(load(f"torchvision.models:{name}", inputs={"x": (3, size, size)}))
    make = cast("Callable[[], nn.Module]", vars(imported("torchvision.models"))[name])
    found = {peer: measured(peer, make(), torch.zeros(1, 3, size, size)) for peer in INSTALLED}
    assert {peer: float(counted(network, peer)) for peer in INSTALLED} == found


def test_every_small_case_has_its_module() -> None:
    assert {case.name for case in CASES if case.layer.startswith(("{", "BatchNorm"))} == set(MODULES)
    assert set(TOOLS) <= set(PEERS) - {"hand"}


@pytest.mark.skipif("torchinfo" not in INSTALLED, reason="torchinfo is not installed")
@pytest.mark.parametrize("name", ["resnet18", "vgg16", "vit_b_16"])
def test_lines_below_a_summary_beside_those_of_torchinfo(name: str) -> None:
    """The same parameters, and what is said of its other lines is what it prints."""
    image = torch.empty(2, 3, 224, 224, device="meta")
    printed = import_module("torchinfo").summary(build(name), input_data=image, device="meta", verbose=0)
    found = archcalc.summary(name, batch=2)
    assert (found.params.params, found.params.trainable) == (printed.total_params, printed.trainable_params)
    assert found.by_torchinfo == (
        printed.total_mult_adds,
        printed.total_output_bytes,
        printed.total_param_bytes,
    )
