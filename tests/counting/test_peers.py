"""The measured figures, measured again with every tool that is installed; torch always is."""

from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from typing import cast

import pytest
import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

import archcalc
from tests.counting.measured import CASES, PEERS, Case
from tests.zoo.torchvision_models import build

Counted = Callable[[nn.Module, torch.Tensor], float]


class SelfAttention(nn.Module):
    """Attention of a sequence to itself."""

    def __init__(self) -> None:
        super().__init__()
        self.attention = nn.MultiheadAttention(64, 4, batch_first=True)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(N, T, E) -> (N, T, E)."""
        return cast("torch.Tensor", self.attention(x, x, x)[0])


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


def _torchinfo(module: nn.Module, x: torch.Tensor) -> float:
    summary = import_module("torchinfo").summary
    return float(summary(module, input_data=x, verbose=0).total_mult_adds)


def _thop(module: nn.Module, x: torch.Tensor) -> float:
    return float(import_module("thop").profile(module, inputs=(x,), verbose=False)[0])


def _ptflops(backend: str) -> Counted:
    def counted(module: nn.Module, x: torch.Tensor) -> float:
        measure = import_module("ptflops").get_model_complexity_info
        found = measure(
            module, tuple(x.shape[1:]), as_strings=False, print_per_layer_stat=False, backend=backend
        )
        return float(found[0])

    return counted


def _fvcore(module: nn.Module, x: torch.Tensor) -> float:
    analysis = import_module("fvcore.nn").FlopCountAnalysis(module, x)
    return float(analysis.unsupported_ops_warnings(enabled=False).total())


def _calflops(module: nn.Module, x: torch.Tensor) -> float:
    measure = import_module("calflops").calculate_flops
    return float(measure(module, args=[x], print_results=False, output_as_string=False)[1])


def _torch(*, gradients: bool) -> Counted:
    def counted(module: nn.Module, x: torch.Tensor) -> float:
        # In training, where dropout keeps attention from a fused operator that torch does not count on a CPU.
        with torch.set_grad_enabled(gradients), FlopCounterMode(display=False) as counter:
            module.train(gradients)(x)
        return float(counter.get_total_flops()) / 2

    return counted


TOOLS: dict[str, tuple[str, Counted]] = {
    "torchinfo": ("torchinfo", _torchinfo),
    "thop": ("thop", _thop),
    "ptflops": ("ptflops", _ptflops("pytorch")),
    "ptflops-aten": ("ptflops", _ptflops("aten")),
    "fvcore": ("fvcore", _fvcore),
    "calflops": ("calflops", _calflops),
    "torch": ("torch", _torch(gradients=True)),
    "torch-no-grad": ("torch", _torch(gradients=False)),
}
INSTALLED = [name for name, (package, _) in TOOLS.items() if find_spec(package) is not None]
SMALL = [case for case in CASES if case.name in MODULES]


@pytest.mark.parametrize("peer", INSTALLED)
@pytest.mark.parametrize("case", SMALL, ids=lambda case: case.name)
def test_figures_are_measured_again(case: Case, peer: str) -> None:
    figure = case.measured[PEERS.index(peer)]
    if figure is None:
        return
    module, shape = MODULES[case.name]()
    assert TOOLS[peer][1](module.eval(), torch.zeros(1, *shape)) == figure


def test_every_small_case_has_its_module() -> None:
    assert {case.name for case in CASES if case.layer.startswith(("{", "BatchNorm"))} == set(MODULES)
    assert set(TOOLS) == set(PEERS) - {"hand"}


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
