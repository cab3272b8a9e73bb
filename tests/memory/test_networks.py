"""Whole networks against figures of torch 2.13, and against torch itself, to the byte."""

import csv
from functools import cache
from pathlib import Path

import pytest
import torch

from archcalc.bridge.network import TorchNetwork
from archcalc.bridge.samples import samples
from archcalc.errors import Fault
from archcalc.footprint.layout import joined_strides
from archcalc.footprint.liveness import inference_peak
from archcalc.footprint.saved import saved_activations
from archcalc.footprint.scopes import scopes_named
from archcalc.footprint.storages import Setting
from archcalc.loading import load, loads
from archcalc.tracing import Trace, trace
from tests.memory.kept import shipped

HERE = Path(__file__).parent
ROWS = list(csv.DictReader((HERE / "networks.csv").open(encoding="utf-8")))
"""Bytes that autograd kept, and the peak by liveness, measured with torch's modules on a CPU."""


@cache
def traced(name: str) -> Trace:
    own = HERE / f"{name}.yaml"
    return trace(load(own if own.exists() else shipped(name)))


@pytest.mark.parametrize("name", sorted({row["network"] for row in ROWS}))
def test_figures_of_networks(name: str) -> None:
    network = traced(name)
    for row in (row for row in ROWS if row["network"] == name):
        setting = Setting(int(row["batch"]), row["dtype"] or None, training=row["figure"] == "saved")
        if row["figure"] == "saved":
            report = saved_activations(network, setting, scopes_named(network, row["checkpoints"].split()))
            assert (report.bytes, report.unknown) == (int(row["bytes"]), ()), row
            assert sum(report.by_layer.values()) == report.bytes
        else:
            peak = inference_peak(network, setting)
            assert peak.bytes == int(row["bytes"]), row
            assert sum(each.bytes for each in peak.alive) == peak.bytes
            assert peak.layer == (row["layer"] or peak.layer)


VIEWS = """
inputs: {x: [6, 4, 5]}
layers:
  - {type: Conv2d, name: conv, out_channels: 8, kernel_size: 3, padding: same}
  - {type: ReLU, name: act, inplace: true}
  - {type: Permute, name: last, dims: [1, 2, 0]}
  - {type: LayerNorm, name: norm}
  - {type: Linear, name: up, out_features: 12}
  - GELU
  - {type: Permute, name: first, dims: [2, 0, 1]}
  - {type: Conv2d, name: mix, out_channels: 8, kernel_size: 1}
  - {type: Add, name: sum, from: [mix, act]}
  - {type: Reshape, name: heads, shape: [4, 2, 20]}
  - {type: Transpose, name: turned, dim0: 1, dim1: 2}
  - {type: MatMul, name: scores, from: [turned, heads]}
  - {type: Softmax, name: weights, dim: -1}
  - {type: MatMul, name: mixed, from: [heads, weights]}
  - {type: Permute, name: back, dims: [2, 0, 1]}
  - {type: Flatten, name: flat, start_dim: 2}
  - {type: Linear, name: out, out_features: 3}
  - {type: Chunk, name: cut, chunks: 3, dim: 0}
  - {type: Multiply, name: product, from: [cut.0, cut.1]}
"""


TURNED = """
inputs: {x: [6, 4, 5]}
layers:
  - {type: Permute, name: last, dims: [1, 2, 0]}
  - {type: Linear, name: first, out_features: 7}
  - {type: Transpose, name: turned, dim0: 0, dim1: 1}
  - {type: SiLU, name: act}
  - {type: Linear, name: second, out_features: 5}
  - {type: Slice, name: part, dim: 1, stop: 2}
  - {type: Linear, name: third, out_features: 5}
  - {type: Dropout, name: drop, p: 0.3}
  - {type: Unsqueeze, name: more, dim: 0}
  - {type: Expand, name: wide, size: [3, -1, -1, -1]}
  - {type: Multiply, name: gated, from: [wide, wide]}
  - {type: Flatten, name: flat}
"""


@pytest.mark.parametrize("spec", [VIEWS, TURNED], ids=["views", "turned"])
@pytest.mark.parametrize("batch", [1, 2])
def test_views_and_copies_as_torch_has_them(spec: str, batch: int) -> None:
    network = trace(loads(spec))
    module = TorchNetwork(network).train()
    numbers = [each.detach() for each in samples(network, batch)]
    held: dict[int, int] = {}
    own = {each.untyped_storage().data_ptr() for each in (*module.parameters(), *module.buffers())}
    keep: list[torch.Tensor] = []

    def pack(tensor: torch.Tensor) -> torch.Tensor:
        keep.append(tensor)
        held[tensor.untyped_storage().data_ptr()] = tensor.untyped_storage().nbytes()
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        outputs = module(*numbers)
    assert outputs
    found = sum(size for at, size in held.items() if at not in own)
    assert saved_activations(network, Setting(batch, training=True)).bytes == found


@pytest.mark.parametrize("seed", range(60))
def test_strides_of_views(seed: int) -> None:
    """Of random permutations and slices, joined_strides at random, as torch's view has it or refuses it."""
    draw = torch.Generator().manual_seed(seed)

    def one(low: int, high: int) -> int:
        return int(torch.randint(low, high, (1,), generator=draw))

    tensor = torch.zeros([one(1, 4) for _ in range(one(2, 5))])
    order = torch.randperm(tensor.dim(), generator=draw)
    tensor = tensor.permute([int(axis) for axis in order])
    tensor = tensor[one(0, 2) :] if tensor.shape[0] > 1 else tensor
    sizes: list[int] = []
    left = tensor.numel()
    while left > 1 or not sizes:
        divisors = [n for n in range(1, left + 1) if left % n == 0]
        sizes.append(divisors[one(0, len(divisors))])
        left //= sizes[-1]
    mine = joined_strides(tuple(tensor.shape), tensor.stride(), tuple(sizes))
    try:
        theirs = tensor.view(sizes).stride()
    except RuntimeError:
        assert mine is None
        return
    assert mine is not None
    assert [s for n, s in zip(sizes, mine, strict=True) if n > 1] == [
        s for n, s in zip(sizes, theirs, strict=True) if n > 1
    ]


def test_a_scope_that_is_not_there() -> None:
    with pytest.raises(Fault, match="'layer9' names no scope"):
        scopes_named(traced("resnet18"), ["layer9"])
    assert scopes_named(traced("resnet18"), ["layer1", "layer1.0"]) == ("layer1",)
