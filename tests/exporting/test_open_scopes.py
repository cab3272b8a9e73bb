"""Scopes whose layers take turns with others, and layers with layers inside, as torch modules."""

import torch

from archcalc import loads, trace
from archcalc.bridge.libraries import imported
from archcalc.bridge.network import TorchNetwork
from archcalc.bridge.verifying import verify
from archcalc.exporting.module import torch_source
from tests.exporting.sources import built, difference, on_meta, stated

PYRAMID = """
inputs: {a: [8, 16, 16], b: [16, 8, 8]}
layers:
  - {type: Conv2d, name: inner_blocks.1.0, out_channels: 8, kernel_size: 1, from: b}
  - {type: Conv2d, name: layer_blocks.1.0, out_channels: 8, kernel_size: 3, padding: 1}
  - {type: Conv2d, name: inner_blocks.0.0, out_channels: 8, kernel_size: 1, from: a}
  - {type: Upsample, scale_factor: 2, from: inner_blocks.1}
  - {type: Add, name: sum, from: [inner_blocks.0, upsample_0]}
  - {type: Conv2d, name: layer_blocks.0.0, out_channels: 8, kernel_size: 3, padding: 1}
outputs: [layer_blocks.0, layer_blocks.1]
"""
MIXED = """
inputs: {image: [3, 8, 8]}
blocks:
  step:
    layers:
      - {type: Conv2d, name: way.a, out_channels: 8, kernel_size: 1}
      - {type: ReLU, name: act}
      - {type: Conv2d, name: way.b, out_channels: 8, kernel_size: 1}
layers:
  - {type: BatchNorm2d, name: conv.pre}
  - {type: Conv2d, name: conv, out_channels: 8, kernel_size: 3, padding: 1, frozen: true}
  - {type: BatchNorm2d, name: conv.bn}
  - {type: ReLU, name: act}
  - {type: BatchNorm2d, name: act.bn}
  - {type: Conv2d, name: a.type.0.x, out_channels: 8, kernel_size: 1}
  - {type: BatchNorm2d, name: b.bn}
  - {type: Conv2d, name: a.type.0.y, out_channels: 8, kernel_size: 1, tie: /a.type.0.x}
  - {type: Conv2d, name: b.last, out_channels: 8, kernel_size: 1, tie: a.type.0.x}
  - {type: step, name: steps, repeat: 2}
  - {type: ReLU, name: steps.act}
  - {type: Conv2d, name: steps.1.more, out_channels: 8, kernel_size: 1, frozen: true}
  - {type: Conv2d, name: s.conv, out_channels: 8, kernel_size: 1}
  - {type: BatchNorm2d, name: s.conv.bn}
  - {type: Conv2d, name: p.x, out_channels: 8, kernel_size: 1}
  - {type: Conv2d, name: q.x, out_channels: 8, kernel_size: 1, tie: p.x}
  - {type: Conv2d, name: p.y, out_channels: 8, kernel_size: 1}
  - {type: Conv2d, name: q.y, out_channels: 8, kernel_size: 1, tie: p.y}
  - {type: Conv2d, name: "a.layer_{i}", out_channels: 8, kernel_size: 1, repeat: 2}
"""


def test_a_pyramid_is_that_of_torchvision() -> None:
    network = trace(loads(PYRAMID))
    made = imported("torchvision.ops.feature_pyramid_network").FeaturePyramidNetwork
    theirs = made([8, 16], 8).eval()
    torch.random.manual_seed(0)  # pyright: ignore[reportUnknownMemberType]  # torch's own
    a, b = torch.randn(2, 8, 16, 16), torch.randn(2, 16, 8, 8)
    with torch.no_grad():
        wanted = list(theirs({"a": a, "b": b}).values())
        for ours in (built(torch_source(network)), TorchNetwork(network)):
            ours.load_state_dict(theirs.state_dict())
            for one, other in zip(ours(a, b), wanted, strict=True):
                assert torch.allclose(one, other, atol=1e-6)


def test_layers_with_layers_inside_and_scopes_in_turns() -> None:
    network = trace(loads(MIXED))
    found, shapes = on_meta(network, torch_source(network))
    assert found == stated(network)
    assert shapes == [(8, 8, 8)]
    assert difference(network, 0) == 0
    checks = verify(network).checks
    assert [check.mismatches for check in checks if check.mismatches] == []


GROWING = """\
inputs: {x: [8, 20]}
layers:
  - type: Sequential
    name: s
    repeat: 5
    layers:
      - type: Sequential
        name: q
        repeat: =i + 1
        layers: [{type: Conv1d, out_channels: =8 + i, kernel_size: 3, padding: 1}]
"""


def test_repeats_that_are_longer_from_turn_to_turn() -> None:
    network = trace(loads(GROWING))
    found, shapes = on_meta(network, torch_source(network))
    assert found == stated(network)
    assert shapes == [(12, 20)]
    assert difference(network, 0) == 0


def test_what_is_tied_and_frozen_stays_so() -> None:
    network = trace(loads(MIXED))
    for module in (built(torch_source(network)), TorchNetwork(network)):
        weights = dict(module.named_parameters(remove_duplicate=False))
        assert weights["a.type.0.y.weight"] is weights["a.type.0.x.weight"] is weights["b.last.weight"]
        assert all(weights[f"q.{name}.weight"] is weights[f"p.{name}.weight"] for name in "xy")
        frozen = {name for name, weight in weights.items() if not weight.requires_grad}
        assert frozen == {
            f"{layer}.{own}" for layer in ("conv", "steps.1.more") for own in ("weight", "bias")
        }
