"""Receptive fields along a sequence: recurrences before, behind and between causal convolutions."""

from typing import TYPE_CHECKING

import pytest
import torch
from torch import Tensor, nn

from archcalc import coverage, loads, receptive_fields, trace
from archcalc.analyses.units import unit_reads

if TYPE_CHECKING:
    from archcalc.analyses.receptive_field import AxisField
    from archcalc.tracing import Trace

STEPS, WIDTH = 12, 4
HEAD = f"inputs: {{x: [{STEPS}, {WIDTH}]}}\nlayers:\n"
RECURRENT = "  - {{type: {kind}, name: {name}, hidden_size: 4{more}}}\n"
CAUSAL = """\
  - {{type: Transpose, dim0: 0, dim1: 1}}
  - {{type: ConstantPad1d, padding: [{pad}, 0], value: 0.0}}
  - {{type: Conv1d, out_channels: 4, kernel_size: {kernel}, stride: {stride}, dilation: {dilation}}}
  - {{type: Transpose, name: {name}, dim0: 0, dim1: 1}}
"""


def recurrent(kind: str, name: str, more: str = "") -> str:
    """A recurrent layer of a spec."""
    return RECURRENT.format(kind=kind, name=name, more=more)


def convolved(name: str, kernel: int, stride: int = 1, dilation: int = 1, ahead: int = 0) -> str:
    """A causal convolution along the steps; ``ahead`` steps less of padding let it look forward."""
    pad = dilation * (kernel - 1) - ahead
    return CAUSAL.format(name=name, kernel=kernel, stride=stride, dilation=dilation, pad=pad)


def network(*layers: str, outputs: str = "") -> "Trace":
    """The layers behind a sequence of 12 steps with 4 features."""
    return trace(loads(HEAD + "".join(layers) + outputs))


def along_steps(traced: "Trace", layer: str, output: str = "output") -> "AxisField":
    """What a unit of a layer's output reads along the steps."""
    (field,) = receptive_fields(traced).outputs[layer, output]
    return next(axis for axis in field.axes if axis.axis == 0)


@pytest.mark.parametrize("kind", ["RNN", "LSTM", "GRU"])
def test_one_direction_reads_an_unbounded_past(kind: str) -> None:
    axis = along_steps(network(recurrent(kind, "rnn")), "rnn")
    assert axis.spans is not None
    assert axis.spans.unbounded
    assert axis.stride == 1
    assert (axis.size, axis.start, axis.whole) == (None, None, False)
    assert [axis.spans.at(unit) for unit in (0, 5)] == [(None, 0), (None, 5)]


@pytest.mark.parametrize("kind", ["RNN", "LSTM", "GRU"])
def test_both_directions_and_last_states_read_the_whole(kind: str) -> None:
    assert along_steps(network(recurrent(kind, "rnn", ", bidirectional: true")), "rnn").whole
    assert along_steps(network(recurrent(kind, "rnn")), "rnn", "h_n").whole


@pytest.mark.parametrize(
    ("layers", "last", "ends"),
    [
        ((convolved("conv", 3), recurrent("LSTM", "rnn")), "rnn", (0, 1, 2)),
        ((recurrent("LSTM", "rnn"), convolved("conv", 3)), "conv", (0, 1, 2)),
        ((convolved("conv", 3, dilation=2), recurrent("GRU", "rnn"), convolved("c", 2)), "c", (0, 1, 2)),
        ((convolved("conv", 3, stride=2), recurrent("LSTM", "rnn")), "rnn", (0, 2, 4)),
        ((recurrent("LSTM", "rnn"), convolved("conv", 3, stride=3)), "conv", (0, 3, 6)),
        ((convolved("conv", 3, ahead=1), recurrent("LSTM", "rnn")), "rnn", (1, 2, 3)),
        ((recurrent("LSTM", "rnn"), convolved("conv", 5, ahead=2)), "conv", (2, 3, 4)),
        ((recurrent("LSTM", "rnn"), recurrent("GRU", "gru")), "gru", (0, 1, 2)),
    ],
)
def test_a_past_beside_convolutions(layers: tuple[str, ...], last: str, ends: tuple[int, int, int]) -> None:
    """Everything up to the last step that the windows reach; clipped to the input for one unit."""
    traced = network(*layers)
    axis = along_steps(traced, last)
    assert axis.spans is not None
    assert tuple(axis.spans.at(unit) for unit in range(3)) == tuple((None, end) for end in ends)
    for unit, end in enumerate(ends):
        (reads,) = unit_reads(traced, receptive_fields(traced), last, [unit]).inputs
        assert reads.inside.box() == (range(end + 1),)
        assert reads.inside.positions == end + 1


class Stacked(nn.Module):
    """A causal convolution with a look ahead of one step, an LSTM, and another causal convolution."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Conv1d(WIDTH, 4, 3)
        self.rnn = nn.LSTM(4, 4, batch_first=True)
        self.second = nn.Conv1d(4, 4, 2, stride=2)

    def forward(self, x: Tensor) -> Tensor:
        """(T, F) -> (T / 2, 4)."""
        padded = nn.functional.pad(x.T, (1, 0))
        hidden = self.rnn(self.first(padded).T)[0]
        output: Tensor = self.second(nn.functional.pad(hidden.T, (1, 0))).T
        return output


def test_torch_gradients_reach_what_a_unit_reads() -> None:
    module = Stacked().double()
    x = torch.rand(STEPS, WIDTH, dtype=torch.float64, requires_grad=True)
    output = module(x)
    traced = network(convolved("a", 3, ahead=1), recurrent("LSTM", "rnn"), convolved("b", 2, stride=2))
    assert traced.layers[-1].output.shape == output.shape
    for unit in range(len(output)):
        (slope,) = torch.autograd.grad(output[unit].sum(), x, retain_graph=True)
        reached = {int(at) for at in torch.nonzero(slope.abs().sum(1))}
        (reads,) = unit_reads(traced, receptive_fields(traced), "b", [unit]).inputs
        assert reached == set(reads.inside.box()[0])


def test_tokens_are_positions_behind_an_embedding() -> None:
    spec = """\
inputs: {tokens: {shape: [9], dtype: int64}}
layers:
  - {type: Embedding, name: table, num_embeddings: 5, embedding_dim: 3}
  - {type: GRU, name: gru, hidden_size: 4}
  - {type: Mean, name: mean, dim: 0}
"""
    traced = trace(loads(spec))
    assert along_steps(traced, "table").size == 1
    assert along_steps(traced, "gru").size is None
    assert along_steps(traced, "mean").whole


def test_a_first_state_hands_on_what_it_read() -> None:
    spec = """\
inputs: {a: [7, 3], b: [5, 3]}
layers:
  - {type: GRU, name: encoder, from: a, hidden_size: 4}
  - {type: GRU, name: decoder, from: [b, encoder.h_n], hidden_size: 4}
"""
    fields = {field.input: field.axes[0] for field in receptive_fields(trace(loads(spec))).layers["decoder"]}
    assert fields["a"].whole
    assert not fields["b"].whole


def test_beside_a_past_everything_before_is_read() -> None:
    """A sum of a recurrence and of its input, as residual networks have it."""
    traced = network(recurrent("GRU", "rnn"), "  - {type: Add, name: sum, from: [rnn, x]}\n")
    axis = along_steps(traced, "sum")
    assert axis.spans is not None
    assert [axis.spans.at(unit) for unit in range(3)] == [(None, 0), (None, 1), (None, 2)]


def test_a_past_is_counted_once_for_every_step_that_follows() -> None:
    """Three taps read the steps 2, 3 and 4 of a recurrence, and each of these reads all before it."""
    reads = coverage(network(recurrent("GRU", "rnn"), convolved("conv", 3)), "conv", 0, unit=4)["x", 0]
    assert reads is not None
    assert (reads.start, reads.counts) == (0, (3, 3, 3, 2, 1))
