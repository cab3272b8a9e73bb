"""Layers along an axis of a sample: what they see, what they state, and what is refused."""

import pytest

from archcalc import loads, trace
from archcalc.averages import Averages
from archcalc.bridge.verifying import verify
from archcalc.errors import SpecError
from archcalc.facts import Reads, Tensor
from archcalc.layers.mapped import mapped_kind
from archcalc.layers.registry import kind
from tests.exporting.sources import TOLERANCE, difference

VIDEO = """\
inputs: {clip: [5, 3, 9, 7]}
blocks:
  widened:
    layers: [{type: Conv2d, name: conv, out_channels: =block.in_channels * 2, kernel_size: 3}]
layers:
  - type: Vmap
    name: frames
    layers:
      - {type: widened, name: w}
      - {type: BatchNorm2d, name: bn}
      - {type: Vmap, name: rows, in_dims: 1, layers: [{type: GRU, name: gru, hidden_size: =in_features + 1}]}
      - {type: Mean, name: mean, dim: [0, 1]}
  - {type: LSTM, hidden_size: 4}
"""


def told(text: str) -> str:
    """The first error of a spec."""
    with pytest.raises(SpecError) as caught:
        trace(loads(text))
    problem = caught.value.problems[0]
    return f"{problem.place.line}: {problem.what}"


def test_layers_see_one_position_and_state_all() -> None:
    network = trace(loads(VIDEO))
    shapes = {layer.name: layer.output.shape for layer in network.layers}
    assert shapes["frames.w.conv"] == (5, 6, 7, 5)
    assert shapes["frames.rows.permute_0"] == (5, 7, 6, 5)
    assert shapes["frames.rows.gru"] == (5, 7, 6, 6)
    assert shapes["frames.mean"] == (5, 6)
    conv, gru = network.layer("frames.w.conv"), network.layer("frames.rows.gru")
    assert conv.facts.weights["weight"] == (6, 3, 3, 3)
    assert conv.facts.macs == 5 * 7 * 5 * 6 * 3 * 9
    assert gru.facts.macs == 5 * 7 * 6 * 3 * 6 * (5 + 6)  # steps of three gates with 5 features and 6 units
    assert sum(part.macs for part in gru.facts.parts.values()) == gru.facts.macs
    means = Averages((0, 2, 3), batch=True, running=True, channel_axis=1)
    assert network.layer("frames.bn").facts.averages == means
    assert verify(network).agrees


def test_a_mean_over_the_batch_goes_over_the_axis_too() -> None:
    """Without running statistics a unit reads every frame, through the mean."""
    reads: dict[str, Reads] = {}
    for name in ("BatchNorm2d", "InstanceNorm2d"):
        layer = mapped_kind(kind(name), 1).model_validate({"track_running_stats": False})
        (reads[name],) = layer.infer((Tensor((5, 3, 4, 4)),)).reads
    assert [read.statistic for read in reads["BatchNorm2d"]] == [True, False, True, True]
    assert [read.statistic for read in reads["InstanceNorm2d"]] == [False, False, True, True]


@pytest.mark.parametrize(
    ("layers", "error"),
    [
        ("{type: Vmap, layers: [{type: Conv2d, out_channels: 1, kernel_size: 3}]}", "needs 3 axes (C, H, W)"),
        ("{type: Vmap, in_dims: 3, layers: [ReLU]}", "in_dims is 3, but [4, 3, 8] arrives, which has 3 axes"),
        ("{type: Vmap, in_dims: =x, layers: [ReLU]}", "unknown name 'x'"),
        ("{type: Vmap, in_dims: '=\"a\"', layers: [ReLU]}", "in_dims needs the number of an axis, got 'a'"),
        ("{type: Vmap, in_dim: 1, layers: [ReLU]}", "unknown key 'in_dim'"),
    ],
)
def test_errors(layers: str, error: str) -> None:
    found = told(f"inputs: {{x: [4, 3, 8]}}\nlayers:\n  - {layers}\n")
    assert found.startswith("3: ")
    assert error in found


def test_axes_that_differ_are_told_with_both() -> None:
    spec = """\
inputs: {x: [4, 8], y: [5, 8]}
layers:
  - {type: Vmap, from: x, layers: [{type: Add, from: [input, y]}]}
"""
    assert told(spec) == "3: is mapped along [4], but reads [5, 8] too"


WITH_PARAMETERS = """\
inputs: {x: [4, 6, 5]}
layers:
  - {type: Parameter, name: start, shape: [2]}
  - {type: Parameter, name: bias, shape: [5]}
  - {type: Parameter, name: token, shape: [1, 5]}
  - type: Vmap
    from: x
    name: v
    layers:
      - {type: Add, name: added, from: [input, bias]}
      - {type: Parameter, name: inside, shape: [6, 1]}
      - {type: Exp, name: e}
      - {type: Multiply, name: m, from: [added, e]}
      - {type: Concat, name: c, from: [token, m], expect: [7, 5]}
      - {type: Linear, name: l, out_features: 3}
  - type: Scan
    states: {h: {from: start, next: g}}
    layers:
      - {type: Parameter, name: p, shape: [3]}
      - {type: Add, name: a, from: [input, p]}
      - {type: Mean, dim: [0], name: r}
      - {type: GRUCell, name: g, from: [r, h], hidden_size: 2}
"""


def test_what_depends_on_no_input_is_the_same_at_all_positions() -> None:
    """Parameters from outside and inside, in a Vmap and in the steps of a Scan."""
    network = trace(loads(WITH_PARAMETERS))
    shapes = {layer.name: (layer.output.shape, layer.output.batched) for layer in network.layers}
    assert shapes["v.e"] == ((6, 1), False)
    assert shapes["v.m"] == ((4, 6, 5), True)
    assert shapes["scan_0"] == ((4, 2), True)
    assert verify(network).agrees
    assert difference(network, seed=0) < TOLERANCE
