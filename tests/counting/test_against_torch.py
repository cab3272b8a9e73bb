"""Conventions and the backward pass against torch's own counter, on the modules of specs."""

from fractions import Fraction
from typing import TYPE_CHECKING, cast

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from archcalc import loads, trace
from archcalc.analyses.parameters import params
from archcalc.bridge.network import TorchNetwork
from archcalc.counting.conventions.registry import CONVENTIONS
from archcalc.counting.costs import Pass, costs, together

if TYPE_CHECKING:
    from torch import nn

    from archcalc.tracing import Trace

# Without groups: torch counts the gradients of their weights as if they were whole.
NETWORKS = {
    "convolutions": """
inputs: {x: [3, 16, 16]}
layers:
- {type: Conv2d, name: a, out_channels: 8, kernel_size: 3, padding: 1}
- BatchNorm2d
- ReLU
- {type: Conv2d, name: b, out_channels: 8, kernel_size: 3, stride: 2}
- {type: ConvTranspose2d, name: c, out_channels: 4, kernel_size: 3, stride: 2}
- Flatten
- {type: Linear, name: d, out_features: 10}
""",
    "frozen": """
inputs: {x: [3, 16, 16]}
layers:
- {type: Conv2d, name: a, out_channels: 8, kernel_size: 3, frozen: true}
- {type: Conv2d, name: b, out_channels: 8, kernel_size: 3, frozen: true}
- {type: Conv2d, name: c, out_channels: 8, kernel_size: 3}
- {type: Conv2d, name: d, out_channels: 8, kernel_size: 3, frozen: true}
- {type: Conv2d, name: e, out_channels: 8, kernel_size: 3}
""",
    "products": """
inputs: {x: [7, 12]}
layers:
- {type: Linear, name: q, out_features: 12}
- {type: Linear, name: k, from: input, out_features: 12, frozen: true}
- {type: Transpose, name: t, from: k, dim0: 0, dim1: 1}
- {type: MatMul, name: s, from: [q, t]}
- {type: Softmax, dim: -1}
- {type: Linear, name: o, out_features: 5}
""",
}


def built(found: "Trace") -> "nn.Module":
    """The torch module of a spec, its frozen weights frozen."""
    module = TorchNetwork(found)
    frozen = {layer.name for layer in found.layers if layer.frozen}
    for name, weight in module.named_parameters():
        weight.requires_grad_(name.rpartition(".")[0] not in frozen)
    return module


def flops(module: "nn.Module", shape: tuple[int, ...], *, backward: bool) -> int:
    """What torch counts for two samples."""
    with FlopCounterMode(display=False) as counter:
        (out,) = cast("tuple[torch.Tensor]", module(torch.zeros(2, *shape)))
        if backward:
            out.sum().backward()  # type: ignore[no-untyped-call]  # torch has no types for it
    return int(counter.get_total_flops())


@pytest.mark.parametrize("name", NETWORKS)
def test_both_passes_are_those_that_torch_counts(name: str) -> None:
    found = trace(loads(NETWORKS[name]))
    module, shape = built(found), found.inputs["x"].shape
    whole = together(costs(found, params(found), Pass(batch=2, backward=True)).values())
    assert whole.flops == flops(module, shape, backward=False)
    assert whole.trained == flops(module, shape, backward=True)
    assert whole.backward < 2 * whole.macs, "the first layer needs no gradient of its input"


@pytest.mark.parametrize("name", NETWORKS)
def test_the_convention_is_the_counter(name: str) -> None:
    found = trace(loads(NETWORKS[name]))
    counted = [CONVENTIONS["torch"].macs(found, layer) or Fraction(0) for layer in found.layers]
    assert 2 * sum(counted) * 2 == flops(built(found), found.inputs["x"].shape, backward=False)
