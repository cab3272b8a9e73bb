"""Auxiliary heads by a variable: with them the tensors and the training pass are torchvision's too."""

import pytest

from tests.zoo.comparison import half_flops, tensors, torch_tensors, totals, traced
from tests.zoo.torchvision_models import build

HEADS = {
    "googlenet": (13_004_888, 15_131, ("fc", "aux2.fc2", "aux1.fc2")),
    "inception_v3": (27_161_264, 36_320, ("fc", "AuxLogits.fc")),
}
"""Spec -> parameters and buffers of torchvision's model with auxiliary heads, and what leaves the network."""


@pytest.mark.parametrize("name", HEADS)
def test_heads_are_torchvisions(name: str) -> None:
    network = traced(name, aux=True)
    module = build(name, aux_logits=True, init_weights=False)
    assert tensors(network) == torch_tensors(module)
    counted = totals(network)
    assert (counted.params, counted.buffers, tuple(port.layer for port in network.outputs)) == HEADS[name]
    assert not network.findings


@pytest.mark.parametrize("name", HEADS)
def test_macs_with_heads_are_those_of_a_training_pass(name: str) -> None:
    network = traced(name, aux=True)
    module = build(name, aux_logits=True, init_weights=False).train()
    # Two samples: batch norm refuses to train on the single number per channel of Inception's head.
    (image,) = network.inputs.values()
    assert totals(network).macs == half_flops(module, image.shape, batch=2)


@pytest.mark.parametrize("name", HEADS)
def test_without_heads_only_the_classifier_leaves(name: str) -> None:
    network = traced(name)
    assert [port.layer for port in network.outputs] == ["fc"]
    assert not any(layer.name.startswith(("aux", "Aux")) for layer in network.layers)
