"""The recurrent specs against torch modules with the same names, and published sizes."""

from typing import TYPE_CHECKING

import pytest
import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from archcalc import params, receptive_fields, zoo
from archcalc.analyses.compute import macs
from archcalc.bridge.modules.recurrent import along_steps, written_out
from tests.blocks.attention import AdditiveAttention
from tests.zoo.comparison import tensors, torch_tensors, traced

if TYPE_CHECKING:
    from collections.abc import Callable

    from archcalc.expressions import Value

    Run = Callable[..., tuple[Tensor, ...]]


class LanguageModel(nn.Module):
    """torch's word_language_model example with an LSTM."""

    def __init__(self, words: int, width: int, layers: int, *, tied: bool = False) -> None:
        super().__init__()
        self.encoder = nn.Embedding(words, width)
        self.rnn = nn.LSTM(width, width, layers)
        self.decoder = nn.Linear(width, words)
        if tied:
            self.decoder.weight = self.encoder.weight

    def forward(self, run: "Run", tokens: Tensor) -> Tensor:
        """(N, T) -> (N, T, words)."""
        output: Tensor = self.decoder(run(self.rnn, self.encoder(tokens))[0])
        return output


class Classifier(nn.Module):
    """A GRU and a linear map of its last state, of both directions where there are two."""

    def __init__(self, words: int, width: int, hidden: int, *, both: bool = False) -> None:
        super().__init__()
        self.embedding = nn.Embedding(words, width)
        self.gru = nn.GRU(width, hidden, bidirectional=both)
        self.fc = nn.Linear((1 + both) * hidden, 2)

    def forward(self, run: "Run", tokens: Tensor) -> Tensor:
        """(N, T) -> (N, 2)."""
        _, last = run(self.gru, self.embedding(tokens))
        output: Tensor = self.fc(last.flatten(1))
        return output


class EncoderDecoder(nn.Module):
    """RNNsearch without the way of the context into the next state."""

    def __init__(self, words: int, width: int, hidden: int, units: int, maxout: int) -> None:
        super().__init__()
        self.source_embedding = nn.Embedding(words, width)
        self.encoder = nn.GRU(width, hidden, bidirectional=True)
        self.W_s = nn.Linear(hidden, hidden)
        self.target_embedding = nn.Embedding(words, width)
        self.decoder = nn.GRU(width, hidden)
        self.attention = AdditiveAttention(hidden, 2 * hidden, units)
        self.deep = nn.Linear(3 * hidden + width, 2 * maxout)
        self.W_o = nn.Linear(maxout, words)

    def forward(self, run: "Run", source: Tensor, target: Tensor) -> Tensor:
        """(N, T_s), (N, T_t) -> (N, T_t, words)."""
        memory, last = run(self.encoder, self.source_embedding(source))
        start = self.W_s(last[:, 1:]).tanh()
        words = self.target_embedding(target)
        states, _ = run(self.decoder, words, start)
        joined = torch.cat([states, words, self.attention(states, memory)], -1)
        output: Tensor = self.W_o(self.deep(joined).unflatten(-1, (-1, 2)).amax(-1))
        return output


SMALL: "dict[str, Value]" = {"vocabulary": 11, "embedding": 4, "hidden": 6}
SEARCH: "dict[str, Value]" = {"units": 5, "maxout": 3, "source_length": 7, "target_length": 5}
Row = tuple[str, "dict[str, Value]", "Callable[[], nn.Module]"]
ROWS: "list[Row]" = [
    ("lstm_language_model", {}, lambda: LanguageModel(10_000, 650, 2)),
    ("lstm_language_model", {"tied": True}, lambda: LanguageModel(10_000, 650, 2, tied=True)),
    ("lstm_language_model", {"width": 8, "layers": 3, "length": 5}, lambda: LanguageModel(10_000, 8, 3)),
    ("gru_classifier", {"length": 9}, lambda: Classifier(25_000, 100, 256)),
    ("gru_classifier", {**SMALL, "bidirectional": True}, lambda: Classifier(11, 4, 6, both=True)),
    ("seq2seq_attention", {**SMALL, **SEARCH}, lambda: EncoderDecoder(11, 4, 6, 5, 3)),
    ("seq2seq_attention", {}, lambda: EncoderDecoder(30_000, 620, 1000, 1000, 500)),
]
"""Spec, its variables, and the torch module of that size."""


def ids(row: object) -> str:
    return row if isinstance(row, str) else ""


@pytest.mark.parametrize(("name", "settings", "build"), ROWS, ids=ids)
def test_tensors_products_and_output_are_those_of_the_torch_module(
    name: str, settings: "dict[str, Value]", build: "Callable[[], nn.Module]"
) -> None:
    """The products of recurrences are counted where these are written out step by step."""
    network = traced(name, **settings)
    with torch.device("meta"):
        module = build()
        tokens = [torch.zeros(2, *tensor.shape, dtype=torch.int64) for tensor in network.inputs.values()]
        output: Tensor = module(along_steps, *tokens)
        with FlopCounterMode(display=False) as counter:
            module(written_out, *tokens)
    tied = {f"{layer.name}.{weight}" for layer in network.layers for weight in layer.tied}
    weights, _ = tensors(network)
    assert {key: shape for key, shape in weights.items() if key not in tied} == torch_tensors(module)[0]
    assert network.outputs[0].tensor.shape == tuple(output.shape[1:])
    assert 2 * 2 * macs(network)[0] == counter.get_total_flops()


@pytest.mark.parametrize(
    ("settings", "millions"),
    [  # Zaremba et al. 2014 and Press & Wolf 2016 (arXiv 1608.05859), table 3
        ({"width": 1500}, 66),
        ({"width": 1500, "tied": True}, 51),
        ({}, 20),
    ],
)
def test_sizes_are_those_published(settings: "dict[str, Value]", millions: int) -> None:
    assert round(params(traced("lstm_language_model", **settings)).params / 1e6) == millions


def test_what_each_part_of_the_translator_reads() -> None:
    network = traced("seq2seq_attention")
    report = receptive_fields(network)
    source, target = "source", "target"
    read = {
        name: {field.input: field.axes[0] for field in report.layers[name]}
        for name in ("encoder", "decoder", "attention.context", "W_o")
    }
    assert read["encoder"].keys() == {source}
    for name in ("decoder", "attention.context", "W_o"):
        assert read[name].keys() == {source, target}
        assert read[name][source].whole
        spans = read[name][target].spans
        assert spans is not None
        assert (spans.at(3), read[name][target].whole) == ((None, 3), False)


def test_the_specs_are_shipped() -> None:
    assert {name for name, _, _ in ROWS} <= set(zoo.names())
