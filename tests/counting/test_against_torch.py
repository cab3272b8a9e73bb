"""Conventions and the backward pass against torch's own counter, on the modules of specs."""

from fractions import Fraction
from typing import TYPE_CHECKING, cast

import pytest
import torch
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

from archcalc import loads, trace
from archcalc.bridge.network import TorchNetwork
from archcalc.counting.conventions.registry import CONVENTIONS
from archcalc.counting.costs import Pass, costs, together

if TYPE_CHECKING:
    from torch import nn

    from archcalc.facts import Tensor
    from archcalc.tracing import Trace

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
FAMILIES = {
    "transposed": """
inputs: {x: [6, 7]}
layers:
- {type: ConvTranspose1d, name: a, out_channels: 4, kernel_size: 3, stride: 2}
- {type: ConvTranspose1d, name: b, out_channels: 5, kernel_size: 4, stride: 3, padding: 1, frozen: true}
- {type: Conv1d, name: c, out_channels: 3, kernel_size: 5}
""",
    "volumes": """
inputs: {x: [2, 5, 6, 7]}
layers:
- {type: Conv3d, name: a, out_channels: 3, kernel_size: 3, padding: 1}
- {type: MaxPool3d, kernel_size: 2}
- {type: Conv3d, name: b, out_channels: 3, kernel_size: 2}
""",
    "frozen groups": """
inputs: {x: [4, 10, 9]}
layers:
- {type: Conv2d, name: a, out_channels: 8, kernel_size: 1}
- {type: Conv2d, name: b, out_channels: 8, kernel_size: 3, groups: 8, dilation: 2, frozen: true}
- {type: Conv2d, name: c, out_channels: 6, kernel_size: 3, groups: 2, frozen: true}
""",
    "attention": """
inputs: {x: [7, 12]}
layers:
- {type: MultiheadAttention, name: a, num_heads: 3}
- LayerNorm
- {type: MultiheadAttention, name: b, num_heads: 2, frozen: true}
- {type: Linear, name: o, out_features: 5}
""",
    "dot products": """
inputs: {x: [7, 12]}
layers:
- {type: Linear, name: q, out_features: 12}
- {type: Linear, name: k, from: x, out_features: 12}
- {type: Linear, name: v, from: x, out_features: 12, frozen: true}
- {type: ScaledDotProductAttention, name: s, from: [q, k, v], num_heads: 3}
- {type: Linear, name: o, out_features: 5}
""",
    "values alone": """
inputs: {x: [7, 12]}
layers:
- {type: Linear, name: v, out_features: 12}
- {type: ScaledDotProductAttention, name: s, from: [x, x, v], num_heads: 3}
""",
    "embedding": """
inputs: {x: {shape: [9], dtype: int64}}
layers:
- {type: Embedding, name: e, num_embeddings: 50, embedding_dim: 12}
- {type: Linear, name: a, out_features: 20}
- GELU
- {type: Linear, name: b, out_features: 50}
""",
    "recurrences": """
inputs: {x: [9, 10]}
layers:
- {type: RNN, name: a, hidden_size: 12, num_layers: 2}
- {type: GRU, name: b, hidden_size: 7, bidirectional: true}
- {type: Linear, name: c, out_features: 20}
""",
    "a cell": """
inputs: {x: [10]}
layers:
- {type: Linear, name: a, out_features: 5}
- {type: GRUCell, name: b, hidden_size: 7}
- {type: GRUCell, name: c, from: [b, b], hidden_size: 7}
""",
    "sums of products": """
inputs: {x: [9, 10]}
layers:
- {type: Linear, name: z, out_features: 8}
- {type: Bilinear, name: a, from: [z, z], out_features: 4}
- {type: Einsum, name: b, from: [a, z], equation: "ij,kl->ik"}
""",
}
GROUPED = """
inputs: {x: [4, 10, 9]}
layers:
- {type: Conv2d, name: a, out_channels: 8, kernel_size: 3, groups: 2}
- {type: Conv2d, name: b, out_channels: 8, kernel_size: 3, groups: 8, dilation: 2, padding: 2}
- {type: Conv2d, name: c, out_channels: 6, kernel_size: 1}
"""


def built(found: "Trace") -> "nn.Module":
    """The torch module of a spec, its frozen weights frozen."""
    module = TorchNetwork(found)
    frozen = tuple(f"{layer.name}." for layer in found.layers if layer.frozen)
    for name, weight in module.named_parameters():
        weight.requires_grad_(not name.startswith(frozen))
    return module


def flops(module: "nn.Module", arriving: "Tensor", *, backward: bool) -> int:
    """What torch counts for two samples; without a fused kernel of the CPU, which it does not know."""
    given = torch.zeros(2, *arriving.shape, dtype=cast("torch.dtype", getattr(torch, arriving.dtype)))
    with sdpa_kernel(SDPBackend.MATH), FlopCounterMode(display=False) as counter:
        (out,) = cast("tuple[torch.Tensor]", module(given))
        if backward:
            out.sum().backward()  # type: ignore[no-untyped-call]  # torch has no types for it
    return int(counter.get_total_flops())


@pytest.mark.parametrize("name", [*NETWORKS, *FAMILIES])
def test_both_passes_are_those_that_torch_counts(name: str) -> None:
    found = trace(loads({**NETWORKS, **FAMILIES}[name]))
    module, arriving = built(found), found.inputs["x"]
    whole = together((1, each) for each in costs(found, Pass(batch=2, backward=True)).values())
    assert whole.flops == flops(module, arriving, backward=False)
    assert whole.trained == flops(module, arriving, backward=True)
    assert name in FAMILIES or whole.backward < 2 * whole.macs, "the first layer needs none of its input"


@pytest.mark.parametrize("name", NETWORKS)
def test_the_convention_is_the_counter(name: str) -> None:
    found = trace(loads(NETWORKS[name]))
    counted = [CONVENTIONS["torch"].macs(found, layer) or Fraction(0) for layer in found.layers]
    assert 2 * sum(counted) * 2 == flops(built(found), found.inputs["x"], backward=False)


def test_of_groups_torch_counts_the_gradients_of_weights_as_if_they_were_whole() -> None:
    found = trace(loads(GROUPED))
    each = costs(found, Pass(batch=2, backward=True))
    counted = flops(built(found), found.inputs["x"], backward=True)
    beyond = sum((groups - 1) * each[name].flops for name, groups in (("a", 2), ("b", 8)))
    assert together((1, cost) for cost in each.values()).trained + beyond == counted


def test_what_a_causal_mask_hides_is_left_out_of_both_passes() -> None:
    """By hand: 7 positions hide 21 of 49 pairs, of 12 features each in the scores and in the mixing."""
    text = FAMILIES["attention"].replace("num_heads: 3", "num_heads: 3, causal: true")
    found = trace(loads(text))
    whole, shown = (
        together((1, each) for each in costs(found, Pass(backward=True, causal=causal)).values())
        for causal in (False, True)
    )
    assert whole.macs - shown.macs == 2 * 21 * 12
    assert whole.backward - shown.backward == 2 * (2 * 21 * 12)
