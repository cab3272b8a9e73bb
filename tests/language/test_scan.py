"""Recurrence over a sub-graph: an attention decoder beside one written by hand, wiring, ties, and errors."""

from pathlib import Path
from typing import cast

import pytest
import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from archcalc import SpecError, loads, trace
from archcalc.analyses.parameters import params
from archcalc.analyses.receptive_field import receptive_fields
from archcalc.bridge.network import TorchNetwork
from archcalc.bridge.verifying import verify
from archcalc.facts import PAST, WHOLE
from tests.exporting.sources import TOLERANCE, difference

SPEC = (Path(__file__).parent / "additive_attention.yaml").read_text(encoding="utf-8")


class Decoder(nn.Module):
    """Bahdanau et al. 2015, appendix A.2: additive attention, a gated unit, and what it has read and made."""

    def __init__(self, vocabulary: int, width: int, hidden: int, align: int) -> None:
        super().__init__()
        self.query = nn.Linear(hidden, align, bias=False)
        self.score = nn.Linear(align, 1, bias=False)
        self.cell = nn.GRUCell(width + 2 * hidden, hidden)
        self.logits = nn.Linear(hidden + 2 * hidden + width, vocabulary)

    def forward(self, words: Tensor, state: Tensor, keys: Tensor, memory: Tensor) -> tuple[Tensor, Tensor]:
        """(N, T, E), (N, H), (N, S, A), (N, S, 2 H) -> logits (N, T, V), weights (N, T, S)."""
        logits: list[Tensor] = []
        weights: list[Tensor] = []
        for word in words.unbind(1):
            scores = self.score(torch.tanh(self.query(state)[:, None] + keys))[..., 0]
            weights.append(scores.softmax(-1))
            context = (weights[-1][..., None] * memory).sum(1)
            state = self.cell(torch.cat((word, context), -1), state)
            logits.append(self.logits(torch.cat((state, context, word), -1)))
        return torch.stack(logits, 1), torch.stack(weights, 1)


class Translator(nn.Module):
    """The encoder in front of it."""

    def __init__(self, vocabulary: int, width: int, hidden: int, align: int) -> None:
        super().__init__()
        self.source_embedding = nn.Embedding(vocabulary, width)
        self.encoder = nn.GRU(width, hidden, bidirectional=True, batch_first=True)
        self.keys = nn.Linear(2 * hidden, align)
        self.init = nn.Linear(hidden, hidden)
        self.target_embedding = nn.Embedding(vocabulary, width)
        self.decoder = Decoder(vocabulary, width, hidden, align)

    def forward(self, source: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
        """(N, S), (N, T) -> logits, weights."""
        memory, _ = self.encoder(self.source_embedding(source))
        hidden = memory.shape[-1] // 2
        state = torch.tanh(self.init(memory[:, 0, hidden:]))
        words = self.target_embedding(target)
        return cast("tuple[Tensor, Tensor]", self.decoder(words, state, self.keys(memory), memory))


SMALL = {"vocabulary": 23, "width": 6, "hidden": 5, "align": 4}


def test_an_attention_decoder_is_the_one_written_by_hand() -> None:
    """Names and shapes of all weights, and every number that comes out."""
    network = trace(loads(SPEC), SMALL)
    theirs, ours = Translator(**SMALL).eval(), TorchNetwork(network).eval()
    assert {n: w.shape for n, w in ours.named_parameters()} == {
        n: w.shape for n, w in theirs.named_parameters()
    }
    ours.load_state_dict(theirs.state_dict())
    torch.manual_seed(0)  # pyright: ignore[reportUnknownMemberType]  # torch leaves it untyped
    source, target = torch.randint(0, 23, (3, 30)), torch.randint(0, 23, (3, 25))
    with torch.no_grad():
        logits, weights = theirs(source, target)
        found = ours(source, target)
    torch.testing.assert_close(found[0], logits)
    torch.testing.assert_close(found[1], weights)
    assert difference(network, seed=1, most=20) < TOLERANCE


def test_parameters_and_macs_of_the_published_size() -> None:
    """30,000 words, 620 and 1,000 units; torch counts the products of the module written by hand."""
    network = trace(loads(SPEC), inputs={"source": (10,), "target": (6,)})
    sizes = {"vocabulary": 30_000, "width": 620, "hidden": 1_000, "align": 1_000}
    with torch.device("meta"):
        theirs = Translator(**sizes)
        source, target = torch.zeros(1, 10, dtype=torch.int64), torch.zeros(1, 6, dtype=torch.int64)
    assert params(network).params == sum(weight.numel() for weight in theirs.parameters())
    with FlopCounterMode(display=False) as counter:
        theirs(source, target)
    # The mean by the weights is a product here and a sum of products there, which torch does not count.
    mixed = 6 * 10 * 2_000
    assert sum(layer.facts.macs or 0 for layer in network.layers) == counter.get_total_flops() // 2 + mixed
    assert verify(network).agrees


def test_what_it_reads_is_the_past_and_the_whole_memory() -> None:
    network = trace(loads(SPEC), SMALL)
    decoder = network.layer("decoder")
    words, state, keys, memory = decoder.facts.reads
    assert (words[0].reach, words[0].to, words[0].sampled) == (PAST, 0, False)
    assert all(read.mixes and not read.sampled for read in (keys[0], memory[0]))
    asked, *_ = decoder.facts.reads_of("attention")  # the weights of a step do not read its own word
    assert (asked[0].reach, asked[0].sampled) == (PAST, True)
    assert all(read.to is None or read.to == 1 for read in state)
    assert decoder.facts.reads_of("s_n")[0][0].reach == WHOLE
    fields = {field.input: field.axes[0] for field in receptive_fields(network).layers["decoder"]}
    assert fields["source"].whole
    assert not fields["target"].whole


WIRED = """\
inputs: {x: [4, 6], y: [4, 3], z: [5, 7, 3]}
blocks:
  step: {inputs: [a, h], layers: [{type: Concat, from: [a, h]}, {type: Linear, out_features: =h.in_features}]}
layers:
  - type: Scan                # two sequences, and a state that is the element before
    name: two
    from: [x, y]
    inputs: [p, q]
    states: {h: {shape: [5], next: b}, last: {shape: [3], next: q}}
    layers:
      - {type: step, name: b, from: [p, h]}
      - {type: Concat, from: [b, last, q], expect: [11]}
  - type: Scan                # a step over rows, with a shape that is calculated
    name: rows
    from: z
    states: {h: {shape: ["=in_shape[1]", 4], next: o}}
    layers:
      - type: Sequential
        name: s
        layers: [{type: Linear, out_features: 4, name: l}, {type: Add, from: [l, h]}]
      - {type: Tanh, name: o, from: s}
  - type: Vmap                # along an axis, and with the weights of another one
    name: v
    from: z
    layers:
      - type: Scan
        name: first
        states: {h: {shape: [2], next: g}, c: {shape: [2], next: g.c_1}}
        layers: [{type: LSTMCell, name: g, from: [input, h, c], hidden_size: 2}]
      - type: Scan
        name: again
        tie: first
        from: input
        states: {h: {from: first.h_n, next: g}, c: {from: first.c_n, next: g.c_1}}
        layers: [{type: LSTMCell, name: g, from: [input, h, c], hidden_size: 2}]
  - type: Scan                # one in another
    name: outer
    from: z
    states: {h: {shape: [2], next: end}}
    layers:
      - type: Scan
        name: inner
        states: {k: {from: h, next: c}}
        layers: [{type: GRUCell, name: c, from: [input, k], hidden_size: 2}]
      - {type: Slice, start: -1}
      - {type: Reshape, shape: [2], name: end}
outputs: [two, two.h_n, two.last_n, rows, v.first, v.again, outer]
"""


def test_sequences_states_ties_and_nesting() -> None:
    network = trace(loads(WIRED))
    shapes = {
        layer.name: [tensor.shape for tensor in layer.facts.outputs.values()] for layer in network.layers
    }
    assert shapes["two"] == [(4, 11), (5,), (3,)]
    assert shapes["rows"] == [(5, 7, 4), (7, 4)]
    assert shapes["v.again"] == [(5, 7, 2), (5, 2), (5, 2)]
    assert network.layer("v.again").tied["g.weight_ih"] == "v.first.g.weight_ih"
    assert network.layer("v.first").facts.macs == 5 * 7 * 4 * 2 * (3 + 2)
    assert network.layer("outer").facts.macs == 5 * 7 * 3 * 2 * (3 + 2)
    assert verify(network).agrees
    assert difference(network, seed=2) < TOLERANCE


def test_a_scan_with_a_cell_is_the_recurrent_layer() -> None:
    """The same facts as torch's GRU, but for the axis of its layers in the last state."""
    cell = "{type: GRUCell, name: g, from: [input, h], hidden_size: 5}"
    layer = f"{{type: Scan, name: s, states: {{h: {{shape: [5], next: g}}}}, layers: [{cell}]}}"
    scan = trace(loads(f"inputs: {{x: [6, 3]}}\nlayers:\n  - {layer}\n")).layers[0].facts
    gru = trace(loads("inputs: {x: [6, 3]}\nlayers:\n  - {type: GRU, hidden_size: 5}\n")).layers[0].facts
    assert scan.macs == gru.macs
    assert list(scan.weights.values()) == list(gru.weights.values())
    assert scan.outputs["output"] == gru.outputs["output"]
    ((steps, features),) = scan.reads
    assert (steps, features.reach) == (gru.reads[0][0], gru.reads[0][1].reach)


HEAD = "inputs: {x: [6, 3]}\nlayers:\n  - {type: Scan, name: s, "
CELL = "layers: [{type: GRUCell, name: g, from: [input, h], hidden_size: 5}]}"


FROZEN = "layers: ¦[{type: GRUCell, name: g, frozen: true, from: [input, h], hidden_size: 5}]}"


@pytest.mark.parametrize(
    ("marked", "what"),
    [
        (f"{CELL}", "`states` is missing"),
        (f"states: ¦{{}}, {CELL}", "needs at least 1 entry, got none"),
        (f"states: {{h: ¦{{next: g}}}}, {CELL}", "a state begins with zeros of a `shape`, or with what"),
        (f"states: {{h: ¦{{shape: [5], from: x, next: g}}}}, {CELL}", "one of the two"),
        (f"states: {{h: {{shape: [5], next: ¦gg}}}}, {CELL}", "unknown name 'gg'"),
        (f"states: {{h: {{shape: ¦[5.5], next: g}}}}, {CELL}", "a size is a whole number or an expression"),
        (f"states: {{h: {{shape: ¦[0], next: g}}}}, {CELL}", "a size is a whole number from 1 on, got 0"),
        (f"states: ¦{{h: {{shape: [5], next: input}}}}, {CELL}", "state 'h' is [5], but [3] comes out"),
        (f"states: {{h: {{from: ¦y, next: g}}}}, {CELL}", "unknown name 'y'"),
        (f"states: {{h: {{shape: [5], next: g}}}}, from: ¦[x, x], {CELL}", "runs along 1 sequence, got 2"),
        (f"inputs: [h], states: ¦{{h: {{shape: [5], next: g}}}}, {CELL}", "is both a sequence and a state"),
        (
            f"states: {{h: {{shape: [5], next: g}}}}, outputs: ¦{{h_n: g}}, {CELL}",
            "as the last value of a state",
        ),
        (f"states: {{h: {{shape: [5], next: g}}}}, outputs: [¦k], {CELL}", "unknown name 'k'"),
        (f"states: {{h: {{shape: [5], ¦nxt: g}}}}, {CELL}", "unknown key 'nxt'"),
        (
            f"states: {{h: {{shape: [5], next: g}}}}, {FROZEN}",
            "g is frozen, and the Scan that it is a step of is not",
        ),
    ],
)
def test_what_is_wrong_is_told_with_its_place(marked: str, what: str) -> None:
    with pytest.raises(SpecError) as caught:
        trace(loads(HEAD + marked.replace("¦", "")))
    problem = caught.value.problems[0]
    assert what in problem.what
    column = len(HEAD.splitlines()[-1]) + marked.index("¦") + 1 if "¦" in marked else len("  - {")
    assert (problem.place.line, problem.place.column) == (3, column)


def test_a_layer_of_a_step_is_told_with_its_own_place_and_is_none_from_outside() -> None:
    spec = HEAD + f"states: {{h: {{shape: [4], next: g}}}}, {CELL}\n"
    with pytest.raises(SpecError) as caught:
        trace(loads(spec))
    problem = caught.value.problems[0]
    assert problem.subject == "s.g (GRUCell)"
    assert "h_0 has shape [4], but [5] is needed" in problem.what
    spec = HEAD + f"states: {{h: {{shape: [5], next: g}}}}, {CELL}\n  - {{type: ReLU, from: s.g}}\n"
    with pytest.raises(SpecError) as caught:
        trace(loads(spec))
    assert caught.value.problems[0].what == "'s' has no layer or output 'g'"
