"""Maps whose weights are calculated, and sums of products, beside torch's own functions."""

import pytest
import torch
from torch.nn import functional

from archcalc import loads, trace
from archcalc.bridge.network import TorchNetwork
from archcalc.bridge.verifying import verify
from archcalc.errors import SpecError
from archcalc.exporting import torch_source
from tests.exporting.sources import TOLERANCE, difference

SPEC = """\
inputs: {x: [4, 6, 6]}
layers:
  - {type: Parameter, name: kernels, shape: [8, 2, 3, 3]}
  - {type: Norm, name: length, dim: [1, 2, 3], keepdim: true}
  - {type: Divide, name: unit, from: [kernels, length]}
  - {type: Parameter, name: shift, shape: 8}
  - {type: FunctionalConv2d, name: conv, from: [x, unit, shift], padding: 1, groups: 2}
  - {type: Mean, name: pooled, dim: [1, 2]}
  - {type: Parameter, name: classes, shape: [5, 8]}
  - {type: Normalize, name: directions, dim: 1}
  - {type: FunctionalLinear, from: [pooled, directions]}
"""


def test_calculated_weights_are_those_of_torchs_functions() -> None:
    one = trace(loads(SPEC))
    assert verify(one).agrees
    assert one.layer("conv").facts.macs == 6 * 6 * 8 * 2 * 9
    network, x = TorchNetwork(one), torch.randn(3, 4, 6, 6)
    held = {name: value.data.normal_() for name, value in network.named_parameters()}
    unit = held["kernels"] / held["kernels"].square().sum((1, 2, 3), keepdim=True).sqrt()
    pooled = functional.conv2d(x, unit, held["shift"], padding=1, groups=2).mean((2, 3))
    wanted = functional.linear(pooled, functional.normalize(held["classes"], dim=1))
    torch.testing.assert_close(network(x)[0], wanted)


def test_exported_they_are_no_batch() -> None:
    one = trace(loads(SPEC))
    assert difference(one, seed=5) < TOLERANCE
    assert "torch.vmap" not in torch_source(one)


@pytest.mark.parametrize(
    ("layer", "what"),
    [
        ("{type: FunctionalLinear, from: [x, wide]}", "6 features meet a weight of [3, 5]"),
        ("{type: FunctionalLinear, from: x}", "takes 2 inputs (x, weight) or 3 (and a bias), got 1"),
        ("{type: FunctionalLinear, from: [x, wide, wide]}", "the bias is [3, 5], but the weight [3, 5]"),
        (
            "{type: FunctionalConv1d, from: [x, wide]}",
            "needs a weight of 3 axes (C_out, C_in / groups, *kernel), got [3, 5]",
        ),
        ("{type: Einsum, from: [x, wide], equation: 'ij,kj->ik'}", "axis 'j' is 6 and 5: [4, 6] and [3, 5]"),
        ("{type: Einsum, from: [x, wide], equation: 'ij->i'}", "equation has 1 inputs, got 2"),
        (
            "{type: Einsum, from: [x, wide], equation: 'ij,kj'}",
            "needs letters as in 'ik,kj->ij', got 'ij,kj'",
        ),
        ("{type: Einsum, from: x, equation: 'ii->i'}", "'ii' has a letter twice"),
        ("{type: Einsum, from: x, equation: 'ij->k'}", "no input has the axis 'k' of the result"),
        ("{type: Einsum, from: x, equation: 'i->i'}", "'i' has 1 axes, but [4, 6] arrives"),
    ],
)
def test_refusals_say_both_numbers(layer: str, what: str) -> None:
    spec = (
        f"inputs: {{x: [4, 6]}}\nlayers:\n  - {{type: Parameter, name: wide, shape: [3, 5]}}\n  - {layer}\n"
    )
    with pytest.raises(SpecError) as caught:
        trace(loads(spec))
    assert [problem.what for problem in caught.value.problems] == [what]
