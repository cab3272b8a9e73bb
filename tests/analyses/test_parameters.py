"""Parameters: tied tensors once and named, frozen ones apart, buffers never among them."""

import pytest
from torch import nn

from archcalc import SpecError, loads, params, trace
from archcalc.errors import Fault
from archcalc.tracing.freezing import frozen

TIED = """\
inputs: {x: [6]}
layers:
  - {type: Linear, name: a, out_features: 6}
  - {type: Linear, name: b, out_features: 6, tie: a}
  - {type: Linear, name: c, out_features: 6, tie: b, bias: false}
"""


def test_tied_tensors_count_once_where_they_were_first() -> None:
    report = params(trace(loads(TIED)))
    assert (report.params, report.trainable, report.buffers) == (42, 42, 0)
    layers = trace(loads(TIED)).layers
    assert [dict(layer.tied) for layer in layers] == [
        {},
        {"weight": "a.weight", "bias": "a.bias"},
        {"weight": "a.weight"},
    ]


CHOSEN = """\
vars: {shared: a}
inputs: {x: [6]}
layers:
  - {type: Linear, name: a, out_features: 6}
  - {type: Linear, name: b, out_features: 6, tie: =shared}
"""


def test_an_expression_says_what_is_tied() -> None:
    model = loads(CHOSEN)
    assert params(trace(model)).params == 42
    assert params(trace(model, {"shared": None})).params == 84
    for value, what in ((3, "tie needs the name of a layer, got 3"), ("x", "'x' is an input or output")):
        with pytest.raises(SpecError, match=what):
            trace(model, {"shared": value})


def test_a_tied_scope_shares_layer_by_layer_buffers_too() -> None:
    spec = """\
inputs: {left: [4, 8], right: [4, 8]}
blocks:
  tower:
    layers:
      - {type: Conv1d, name: conv, out_channels: 5, kernel_size: 3}
      - {type: BatchNorm1d, name: norm}
layers:
  - {type: tower, name: first, from: left}
  - {type: tower, name: second, from: right, tie: first}
  - {type: Concat, from: [first, second]}
"""
    traced = trace(loads(spec))
    report = params(traced)
    assert report.params == 4 * 3 * 5 + 5 + 5 + 5
    assert report.buffers == 5 + 5 + 1
    assert traced.layers[2].tied == {"weight": "first.conv.weight", "bias": "first.conv.bias"}


def test_frozen_layers_and_scopes_are_not_trainable() -> None:
    spec = """\
inputs: {x: [3, 8, 8]}
layers:
  - type: Sequential
    name: backbone
    frozen: true
    layers:
      - {type: Conv2d, name: conv, out_channels: 4, kernel_size: 3}
      - {type: BatchNorm2d, name: norm}
  - {type: Conv2d, name: head, out_channels: 2, kernel_size: 1}
"""
    report = params(trace(loads(spec)))
    backbone, head = 4 * 3 * 9 + 4 + 8, 4 * 2 + 2
    assert report.params == backbone + head
    assert report.trainable == head
    assert report.buffers == 9


@pytest.mark.parametrize("name", ["a", "b", "c"])
def test_a_tied_tensor_is_frozen_where_any_of_its_layers_is(name: str) -> None:
    """As in torch, where requires_grad belongs to the tensor and not to the module that was frozen."""
    modules = {"a": nn.Linear(6, 6), "b": nn.Linear(6, 6), "c": nn.Linear(6, 6, bias=False)}
    modules["b"].weight, modules["b"].bias = modules["a"].weight, modules["a"].bias
    modules["c"].weight = modules["a"].weight
    modules[name].requires_grad_(requires_grad=False)
    weights = nn.ModuleDict(modules).parameters()
    report = params(trace(loads(TIED.replace(f"name: {name},", f"name: {name}, frozen: true,"))))
    assert report.params == 42
    assert report.trainable == sum(weight.numel() for weight in weights if weight.requires_grad)


def test_a_position_goes_through_some_of_the_experts() -> None:
    """A router of 6 x 4, and 2 of 4 experts of 3 x 6 x 5 each."""
    spec = """\
inputs: {x: [7, 6]}
layers:
  - {type: TopKRouter, name: router, num_experts: 4, top_k: 2}
  - {type: Experts, from: [x, router.indices, router.scores], num_experts: 4, intermediate_size: 5}
"""
    report = params(trace(loads(spec)))
    assert (report.params, report.active) == (24 + 4 * 90, 24 + 2 * 90)


NESTED = """\
inputs: {x: [6]}
layers:
  - type: Sequential
    name: body
    layers:
      - {type: Linear, name: a, out_features: 6}
      - {type: Linear, name: b, out_features: 6}
  - {type: Linear, name: head, out_features: 6}
"""


@pytest.mark.parametrize(
    ("patterns", "layers"),
    [
        (["body"], ["body.a", "body.b"]),
        (["body.b"], ["body.b"]),
        (["*.a", "head"], ["body.a", "head"]),
        (["bod?"], ["body.a", "body.b"]),
    ],
)
def test_a_pattern_freezes_what_it_fits_and_what_lies_inside(patterns: list[str], layers: list[str]) -> None:
    found = frozen(trace(loads(NESTED)), patterns)
    assert [layer.name for layer in found.layers if layer.frozen] == layers
    assert params(found).non_trainable == 42 * len(layers)


def test_a_pattern_that_fits_nothing_is_refused() -> None:
    with pytest.raises(Fault, match="no layer fits 'bodi'"):
        frozen(trace(loads(NESTED)), ["bodi"])
