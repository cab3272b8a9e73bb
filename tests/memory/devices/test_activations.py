"""Activations of a device: beside torch's autograd on what one device runs, and published formulas."""

import pytest
import torch
from torch import Tensor, nn
from torch.nn.functional import dropout as dropped
from torch.nn.functional import gelu, scaled_dot_product_attention

from archcalc.footprint.devices.bytes_of_devices import devices_memory
from archcalc.footprint.devices.division import divide
from archcalc.footprint.devices.part_of_network import part_of_network
from archcalc.footprint.devices.placement import Placement
from archcalc.footprint.liveness import inference_peak
from archcalc.footprint.saved import saved_activations
from archcalc.footprint.storages import Setting
from archcalc.footprint.training import TrainingRun
from archcalc.loading import loads
from archcalc.tracing import Trace, trace
from tests.memory.kept import run

TOKENS, WIDTH, HEADS = 12, 32, 8
LAYER = """
inputs: {{x: [{tokens}, {width}]}}
vars: {{t: 1}}
layers:
  - {{type: LayerNorm, name: ln_1}}
  - {{type: Linear, name: q, out_features: "=in_features // t"}}
  - {{type: Linear, name: k, from: ln_1, out_features: "=in_features // t"}}
  - {{type: Linear, name: v, from: ln_1, out_features: "=in_features // t"}}
  - {{type: ScaledDotProductAttention, name: attn, from: [q, k, v], num_heads: "={heads} // t",
     causal: true, dropout_p: {dropout}}}
  - {{type: Linear, name: proj, out_features: {width}}}
  {drop}
  - {{type: Add, name: sum_1, from: [{first}, x]}}
  - {{type: LayerNorm, name: ln_2}}
  - {{type: Linear, name: fc, out_features: "=4 * in_features // t"}}
  - {{type: GELU, name: act}}
  - {{type: Linear, name: down, out_features: {width}}}
  {drop_2}
  - {{type: Add, name: sum_2, from: [{second}, sum_1]}}
"""


def layer_of(t: int = 1, dropout: float = 0.0) -> Trace:
    """A Transformer layer, or with t over 1 what one of t devices runs of it, written by hand."""
    drops = [f"- {{type: Dropout, name: {name}, p: {dropout}}}" if dropout else "" for name in ("d1", "d2")]
    ends = ("d1", "d2") if dropout else ("proj", "down")
    text = LAYER.format(
        tokens=TOKENS,
        width=WIDTH,
        heads=HEADS,
        dropout=dropout,
        drop=drops[0],
        drop_2=drops[1],
        first=ends[0],
        second=ends[1],
    )
    return trace(loads(text), {"t": t})


def device_of(network: Trace, placement: Placement) -> Trace:
    return part_of_network(network, divide(network, placement), placement)


class PartOfLayer(nn.Module):
    """What one of t devices runs of a Transformer layer."""

    def __init__(self, t: int, dropout: float) -> None:
        super().__init__()
        self.norms = nn.ModuleList([nn.LayerNorm(WIDTH), nn.LayerNorm(WIDTH)])
        self.maps = nn.ModuleList([nn.Linear(WIDTH, WIDTH // t) for _ in range(3)])
        self.proj, self.fc = nn.Linear(WIDTH // t, WIDTH), nn.Linear(WIDTH, 4 * WIDTH // t)
        self.down, self.heads, self.dropout = nn.Linear(4 * WIDTH // t, WIDTH), HEADS // t, dropout

    def forward(self, x: Tensor) -> Tensor:
        """(N, T, E) -> (N, T, E)."""
        read = self.norms[0](x)
        q, k, v = (each(read).unflatten(-1, (self.heads, -1)).transpose(1, 2) for each in self.maps)
        mixed = scaled_dot_product_attention(q, k, v, is_causal=True, dropout_p=self.dropout)
        joined = self.proj(mixed.transpose(1, 2).flatten(2))
        x = dropped(joined, self.dropout) + x if self.dropout else joined + x
        made = self.down(gelu(self.fc(self.norms[1](x))))
        return dropped(made, self.dropout) + x if self.dropout else made + x


@pytest.mark.parametrize("t", [2, 4, 8])
@pytest.mark.parametrize("dropout", [0.0, 0.1])
def test_a_device_keeps_what_torch_keeps_of_its_part(t: int, dropout: float) -> None:
    setting = Setting(3, training=True)
    part = device_of(layer_of(dropout=dropout), Placement(tp=t))
    by_hand = layer_of(t, dropout)
    kept = run(PartOfLayer(t, dropout), torch.randn(3, TOKENS, WIDTH), plainly=True).kept
    assert saved_activations(part, setting).bytes == sum(kept.values())
    assert inference_peak(part, Setting(3)).bytes == inference_peak(by_hand, Setting(3)).bytes
    shapes = {layer.name: dict(layer.facts.weights) for layer in by_hand.layers}
    assert {layer.name: dict(layer.facts.weights) for layer in part.layers} == shapes


@pytest.mark.parametrize("t", [1, 2, 4])
@pytest.mark.parametrize("positions", [False, True])
def test_the_formulas_of_activations(t: int, positions: bool) -> None:  # noqa: FBT001  a parameter
    """Korthikanti et al. 2022 (arXiv 2205.05198, table 2): s b h (10 + 24/t + 5 a s / (h t)), sp: all / t.

    Of these 10 bytes 8 are numbers of 2 bytes and 2 masks of a byte; of the 24 all are numbers; of the 5 four
    and a mask. torch on a CPU keeps masks in the numbers' width. A row of a norm keeps two numbers besides.
    """
    if positions and t == 1:
        return
    s, h, a, b, w = TOKENS, WIDTH, HEADS, 3, 4
    part = device_of(layer_of(dropout=0.1), Placement(tp=t, sp=positions))
    row = s * b * h * w
    whole, divided, scores = (8 // 2 + 2) * row, 24 // 2 * row, (4 // 2 + 1) * a * s * s * b * w
    norms = 2 * 2 * s * b * w
    rest = (whole + norms) // t if positions else whole + norms
    found = saved_activations(part, Setting(b, training=True)).bytes
    arriving = 0 if not positions else row - row // t  # the input itself is given whole
    assert found == rest + (divided + scores) // t + arriving


REPEATED = """
inputs: {x: [6, 16]}
layers:
  - type: Residual
    name: rows
    repeat: 6
    body:
      - {type: LayerNorm, name: norm}
      - {type: Linear, name: up, out_features: 32}
      - GELU
      - {type: Linear, name: down, out_features: 16}
"""


def test_stages_keep_as_many_batches_as_are_on_their_way() -> None:
    """1F1B: of p stages the first keeps p batches, the last one; never more than there are."""
    network, setting = trace(loads(REPEATED)), Setting(2)
    # Input, statistics, and what each map and GELU read.
    one = 4 * 2 * (6 * 16 + 2 * 6 + 6 * 16 + 6 * 32 + 6 * 32)
    for batches, flights in ((4, (3, 2, 1)), (2, (2, 2, 1)), (1, (1, 1, 1))):
        report = devices_memory(network, setting, TrainingRun("sgd", accumulate=batches), Placement(pp=3))
        assert tuple(stage.flights for stage in report.stages) == flights
        for stage, count in zip(report.stages, flights, strict=True):
            held = {item.name: item.bytes for item in stage.memory.held}
            assert held["saved activations"] + held["input"] == count * 2 * one


JOINED = """
inputs: {x: [6, 16]}
layers:
  - {type: MultiheadAttention, name: own, num_heads: 4}
  - {type: LayerNorm, name: norm}
  - {type: Linear, name: both, out_features: 48, bias: false}
  - {type: GLU, name: gate}
  - {type: Linear, name: down, out_features: 16}
  - ReLU
"""


@pytest.mark.parametrize("t", [2, 4])
def test_heads_inside_and_halves(t: int) -> None:
    """What goes in and out, and of the norm its statistics, is whole; all between is divided."""
    network, setting = trace(loads(JOINED)), Setting(2, training=True)
    whole = {"x", "own", "norm: own", "norm", "relu_0"}
    alone, part = (saved_activations(device_of(network, Placement(tp=n)), setting) for n in (1, t))
    for before, after in zip(alone.tensors, part.tensors, strict=True):
        assert before.name == after.name
        assert before.bytes == after.bytes * (1 if before.name in whole else t), before
    assert {each.name for each in alone.tensors} >= {"x", "both", "gate", "norm: own", "own: own"}
