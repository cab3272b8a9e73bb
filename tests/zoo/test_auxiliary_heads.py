"""Auxiliary heads by a variable: with them the tensors and the training pass are torchvision's too."""

import pytest

from archcalc.analyses.compute import macs
from archcalc.analyses.parameters import params
from tests.zoo.reading import macs_in, shapes_in, shapes_of, traced
from tests.zoo.torchvision_models import build

HEADS = {
    "googlenet": (13_004_888, 15_131, ("fc", "aux2.fc2", "aux1.fc2")),
    "inception_v3": (27_161_264, 36_320, ("fc", "AuxLogits.fc")),
}
"""Spec -> parameters and buffers of torchvision's model with auxiliary heads, and what leaves the network."""


@pytest.mark.parametrize("name", HEADS)
def test_heads_are_torchvisions(name: str) -> None:
    network = traced(name, {"aux": True})
    module = build(name, aux_logits=True, init_weights=False)
    assert shapes_of(network, "weights") == shapes_in(module.named_parameters())
    assert shapes_of(network, "buffers") == shapes_in(module.named_buffers())
    counted = params(network)
    assert (counted.params, counted.buffers, tuple(port.layer for port in network.outputs)) == HEADS[name]
    assert not network.findings


@pytest.mark.parametrize("name", HEADS)
def test_macs_with_heads_are_those_of_a_training_pass(name: str) -> None:
    network = traced(name, {"aux": True})
    module = build(name, aux_logits=True, init_weights=False).train()
    # Two samples: batch norm refuses to train on the single number per channel of Inception's head.
    assert macs(network)[0] == macs_in(module, network, batch=2)


@pytest.mark.parametrize("name", HEADS)
def test_without_heads_only_the_classifier_leaves(name: str) -> None:
    network = traced(name)
    assert [port.layer for port in network.outputs] == ["fc"]
    assert not any(layer.name.startswith(("aux", "Aux")) for layer in network.layers)
