"""Weights of one layer of which some are trained: the language, what follows of it, and torch beside it."""

from itertools import combinations

import pytest

import archcalc
from archcalc.analyses.parameters import params
from archcalc.bridge.network import TorchNetwork
from archcalc.bridge.samples import samples
from archcalc.bridge.verifying import verify
from archcalc.counting.costs import Pass, costs, together
from archcalc.errors import Fault, SpecError
from archcalc.footprint.gradients import gradient_flow
from archcalc.footprint.saved import saved_activations
from archcalc.footprint.storages import Setting
from archcalc.footprint.training import TrainingRun, training_memory
from archcalc.loading import loads
from archcalc.tracing import Trace, trace
from archcalc.tracing.freezing import frozen
from tests.memory.kept import backward_of, left

MAPS = {
    "linear": ("x: [5, 6]", "{type: Linear, name: l, out_features: 4, frozen: []}"),
    "convolution": ("x: [4, 7, 6]", "{type: Conv2d, name: l, out_channels: 6, kernel_size: 3, frozen: []}"),
    "transposed": (
        "x: [4, 7]",
        "{type: ConvTranspose1d, name: l, out_channels: 6, kernel_size: 3, frozen: []}",
    ),
    "layer norm": ("x: [5, 6]", "{type: LayerNorm, name: l, frozen: []}"),
    "batch norm": ("x: [5, 6]", "{type: BatchNorm1d, name: l, frozen: []}"),
    "group norm": ("x: [4, 6]", "{type: GroupNorm, name: l, num_groups: 2, frozen: []}"),
    "normed weight": (
        "x: [5, 6]",
        "{type: Linear, name: l, out_features: 4, parametrization: weight_norm, frozen: []}",
    ),
}
"""Inputs, and a layer."""


def networks(case: str) -> "list[str]":
    """The layer with every set of its weights frozen, alone and behind a layer that learns."""
    inputs, layer = MAPS[case]
    weights = trace(loads(f"inputs: {{{inputs}}}\nlayers:\n  - {layer}\n")).layers[0].facts.weights
    some = [each for count in range(len(weights) + 1) for each in combinations(weights, count)]
    heads = (
        f"inputs: {{{inputs}}}\nlayers:\n",
        f"inputs: {{{inputs}}}\nlayers:\n  - {{type: PReLU, name: p}}\n",
    )
    lists = [f"[{', '.join(names)}]" for names in some]
    return [f"{head}  - {layer.replace('[]', names)}\n" for head in heads for names in lists]


@pytest.mark.parametrize("case", MAPS)
def test_torch_trains_and_keeps_as_much(case: str) -> None:
    for text in networks(case):
        network, setting = trace(loads(text)), Setting(3, training=True)
        module = TorchNetwork(network)
        theirs = {name: each.requires_grad for name, each in module.named_parameters()}
        trained = sum(each.numel() for each in module.parameters() if each.requires_grad)
        counted = params(network)
        assert (counted.trainable, counted.params) == (
            trained,
            sum(p.numel() for p in module.parameters()),
        ), text
        assert verify(network).agrees, text
        really = left(module, *[each.detach() for each in samples(network, 3)])
        assert really.learning == {name for name, learns in theirs.items() if learns}, text
        assert gradient_flow(network).weights == really.learning, text
        assert saved_activations(network, setting).bytes == really.bytes, text
        held = {each.name: each.bytes for each in training_memory(network, setting, TrainingRun("lion")).held}
        assert held["optimizer states"] == really.gradients, text
        macs = together((1, each) for each in costs(network, Pass(batch=3, backward=True)).values()).backward
        assert macs == backward_of(network, 3), text


SCAN = (
    "{type: Scan, states: {h: {shape: [5], next: g}},"
    " layers: [{type: GRUCell, name: g, from: [input, h], hidden_size: 5, frozen: [bias_hh]}]}"
)


def of(entry: str) -> Trace:
    return trace(loads(f"inputs: {{x: [4]}}\nlayers:\n  - {entry}\n"))


@pytest.mark.parametrize(
    ("written", "whole", "some"),
    [
        ("true", True, ()),
        ("[weight]", False, ("weight",)),
        ("[bias, weight]", True, ()),
        ("[]", False, ()),
        ("\"=['bias'] if in_features == 4 else false\"", False, ("bias",)),
        ('"=in_features == 4"', True, ()),
    ],
)
def test_what_is_frozen(written: str, whole: bool, some: tuple[str, ...]) -> None:  # noqa: FBT001  a row
    (layer,) = of(f"{{type: Linear, out_features: 3, frozen: {written}}}").layers
    assert (layer.frozen, layer.frozen_weights) == (whole, some)


@pytest.mark.parametrize(
    ("entry", "told"),
    [
        ("{type: Linear, out_features: 3, frozen: [weigth]}", "Linear has no weight 'weigth' here"),
        ("{type: Linear, out_features: 3, bias: false, frozen: [bias]}", "Linear has no weight 'bias' here"),
        ("{type: ReLU, frozen: [weight]}", "ReLU has no weight 'weight' here"),
        (
            '{type: Linear, out_features: 3, frozen: "=[1]"}',
            "needs true, false or a list of names of weights",
        ),
        (
            "{type: Sequential, frozen: [weight], layers: [{type: Linear, out_features: 3}]}",
            "a list of weights is frozen of one layer, and Sequential holds several",
        ),
        (
            SCAN,
            "g is frozen, and the Scan that it is a step of is not",
        ),
    ],
)
def test_what_cannot_be_frozen(entry: str, told: str) -> None:
    with pytest.raises(SpecError, match=r"frozen|no weight") as raised:
        trace(loads(f"inputs: {{x: [6, 4]}}\nlayers:\n  - {entry}\n"))
    assert told in str(raised.value)


def test_all_inside_of_what_is_frozen_is() -> None:
    (layer,) = of(
        "{type: Sequential, frozen: true, layers: [{type: Linear, out_features: 3, frozen: [bias]}]}"
    ).layers
    assert (layer.frozen, layer.frozen_weights) == (True, ())


def test_turns_that_freeze_others() -> None:
    entry = "{type: Linear, out_features: 4, repeat: 300, frozen: \"=['weight'] if i < 200 else false\"}"
    network = of(entry)
    assert params(network).trainable == 200 * 4 + 100 * 20
    held = {each.name: each.bytes for each in training_memory(network, Setting(), TrainingRun("lion")).held}
    assert held["optimizer states"] == 4 * params(network).trainable
    alike = of(entry.replace("i < 200", "i < 300"))
    assert params(alike).trainable == 300 * 4
    assert training_memory(alike, Setting(), TrainingRun("lion")).held[2].bytes == 300 * 4 * 4


def test_a_tied_weight_is_frozen_where_any_layer_has_it_frozen() -> None:
    for first, second in (("[weight]", "[]"), ("[]", "[weight]")):
        text = (
            f"inputs: {{x: [4]}}\nlayers:\n  - {{type: Linear, name: a, out_features: 4, frozen: {first}}}\n"
            f"  - {{type: Linear, name: b, out_features: 4, tie: a, frozen: {second}}}\n"
        )
        assert params(trace(loads(text))).trainable == 4
        assert verify(trace(loads(text))).agrees


def test_patterns_of_weights() -> None:
    network = of("{type: Sequential, name: s, layers: [{type: Linear, out_features: 4}, {type: LayerNorm}]}")
    found = frozen(network, ["*.bias"])
    assert [layer.frozen_weights for layer in found.layers] == [("bias",), ("bias",)]
    assert [layer.frozen for layer in frozen(found, ["s.linear_0.weight"]).layers] == [True, False]
    with pytest.raises(Fault, match="no layer fits"):
        frozen(network, ["*.scale"])


def test_a_difference_is_told() -> None:
    one, other = (
        loads(f"inputs: {{x: [4]}}\nlayers:\n  - {{type: Linear, name: l, out_features: 4{more}}}")
        for more in ("", ", frozen: [bias]")
    )
    found = archcalc.diff(one, other)
    assert found.layers[0].details == (("frozen", False, ("bias",)), ("trainable_params", 20, 16))
    assert archcalc.diff(other, other).same
