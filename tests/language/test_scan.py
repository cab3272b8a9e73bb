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
    network = trace(loads(SPEC))
    sizes = {"vocabulary": 30_000, "width": 620, "hidden": 1_000, "align": 1_000}
    with torch.device("meta"):
        theirs = Translator(**sizes)
        source, target = torch.zeros(1, 30, dtype=torch.int64), torch.zeros(1, 25, dtype=torch.int64)
    assert params(network).params == sum(weight.numel() for weight in theirs.parameters())
    with FlopCounterMode(display=False) as counter:
        theirs(source, target)
    # The mean by the weights is a product here and a sum of products there, which torch does not count.
    mixed = 25 * 30 * 2_000
    assert sum(layer.facts.macs or 0 for layer in network.layers) == counter.get_total_flops() // 2 + mixed
    assert verify(network).agrees


def test_what_it_reads_is_the_past_and_the_whole_memory() -> None:
    network = trace(loads(SPEC), SMALL)
    decoder = network.layer("decoder")
    words, state, keys, memory = decoder.facts.reads
    assert (words[0].reach, words[0].to, words[0].sampled) == (PAST, 0, False)
    assert [read.reach == WHOLE for read in (keys[0], memory[0])] == [True, True] or keys[0].mixes
    assert all(read.to is None or read.to == 1 for read in state)
    assert decoder.facts.reads_of("s_n")[0][0].reach == WHOLE
    fields = {field.input: field.axes[0] for field in receptive_fields(network).layers["decoder"]}
    assert fields["source"].whole
    assert not fields["target"].whole
