"""Rules about normalisation beyond their examples, and the numbers that they state against torch."""

import pytest
import torch
from torch import nn

from archcalc.rules.engine.checking import check_text
from tests.rules.found import found, subjects

CONV = "  - {type: Conv2d, out_channels: 4, kernel_size: 3}\n"
IMAGE = "inputs: {x: [4, 6, 6]}\nlayers:\n"
LINE = "inputs: {x: [4, 9]}\nlayers:\n"
SINGLE = "\ntraining: {batch_size: 1}"
GRAPH = "inputs: {x: [50, 16], edge_index: {shape: [2, 90], dtype: int64}}\nlayers:\n"
VECTOR = "inputs: {x: [8]}\nlayers:\n"

# code, spec, the layers or paths with a finding
CASES: dict[str, tuple[str, str, list[str]]] = {
    "order in one dimension": (
        "AC302",
        LINE
        + "  - {type: Conv1d, out_channels: 4, kernel_size: 3}\n  - GELU\n  - {type: BatchNorm1d, name: n}",
        ["n"],
    ),
    "order with an activation of the input": ("AC302", IMAGE + "  - ReLU\n  - BatchNorm2d", []),
    "order with a pool between": (
        "AC302",
        IMAGE + CONV + "  - ReLU\n  - {type: MaxPool2d, kernel_size: 2}\n  - BatchNorm2d",
        [],
    ),
    "order of layer norm": (
        "AC302",
        VECTOR + "  - {type: Linear, out_features: 4}\n  - ReLU\n  - LayerNorm",
        [],
    ),
    "one sample, some values": (
        "AC303",
        IMAGE + "  - BatchNorm2d" + SINGLE,
        ["training.batch_size"],
    ),
    "one sample, one value is for AC304": (
        "AC303",
        VECTOR + "  - BatchNorm1d" + SINGLE,
        [],
    ),
    "no batch size": ("AC303", IMAGE + "  - BatchNorm2d\ntraining: {samples: 10}", []),
    "instance norm": ("AC303", IMAGE + "  - InstanceNorm2d" + SINGLE, []),
    "frozen scope": (
        "AC303",
        IMAGE + "  - {type: Sequential, frozen: true, layers: [BatchNorm2d]}" + SINGLE,
        [],
    ),
    "nodes of a graph": (
        "AC303",
        GRAPH + "  - {type: GCNConv, from: [x, edge_index], out_channels: 16}\n  - BatchNorm1d" + SINGLE,
        [],
    ),
    "frozen without statistics": (
        "AC304",
        VECTOR + "  - {type: BatchNorm1d, name: n, frozen: true, track_running_stats: false}" + SINGLE,
        ["n"],
    ),
    "two positions": ("AC304", "inputs: {x: [4, 2]}\nlayers: [BatchNorm1d]" + SINGLE, []),
    "volume of one position": (
        "AC304",
        "inputs: {x: [4, 1, 1, 1]}\nlayers: [{type: BatchNorm3d, name: n}]" + SINGLE,
        ["n"],
    ),
    "dropout, flattened": (
        "AC307",
        IMAGE + "  - {type: Dropout2d, name: d}\n  - Flatten\n  - BatchNorm1d",
        ["d"],
    ),
    "dropout of everything": ("AC307", VECTOR + "  - {type: Dropout, p: 1.0}\n  - BatchNorm1d", []),
    "dropout and batch statistics at inference": (
        "AC307",
        VECTOR + "  - Dropout\n  - {type: BatchNorm1d, track_running_stats: false}",
        [],
    ),
    "dropout before a frozen one": (
        "AC307",
        VECTOR + "  - Dropout\n  - {type: BatchNorm1d, frozen: true}",
        [],
    ),
    "dropout before a sigmoid": ("AC307", VECTOR + "  - Dropout\n  - Sigmoid\n  - BatchNorm1d", []),
    "dropout before a sum": (
        "AC307",
        VECTOR + "  - {type: Residual, body: [Dropout]}\n  - BatchNorm1d",
        [],
    ),
}


@pytest.mark.parametrize(("code", "text", "expected"), CASES.values(), ids=CASES)
def test_norms(code: str, text: str, expected: list[str]) -> None:
    assert subjects(code, text) == expected


def test_a_repeat_is_one_finding() -> None:
    text = IMAGE + "  - type: Sequential\n    name: s\n    repeat: 3\n    layers: [Dropout, BatchNorm2d]"
    (finding,) = check_text(text, "a.yaml", frozenset({"AC307"})).findings
    assert (finding.place.line, finding.place.column, finding.also) == (6, 14, 2)


@pytest.mark.parametrize("shape", [(8,), (8, 1), (8, 1, 1)])
def test_torch_refuses_what_is_an_error(shape: tuple[int, ...]) -> None:
    kind = f"BatchNorm{max(len(shape) - 1, 1)}d"
    text = f"inputs: {{x: {list(shape)}}}\nlayers: [{kind}]\ntraining: {{batch_size: 1}}"
    assert len(found("AC304", text)) == 1
    norm: nn.Module = getattr(nn, kind)(8)
    with pytest.raises(ValueError, match="more than 1 value per channel"):
        norm(torch.randn(1, *shape))
    norm(torch.randn(2, *shape))


@pytest.mark.parametrize("p", [0.2, 0.5, 0.8])
def test_the_variance_shift_is_as_stated(p: float) -> None:
    text = VECTOR + f"  - {{type: Dropout, p: {p}}}\n  - ReLU\n  - BatchNorm1d"
    ((_, message),) = found("AC307", text)
    stated = float(message.split(" sees ")[1].split(" times")[0])
    torch.manual_seed(0)  # pyright: ignore[reportUnknownMemberType]  # torch leaves its argument untyped
    dropout = nn.Sequential(nn.Dropout(p), nn.ReLU())
    numbers = torch.randn(1_000_000)
    with torch.no_grad():
        trained = float(dropout.train()(numbers).var())
        used = float(dropout.eval()(numbers).var())
    assert trained / used >= stated * 0.99
    plain = nn.Dropout(p)(numbers).var() / numbers.var()
    assert float(plain) == pytest.approx(stated, rel=0.02)


NORMS = {
    "{type: BatchNorm2d, affine: false}": (nn.BatchNorm2d(4, affine=False), True),
    "BatchNorm2d": (nn.BatchNorm2d(4), True),
    "InstanceNorm2d": (nn.InstanceNorm2d(4), True),
    "{type: InstanceNorm2d, affine: true}": (nn.InstanceNorm2d(4, affine=True), True),
    "{type: GroupNorm, num_groups: 4}": (nn.GroupNorm(4, 4), True),
    "{type: GroupNorm, num_groups: 2}": (nn.GroupNorm(2, 4), False),
}


@pytest.mark.parametrize("norm", NORMS)
@pytest.mark.parametrize("pool", ["", "MaxPool2d", "AdaptiveAvgPool2d", "AvgPool2d"])
def test_a_bias_without_effect_has_no_gradient(norm: str, pool: str) -> None:
    module, useless = NORMS[norm]
    pools: dict[str, tuple[str, nn.Module]] = {
        "": ("", nn.Identity()),
        "MaxPool2d": ("kernel_size: 3, padding: 1, stride: 1", nn.MaxPool2d(3, 1, 1)),
        "AdaptiveAvgPool2d": ("output_size: 3", nn.AdaptiveAvgPool2d(3)),
        "AvgPool2d": ("kernel_size: 3, padding: 1, stride: 1", nn.AvgPool2d(3, 1, 1)),
    }
    keys, between = pools[pool]
    entry = f"  - {{type: {pool}, {keys}}}\n" if pool else ""
    text = IMAGE + CONV + entry + f"  - {norm}\n"
    assert bool(found("AC301", text)) == (
        useless and pool != "AvgPool2d"
    )  # its padding is not moved by a bias
    torch.manual_seed(0)  # pyright: ignore[reportUnknownMemberType]  # torch leaves its argument untyped
    convolution = nn.Conv2d(4, 4, 3, dtype=torch.float64)
    output = module.double()(between(convolution(torch.randn(3, 4, 6, 6, dtype=torch.float64))))
    (output * torch.randn_like(output)).sum().backward()
    assert convolution.bias is not None
    gradient = convolution.bias.grad
    assert gradient is not None
    assert (gradient.abs().max() < 1e-12) == (useless and pool != "AvgPool2d")
