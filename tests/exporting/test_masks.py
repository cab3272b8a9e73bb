"""Terms on scores that differ from sample to sample: in the bridge, and in exported code."""

import pytest
import torch

from archcalc import loads, trace
from archcalc.bridge.network import TorchNetwork
from tests.exporting.sources import TOLERANCE, difference, inputs

ATTENTION = (
    "{type: MultiheadAttention, from: [q, q, q, terms], num_heads: 2}",
    "{type: MultiheadAttention, from: [q, q, q, terms], num_heads: 2, num_kv_heads: 1}",
    "{type: MultiheadAttention, from: [q, q, q, terms], num_heads: 2, causal: true}",
    "{type: ScaledDotProductAttention, from: [q, q, q, terms], num_heads: 2}",
)


@pytest.mark.parametrize("rows", ["1", "2"])
@pytest.mark.parametrize("layer", ATTENTION)
def test_every_sample_has_its_own_terms(layer: str, rows: str) -> None:
    network = trace(loads(f"inputs: {{q: [5, 8], terms: [{rows}, 5, 5]}}\nlayers: [{layer}]\n"))
    assert difference(network, seed=1) < TOLERANCE
    module, given = TorchNetwork(network).eval(), inputs(network, 3, seed=1)
    with torch.no_grad():
        together = module(*given)[0]
        alone = torch.cat([module(*(each[at : at + 1] for each in given))[0] for at in range(3)])
    assert torch.allclose(together, alone, atol=1e-5)


def test_terms_are_of_all_sequences_of_a_sample() -> None:
    layer = "{type: ScaledDotProductAttention, from: [q, q, q, terms], num_heads: 2}"
    network = trace(loads(f"inputs: {{q: [3, 5, 8], terms: [2, 5, 5]}}\nlayers: [{layer}]\n"))
    assert difference(network, seed=1) < TOLERANCE
